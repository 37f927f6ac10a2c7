package siptrunk

import (
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/sipua"
)

func account(t *Trunk) { t.Username, t.Password = "trunk", "s3cret" }

// F40: a challenge is answered once; sipp checks the digest.
func TestAChallengeIsAnsweredOnce(t *testing.T) {
	for _, scenario := range []string{"auth", "auth_stale"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, scenario, 1)
			trunks := open(t, trunkTo("a", peer.at, account))
			leg := mustAnswer(t, trunks, request(callee))
			leg.Hangup(within(t))
			peer.satisfied(t)
			if s := trunks.State()[0]; s.Placed != 1 {
				t.Errorf("%d calls counted", s.Placed)
			}
		})
	}
}

func TestARefusedPasswordIsNotTriedAgain(t *testing.T) {
	for scenario, code := range map[string]int{"auth_loop": 407, "auth_realm": 401} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, scenario, 1)
			trunks := open(t, trunkTo("a", peer.at, account, func(t *Trunk) { t.Realm = "carrier" }))
			failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
			if failed.Code != code {
				t.Errorf("%+v", failed)
			}
			peer.satisfied(t) // which waits a second for an INVITE that must not come
		})
	}
}

func TestSHA256IsUsedWhereTheCarrierAsksForIt(t *testing.T) {
	t.Parallel()
	// HA1 of trunk:carrier:s3cret by SHA-256; without an MD5 one, MD5 cannot pass.
	const ha1 = "e0a1f9a333bd9592d9028b2155accee5f9978d4b55c81e965cab520ecba2a0b3"
	auth, err := sipua.NewAuthenticator("carrier", func(string) (sipua.Secret, bool) { return sipua.Secret{HA1SHA256: ha1}, true })
	if err != nil {
		t.Fatal(err)
	}
	at := carrier(t, func(inc *sipua.Incoming) {
		if _, ok := inc.Authenticate(auth); ok {
			_ = inc.Reject(486, "")
		}
	})
	trunks := open(t, trunkTo("a", at, account))
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
	wrong := open(t, trunkTo("a", at, account, func(t *Trunk) { t.Password = "guess" }))
	mustFail(t, wrong, within(t), request(callee), campaigns.RouteFailed)
}
