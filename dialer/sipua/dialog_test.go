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

func TestAnyFinalAnswerToByeEndsTheCallAndNoneDoes(t *testing.T) { // T8
	for _, code := range []int{200, 481, 408, 500, 603, 405, 0} {
		play(t, sipua.Settings{}, func(st *stage) {
			call, _ := st.talk()
			finished := make(chan error, 1)
			go func() { finished <- call.Bye(context.Background()) }()
			bye := st.peer.expect("BYE")
			if e := ended(t, call); e.By != sipua.ByLocal { // the line is free before the reply
				t.Errorf("%d: ending %+v", code, e)
			}
			st.peer.reply(bye, 100, "")
			if code != 0 {
				st.peer.reply(bye, code, "")
			}
			if err := <-finished; err != nil {
				t.Errorf("%d: %v", code, err)
			}
			if s := st.ua.Stats(); s.Calls != 0 {
				t.Errorf("%d: %d calls left", code, s.Calls)
			}
			if err := call.Bye(context.Background()); err != nil {
				t.Errorf("%d: second BYE: %v", code, err)
			}
		})
	}
}

func TestByesThatCrossAreBothAnsweredAndEndOnce(t *testing.T) { // F37
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		go func() { _ = call.Bye(context.Background()) }()
		bye := st.peer.expect("BYE")
		st.peer.inDialog(inv, "far", "BYE", 1)
		if r := st.peer.next(); r.code() != 200 {
			t.Errorf("answer to the crossing BYE: %s", r.start)
		}
		st.peer.reply(bye, 481, "")
		if e := ended(t, call); e.By != sipua.ByLocal {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestAHangUpRightAfterTheAnswerIsNotLost(t *testing.T) { // F35
	play(t, sipua.Settings{}, func(st *stage) {
		for range 100 {
			out := st.dial(context.Background())
			inv := st.peer.expect("INVITE")
			st.peer.answer(inv, "far")
			st.peer.inDialog(inv, "far", "BYE", 1, `Reason: Q.850;cause=16`)
			r := <-out
			if r.err != nil {
				t.Fatal(r.err)
			}
			if e := ended(t, r.call); e.By != sipua.ByRemote || e.Q850 != 16 {
				t.Fatalf("ending %+v", e)
			}
			codes := map[string]bool{}
			for range 2 {
				codes[st.peer.next().start] = true
			}
			if !codes["SIP/2.0 200 OK"] {
				t.Fatalf("BYE without answer: %v", codes)
			}
		}
	})
}

func TestARepeatedByeIsAnsweredAgain(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		for range 3 {
			st.peer.inDialog(inv, "far", "BYE", 1)
			st.peer.expect("200")
		}
		if e := ended(t, call); e.By != sipua.ByRemote {
			t.Errorf("ending %+v", e)
		}
		st.peer.inDialog(inv, "far", "INFO", 2)
		st.peer.expect("481")
	})
}

func TestRequestsInsideTheCallGetTheAnswerTheyShould(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		for i, tc := range []struct {
			method string
			extra  []string
			want   string
		}{
			{method: "OPTIONS", want: "200"},
			{method: "INFO", extra: []string{"Content-Type: application/dtmf-relay"}, want: "200"},
			{method: "UPDATE", want: "200"},
			{method: "REFER", extra: []string{"Refer-To: <sip:+88299900@evil.example>"}, want: "603"},
			{method: "NOTIFY", want: "489"},
			{method: "MESSAGE", want: "405"},
			{method: "PRACK", extra: []string{"RAck: 1 1 INVITE"}, want: "481"},
			{method: "NEWMETHOD", want: "405"},
		} {
			st.peer.inDialog(inv, "far", tc.method, i+1, tc.extra...)
			if r := st.peer.next(); fmt.Sprint(r.code()) != tc.want || r.cseq() != i+1 {
				t.Errorf("%s: %s", tc.method, r.start)
			}
		}
		st.peer.inDialog(inv, "stranger", "INFO", 20)
		st.peer.expect("481")
		st.peer.inDialog(inv, "far", "ACK", 21)
		st.peer.silent(time.Minute) // not even 405
		if call.End() != (sipua.Ending{}) {
			t.Error("call ended")
		}
		go func() { _ = call.Bye(context.Background()) }()
		st.peer.reply(st.peer.expect("BYE"), 200, "")
	})
}

