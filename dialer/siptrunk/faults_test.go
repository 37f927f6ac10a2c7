package siptrunk

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/sipua"
)

// shortRing makes the ring time and the set-up time of a test short.
func shortRing(d time.Duration) Settings {
	return Settings{SetupTime: d, RingTime: d}
}

func ringing(number string, d time.Duration) dialer.Request {
	r := request(number)
	r.RingTime = d
	return r
}

// F32: a slow carrier is one call: no second INVITE, no fail-over.
func TestASlowCarrierIsWaitedFor(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "slow", 1)
	spare := startSipp(t, "answer", 1)
	trunks := open(t, trunkTo("slow", peer.at), trunkTo("spare", spare.at, func(t *Trunk) { t.Priority = 1 }))
	leg := mustAnswer(t, trunks, request(callee))
	if a := leg.Answered(); a.Trunk != "slow" || a.RingingAt.Sub(a.SentAt) < 2*time.Second {
		t.Errorf("answer %+v", a)
	}
	leg.Hangup(within(t))
	peer.satisfied(t)
	if s := trunks.State()[1]; s.Placed != 0 {
		t.Error("the spare trunk was used while the first was working")
	}
}

// F33
func TestRingWithoutAnswerIsCancelledAfterTheRingTime(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "no_answer", 1)
	trunks := open(t, trunkTo("a", peer.at))
	failed := mustFail(t, trunks, within(t), ringing(callee, 600*time.Millisecond), campaigns.NoAnswer)
	if failed.Code != 487 || time.Since(failed.RingingAt) < 600*time.Millisecond {
		t.Errorf("%+v", failed)
	}
	if !errors.Is(failed, errRingTime) {
		t.Errorf("the reason is not named: %v", failed)
	}
	peer.satisfied(t)
}

func TestACallThatIsWithdrawnIsCancelled(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "no_answer", 1)
	trunks := open(t, trunkTo("a", peer.at))
	ctx, withdraw := context.WithCancel(within(t))
	req := request(callee)
	req.OnProgress = func(p dialer.Progress) {
		if p.Step == dialer.StepRinging {
			withdraw()
		}
	}
	mustFail(t, trunks, ctx, req, campaigns.Cancelled)
	peer.satisfied(t)
}

// A number that is put on the do-not-call list while its call waits for its
// turn: from then on no INVITE leaves.
func TestACallThatIsWithdrawnInTheGateIsNeverSent(t *testing.T) {
	t.Parallel()
	var invites atomic.Int32
	at := carrier(t, func(inc *sipua.Incoming) {
		invites.Add(1)
		_ = inc.Reject(486, "Busy Here")
	})
	trunks := openWith(t, Settings{MaxWait: patience, Trunks: []Trunk{trunkTo("a", at, func(t *Trunk) { t.MaxCPS = 0.7 })}})
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
	ctx, withdraw := context.WithCancelCause(within(t))
	req := request("+34600111333")
	req.OnProgress = func(p dialer.Progress) { t.Errorf("%s after the withdrawal", p.Step) }
	failure := make(chan error, 1)
	go func() { // the test waits for what it says
		_, err := trunks.Dial(ctx, req)
		failure <- err
	}()
	eventually(t, "the call waits in the gate", func() bool { return trunks.State()[0].Lines == 1 })
	because := errors.New("the number is on the do-not-call list")
	withdraw(because)
	var failed *dialer.CallError
	if err := <-failure; !errors.As(err, &failed) || failed.Outcome != campaigns.Cancelled || !failed.SentAt.IsZero() || !errors.Is(err, because) {
		t.Errorf("%+v", err)
	}
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy) // whatever was to come had come
	if n, placed := invites.Load(), trunks.State()[0].Placed; n != 2 || placed != 2 {
		t.Errorf("the carrier has seen %d INVITEs, %d are counted, not 2", n, placed)
	}
}

