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

func cancellable() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

func TestAnAnswerThatCrossesOurCancelIsAcknowledgedEndedAndReported(t *testing.T) { // T1
	play(t, sipua.Settings{}, func(st *stage) {
		ctx, cancel := cancellable()
		out := st.dial(ctx)
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 180, "far")
		synctest.Wait()
		cancel()
		c := st.peer.expect("CANCEL")
		if c.branch() != inv.branch() || c.cseq() != inv.cseq() || strings.Contains(c.get("To"), "tag=") {
			t.Errorf("CANCEL differs from its INVITE:\n%s", c.raw)
		}
		st.peer.reply(c, 200, "far")
		st.peer.answer(inv, "far")
		ack := st.peer.expect("ACK")
		if ack.cseq() != inv.cseq() || !strings.Contains(ack.get("To"), "tag=far") {
			t.Errorf("ACK %s", ack.raw)
		}
		bye := st.peer.expect("BYE")
		st.peer.reply(bye, 200, "")
		f := (<-out).failure(t)
		if !f.AnsweredAfterCancel || !f.Cancelled || !f.Ringing || !f.GotProvisional || f.Timings.AnsweredAt.IsZero() || f.Timings.AckedAt.IsZero() {
			t.Errorf("failure %+v", f)
		}
		if !errors.Is(f, context.Canceled) {
			t.Errorf("cause %v", f.Err)
		}
	})
}

func TestNoCancelLeavesBeforeAProvisionalAndAStraightAnswerIsEnded(t *testing.T) { // T6, RFC 3261 9.1
	play(t, sipua.Settings{}, func(st *stage) {
		ctx, cancel := cancellable()
		out := st.dial(ctx)
		inv := st.peer.expect("INVITE")
		cancel()
		if m := st.peer.next(); m.method() != "INVITE" {
			t.Errorf("%s before any provisional", m.start)
		}
		st.peer.answer(inv, "far")
		st.peer.await("ACK")
		st.peer.reply(st.peer.expect("BYE"), 200, "")
		if f := (<-out).failure(t); !f.AnsweredAfterCancel || f.GotProvisional {
			t.Errorf("failure %+v", f)
		}
	})
}

func TestACancelWaitsForTheFirstProvisionalAndForTheFinalAnswer(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		ctx, cancel := cancellable()
		out := st.dial(ctx)
		inv := st.peer.expect("INVITE")
		cancel()
		synctest.Wait()
		st.peer.reply(inv, 100, "")
		c := st.peer.await("CANCEL")
		st.peer.reply(c, 481, "far") // of no weight: only the INVITE's final counts
		time.Sleep(20 * time.Second)
		select {
		case r := <-out:
			t.Fatalf("returned before the final response: %v", r.err)
		default:
		}
		st.peer.reply(inv, 487, "far")
		st.peer.expect("ACK")
		if f := (<-out).failure(t); f.Code != 487 || !f.Cancelled || f.AnsweredAfterCancel || f.Ringing {
			t.Errorf("failure %+v", f)
		}
	})
}

func TestAPeerThatAnswersNothingToCancelIsGivenUpAndItsLateAnswerEnded(t *testing.T) {
	strays := make(chan sipua.Stray, 4)
	play(t, sipua.Settings{OnStray: func(s sipua.Stray) { strays <- s }}, func(st *stage) {
		ctx, cancel := cancellable()
		out := st.dial(ctx)
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 180, "far")
		synctest.Wait()
		start := time.Now()
		cancel()
		f := (<-out).failure(t)
		if d := time.Since(start); d < 32*time.Second || d > 33*time.Second {
			t.Errorf("gave up after %v", d)
		}
		if !errors.Is(f, sipua.ErrNoReply) || f.Code != 0 {
			t.Errorf("failure %+v", f)
		}
		for st.peer.read(time.Second) != nil { // the CANCELs
		}
		st.peer.answer(inv, "far")
		st.peer.expect("ACK")
		bye := st.peer.expect("BYE")
		st.peer.answer(inv, "far") // its ACK was lost
		st.peer.expect("ACK")
		st.peer.reply(bye, 200, "")
		st.peer.silent(40 * time.Second)
		if s := <-strays; s.Forked || !s.AfterCancel || s.CallID != inv.get("Call-ID") {
			t.Errorf("stray %+v", s)
		}
	})
}

