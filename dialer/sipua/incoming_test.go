package sipua_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// taken hands calls that come in to the test.
func taken() (sipua.Settings, <-chan *sipua.Incoming, chan<- struct{}) {
	in, release := make(chan *sipua.Incoming), make(chan struct{})
	return sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
		in <- inc
		<-release
	})}, in, release
}

// serve plays a call that comes in: act has the Incoming, the peer has sent
// the INVITE already.
func serve(t *testing.T, extra []string, act func(*stage, *sipua.Incoming)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, in, release := taken()
		st := &stage{t: t, net: newNetwork()}
		st.setUp(s)
		st.peer.call("INVITE", "in1", "in1", 1, append(extra, sdpAt("10.0.0.2", 6000))...)
		act(st, <-in)
		close(release)
		go func() { // answers the farewell
			for {
				m := st.peer.read(time.Minute)
				if m == nil {
					return
				}
				if m.method() == "BYE" {
					st.peer.reply(m, 200, "")
				}
			}
		}()
		if err := st.ua.Close(); err != nil {
			t.Error(err)
		}
		_ = st.peer.conn.Close()
		if n := st.ua.Stats().Calls; n != 0 {
			t.Errorf("%d calls left", n)
		}
	})
}

func (p *peer) ackOf(res *message) {
	p.call("ACK", res.get("Call-ID"), "ack"+param(res.get("To"), "tag"), res.cseq(), "totag:"+param(res.get("To"), "tag"))
}

func TestACallThatComesInIsRungAnsweredAndAcknowledged(t *testing.T) {
	serve(t, []string{"X-Test: one"}, func(st *stage, inc *sipua.Incoming) {
		if v, _ := inc.Header("X-Test"); v != "one" || inc.CallID() != "in1" || inc.Source() != peerAddr || inc.Transport() != "udp" || inc.From().User != "peer" || port(t, inc.Offer()) != 6000 {
			t.Errorf("incoming %+v", inc)
		}
		if err := inc.Ring(183, offer2(t)); err != nil {
			t.Error(err)
		}
		ring := st.peer.expect("183")
		tag := param(ring.get("To"), "tag")
		if tag == "" || ring.get("Contact") == "" || ring.body == "" || param(ring.get("Via"), "received") == "" {
			t.Errorf("183\n%s", ring.raw)
		}
		out := make(chan *sipua.Call, 1)
		go func() {
			c, err := inc.Answer(context.Background(), offer2(t))
			if err != nil {
				t.Error(err)
			}
			out <- c
		}()
		res := st.peer.expect("200")
		if param(res.get("To"), "tag") != tag {
			t.Error("tag changes between 183 and 200")
		}
		start := time.Now()
		again := st.peer.expect("200") // lost ACK: repeated at T1, 2*T1 ...
		again2 := st.peer.expect("200")
		if d := time.Since(start); d != 1500*time.Millisecond || again.raw != res.raw || again2.raw != res.raw {
			t.Errorf("repetition after %v", d)
		}
		st.peer.ackOf(res)
		call := <-out
		st.peer.silent(time.Minute)
		st.peer.call("BYE", "in1", "bye1", 2, "totag:"+tag, "Reason: SIP;cause=200;text=\"Call completed elsewhere; fine\"")
		st.peer.expect("200")
		if e := ended(t, call); e.By != sipua.ByRemote || e.Code != 200 || e.Reason != "Call completed elsewhere; fine" {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestAnAnswerThatIsNeverAcknowledgedEndsInBye(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		out := make(chan error, 1)
		start := time.Now()
		go func() {
			_, err := inc.Answer(context.Background(), offer2(t))
			out <- err
		}()
		bye := st.peer.await("BYE")
		if d := time.Since(start); d < 31*time.Second || d > 33*time.Second {
			t.Errorf("BYE after %v", d)
		}
		st.peer.reply(bye, 481, "")
		if err := <-out; !errors.Is(err, sipua.ErrNoReply) {
			t.Error(err)
		}
	})
}

func TestCloseEndsAnAnswerThatIsNeverAcknowledged(t *testing.T) {
	for name, there := range map[string]bool{"by a peer that answers the BYE": true, "by a peer that has died": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, in, release := taken()
				st := &stage{t: t, net: newNetwork()}
				st.setUp(s)
				st.peer.call("INVITE", "in1", "in1", 1, sdpAt("10.0.0.2", 6000))
				inc, out, closed := <-in, make(chan error, 1), make(chan error, 1)
				go func() {
					_, err := inc.Answer(context.Background(), offer2(t))
					out <- err
				}()
				st.peer.expect("200")
				go func() { closed <- st.ua.Close() }()
				if bye := st.peer.await("BYE"); there {
					st.peer.reply(bye, 200, "")
				}
				if err := <-out; !errors.Is(err, sipua.ErrClosed) {
					t.Errorf("the answer ends with %v", err)
				}
				close(release)
				if err := <-closed; err != nil {
					t.Error(err)
				}
				_ = st.peer.conn.Close()
			})
		})
	}
}