func TestRequestsOutsideAnyCallGetTheAnswerTheyShould(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		for i, tc := range []struct {
			method, want string
			extra        []string
		}{
			{method: "OPTIONS", want: "200"},
			{method: "INVITE", want: "403"}, // nobody serves here
			{method: "INVITE", want: "481", extra: []string{"totag:unknown"}},
			{method: "BYE", want: "481"}, {method: "INFO", want: "481"}, {method: "UPDATE", want: "481"}, {method: "PRACK", want: "481"},
			{method: "CANCEL", want: "481"},
			{method: "REFER", want: "603"}, {method: "SUBSCRIBE", want: "489"}, {method: "REGISTER", want: "405"},
			{method: "OPTIONS", want: "420", extra: []string{"Require: replaces, 100rel"}},
		} {
			id := fmt.Sprintf("out%d", i)
			st.peer.call(tc.method, id, id, 1, tc.extra...)
			r := st.peer.next()
			if fmt.Sprint(r.code()) != tc.want {
				t.Errorf("%s: %s, want %s", tc.method, r.start, tc.want)
			}
			if tc.want == "420" && r.get("Unsupported") != "replaces" {
				t.Errorf("Unsupported: %s", r.get("Unsupported"))
			}
			if tc.method == "INVITE" {
				st.peer.call("ACK", id, id, 1)
			}
		}
		st.peer.call("ACK", "nobody", "nobody", 1, "totag:x")
		st.peer.silent(time.Minute)
	})
}

func TestAHoldIsAnsweredByTheHandlerAndARefreshWithoutIt(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		var offers []string
		call.OnReinvite(func(offer []byte) ([]byte, int) {
			offers = append(offers, string(offer))
			a, _, err := sipua.Answer(offer, sipua.SDPAudio{Addr: ourMedia, SessionID: 1, Version: 2})
			if err != nil {
				return nil, 488
			}
			return a, 200
		})
		hold := sdpAt("10.0.0.2", 6000, "a=sendonly")
		st.peer.inDialog(inv, "far", "INVITE", 1, "Contact: <sip:moved@10.0.0.3:5070>", hold)
		r := st.peer.expect("200")
		if !strings.Contains(r.body, "a=recvonly") || r.get("Contact") == "" {
			t.Errorf("answer to hold:\n%s", r.raw)
		}
		first := st.peer.expect("200") // repeated until the ACK
		if first.body != r.body {
			t.Error("repeated answer differs")
		}
		st.peer.inDialog(inv, "far", "ACK", 1)
		st.peer.silent(time.Minute)
		st.peer.inDialog(inv, "far", "INVITE", 2, hold) // nothing changed
		if again := st.peer.expect("200"); again.body != r.body {
			t.Error("refresh got another description")
		}
		st.peer.inDialog(inv, "far", "ACK", 2)
		if len(offers) != 1 {
			t.Errorf("handler asked %d times", len(offers))
		}
		st.peer.inDialog(inv, "far", "UPDATE", 3, sdpAt("10.0.0.2", 6010))
		if u := st.peer.expect("200"); !strings.Contains(u.body, "a=sendrecv") {
			t.Errorf("answer to UPDATE:\n%s", u.raw)
		}
		if got := port(t, call.RemoteSDP()); got != 6010 {
			t.Errorf("remote port %d", got)
		}
		moved := st.newPeer(otherAddr)
		go func() { _ = call.Bye(context.Background()) }()
		moved.reply(moved.expect("BYE"), 200, "")
	})
}

