package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const (
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
	// mostTries is how often a record is offered to a store that takes writes and
	// fails on this one, before it is set aside.
	mostTries = 3
)

// errAway marks a store that takes no writes: nothing is wrong with the record.
var errAway = errors.New("the store takes no writes")

// Run writes to the store what it did not take, whenever it is back, until ctx is
// done.
func (p *Spool) Run(ctx context.Context) {
	for pause := firstPause; ; {
		if p.Waiting() == nil {
			select {
			case <-ctx.Done():
				return
			case <-p.wake:
			}
		}
		if err := p.Drain(ctx); err == nil {
			pause = firstPause
			continue
		} else if !errors.Is(err, errAway) && ctx.Err() == nil {
			p.log.Error("what is kept for the store", "error", err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, lastPause)
	}
}

// Drain writes all that waits to the store, in order; an error means that some of
// it still waits. Before a node closes as lost what an earlier run left open, it
// drains.
func (p *Spool) Drain(ctx context.Context) error {
	p.replay.Lock()
	defer p.replay.Unlock()
	n := 0
	for {
		e, some := p.files.first()
		if !some {
			break
		}
		if err := p.offer(ctx, e, n > 0); err != nil {
			return fmt.Errorf("write to the store what was kept for it: %w", err)
		}
		n++
	}
	p.since.Store(0)
	if n > 0 {
		p.away.Store(0)
	}
	p.warned.Store(false)
	p.mu.Lock()
	if p.Waiting() == nil {
		clear(p.words)
		clear(p.drafts)
		clear(p.walks)
		clear(p.ends)
	}
	p.mu.Unlock()
	if n > 0 {
		p.log.Info("the store has what was kept for it", "records", n)
	}
	return p.files.tidy()
}

// offer gives one record to the store and marks it as done: written, there already,
// or set aside. Proven is for insist.
func (p *Spool) offer(ctx context.Context, e entry, proven bool) error {
	r, err := p.files.load(e)
	if err != nil {
		err = p.setAside(e, r, err)
	} else {
		err = p.insist(ctx, e, r, proven)
	}
	if err != nil {
		return err
	}
	return p.files.finish(e)
}

// insist writes a record until it is there, the store is away, or it is clear that
// the store will not have it. Proven tells that the store has written the one before
// just now, so that it need not be asked whether it does.
func (p *Spool) insist(ctx context.Context, e entry, r record, proven bool) error {
	for try := 1; ; try++ {
		if p.flying.Load() > 0 {
			return fmt.Errorf("%w: it has not answered what it has begun", errAway)
		}
		// What an earlier try has begun is over once the store has written this.
		if !proven || try > 1 {
			if err := p.writable(); err != nil {
				return fmt.Errorf("%w: %w", errAway, err)
			}
		}
		err := p.write(ctx, r)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case refusal(err), errors.Is(err, errDamaged):
			return p.setAside(e, r, err)
		}
		if p.writable() == nil && try >= mostTries {
			return p.setAside(e, r, err)
		}
	}
}

// write does what a record says, unless it is done already.
func (p *Spool) write(ctx context.Context, r record) error {
	switch r.Kind {
	case kindOutcome:
		return given(r, func(a campaigns.Attempt) error { return p.finishLate(ctx, a) })
	case kindEvents:
		return given(r, func(events []campaigns.CallEvent) error { return p.addMissing(ctx, events) })
	case kindSide:
		return given(r, func(s campaigns.SideLeg) error { return p.store.EndSide(ctx, s) })
	case kindRecording:
		return given(r, func(rec campaigns.Recording) error { return p.store.SaveRecording(ctx, rec) })
	case kindDisposition:
		return given(r, func(d campaigns.Disposition) error { return p.disposeLate(ctx, d) })
	case kindDraft:
		return given(r, func(d campaigns.CallDraft) error {
			err := p.store.SaveDraft(ctx, d)
			if errors.Is(err, campaigns.ErrDisposed) {
				return nil // the agent has finished since
			}
			return err
		})
	case kindWalk:
		return given(r, func(w campaigns.CallWalk) error { return p.store.SaveWalk(ctx, r.Attempt, w) })
	case kindDoNotCall:
		return given(r, func(d campaigns.DoNotCall) error { return p.list(ctx, d) })
	}
	return fmt.Errorf("%w: nobody knows the kind %q", errDamaged, r.Kind)
}

func given[T any](r record, do func(T) error) error {
	var body T
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return do(body)
}