func TestAByeBeforeTheAckEndsTheCall(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		out := make(chan *sipua.Call, 1)
		go func() {
			c, err := inc.Answer(context.Background(), offer2(t))
			if err != nil {
				t.Error(err)
			}
			out <- c
		}()
		res := st.peer.expect("200")
		st.peer.call("BYE", "in1", "bye1", 2, "totag:"+param(res.get("To"), "tag"))
		st.peer.expect("200")
		if e := ended(t, <-out); e.By != sipua.ByRemote {
			t.Errorf("ending %+v", e)
		}
		st.peer.silent(time.Minute)
	})
}

func TestWeDoNotSayByeBeforeTheAck(t *testing.T) { // RFC 3261 15
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		call, err := inc.AnswerNow(offer2(t))
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = call.Bye(context.Background()) }()
		res := st.peer.expect("200")
		st.peer.expect("200")
		st.peer.ackOf(res)
		st.peer.reply(st.peer.expect("BYE"), 200, "")
	})
}

func TestACancelledCallIsRefusedWith487AndToldToTheHandler(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		_ = inc.Ring(180, nil)
		st.peer.expect("180")
		st.peer.call("CANCEL", "in1", "in1", 1)
		codes := map[int]bool{st.peer.next().code(): true, st.peer.next().code(): true}
		if !codes[200] || !codes[487] {
			t.Errorf("got %v", codes)
		}
		st.peer.call("ACK", "in1", "in1", 1)
		<-inc.Cancelled()
		if _, err := inc.Answer(context.Background(), offer2(t)); !errors.Is(err, sipua.ErrCancelled) {
			t.Errorf("answer after cancel: %v", err)
		}
		if err := inc.Ring(180, nil); !errors.Is(err, sipua.ErrCancelled) {
			t.Errorf("ring after cancel: %v", err)
		}
	})
}

func TestACancelThatOvertakesNothingIsNotLost(t *testing.T) {
	play(t, sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) { <-inc.Cancelled() })}, func(st *stage) {
		for i := range 200 { // back to back, as a reader gets them
			id := fmt.Sprintf("quick%d", i)
			st.peer.call("INVITE", id, id, 1, sdpAt("10.0.0.2", 6000))
			st.peer.call("CANCEL", id, id, 1)
			codes := map[int]bool{st.peer.next().code(): true, st.peer.next().code(): true}
			if !codes[200] || !codes[487] {
				t.Fatalf("call %d: %v", i, codes)
			}
			st.peer.call("ACK", id, id, 1)
		}
	})
}

func TestACarrierMayAnswerDespiteCancel(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		inc.IgnoreCancel()
		_ = inc.Ring(180, nil)
		st.peer.expect("180")
		st.peer.call("CANCEL", "in1", "in1", 1)
		if r := st.peer.expect("200"); !strings.Contains(r.get("CSeq"), "CANCEL") {
			t.Errorf("got\n%s", r.raw)
		}
		<-inc.Cancelled()
		call, err := inc.AnswerNow(offer2(t))
		if err != nil {
			t.Fatal(err)
		}
		res := st.peer.expect("200")
		st.peer.call("INVITE", "in1", "in1", 1, sdpAt("10.0.0.2", 6000)) // repeated: the answer again
		if r := st.peer.expect("200"); r.body != res.body {
			t.Error("repetition differs")
		}
		st.peer.ackOf(res)
		st.peer.call("BYE", "in1", "bye", 2, "totag:"+param(res.get("To"), "tag"))
		st.peer.await("200")
		if e := ended(t, call); e.By != sipua.ByRemote {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestACarrierMayForkItsAnswer(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		fork, err := inc.Fork()
		if err != nil {
			t.Fatal(err)
		}
		a, errA := inc.AnswerNow(offer2(t))
		b, errB := fork.AnswerNow(offer2(t))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		ra, rb := st.peer.expect("200"), st.peer.expect("200")
		ta, tb := param(ra.get("To"), "tag"), param(rb.get("To"), "tag")
		if ta == tb {
			t.Fatal("both branches have one tag")
		}
		st.peer.ackOf(ra)
		st.peer.ackOf(rb)
		st.peer.call("BYE", "in1", "byeb", 2, "totag:"+tb)
		st.peer.expect("200")
		if e := ended(t, b); e.By != sipua.ByRemote {
			t.Errorf("fork's ending %+v", e)
		}
		if a.End() != (sipua.Ending{}) {
			t.Error("the first branch ended with its fork")
		}
		if _, err := fork.AnswerNow(offer2(t)); err == nil {
			t.Error("answered twice")
		}
	})
}

