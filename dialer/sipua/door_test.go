package sipua_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// good is a request that a UA answers with 200; the malformed ones vary it.
const good = "OPTIONS sip:u@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n" +
	"From: <sip:a@10.0.0.2>;tag=t\r\nTo: <sip:u@10.0.0.1>\r\nCall-ID: id%s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

// malformed are messages in the manner of RFC 4475, written from its
// descriptions, and what scanners send.
func malformed() map[string]string {
	change := func(old, new string) string {
		id := fmt.Sprint(rand.Uint64())
		return strings.Replace(fmt.Sprintf(good, id, id), old, new, 1)
	}
	drop := func(prefix string) string {
		var out []string
		id := fmt.Sprint(rand.Uint64())
		for l := range strings.SplitSeq(fmt.Sprintf(good, id, id), "\r\n") {
			if !strings.HasPrefix(l, prefix) {
				out = append(out, l)
			}
		}
		return strings.Join(out, "\r\n")
	}
	long := strings.Repeat("a", 20000)
	return map[string]string{
		"no To":                         drop("To:"),
		"no From":                       drop("From:"),
		"no Call-ID":                    drop("Call-ID:"),
		"no CSeq":                       drop("CSeq:"),
		"no Via":                        drop("Via:"),
		"two To":                        change("To: <sip:u@10.0.0.1>", "To: <sip:u@10.0.0.1>\r\nTo: <sip:v@10.0.0.1>"),
		"two From":                      change("From:", "From: <sip:b@b>;tag=q\r\nFrom:"),
		"two CSeq":                      change("CSeq: 1 OPTIONS", "CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS"),
		"two Call-IDs":                  change("Call-ID: ", "i: other\r\nCall-ID: "),
		"CSeq of another method":        change("1 OPTIONS", "1 INVITE"),
		"CSeq too large":                change("CSeq: 1 ", "CSeq: 36893488147419103232 "),
		"negative Content-Length":       change("Content-Length: 0", "Content-Length: -999"),
		"Content-Length beyond the end": change("Content-Length: 0", "Content-Length: 9999"),
		"huge Content-Length":           change("Content-Length: 0", "Content-Length: 4294967295"),
		"version 7":                     change("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"),
		"blanks in the start line":      change("OPTIONS sip:u@10.0.0.1 SIP", "OPTIONS  sip:u@10.0.0.1  SIP"),
		"bracketed Request-URI":         change("sip:u@10.0.0.1", "<sip:u@10.0.0.1>"),
		"unknown scheme":                change("sip:u@10.0.0.1", "nobodyknows:u"),
		"escaped Request-URI":           change("sip:u@10.0.0.1", "sip:u%00%ff@10.0.0.1"),
		"unbalanced quote in To":        change("To: <sip:u@10.0.0.1>", `To: "Mr. X <sip:u@10.0.0.1>`),
		"To without bracket":            change("To: <sip:u@10.0.0.1>", "To: <sip:u@10.0.0.1"),
		"empty Via":                     change("Via: SIP/2.0/UDP 10.0.0.2:5060", "Via: "),
		"Via of empty values":           change("Via: SIP/2.0/UDP", "Via: ,,,SIP/2.0/UDP"),
		"Via without port":              change("10.0.0.2:5060;branch", "10.0.0.2:;branch"),
		"Via port out of range":         change("10.0.0.2:5060", "10.0.0.2:99999"),
		"no branch":                     change("branch=z9hG4bK", "x="),
		"branch is the cookie only":     change(";branch=z9hG4bK", ";branch=z9hG4bK;y="),
		"long Call-ID":                  change("Call-ID: ", "Call-ID: "+long),
		"long tag":                      change("tag=t", "tag="+long),
		"long user":                     change("sip:u@10.0.0.1 ", "sip:"+long+"@10.0.0.1 "),
		"long header name":              change("Max-Forwards", long),
		"a thousand headers":            change("Max-Forwards: 70", strings.Repeat("X: y\r\n", 1000)+"Max-Forwards: 70"),
		"a thousand Vias":               change("Via: ", strings.Repeat("Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\n", 1000)+"Via: "),
		"NUL in the user":               change("sip:u@10.0.0.1", "sip:u\x00@10.0.0.1"),
		"control character in Call-ID":  change("Call-ID: ", "Call-ID: \x01"),
		"folded header":                 change("Max-Forwards: 70", "Max-Forwards:\r\n 70"),
		"negative Max-Forwards":         change("Max-Forwards: 70", "Max-Forwards: -1"),
		"bare LF":                       strings.ReplaceAll(change("x", "x"), "\r\n", "\n"),
		"no end of headers":             strings.TrimSuffix(change("x", "x"), "\r\n"),
		"start line only":               "OPTIONS sip:u@10.0.0.1 SIP/2.0\r\n\r\n",
		"half a start line":             "OPTIONS sip:u",
		"response without headers":      "SIP/2.0 200 OK\r\n\r\n",
		"response with odd code":        strings.Replace(change("x", "x"), "OPTIONS sip:u@10.0.0.1 SIP/2.0", "SIP/2.0 4294967301 better not break the receiver", 1),
		"response without CSeq":         "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nTo: <sip:a@b>;tag=1\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: 1\r\n\r\n",
		"ACK out of nowhere":            strings.ReplaceAll(change("x", "x"), "OPTIONS", "ACK"),
		"CANCEL out of nowhere":         strings.ReplaceAll(change("x", "x"), "OPTIONS", "CANCEL"),
		"INVITE with a broken SDP":      strings.ReplaceAll(change("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\xff\xfe"), "OPTIONS", "INVITE"),
		"multipart without boundary":    strings.ReplaceAll(change("Content-Length: 0\r\n\r\n", "Content-Type: multipart/mixed\r\nContent-Length: 5\r\n\r\n--\r\n-"), "OPTIONS", "INVITE"),
		"non-UTF-8 display name":        change("From: ", "From: \"\xff\xfe\" "),
		"From is a wildcard":            change("From: <sip:a@10.0.0.2>", "From: *"),
		"IPv6 host left open":           change("sip:u@10.0.0.1 ", "sip:u@[2001:db8::1 "),
		"STUN":                          "\x00\x01\x00\x00\x21\x12\xa4\x42aaaaaaaaaaaa",
		"TLS hello":                     "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"HTTP":                          "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"keep-alive":                    "\r\n\r\n",
		"zeros":                         strings.Repeat("\x00", 500),
		"zeros behind a letter":         "A" + strings.Repeat("\x00", 500),
		"64 kB of one letter":           strings.Repeat("A", 65000),
		"digest without end":            strings.ReplaceAll(change("Max-Forwards", "Authorization: Digest username=\"a\r\nMax-Forwards"), "OPTIONS", "REGISTER"),
	}
}