// finishLate writes an outcome. An attempt that has one already may have got it by
// a write that seemed to fail, or was closed as lost by others: then what is known
// here stands in its time line, and whoever asked not to be called is on the list.
func (p *Spool) finishLate(ctx context.Context, a campaigns.Attempt) error {
	err := p.store.Finish(ctx, a)
	if errors.Is(err, campaigns.ErrUnknownAttempt) && a.OptOut {
		if err := p.list(ctx, optOut(a)); err != nil {
			return err
		}
	}
	if !errors.Is(err, campaigns.ErrFinished) {
		return err
	}
	return p.closedByOthers(ctx, a)
}

// closedByOthers keeps what is known here of an attempt that has its outcome.
func (p *Spool) closedByOthers(ctx context.Context, a campaigns.Attempt) error {
	there, err := p.store.Attempt(ctx, a.ID)
	if err != nil {
		return fmt.Errorf("read the outcome that is there: %w", withoutRefusal{err})
	}
	if there.Outcome == a.Outcome && there.EndedAt.Equal(a.EndedAt.Truncate(time.Microsecond)) {
		return nil
	}
	if a.OptOut && !there.OptOut {
		if err := p.list(ctx, optOut(a)); err != nil {
			return err
		}
	}
	p.log.Info("an attempt was closed by others meanwhile; what this node knows of its end is in its time line",
		"attempt", a.ID, "outcome", there.Outcome, "here", a.Outcome)
	return p.addMissing(ctx, []campaigns.CallEvent{{Attempt: a.ID, At: a.EndedAt, Kind: campaigns.EventOutcomeLate, By: a.Agent, Detail: lateWords(a)}})
}

// lateWords is what a node knows of a call that others have closed.
func lateWords(a campaigns.Attempt) string {
	text := string(a.Outcome)
	if a.EndedBy != "" {
		text += ", ended by " + a.EndedBy
	}
	if !a.BridgedAt.IsZero() {
		text += ", talked " + a.EndedAt.Sub(a.BridgedAt).Round(time.Second).String()
	}
	return text
}

// withoutRefusal is an error whose cause does not count as a refusal of the record.
type withoutRefusal struct{ error }

func optOut(a campaigns.Attempt) campaigns.DoNotCall {
	return campaigns.DoNotCall{
		Number: a.Number, At: a.EndedAt, Channel: campaigns.ChannelKey, Reason: "key pressed in the message", Attempt: a.ID, Campaign: a.Campaign,
	}
}

// list puts a number on the do-not-call list, unless this very request is there.
func (p *Spool) list(ctx context.Context, d campaigns.DoNotCall) error {
	changes, err := p.store.DoNotCallHistory(ctx, d.Number)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if !c.Removed && c.Attempt == d.Attempt && c.Channel == d.Channel && c.At.Equal(d.At.Truncate(time.Microsecond)) {
			return nil
		}
	}
	return p.store.AddDoNotCall(ctx, d)
}

// addMissing adds those events that are not in the time lines yet.
func (p *Spool) addMissing(ctx context.Context, events []campaigns.CallEvent) error {
	there := map[string][]campaigns.CallEvent{}
	var missing []campaigns.CallEvent
	for _, e := range events {
		line, known := there[e.Attempt]
		if !known {
			var err error
			if line, err = p.store.CallEvents(ctx, e.Attempt); err != nil {
				return err
			}
			there[e.Attempt] = line
		}
		if !slices.ContainsFunc(line, func(o campaigns.CallEvent) bool {
			return o.Kind == e.Kind && o.By == e.By && o.At.Equal(e.At.Truncate(time.Microsecond))
		}) {
			missing = append(missing, e)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return p.store.AddCallEvents(ctx, missing)
}

// disposeLate records a disposition. A slot of a calendar that somebody else has
// taken meanwhile does not keep the rest of it out: the appointment stands there
// without its place in the calendar.
func (p *Spool) disposeLate(ctx context.Context, d campaigns.Disposition) error {
	_, err := p.store.Dispose(ctx, d)
	if errors.Is(err, campaigns.ErrSlotTaken) && d.Appointment != nil {
		without := *d.Appointment
		without.Salesperson = 0
		d.Appointment = &without
		p.log.Error("an appointment was agreed while the store was away, and its slot is somebody else's by now: it stands in no calendar",
			"attempt", d.Attempt, "at", without.At)
		_, err = p.store.Dispose(ctx, d)
	}
	return err
}