func TestAForgedAnswerMakesUsSendNothing(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		st.peer.send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKnone\nFrom: <sip:a@10.0.0.1>;tag=abcdefghijklabcdefghijkl\n" +
			"To: <sip:b@10.0.0.2>;tag=x\nCall-ID: forged\nCSeq: 1 INVITE\nContact: <sip:victim@10.0.0.9>\n\n")
		st.peer.silent(time.Minute)
	})
}

func TestAnyNumberOfProvisionalsIsHeard(t *testing.T) { // T2
	play(t, sipua.Settings{}, func(st *stage) {
		var codes []int
		out := st.dial(context.Background(), func(i *sipua.Invite) { i.OnEvent = func(e sipua.Event) { codes = append(codes, e.Code) } })
		inv := st.peer.expect("INVITE")
		for range 60 {
			st.peer.reply(inv, 183, "far")
			time.Sleep(time.Second)
		}
		st.peer.answer(inv, "far")
		st.peer.expect("ACK")
		if r := <-out; r.err != nil || len(codes) != 60 {
			t.Errorf("%v after %d provisionals", r.err, len(codes))
		}
	})
}

func TestACallMayRingLongerThanTimerB(t *testing.T) {
	// sipgo arms timer B after it wrote the INVITE; a 1xx in between is
	// overtaken and the timer ends its transaction 32 s later.
	play(t, sipua.Settings{}, func(st *stage) {
		for range 20 {
			out := st.dial(context.Background())
			inv := st.peer.expect("INVITE")
			st.peer.reply(inv, 180, "far")
			time.Sleep(3 * time.Minute)
			st.peer.reply(inv, 486, "far")
			st.peer.expect("ACK")
			if f := (<-out).failure(t); f.Code != 486 || !f.Ringing {
				t.Fatalf("failure %+v", f)
			}
		}
	})
}

func TestPracksAreNumberedInTheirDialogAndTheAckLikeTheInvite(t *testing.T) { // T3
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		if !strings.Contains(inv.get("Supported"), "100rel") {
			t.Error("100rel is not offered")
		}
		contact := "Contact: <sip:peer@10.0.0.2:5060>"
		st.peer.reply(inv, 183, "far", "Require: 100rel", "RSeq: 776", contact, sdpAt("10.0.0.2", 6002))
		p1 := st.peer.expect("PRACK")
		if p1.get("RAck") != fmt.Sprintf("776 %d INVITE", inv.cseq()) || p1.cseq() <= inv.cseq() || !strings.Contains(p1.get("To"), "tag=far") {
			t.Errorf("PRACK\n%s", p1.raw)
		}
		st.peer.reply(p1, 200, "")
		st.peer.reply(inv, 180, "far", "Require: 100rel", "RSeq: 779", contact) // out of order: as if lost
		st.peer.silent(3 * time.Second)
		st.peer.reply(inv, 180, "far", "Require: 100rel", "RSeq: 777", contact)
		p2 := st.peer.expect("PRACK")
		if p2.cseq() != p1.cseq()+1 {
			t.Errorf("PRACKs %d, %d", p1.cseq(), p2.cseq())
		}
		st.peer.reply(p2, 200, "")
		st.peer.reply(inv, 200, "far", contact)
		if ack := st.peer.expect("ACK"); ack.cseq() != inv.cseq() {
			t.Errorf("ACK has CSeq %d, INVITE %d", ack.cseq(), inv.cseq())
		}
		r := <-out
		if r.err != nil {
			t.Fatal(r.err)
		}
		if port(t, r.call.RemoteSDP()) != 6002 {
			t.Error("early description lost")
		}
		go func() { _ = r.call.Bye(context.Background()) }()
		bye := st.peer.expect("BYE")
		if bye.cseq() <= p2.cseq() {
			t.Errorf("BYE has CSeq %d after PRACK %d", bye.cseq(), p2.cseq())
		}
		st.peer.reply(bye, 200, "")
	})
}