func TestAnOfferWithoutHandlerOrInTheWrongMomentIsRefused(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		st.peer.inDialog(inv, "far", "INVITE", 1, sdpAt("10.0.0.2", 6100))
		st.peer.expect("488")
		st.peer.inDialogWith(inv, "far", branchOf(inv, "far", "INVITE", 1), "ACK", 1)
		call.OnReinvite(func([]byte) ([]byte, int) { return []byte("v=0"), 0 })
		st.peer.inDialog(inv, "far", "INVITE", 2, sdpAt("10.0.0.2", 6100))
		st.peer.expect("200")
		st.peer.inDialog(inv, "far", "INVITE", 3, sdpAt("10.0.0.2", 6102)) // the first has no ACK yet
		if r := st.peer.next(); r.code() != 491 {
			t.Errorf("second offer: %s", r.start)
		}
		st.peer.inDialogWith(inv, "far", branchOf(inv, "far", "INVITE", 3), "ACK", 3)
		st.peer.inDialog(inv, "far", "ACK", 2)
		st.peer.inDialogWith(inv, "far", "z9hG4bKold", "INVITE", 1, sdpAt("10.0.0.2", 6104))
		for {
			if r := st.peer.next(); r.cseq() == 1 {
				if r.code() != 500 {
					t.Errorf("an old INVITE: %s", r.start)
				}
				break
			}
		}
		call.OnReinvite(func([]byte) ([]byte, int) { panic("handler") })
		st.peer.inDialog(inv, "far", "INVITE", 7, sdpAt("10.0.0.2", 6106))
		st.peer.await("500")
		st.peer.inDialogWith(inv, "far", branchOf(inv, "far", "INVITE", 7), "ACK", 7)
		synctest.Wait() // the panic is noted beside its answer
		if s := st.ua.Stats(); s.Panics != 1 {
			t.Errorf("panics %d", s.Panics)
		}
		go func() { _ = call.Bye(context.Background()) }()
		st.peer.reply(st.peer.await("BYE"), 200, "")
	})
}

func TestADelayedOfferIsMadeInTheAnswerAndSettledByTheAck(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		told := make(chan []byte, 1)
		call.OnReinvite(func(offer []byte) ([]byte, int) {
			if offer != nil {
				t.Errorf("offer %q", offer)
			}
			return offer2(t), 200
		})
		call.OnRemoteSDP(func(sdp []byte) { told <- sdp })
		st.peer.inDialog(inv, "far", "INVITE", 1)
		if r := st.peer.expect("200"); r.body != string(offer2(t)) {
			t.Errorf("our offer:\n%s", r.raw)
		}
		st.peer.inDialog(inv, "far", "ACK", 1, sdpAt("10.0.0.2", 6200))
		if got := port(t, <-told); got != 6200 || port(t, call.RemoteSDP()) != 6200 {
			t.Errorf("port %d", got)
		}
		go func() { _ = call.Bye(context.Background()) }()
		st.peer.reply(st.peer.expect("BYE"), 200, "")
	})
}