// The same in the last moment, when the call has had its turn already.
func TestACallThatIsWithdrawnBehindTheGateIsNeverSent(t *testing.T) {
	t.Parallel()
	var invites atomic.Int32
	trunks := open(t, trunkTo("a", carrier(t, func(inc *sipua.Incoming) {
		invites.Add(1)
		_ = inc.Reject(486, "Busy Here")
	})))
	r := trunks.routes[0]
	if wait, why := r.admit(time.Now(), 0); wait != 0 || why != "" {
		t.Fatal(wait, why)
	}
	ctx, withdraw := context.WithCancel(within(t))
	withdraw()
	req := request(callee)
	req.OnProgress = func(p dialer.Progress) { t.Errorf("%s after the withdrawal", p.Step) }
	leg, failed, again := newPlacing(r, req, req.CallID).run(ctx)
	if leg != nil || again || failed.Outcome != campaigns.Cancelled || !failed.SentAt.IsZero() {
		t.Errorf("%+v, again %t", failed, again)
	}
	if s := trunks.State()[0]; s.Placed != 0 || s.Failed != 0 || s.Lines != 0 || s.Pending != 0 || invites.Load() != 0 {
		t.Errorf("%+v, %d INVITEs", s, invites.Load())
	}
}

func TestACarrierThatOnlyTriesIsGivenUpAsNoAnswer(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "trying_only", 1)
	s := shortRing(300 * time.Millisecond)
	s.Trunks = []Trunk{trunkTo("a", peer.at)}
	trunks := openWith(t, s)
	failed := mustFail(t, trunks, within(t), ringing(callee, 300*time.Millisecond), campaigns.NoAnswer)
	if !failed.RingingAt.IsZero() {
		t.Errorf("%+v", failed)
	}
	peer.satisfied(t)
}

// F34: early media is not an answer, and what comes after it decides.
func TestEarlyMediaIsNoAnswer(t *testing.T) {
	for scenario, want := range map[string]campaigns.Outcome{
		"early_then_invalid": campaigns.Invalid,
		"early_then_route":   campaigns.RouteFailed, // and no fail-over: an announcement was heard
		"early_only":         campaigns.NoAnswer,
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, scenario, 1)
			trunks := open(t, trunkTo("a", peer.at), trunkTo("spare", peer.at, func(t *Trunk) { t.Priority = 1 }))
			early := false
			req := ringing(callee, 800*time.Millisecond)
			req.OnProgress = func(p dialer.Progress) { early = early || p.Step == dialer.StepEarlyMedia }
			mustFail(t, trunks, within(t), req, want)
			if !early {
				t.Error("early media was not reported")
			}
			peer.satisfied(t)
		})
	}
}

// F35
func TestAnswerAndHangUpAtOnceEndsTheLeg(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "answer_hangup", 1)
	trunks := open(t, trunkTo("a", peer.at))
	leg := mustAnswer(t, trunks, request(callee))
	wait(t, "the leg ends", leg.Done())
	if e := leg.Ending(); e.By != "callee" || e.Q850 != 16 || e.At.IsZero() {
		t.Errorf("ending %+v", e)
	}
	freeLines(t, trunks)
	leg.Hangup(within(t)) // harmless
	peer.satisfied(t)
}

// F36: the person answered while we withdrew: acknowledged, ended, counted.
func TestAnswerThatCrossesTheCancelIsAnAbandonedCall(t *testing.T) {
	for name, byRingTime := range map[string]bool{"ring time": true, "withdrawn": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, "cancel_answer", 1)
			trunks := open(t, trunkTo("a", peer.at))
			ctx, withdraw := context.WithCancel(within(t))
			req := ringing(callee, patience)
			if byRingTime {
				req.RingTime = 300 * time.Millisecond
			}
			req.OnProgress = func(p dialer.Progress) {
				if p.Step == dialer.StepRinging && !byRingTime {
					withdraw()
				}
			}
			failed := mustFail(t, trunks, ctx, req, campaigns.AbandonedSilent)
			if failed.AnsweredAt.Before(failed.RingingAt) || !failed.Outcome.Abandoned() {
				t.Errorf("%+v", failed)
			}
			peer.satisfied(t)
		})
	}
}