func TestMalformedMessagesAreRefusedOrDroppedAndNothingElse(t *testing.T) { // F42
	play(t, sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) { _, _ = sipua.ParseAudio(inc.Offer()) })}, func(st *stage) {
		fine := map[string]bool{ // odd, and yet to be answered as asked
			"folded header": true, "escaped Request-URI": true, "no branch": true, "branch is the cookie only": true, "non-UTF-8 display name": true,
			"INVITE with a broken SDP": true, "multipart without boundary": true, "Via without port": true, "digest without end": true, "Via of empty values": true,
		}
		for name, raw := range malformed() {
			if _, err := st.peer.conn.WriteTo([]byte(raw), net.UDPAddrFromAddrPort(ourAddr)); err != nil {
				t.Fatal(err)
			}
			for {
				m := st.peer.read(time.Second)
				if m == nil {
					break
				}
				if c := m.code(); c >= 200 && c < 300 && !fine[name] {
					t.Errorf("%s: answered %s", name, m.start)
				}
				if strings.Contains(m.get("CSeq"), "ACK") {
					t.Errorf("%s: answered %s", name, m.start)
				}
			}
		}
		st.peer.call("OPTIONS", "after", "after", 1)
		st.peer.await("200")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := st.ua.Stats(); s.Panics != 0 || s.Malformed == 0 || s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("after it: %+v", s)
		}
	})
}

