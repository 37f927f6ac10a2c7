package dialer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/dialer/media"
)

// attempt is one call, from the row in the ledger to its outcome there. It is
// one goroutine, and reads from top to bottom; the brain hears a word at each
// turn and is never waited for but for an agent.
type attempt struct {
	cord     cord // to the wire
	row      *campaigns.Attempt
	campaign campaigns.Campaign
	message  media.Prompt

	hands    *Hands
	settings Settings
	journal  Journal
	trunk    Trunk
	optOuts  OptOuts
	log      *slog.Logger

	// Of a call that somebody makes to us; caller is nil for one that we place.
	receptions Receptions
	caller     Caller
	who        campaigns.Received // once the row is written
	full       bool               // no place in the queue
	standing   atomic.Int32       // place in the queue, 1 = next
	voices     voices

	given    chan seat // what came of its claims
	claims   atomic.Int64
	line     *line // where the orders of its agents come in
	sounds   sounds
	talked   Talks
	talks    []campaigns.AgentTalk
	passed   bool // from one agent to another, or outside
	recorded recorder
	sides    sides
	beside   sync.WaitGroup // seekers of the other sides of transfers

	leg       Leg // once answered
	greeter   greeter
	held      time.Time // when we were seen on hold last
	unwritten bool
}

// run is a call's life. Cancelling dial withdraws it while it rings,
// cancelling talk ends the conversation; outcomes are written until write is
// done.
func (a *attempt) run(dial, talk, write context.Context) {
	if a.caller != nil {
		a.runInbound(talk, write)
		return
	}
	if !a.begin(write) {
		return
	}
	a.place(dial, talk)
	a.conclude()
	a.release()
	a.finish(write)
}

// begin writes the row. What a rule refuses, or the store does not take, ends
// here: nothing was sent and there is nothing to finish.
func (a *attempt) begin(ctx context.Context) bool {
	err := a.journal.Begin(ctx, a.campaign, a.row)
	now := time.Now()
	if err != nil {
		a.tell(refusedWord(err, now))
		return false
	}
	a.tell(word{Kind: wordBegun, At: now})
	return true
}

// tell tells the brain something of the call.
func (a *attempt) tell(w word) told {
	w.Campaign, w.Attempt = a.row.Campaign, a.row.ID
	return a.hands.say(w)
}

// refusedWord says why a row was not written.
func refusedWord(err error, at time.Time) word {
	w := word{Kind: wordRefused, At: at, Fault: faultOf(err)}
	var refusal *rules.Refusal
	switch {
	case errors.As(err, &refusal):
		w.Refused, w.Fault.Text = refusal.Primary.Rule, refusal.Error()
	case errors.Is(err, campaigns.ErrClock):
		w.Fault = faultOf(clockError(err))
	}
	return w
}

// place rings the contact and serves whoever answers. Whatever goes wrong in
// it, the attempt gets its outcome.
func (a *attempt) place(dial, talk context.Context) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("attempt panicked", "panic", p, "stack", string(debug.Stack()))
			a.row.Outcome, a.row.Error = campaigns.Failed, fmt.Sprint("internal error: ", p)
			if !a.row.AnsweredAt.IsZero() && a.row.BridgedAt.IsZero() {
				a.row.Outcome = campaigns.AbandonedSilent
			}
		}
	}()
	leg, err := a.dial(dial)
	if err != nil {
		a.unanswered(dial, err)
		return
	}
	a.leg = leg
	a.serve(talk)
}

func (a *attempt) dial(ctx context.Context) (Leg, error) {
	a.hands.awaitBrain(ctx)
	if ctx.Err() != nil { // withdrawn while its row was written
		return nil, &CallError{Outcome: campaigns.Cancelled, Err: context.Cause(ctx)}
	}
	return a.trunk.Dial(ctx, a.request())
}

func (a *attempt) request() Request {
	return Request{
		Campaign: a.campaign.Name, Profile: a.settings.Callers.Profile(a.row.CallerID), CallID: a.row.CallID(), Number: a.row.Number, CallerID: a.row.CallerID, Trunks: a.campaign.Trunks,
		RingTime:   a.settings.real(max(a.campaign.RingTime, campaigns.MinRingTime)),
		Leave:      a.leave,
		OnProgress: a.progress,
	}
}

// leave asks to send the INVITE.
func (a *attempt) leave() (left func(), err error) {
	if err := a.settings.Lives(); err != nil {
		return nil, err
	}
	return a.cord.leave()
}

