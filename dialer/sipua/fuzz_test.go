package sipua

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzDoor puts bytes through the parser, the checks of the door and everything
// that reads headers behind it, for what arrives as a datagram and as a stream.
func FuzzDoor(f *testing.F) {
	base := "INVITE sip:u@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;rport\r\nFrom: \"A\" <sip:a@10.0.0.2>;tag=t\r\nTo: <sip:u@10.0.0.1>\r\n" +
		"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@10.0.0.2;transport=tcp>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\nSession-Expires: 1800;refresher=uac\r\n" +
		"Supported: timer, 100rel\r\nRequire: replaces\r\nReason: Q.850;cause=16;text=\"x;y\"\r\nRetry-After: 5 (x)\r\n" +
		"Authorization: Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"sip:u@10.0.0.1\",response=\"0\",qop=auth,nc=00000001,cnonce=\"c\",algorithm=SHA-256\r\n" +
		"Content-Type: multipart/mixed;boundary=b\r\nContent-Length: 60\r\n\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n          "
	f.Add([]byte(base))
	f.Add([]byte(strings.Replace(base, "INVITE sip:u@10.0.0.1 SIP/2.0", "SIP/2.0 401 No\r\nWWW-Authenticate: Digest realm=\"r\",nonce=\"n\",qop=\"auth\"", 1)))
	f.Add([]byte(strings.ReplaceAll(base, "\r\n", "\n")))
	ua := &UA{settings: Settings{Name: "fuzz"}}
	ua.sockets = []*socket{{ua: ua, bound: netip.MustParseAddrPort("10.0.0.1:5060")}}
	fl := flow{ua: ua, transport: "udp", sock: ua.sockets[0], addr: netip.MustParseAddrPort("10.0.0.2:5060")}
	auth, err := NewAuthenticator("r", func(string) (Secret, bool) { return Secret{Password: "x"}, true })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := sip.ParseMessage(b); err == nil {
			readEverything(t, ua, fl, auth, m)
		}
		stream := sip.NewParser().NewSIPStream()
		defer stream.Close()
		half := len(b) / 2
		if stream.ParseSIPStream(b[:half], func(m sip.Message) { readEverything(t, ua, fl, auth, m) }) == nil {
			_ = stream.ParseSIPStream(b[half:], func(m sip.Message) { readEverything(t, ua, fl, auth, m) })
		}
	})
}

func readEverything(t *testing.T, ua *UA, f flow, auth *Authenticator, m sip.Message) {
	_ = sdpOf(m)
	_, _, _ = parseReason(m)
	_ = retryAfter(m)
	switch m := m.(type) {
	case *sip.Request:
		if checkRequest(m) != nil {
			return
		}
		_, _ = serverKeyOf(m, m.Method), unsupported(m)
		_, _ = sessionFromRequest(m)
		if v := auth.check(m, f.addr.Addr(), time.Now()); v.ok {
			t.Errorf("let in: %+v", v)
		}
		d := dialogFromRequest(m, "ours", f)
		readsBack(t, ua.dialogRequest(&d, sip.BYE, 2, f))
		readsBack(t, ua.response(m, 200, "OK", f))
	case *sip.Response:
		if checkResponse(m) != nil {
			return
		}
		_ = sessionFromResponse(m)
		d := dialogFromResponse(m, f)
		req := ua.dialogRequest(&d, sip.ACK, 1, f)
		_ = newCredentialUse(Credentials{User: "u", Password: "p"}, f.addr.Addr()).answer(m, f, req)
	}
}

// readsBack holds that nothing foreign breaks the lines of what we write.
func readsBack(t *testing.T, m sip.Message) {
	text := m.String()
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for l := range strings.SplitSeq(head, "\r\n") {
		if strings.ContainsAny(l, "\r\n\x00") {
			t.Errorf("line %q in\n%q", l, text)
		}
	}
}