func TestAnEarlyDescriptionIsNeverOvertakenByTheAnswer(t *testing.T) { // T4
	play(t, sipua.Settings{}, func(st *stage) {
		for i := range 500 {
			var events []sipua.Event
			out := st.dial(context.Background(), func(inv *sipua.Invite) { inv.OnEvent = func(e sipua.Event) { events = append(events, e) } })
			inv := st.peer.expect("INVITE")
			st.peer.reply(inv, 183, "far", sdpAt("10.0.0.2", 7000+2*i))
			st.peer.reply(inv, 200, "far", "Contact: <sip:peer@10.0.0.2:5060>")
			st.peer.expect("ACK")
			r := <-out
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got := port(t, r.call.RemoteSDP()); got != uint16(7000+2*i) {
				t.Fatalf("call %d: media at port %d", i, got)
			}
			if len(events) != 1 || events[0].SDP == nil || r.call.Timings().EarlyMediaAt.IsZero() {
				t.Fatalf("call %d: events %+v", i, events)
			}
			go func() { _ = r.call.Bye(context.Background()) }()
			st.peer.reply(st.peer.expect("BYE"), 200, "")
		}
	})
}

func TestALongInviteLeavesOverUDP(t *testing.T) { // T5
	play(t, sipua.Settings{}, func(st *stage) {
		st.dial(context.Background(), func(i *sipua.Invite) {
			i.Headers = []sipua.Header{{Name: "Identity", Value: strings.Repeat("x", 6000)}}
		})
		inv := st.peer.expect("INVITE")
		if len(inv.raw) < 6000 {
			t.Errorf("%d bytes", len(inv.raw))
		}
		st.peer.reply(inv, 486, "far")
		st.peer.expect("ACK")
	})
}

func TestEachBranchOfAForkIsAcknowledgedByItsTagAndTheSpareEnded(t *testing.T) { // T7
	strays := make(chan sipua.Stray, 4)
	play(t, sipua.Settings{OnStray: func(s sipua.Stray) { strays <- s }}, func(st *stage) {
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 180, "forkA")
		st.peer.reply(inv, 180, "forkB")
		st.peer.answer(inv, "forkA")
		st.peer.answer(inv, "forkB")
		acks := map[string]int{}
		var bye *message
		for range 3 {
			m := st.peer.next()
			tag := param(m.get("To"), "tag")
			if m.method() == "BYE" {
				bye = m
				continue
			}
			acks[tag]++
		}
		if acks["forkA"] != 1 || acks["forkB"] != 1 || bye == nil || param(bye.get("To"), "tag") != "forkB" {
			t.Fatalf("acknowledged %v, ended %+v", acks, bye)
		}
		st.peer.reply(bye, 200, "")
		st.peer.answer(inv, "forkA") // lost ACKs
		if a := st.peer.expect("ACK"); param(a.get("To"), "tag") != "forkA" {
			t.Error("ACK of the wrong branch")
		}
		st.peer.answer(inv, "forkB")
		if a := st.peer.expect("ACK"); param(a.get("To"), "tag") != "forkB" {
			t.Error("ACK of the wrong branch")
		}
		st.peer.silent(time.Minute)
		r := <-out
		if r.err != nil || r.call.End() != (sipua.Ending{}) {
			t.Errorf("%v, %+v", r.err, r.call.End())
		}
		if s := <-strays; !s.Forked {
			t.Errorf("stray %+v", s)
		}
		go func() { _ = r.call.Bye(context.Background()) }()
		st.peer.reply(st.peer.expect("BYE"), 200, "")
	})
}