func TestReliableRingingIsRepeatedUntilItsPrack(t *testing.T) { // RFC 3262
	serve(t, []string{"Supported: 100rel, timer"}, func(st *stage, inc *sipua.Incoming) {
		out := make(chan error, 1)
		go func() { out <- inc.RingReliably(context.Background(), 183, offer2(t)) }()
		r := st.peer.expect("183")
		if r.get("Require") != "100rel" || r.get("RSeq") != "1" {
			t.Errorf("183\n%s", r.raw)
		}
		st.peer.expect("183")
		tag := "totag:" + param(r.get("To"), "tag")
		st.peer.call("PRACK", "in1", "p1", 2, tag, "RAck: 9 1 INVITE")
		st.peer.await("481")
		st.peer.call("PRACK", "in1", "p2", 3, tag, "RAck: nonsense")
		st.peer.await("400")
		st.peer.call("PRACK", "in1", "p3", 4, tag, "RAck: 1 1 INVITE")
		st.peer.await("200")
		if err := <-out; err != nil {
			t.Error(err)
		}
		st.peer.silent(10 * time.Second)
		_ = inc.Reject(603, "")
		if r := st.peer.next(); r.start != "SIP/2.0 603 Decline" {
			t.Errorf("got %s", r.start)
		}
		st.peer.call("ACK", "in1", "in1", 1)
	})
}

func TestACallerThatRequiresReliableRingingGetsIt(t *testing.T) {
	serve(t, []string{"Require: 100rel"}, func(st *stage, inc *sipua.Incoming) {
		if err := inc.Ring(180, nil); err != nil {
			t.Error(err)
		}
		if r := st.peer.expect("180"); r.get("RSeq") == "" {
			t.Errorf("180\n%s", r.raw)
		}
		for { // no PRACK: refused after 64*T1
			if r := st.peer.next(); r.code() == 500 {
				break
			}
		}
		st.peer.call("ACK", "in1", "in1", 1)
	})
}

func TestARefusalIsRepeatedUntilItsAckAndMayRedirect(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		if err := inc.Redirect(302, sipua.URI{User: "other", Host: "evil.example"}); err != nil {
			t.Fatal(err)
		}
		r := st.peer.expect("302")
		if r.get("Contact") != "<sip:other@evil.example>" {
			t.Errorf("302\n%s", r.raw)
		}
		st.peer.expect("302")
		st.peer.call("ACK", "in1", "in1", 1)
		st.peer.silent(time.Minute)
		if err := inc.Reject(200, ""); err == nil {
			t.Error("200 is no refusal")
		}
	})
}

func TestAHandlerThatReturnsOrPanicsLeavesNoCallHanging(t *testing.T) {
	for want, f := range map[int]func(*sipua.Incoming){
		480: func(*sipua.Incoming) {},
		500: func(*sipua.Incoming) { panic("handler") },
	} {
		play(t, sipua.Settings{Serve: sipua.HandlerFunc(f)}, func(st *stage) {
			st.peer.call("INVITE", "h1", "h1", 1, sdpAt("10.0.0.2", 6000))
			if r := st.peer.next(); r.code() != want {
				t.Errorf("got %s, want %d", r.start, want)
			}
			st.peer.call("ACK", "h1", "h1", 1)
		})
	}
}