func TestAnUnknownSourceGetsNoAnswerAtAll(t *testing.T) { // F43
	allow := func(a netip.Addr) bool { return a == peerAddr.Addr() }
	play(t, sipua.Settings{Allow: allow}, func(st *stage) {
		scanner := st.newPeer(otherAddr)
		for _, method := range []string{"OPTIONS", "INVITE", "REGISTER", "ACK", "BYE", "FOO"} {
			scanner.call(method, "scan", "scan"+method, 1)
		}
		for _, raw := range malformed() {
			_, _ = scanner.conn.WriteTo([]byte(raw), net.UDPAddrFromAddrPort(ourAddr))
		}
		scanner.silent(time.Minute)
		if s := st.ua.Stats(); s.Refused == 0 || s.Malformed != 0 || s.Transactions != 0 {
			t.Errorf("stats %+v", s)
		}
		st.peer.call("OPTIONS", "known", "known", 1)
		st.peer.expect("200")
	})
}

func TestSpoofedSourcesDoNotGrowTheReaderForEver(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, _ := st.talk()
		// 45,000 sources: the reader is renewed twice, and the call is not harmed.
		for i := range 45_000 {
			a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), 5060)
			st.net.Send(a, ourAddr, []byte("NOISE"))
			if i%1000 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		go func() { _ = call.Bye(context.Background()) }()
		bye := st.peer.expect("BYE")
		if bye.from != ourAddr {
			t.Errorf("BYE from %s", bye.from)
		}
		st.peer.reply(bye, 200, "")
		ended(t, call)
	})
}

func TestCallsCompleteWithLossAndDuplicatesAndReordering(t *testing.T) { // F41
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		lose := make(chan struct{}, 1) // a lock for the generator
		st := &stage{t: t, net: newNetwork()}
		st.net.Filter = func(_, _ netip.AddrPort, b []byte) [][]byte {
			lose <- struct{}{}
			defer func() { <-lose }()
			switch p := rng.Float64(); {
			case p < 0.05:
				return nil
			case p < 0.10:
				return [][]byte{b, b}
			}
			return [][]byte{b}
		}
		conn, err := st.net.Listen(peerAddr)
		if err != nil {
			t.Fatal(err)
		}
		far, err := sipua.Listen(sipua.Settings{
			Listen: []sipua.Listener{{Transport: "udp", Conn: conn}},
			Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
				_ = inc.Ring(180, nil)
				if call, err := inc.Answer(context.Background(), offer2(t)); err == nil {
					<-call.Done()
				}
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		conn2, err := st.net.Listen(ourAddr)
		if err != nil {
			t.Fatal(err)
		}
		ua, err := sipua.Listen(sipua.Settings{Listen: []sipua.Listener{{Transport: "udp", Conn: conn2}}})
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		for range 500 {
			call, err := ua.Invite(context.Background(), invite(t, sipua.Target{Host: "10.0.0.2", Port: 5060}))
			if err != nil {
				failed++
				t.Logf("call %+v", err)
				continue
			}
			if err := call.Bye(context.Background()); err != nil || call.End().By != sipua.ByLocal {
				t.Errorf("bye: %v, %+v", err, call.End())
			}
		}
		if failed > 0 {
			t.Errorf("%d of 500 calls failed", failed)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for _, u := range []*sipua.UA{ua, far} {
			if s := u.Stats(); s.Calls != 0 || s.Transactions != 0 || s.Panics != 0 {
				t.Errorf("left %+v", s)
			}
			_ = u.Close()
		}
	})
}