func TestAReinviteWithoutAckEndsTheCall(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		call.OnReinvite(func([]byte) ([]byte, int) { return offer2(t), 200 })
		st.peer.inDialog(inv, "far", "INVITE", 1, sdpAt("10.0.0.2", 6300))
		start := time.Now()
		n := 0
		for {
			m := st.peer.next()
			if m.method() == "BYE" {
				st.peer.reply(m, 200, "")
				break
			}
			n++
		}
		if d := time.Since(start); d < 31*time.Second || d > 33*time.Second || n != 11 {
			t.Errorf("%d answers in %v", n, d)
		}
		if e := ended(t, call); e.By != sipua.ByTimeout {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestOurReinviteIsRepeatedAfterGlareAndItsAnswerAcknowledged(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		type answer struct {
			sdp []byte
			err error
		}
		out := make(chan answer, 1)
		go func() {
			sdp, err := call.Reinvite(context.Background(), offer2(t))
			out <- answer{sdp, err}
		}()
		re := st.peer.expect("INVITE")
		if re.cseq() != inv.cseq()+1 || param(re.get("To"), "tag") != "far" || re.body != string(offer2(t)) {
			t.Errorf("re-INVITE\n%s", re.raw)
		}
		st.peer.inDialog(inv, "far", "INVITE", 1, sdpAt("10.0.0.2", 6400)) // glare at our side
		st.peer.expect("491")
		st.peer.inDialogWith(inv, "far", branchOf(inv, "far", "INVITE", 1), "ACK", 1)
		start := time.Now()
		st.peer.reply(re, 491, "")
		st.peer.expect("ACK")
		re = st.peer.expect("INVITE")
		if d := time.Since(start); d < 2100*time.Millisecond || d > 4*time.Second {
			t.Errorf("repeated after %v", d)
		}
		st.peer.reply(re, 200, "", "Contact: <sip:peer@10.0.0.2:5060>", sdpAt("10.0.0.2", 6402))
		ack := st.peer.expect("ACK")
		if ack.cseq() != re.cseq() {
			t.Errorf("ACK %d for %d", ack.cseq(), re.cseq())
		}
		a := <-out
		if a.err != nil || port(t, a.sdp) != 6402 || port(t, call.RemoteSDP()) != 6402 {
			t.Errorf("%v %q", a.err, a.sdp)
		}
		st.peer.reply(re, 200, "", "Contact: <sip:peer@10.0.0.2:5060>", sdpAt("10.0.0.2", 6402))
		if again := st.peer.expect("ACK"); again.cseq() != re.cseq() {
			t.Error("repeated 200 not acknowledged")
		}
		go func() { // a refusal leaves the call as it is
			sdp, err := call.Reinvite(context.Background(), offer2(t))
			out <- answer{sdp, err}
		}()
		re = st.peer.expect("INVITE")
		st.peer.reply(re, 488, "")
		st.peer.expect("ACK")
		var f *sipua.Failure
		if a := <-out; !errors.As(a.err, &f) || f.Code != 488 {
			t.Errorf("refusal: %v", a.err)
		}
		go func() { // 481 ends it
			sdp, err := call.Reinvite(context.Background(), offer2(t))
			out <- answer{sdp, err}
		}()
		re = st.peer.expect("INVITE")
		st.peer.reply(re, 481, "")
		st.peer.expect("ACK")
		st.peer.reply(st.peer.expect("BYE"), 481, "")
		<-out
		if e := ended(t, call); e.By != sipua.ByTimeout || e.Code != 481 {
			t.Errorf("ending %+v", e)
		}
		if _, err := call.Reinvite(context.Background(), offer2(t)); !errors.Is(err, sipua.ErrEnded) {
			t.Errorf("re-INVITE on a dead call: %v", err)
		}
	})
}

func TestWeRefreshTheSessionByUpdateOrByInvite(t *testing.T) { // RFC 4028
	for _, allow := range []string{"INVITE, ACK, BYE, UPDATE", "INVITE, ACK, BYE"} {
		play(t, sipua.Settings{}, func(st *stage) {
			out := st.dial(context.Background(), func(i *sipua.Invite) { i.SessionExpires = 10 * time.Minute })
			inv := st.peer.expect("INVITE")
			if inv.get("Session-Expires") != "600" || inv.get("Min-SE") != "90" || !strings.Contains(inv.get("Supported"), "timer") {
				t.Errorf("INVITE\n%s", inv.raw)
			}
			st.peer.answer(inv, "far", "Session-Expires: 600;refresher=uac", "Require: timer", "Allow: "+allow)
			st.peer.expect("ACK")
			r := <-out
			for range 3 {
				start := time.Now()
				m := st.peer.readFor(10 * time.Minute)
				if d := time.Since(start); d != 5*time.Minute {
					t.Errorf("refreshed after %v", d)
				}
				want := "INVITE"
				if strings.Contains(allow, "UPDATE") {
					want = "UPDATE"
				}
				if m.method() != want || m.get("Session-Expires") != "600;refresher=uac" {
					t.Fatalf("refresh\n%s", m.raw)
				}
				if want == "INVITE" && m.body != inv.body {
					t.Error("refresh changes the description")
				}
				st.peer.reply(m, 200, "", "Contact: <sip:peer@10.0.0.2:5060>", "Session-Expires: 600;refresher=uac", "Allow: "+allow)
				if want == "INVITE" {
					st.peer.expect("ACK")
				}
			}
			m := st.peer.readFor(10 * time.Minute) // this one gets no answer
			for st.peer.read(40*time.Second) != nil {
			}
			_ = m
			bye := st.peer.readFor(10 * time.Minute)
			if bye.method() != "BYE" {
				t.Fatalf("got %s", bye.start)
			}
			st.peer.reply(bye, 200, "")
			if e := ended(t, r.call); e.By != sipua.ByTimeout {
				t.Errorf("ending %+v", e)
			}
		})
	}
}