func TestACallThatArrivesTwiceIsRefusedOnce(t *testing.T) { // RFC 3261 8.2.2.2
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		st.peer.call("INVITE", "in1", "otherway", 1, sdpAt("10.0.0.2", 6000))
		if r := st.peer.await("482"); param(r.get("Via"), "branch") != "z9hG4bKotherway" {
			t.Errorf("482\n%s", r.raw)
		}
		st.peer.call("ACK", "in1", "otherway", 1)
		_ = inc.Reject(486, "")
		st.peer.await("486")
		st.peer.call("ACK", "in1", "in1", 1)
	})
}

func TestASilentHandlerIsCoveredBy100(t *testing.T) {
	serve(t, nil, func(st *stage, inc *sipua.Incoming) {
		start := time.Now()
		st.peer.expect("100")
		if d := time.Since(start); d != 200*time.Millisecond {
			t.Errorf("100 after %v", d)
		}
		st.peer.call("INVITE", "in1", "in1", 1, sdpAt("10.0.0.2", 6000)) // repeated
		st.peer.expect("100")
		_ = inc.Reject(486, "")
		st.peer.expect("486")
		st.peer.call("ACK", "in1", "in1", 1)
	})
}

func TestTheCallersSessionTimerIsKeptAsTheCalledSide(t *testing.T) { // RFC 4028 9
	serve(t, []string{"Supported: timer", "Session-Expires: 120"}, func(st *stage, inc *sipua.Incoming) {
		call, err := inc.AnswerNow(offer2(t))
		if err != nil {
			t.Fatal(err)
		}
		res := st.peer.expect("200")
		if res.get("Session-Expires") != "120;refresher=uac" || res.get("Require") != "timer" {
			t.Errorf("200\n%s", res.raw)
		}
		st.peer.ackOf(res)
		bye := st.peer.readFor(3 * time.Minute)
		if bye.method() != "BYE" {
			t.Errorf("got %s", bye.start)
		}
		st.peer.reply(bye, 200, "")
		if e := ended(t, call); e.By != sipua.ByTimeout {
			t.Errorf("ending %+v", e)
		}
	})
	play(t, sipua.Settings{Serve: sipua.HandlerFunc(func(*sipua.Incoming) { t.Error("served") })}, func(st *stage) {
		st.peer.call("INVITE", "short", "short", 1, "Session-Expires: 30", "Supported: timer", sdpAt("10.0.0.2", 6000))
		if r := st.peer.expect("422"); r.get("Min-SE") != "90" {
			t.Errorf("422\n%s", r.raw)
		}
		st.peer.call("ACK", "short", "short", 1)
	})
}

func TestAnInviteWithoutOfferIsAnsweredWithOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, in, release := taken()
		st := &stage{t: t, net: newNetwork()}
		st.setUp(s)
		st.peer.call("INVITE", "late", "late", 1)
		inc := <-in
		if inc.Offer() != nil {
			t.Error("an offer out of nothing")
		}
		out := make(chan *sipua.Call, 1)
		go func() {
			c, err := inc.Answer(context.Background(), offer2(t))
			if err != nil {
				t.Error(err)
			}
			out <- c
		}()
		res := st.peer.expect("200")
		st.peer.call("ACK", "late", "lateack", 1, "totag:"+param(res.get("To"), "tag"), sdpAt("10.0.0.2", 6600))
		call := <-out
		if got := port(t, call.RemoteSDP()); got != 6600 {
			t.Errorf("remote port %d", got)
		}
		close(release)
		go func() { st.peer.reply(st.peer.await("BYE"), 200, "") }()
		_ = st.ua.Close()
	})
}

func TestACallerIsAskedForItsPasswordByTheCarrier(t *testing.T) {
	auth, err := sipua.NewAuthenticator("carrier", func(user string) (sipua.Secret, bool) {
		return sipua.Secret{Password: "secret"}, user == "ann"
	})
	if err != nil {
		t.Fatal(err)
	}
	carrier := listen(t, sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
		if user, ok := inc.Authenticate(auth); ok && user == "ann" {
			_ = inc.Reject(486, "Busy Here")
		}
	})})
	caller := listen(t, sipua.Settings{})
	for password, want := range map[string]int{"secret": 486, "wrong": 401} {
		inv := invite(t, targetOf(carrier, "udp"))
		inv.Auth = sipua.Credentials{User: "ann", Password: password}
		_, err := caller.Invite(limited(t), inv)
		var f *sipua.Failure
		if !errors.As(err, &f) || f.Code != want {
			t.Errorf("password %s: %v", password, err)
		}
	}
}