func TestARepeatedAnswerIsAcknowledgedAgainAlsoAfterTheCall(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		call, inv := st.talk()
		for range 3 {
			st.peer.answer(inv, "far")
			st.peer.expect("ACK")
		}
		go func() { _ = call.Bye(context.Background()) }()
		bye := st.peer.expect("BYE")
		st.peer.answer(inv, "far")
		st.peer.expect("ACK")
		st.peer.reply(bye, 200, "")
		synctest.Wait()
		st.peer.answer(inv, "far")
		st.peer.expect("ACK")
		st.peer.silent(time.Minute)
	})
}

func TestARepeatedRefusalIsAcknowledgedAtOnce(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 486, "far")
		st.peer.expect("ACK")
		<-out
		for range 3 {
			synctest.Wait()
			start := time.Now()
			st.peer.reply(inv, 486, "far")
			ack := st.peer.expect("ACK")
			if d := time.Since(start); d > 100*time.Millisecond {
				t.Errorf("ACK came %v later", d)
			}
			if ack.branch() != inv.branch() || ack.cseq() != inv.cseq() {
				t.Errorf("ACK\n%s", ack.raw)
			}
		}
	})
}

func TestAnUnansweredInviteIsRepeatedAndGivenUpAfterTimerB(t *testing.T) {
	for _, patience := range []time.Duration{0, 4 * time.Second} {
		play(t, sipua.Settings{}, func(st *stage) {
			start := time.Now()
			out := st.dial(context.Background(), func(i *sipua.Invite) { i.TransportTimeout = patience })
			f := (<-out).failure(t)
			want := patience
			if want == 0 {
				want = 32 * time.Second
			}
			if d := time.Since(start); d != want {
				t.Errorf("gave up after %v, want %v", d, want)
			}
			if !errors.Is(f, sipua.ErrNoReply) || f.GotProvisional || f.Code != 0 {
				t.Errorf("failure %+v", f)
			}
			n := 0
			for st.peer.read(time.Millisecond) != nil {
				n++
			}
			if want := map[time.Duration]int{0: 7, 4 * time.Second: 4}[patience]; n != want {
				t.Errorf("sent %d times, want %d", n, want)
			}
		})
	}
}

func TestARefusalTellsCodeCauseAndWhenToRetry(t *testing.T) {
	for _, tc := range []struct {
		code  int
		extra []string
		q850  int
		after time.Duration
	}{
		{code: 302, extra: []string{"Contact: <sip:+88299900@evil.example>"}},
		{code: 404, extra: []string{`Reason: Q.850;cause=1;text="Unallocated (unassigned) number"`}, q850: 1},
		{code: 480, extra: []string{`Reason: SIP;cause=480, Q.850 ;cause=31`}, q850: 31},
		{code: 486}, {code: 488}, {code: 500}, {code: 600}, {code: 603}, {code: 607}, {code: 608}, {code: 699},
		{code: 503, extra: []string{"Retry-After: 120 (maintenance);duration=60"}, after: 2 * time.Minute},
		{code: 503, extra: []string{"Retry-After: soon", "Reason: Q.850;cause=x"}},
		{code: 422}, {code: 401}, {code: 407}, {code: 423}, {code: 491}, {code: 300}, {code: 305}, {code: 380},
	} {
		play(t, sipua.Settings{}, func(st *stage) {
			out := st.dial(context.Background())
			inv := st.peer.expect("INVITE")
			st.peer.reply(inv, tc.code, "far", tc.extra...)
			ack := st.peer.expect("ACK")
			if ack.branch() != inv.branch() {
				t.Errorf("%d: ACK has another branch", tc.code)
			}
			f := (<-out).failure(t)
			if f.Code != tc.code || f.Q850 != tc.q850 || f.RetryAfter != tc.after || f.Reason != "Reason" || f.Timings.EndedAt.IsZero() {
				t.Errorf("%d: failure %+v", tc.code, f)
			}
			st.peer.silent(time.Minute) // one attempt: neither redirect nor repetition
		})
	}
}

