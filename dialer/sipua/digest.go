package sipua

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// credentialUse answers challenges of one request or call: one try per kind of
// challenge, a second one only when the server says that just the nonce was
// stale. Trying again with the same password is how trunks get locked.
type credentialUse struct {
	creds Credentials
	realm string     // bound with the first challenge
	hop   netip.Addr // only this address may challenge

	tried map[string]*attempt // by header name
}

type attempt struct {
	nonce string
	stale bool // the second try was used
	value string
}

func newCredentialUse(c Credentials, hop netip.Addr) *credentialUse {
	return &credentialUse{creds: c, realm: c.Realm, hop: hop, tried: map[string]*attempt{}}
}

// again is a fresh use within the same call: bound as before, nothing tried.
func (u *credentialUse) again() *credentialUse {
	if u == nil {
		return nil
	}
	return &credentialUse{creds: u.creds, realm: u.realm, hop: u.hop, tried: map[string]*attempt{}}
}

// challenged reports whether a response asks for credentials.
func challenged(res *sip.Response) bool {
	return res.StatusCode == 401 || res.StatusCode == 407
}

// answer digests the challenge of a response, or says why it must not.
func (u *credentialUse) answer(res *sip.Response, from flow, req *sip.Request) error {
	if u == nil || u.creds.User == "" {
		return fmt.Errorf("%w: no credentials for %d", ErrAuth, res.StatusCode)
	}
	// Over TLS to a name there is no address to compare: the certificate did that.
	if u.hop.IsValid() && from.addr.Addr() != u.hop {
		return fmt.Errorf("%w: challenge came from %s, credentials are for %s", ErrAuth, from.addr.Addr(), u.hop)
	}
	ask, reply := "www-authenticate", "Authorization"
	if res.StatusCode == 407 {
		ask, reply = "proxy-authenticate", "Proxy-Authorization"
	}
	chal, err := u.choose(headerValues(res, ask))
	if err != nil {
		return err
	}
	try := u.tried[reply]
	if try != nil && (!chal.Stale || try.stale || chal.Nonce == try.nonce) {
		return fmt.Errorf("%w: user or password refused by realm %q", ErrAuth, chal.Realm)
	}
	cred, err := digest.Digest(chal, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Count: 1,
		Username: u.creds.User, Password: u.creds.Password,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAuth, err)
	}
	u.realm = chal.Realm
	u.tried[reply] = &attempt{nonce: chal.Nonce, stale: try != nil, value: cred.String()}
	return nil
}

// choose takes the first challenge we can answer: the server lists them in its
// order of preference (RFC 8760 2.4).
func (u *credentialUse) choose(lines []string) (*digest.Challenge, error) {
	var refused error
	for _, line := range lines {
		chal, err := digest.ParseChallenge(line)
		if err != nil {
			refused = err
			continue
		}
		for i, q := range chal.QOP { // "auth, auth-int": the library keeps the blank
			chal.QOP[i] = strings.TrimSpace(q)
		}
		if !digest.CanDigest(chal) || len(chal.QOP) > 0 && !chal.SupportsQOP("auth") || !clean(line) {
			refused = fmt.Errorf("algorithm %q, qop %v", chal.Algorithm, chal.QOP)
			continue
		}
		if u.realm != "" && chal.Realm != u.realm {
			refused = fmt.Errorf("realm %q asks, credentials are for %q", chal.Realm, u.realm)
			continue
		}
		return chal, nil
	}
	if refused == nil {
		return nil, fmt.Errorf("%w: challenge without a scheme we know", ErrAuth)
	}
	return nil, fmt.Errorf("%w: %w", ErrAuth, refused)
}

// sign adds what has been digested to a request.
func (u *credentialUse) sign(req *sip.Request) {
	if u == nil {
		return
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if a := u.tried[name]; a != nil {
			req.AppendHeader(sip.NewHeader(name, a.value))
		}
	}
}