func TestWhatThePersonSaysCountsEvenWhenACancelCrosses(t *testing.T) {
	for scenario, want := range map[string]campaigns.Outcome{"cancel_busy": campaigns.Busy, "cancel_481": campaigns.NoAnswer} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, scenario, 1)
			trunks := open(t, trunkTo("a", peer.at))
			mustFail(t, trunks, within(t), ringing(callee, 300*time.Millisecond), want)
			peer.satisfied(t)
		})
	}
}

// F37: however the hang-up goes wrong, the call has one end and the line is free.
func TestHangUpFreesTheLineWhateverThePeerDoes(t *testing.T) {
	for _, scenario := range []string{"answer", "bye_glare", "bye_481", "bye_silent"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			peer := startSipp(t, scenario, 1)
			trunks := open(t, trunkTo("a", peer.at))
			leg := mustAnswer(t, trunks, request(callee))
			leg.Hangup(within(t))
			if n := trunks.State()[0].Lines; n != 0 {
				t.Errorf("%d lines in use after Hangup", n)
			}
			wait(t, "the leg ends", leg.Done())
			if e := leg.Ending(); e.By != "us" {
				t.Errorf("ending %+v", e)
			}
			peer.satisfied(t)
		})
	}
}

func TestAByeBeforeTheAckEndsTheCallOnce(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "bye_before_ack", 1)
	trunks := open(t, trunkTo("a", peer.at))
	leg := mustAnswer(t, trunks, request(callee))
	wait(t, "the leg ends", leg.Done())
	if e := leg.Ending(); e.By != "callee" {
		t.Errorf("ending %+v", e)
	}
	peer.satisfied(t)
	freeLines(t, trunks)
}

// F38
func TestARepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	t.Parallel()
	between := newRelay(t, passOn)
	peer := sippBehind(t, between, "repeated_200", 1, "-nr") // sipp would answer a repeated ACK with its 200, for ever
	trunks := open(t, trunkTo("a", between.at))
	leg := mustAnswer(t, trunks, request(callee))
	eventually(t, "three ACKs", func() bool { return between.sent("ACK sip:") == 3 })
	stillUp(t, leg)
	leg.Hangup(within(t))
	peer.satisfied(t)
	if n := between.sent("INVITE "); n != 1 {
		t.Errorf("%d INVITEs", n)
	}
}

func TestTheSpareAnswerOfAForkIsAcknowledgedAndEnded(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "forked", 1)
	trunks := open(t, trunkTo("a", peer.at))
	leg := mustAnswer(t, trunks, request(callee))
	eventually(t, "the spare is ended", func() bool { return trunks.State()[0].Strays == 1 && peer.received("BYE") == 1 })
	stillUp(t, leg)
	leg.Hangup(within(t))
	peer.satisfied(t)
	if s := trunks.State()[0]; s.Answered != 1 {
		t.Errorf("%d answers counted", s.Answered)
	}
}

func stillUp(t *testing.T, leg dialer.Leg) {
	t.Helper()
	select {
	case <-leg.Done():
		t.Errorf("the call ended by itself: %+v", leg.Ending())
	default:
	}
}

// F39: nobody turns our calls to numbers that cost.
func TestRedirectsAreRefused(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "redirect", 1)
	spare := startSipp(t, "answer", 1)
	trunks := open(t, trunkTo("a", peer.at), trunkTo("spare", spare.at, func(t *Trunk) { t.Priority = 1 }))
	failed := mustFail(t, trunks, within(t), request(callee), campaigns.Failed)
	if failed.Code != 302 {
		t.Errorf("%+v", failed)
	}
	peer.satisfied(t)
	if trunks.State()[0].Placed+trunks.State()[1].Placed != 1 {
		t.Error("a redirect was followed")
	}
}

func TestARequestToTransferIsDeclinedAndTheCallGoesOn(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "refer", 1)
	trunks := open(t, trunkTo("a", peer.at))
	leg := mustAnswer(t, trunks, request(callee))
	eventually(t, "the transfer is declined", func() bool { return saw(peer, "SIP/2.0 603 ") })
	stillUp(t, leg)
	leg.Hangup(within(t))
	peer.satisfied(t)
}