func TestAPeerThatStopsRefreshingIsHungUpOn(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.answer(inv, "far", "Session-Expires: 120;refresher=uas")
		st.peer.expect("ACK")
		r := <-out
		time.Sleep(50 * time.Second)
		st.peer.inDialog(inv, "far", "UPDATE", 1, "Session-Expires: 120;refresher=uac", "Supported: timer")
		u := st.peer.expect("200")
		if u.get("Session-Expires") != "120;refresher=uac" || !strings.Contains(u.get("Require"), "timer") {
			t.Errorf("answer to the refresh\n%s", u.raw)
		}
		st.peer.inDialog(inv, "far", "UPDATE", 2, "Session-Expires: 20", "Supported: timer")
		if r := st.peer.expect("422"); r.get("Min-SE") != "90" {
			t.Errorf("422 with Min-SE %s", r.get("Min-SE"))
		}
		start := time.Now()
		bye := st.peer.readFor(5 * time.Minute)
		if d := time.Since(start); d != 88*time.Second || bye.method() != "BYE" {
			t.Errorf("%s after %v", bye.start, d)
		}
		st.peer.reply(bye, 200, "")
		if e := ended(t, r.call); e.By != sipua.ByTimeout || e.Reason != "session expired" {
			t.Errorf("ending %+v", e)
		}
	})
}

func TestASessionThatIsTooShortIsOfferedAgainOnce(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background(), func(i *sipua.Invite) { i.SessionExpires = 2 * time.Minute })
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 422, "far", "Min-SE: 600")
		st.peer.expect("ACK")
		again := st.peer.expect("INVITE")
		if again.get("Session-Expires") != "600" || again.get("Min-SE") != "600" || again.cseq() != inv.cseq()+1 || again.get("Call-ID") != inv.get("Call-ID") || again.branch() == inv.branch() {
			t.Errorf("second INVITE\n%s", again.raw)
		}
		st.peer.reply(again, 422, "far", "Min-SE: 600")
		st.peer.expect("ACK")
		if f := (<-out).failure(t); f.Code != 422 {
			t.Errorf("failure %+v", f)
		}
		st.peer.silent(time.Minute)
		off := st.dial(context.Background(), func(i *sipua.Invite) { i.SessionExpires = -1 })
		inv = st.peer.expect("INVITE")
		if inv.get("Session-Expires") != "" {
			t.Error("session timer offered")
		}
		st.peer.reply(inv, 486, "far")
		st.peer.expect("ACK")
		<-off
	})
}

func TestEarlyRequestsAreAnsweredBeforeTheCallIs(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 183, "far")
		st.peer.inDialog(inv, "far", "UPDATE", 1)
		st.peer.expect("200")
		st.peer.inDialog(inv, "far", "INFO", 2)
		st.peer.expect("200")
		st.peer.inDialog(inv, "far", "BYE", 3) // not allowed, and so without answer until the call is decided
		synctest.Wait()
		st.peer.reply(inv, 486, "far")
		got := map[string]bool{}
		for range 2 {
			got[strings.Fields(st.peer.next().start)[0]+" "] = true
		}
		if f := (<-out).failure(t); f.Code != 486 {
			t.Errorf("failure %+v", f)
		}
	})
}
