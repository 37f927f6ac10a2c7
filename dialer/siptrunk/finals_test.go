package siptrunk

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// F30: every final response is acknowledged, is one call, and is one outcome,
// before and after a ring, and with a cause of the telephone network.
func TestEveryFinalResponseOnTheWireIsOneOutcome(t *testing.T) {
	text := readScenario(t, "final")
	turn := make(chan struct{}, 6) // sipp at once
	for _, c := range finals {
		t.Run(strconv.Itoa(c.code), func(t *testing.T) {
			t.Parallel()
			turn <- struct{}{}
			defer func() { <-turn }()
			scenario := bytes.ReplaceAll(text, []byte("SIP/2.0 486"), fmt.Appendf(nil, "SIP/2.0 %d", c.code))
			peer := startSippText(t, "final", scenario, 3)
			trunks := open(t, trunkTo("a", peer.at))
			ctx := within(t)

			failed := mustFail(t, trunks, ctx, request("+346001110160"), c.silent) // cause 16 says nothing
			if failed.Code != c.code || failed.Q850 != 16 || failed.Trunk != "a" || failed.SentAt.IsZero() || !failed.RingingAt.IsZero() {
				t.Errorf("silent: %+v", failed)
			}
			failed = mustFail(t, trunks, ctx, request("+346001110161"), c.rang)
			if failed.RingingAt.Before(failed.SentAt) {
				t.Errorf("rang: %+v", failed)
			}
			want := judge(failure{code: c.code, q850: 1}).outcome
			if vague := c.code == 480 || c.code == 500 || c.code == 503; vague && want != campaigns.Invalid {
				t.Errorf("cause 1 with %d means %s", c.code, want)
			}
			mustFail(t, trunks, ctx, request("+346001110010"), want)
			peer.satisfied(t)
			if s := trunks.State()[0]; s.Placed != 3 || s.Failed != 3 || s.Codes[c.code] != 3 {
				t.Errorf("state %+v", s)
			}
		})
	}
}
