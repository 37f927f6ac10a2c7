package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Dispose records what came of a call, once: the same key again returns what
// it recorded the first time. The attempt is the one that in names, which must
// have been the agent's own, or the call at hand. A callback's agent must be
// the agent or nobody.
func (d *Desk) Dispose(ctx context.Context, u User, in Disposition) (Disposition, error) {
	if err := u.Allow(DoCalls); err != nil {
		return Disposition{}, err
	}
	if in.Key == "" || len(in.Key) > 128 {
		return Disposition{}, problem(KindInvalid, "key_missing", "A disposition needs an Idempotency-Key of at most 128 characters.")
	}
	current, hasCall := d.Line.Current(u.ID)
	if in.Attempt == "" {
		in.Attempt = current.Attempt
	}
	if in.Attempt == "" {
		return Disposition{}, errNoCall
	}
	atHand := hasCall && current.Attempt == in.Attempt
	call, err := d.own(ctx, u, in.Attempt, atHand)
	if err != nil {
		return Disposition{}, err
	}
	if call.Disposition != nil && call.Disposition.Key == in.Key {
		return *call.Disposition, nil
	}
	if err := passedOn(u, call, current, atHand); err != nil {
		return Disposition{}, err
	}
	if atHand && current.goesOn() {
		return Disposition{}, problem(KindConflict, "call_open", "The call goes on; hang up before you record what came of it.")
	}
	in.Agent, in.At = u.ID, time.Now().UTC().Truncate(time.Microsecond) // what stores keep
	if err := d.withScript(ctx, &in); err != nil {
		return Disposition{}, err
	}
	if err := d.check(ctx, call, &in); err != nil {
		return Disposition{}, err
	}
	return d.record(ctx, u, call, in, atHand)
}

// goesOn tells whether the call is not over for its agent: it rings, or people
// talk. One that rings may be another agent's, who passes it on.
func (c CurrentCall) goesOn() bool { return c.State == AgentTalking || c.State == AgentReserved }

// own finds an attempt of the agent. Another agent's is not there at all: an
// answer that told them apart would tell too much.
func (d *Desk) own(ctx context.Context, u User, attempt string, atHand bool) (Call, error) {
	call, err := d.Records.Attempt(ctx, attempt)
	if errors.Is(err, ErrUnknownAttempt) {
		err = ErrNotFound
	}
	if err != nil {
		return Call{}, missing("call", err)
	}
	if call.Agent != u.ID && call.SecondAgent != u.ID && !atHand {
		return Call{}, missing("call", ErrNotFound)
	}
	return call, nil
}

// check completes a disposition with what the campaign's lists say, validates it,
// and puts a callback at a time when the person may be called.
func (d *Desk) check(ctx context.Context, call Call, in *Disposition) error {
	campaign, err := d.Campaigns.Campaign(ctx, call.Attempt.Campaign)
	if err != nil {
		return fmt.Errorf("campaign of attempt %s: %w", in.Attempt, err)
	}
	if err := d.complete(ctx, campaign, call, in); err != nil {
		return err
	}
	if err := in.Validate(campaign, in.At); err != nil {
		return invalid("disposition_invalid", err)
	}
	if in.Callback == nil {
		return nil
	}
	if call.Contact == 0 {
		return problem(KindInvalid, "callback_nobody", "The caller's number is withheld, so nobody can be called back; ask for the number and dial it by hand.")
	}
	if in.Callback.Agent != 0 && in.Callback.Agent != in.Agent {
		return problem(KindForbidden, "callback_agent", "A callback is for you or for anybody, not for another agent.")
	}
	in.Callback.Campaign, in.Callback.Contact = call.Attempt.Campaign, call.Contact
	in.Callback.Due, _ = callable(campaign.Windows, call.Zones, in.Callback.At)
	return nil
}

// callable tells whether a person may be called back at a time; if not, due is
// the next time that is allowed, or the time itself when none is known: the
// ledger decides at the dial.
func callable(w rules.Week, zones []string, at time.Time) (due time.Time, open bool) {
	if len(zones) == 0 || rules.OpenAt(w, zones, at, 0) {
		return at, true
	}
	if next, ok := rules.NextOpen(w, zones, at, 0); ok {
		return next, false
	}
	return at, false
}

// record stores the disposition and lets the agent go on.
func (d *Desk) record(ctx context.Context, u User, call Call, in Disposition, atHand bool) (Disposition, error) {
	created, err := d.Records.Dispose(ctx, in)
	if errors.Is(err, ErrDisposed) {
		return Disposition{}, &Problem{Kind: KindConflict, Code: "already_disposed",
			Text: "This call has been disposed of in another way already.", Cause: err}
	}
	if errors.Is(err, ErrSlotTaken) {
		return Disposition{}, d.slotTaken(ctx, call.Attempt.Campaign, *in.Appointment, err)
	}
	if err != nil {
		return Disposition{}, fmt.Errorf("dispose of attempt %s: %w", in.Attempt, err)
	}
	if d.suppresses(ctx, call, in.Code) {
		d.Line.Withdraw(call.Number)
	}
	if atHand {
		if err := d.Seat.WrapUpDone(ctx, u.ID); err != nil {
			return Disposition{}, fmt.Errorf("end the wrap-up of agent %d: %w", u.ID, err)
		}
	}
	if created {
		return in, nil
	}
	stored, err := d.Records.Attempt(ctx, in.Attempt)
	if err != nil || stored.Disposition == nil {
		return Disposition{}, fmt.Errorf("read the disposition of attempt %s back: %w", in.Attempt, err)
	}
	return *stored.Disposition, nil
}

func (d *Desk) suppresses(ctx context.Context, call Call, code string) bool {
	campaign, err := d.Campaigns.Campaign(ctx, call.Attempt.Campaign)
	if err != nil {
		return true // withdrawing a call too many harms nobody
	}
	t, _ := campaign.Type(code)
	return t.Effect == EffectDNC
}