// progress notes what happened on the way. The trunk calls it before Dial
// returns.
func (a *attempt) progress(p Progress) {
	a.row.Trunk = p.Trunk
	switch p.Step {
	case StepAttested:
		a.row.Attestation, a.row.Verstat = p.Attestation, p.Verstat
	case StepSent:
		if a.row.SentAt.IsZero() {
			a.row.SentAt = p.At
		}
	case StepRinging, StepEarlyMedia:
		if a.row.RingingAt.IsZero() {
			a.row.RingingAt = p.At
			a.tell(word{Kind: wordRinging, Trunk: p.Trunk, At: p.At})
		}
	}
}

// unanswered takes the outcome of a call that nobody took.
func (a *attempt) unanswered(dial context.Context, err error) {
	row := a.row
	row.Outcome, row.EndedBy, row.Error = campaigns.Failed, "us", err.Error()
	var failure *CallError
	switch {
	case errors.As(err, &failure):
		a.takeFailure(failure)
	case dial.Err() != nil:
		row.Outcome = campaigns.Cancelled
	}
	if dial.Err() != nil {
		row.EndedBy, row.Error = "us", causeOf(dial)
	}
	if !row.AnsweredAt.IsZero() { // the answer crossed our withdrawal (F36)
		row.Outcome = campaigns.AbandonedSilent
	}
}

func (a *attempt) takeFailure(f *CallError) {
	row := a.row
	row.Outcome, row.Code, row.Q850, row.Reason, row.Error = f.Outcome, f.Code, f.Q850, f.Reason, ""
	if f.Err != nil {
		row.Error = f.Err.Error()
	}
	if f.Trunk != "" {
		row.Trunk = f.Trunk
	}
	row.EndedBy = "carrier"
	switch f.Outcome {
	case campaigns.NoAnswer, campaigns.Cancelled:
		row.EndedBy = "us"
	case campaigns.Busy, campaigns.Blocked:
		row.EndedBy = "callee"
	}
	row.AnsweredAt = f.AnsweredAt
	row.SentAt = earlier(row.SentAt, f.SentAt)
	row.RingingAt = earlier(row.RingingAt, f.RingingAt)
	if !row.Outcome.Known() {
		row.Outcome = campaigns.Failed
	}
}

// causeOf says why a cord was pulled; a hard stop gives no cause of its own.
func causeOf(ctx context.Context) string {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err.Error()
	}
	return "the service was stopped"
}

// earlier is the earlier of two instants, of which either may be unknown.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// serve is what happens from the answer on: an agent within the hold, or the
// message.
func (a *attempt) serve(talk context.Context) {
	row, answer := a.row, a.leg.Answered()
	row.AnsweredAt, row.Trunk = answer.AnsweredAt, answer.Trunk
	if row.AnsweredAt.IsZero() {
		row.AnsweredAt = time.Now()
	}
	row.SentAt = earlier(row.SentAt, answer.SentAt)
	row.RingingAt = earlier(row.RingingAt, answer.RingingAt)

	a.listenToGreeting()
	if s, how := a.claim(talk, row.AnsweredAt); how == claimed {
		a.converse(talk, s)
	} else {
		a.unserved(talk, how)
	}
}

// conclude notes who ended the call and when, and tells the loop: agent and
// contact are free of it, whatever the line and the ledger still need.
func (a *attempt) conclude() {
	row := a.row
	row.EndedAt = time.Now()
	if a.leg != nil {
		select {
		case <-a.leg.Done():
			a.noteEnding()
		default:
		}
	}
	if row.EndedBy == "" {
		row.EndedBy = "us"
	}
	if !row.Outcome.Known() { // the ledger would refuse it for ever
		a.log.Error("a call ended without a known outcome", "outcome", row.Outcome)
		row.Outcome = campaigns.Failed
	}
	a.noteGreeting()
	over := *row
	a.tell(word{Kind: wordOver, Row: &over, At: over.EndedAt})
}

// release ends the line if it still stands, and notes how well it was heard.
func (a *attempt) release() {
	if a.leg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangupWithin)
	defer cancel()
	a.leg.Hangup(ctx)
	q := a.leg.Audio().Quality()
	row := a.row
	row.PacketsIn, row.PacketsOut = q.PacketsReceived, q.PacketsSent
	row.LossShare, row.JitterMS, row.MOS = q.LossShare, q.JitterMS, q.MOS
}

func (a *attempt) noteEnding() {
	row, e := a.row, a.leg.Ending()
	if !e.At.IsZero() {
		row.EndedAt = e.At
	}
	if row.EndedBy == "" {
		row.EndedBy = e.By
	}
	if row.EndedBy == "" {
		row.EndedBy = "callee"
	}
	row.Code, row.Q850, row.Reason = e.Code, e.Q850, e.Reason
}