func TestNothingIsSentForAnAddressThatCouldBreakTheMessage(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		for _, user := range []string{"1\r\nX: y", "1;maddr=1.2.3.4", "1@evil", "1 2", "1<2", "1?x=y", "1\x00", `1"`, "1%0d%0a", strings.Repeat("1", 200), "1:2", "é"} {
			inv := invite(t, sipua.Target{Host: "10.0.0.2"})
			inv.To.User = user
			if _, err := st.ua.Invite(context.Background(), inv); err == nil {
				t.Errorf("user %q got through", user)
			}
			inv = invite(t, sipua.Target{Host: "10.0.0.2"})
			inv.From.User = user
			if _, err := st.ua.Invite(context.Background(), inv); err == nil {
				t.Errorf("caller %q got through", user)
			}
		}
		for _, change := range []func(*sipua.Invite){
			func(i *sipua.Invite) { i.From.Name = "a\r\nb" },
			func(i *sipua.Invite) { i.To.Host = "a b" },
			func(i *sipua.Invite) { i.NextHop.Host = "a;b" },
			func(i *sipua.Invite) { i.CallID = "a\r\nb" },
			func(i *sipua.Invite) { i.Headers = []sipua.Header{{Name: "X", Value: "a\r\nVia: b"}} },
			func(i *sipua.Invite) { i.Headers = []sipua.Header{{Name: "X Y", Value: "a"}} },
			func(i *sipua.Invite) { i.Headers = []sipua.Header{{Name: "Route", Value: "<sip:evil>"}} },
			func(i *sipua.Invite) { i.Offer = nil },
			func(i *sipua.Invite) { i.NextHop.Transport = "sctp" },
		} {
			inv := invite(t, sipua.Target{Host: "10.0.0.2"})
			change(&inv)
			if _, err := st.ua.Invite(context.Background(), inv); err == nil {
				t.Error("a broken invite got through")
			}
		}
		st.peer.silent(time.Second)
	})
}

func TestClosingCancelsWhatRingsAndEndsWhatTalks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &stage{t: t, net: newNetwork()}
		st.setUp(sipua.Settings{})
		call, _ := st.talk()
		out := st.dial(context.Background())
		ringing := st.peer.expect("INVITE")
		st.peer.reply(ringing, 180, "two")
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- st.ua.Close() }()
		for range 2 {
			m := st.peer.next()
			st.peer.reply(m, 200, "")
			if m.method() == "CANCEL" {
				st.peer.reply(ringing, 487, "two")
			}
		}
		if f := (<-out).failure(t); f.Code != 487 || !errors.Is(f, sipua.ErrClosed) {
			t.Errorf("failure %+v", f)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if e := ended(t, call); e.By != sipua.ByLocal {
			t.Errorf("ending %+v", e)
		}
		if _, err := st.ua.Invite(context.Background(), invite(t, sipua.Target{Host: "10.0.0.2"})); !errors.Is(err, sipua.ErrClosed) {
			t.Errorf("invite after close: %v", err)
		}
	})
}

func TestNothingIsLeftBehindByCallsOfEveryKind(t *testing.T) { // T10 and memory
	play(t, sipua.Settings{}, func(st *stage) {
		for range 20 {
			call, _ := st.talk()
			go func() { _ = call.Bye(context.Background()) }()
			st.peer.reply(st.peer.expect("BYE"), 200, "")
			out := st.dial(context.Background())
			st.peer.reply(st.peer.expect("INVITE"), 486, "far")
			st.peer.expect("ACK")
			<-out
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := st.ua.Stats(); s.Calls != 0 || s.Transactions != 0 || s.Panics != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}
