package spool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Finish appends an outcome to the ledger, or keeps it until the ledger takes it. Of an
// attempt that was closed by others meanwhile, as lost with its node, what is known
// here stands in its time line: that is no error.
func (p *Spool) Finish(ctx context.Context, a campaigns.Attempt) error {
	kept, err := p.keep(ctx, false, kindOutcome, a.ID, a, func(ctx context.Context) error { return p.store.Finish(ctx, a) })
	if kept {
		p.remember(func() { p.ends[a.ID] = a })
	}
	if errors.Is(err, campaigns.ErrFinished) {
		err = p.closedByOthers(ctx, a)
	}
	return err
}

// AddCallEvents adds to time lines of calls, or keeps it.
func (p *Spool) AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error {
	_, err := p.keep(ctx, false, kindEvents, "", events, func(ctx context.Context) error { return p.store.AddCallEvents(ctx, events) })
	return err
}

// EndSide writes the outcome of a call to an outside number, or keeps it.
func (p *Spool) EndSide(ctx context.Context, s campaigns.SideLeg) error {
	_, err := p.keep(ctx, false, kindSide, s.Attempt, s, func(ctx context.Context) error { return p.store.EndSide(ctx, s) })
	return err
}

// SaveRecording notes a recording, or keeps it.
func (p *Spool) SaveRecording(ctx context.Context, r campaigns.Recording) error {
	_, err := p.keep(ctx, false, kindRecording, r.Attempt, r, func(ctx context.Context) error { return p.store.SaveRecording(ctx, r) })
	return err
}

// AddDoNotCall puts a number on the do-not-call list, or keeps it: no call is begun
// here before it is there.
func (p *Spool) AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error {
	if d.At.IsZero() {
		d.At = time.Now().UTC().Truncate(time.Microsecond) // so that it is known again
	}
	_, err := p.keep(ctx, false, kindDoNotCall, d.Attempt, d, func(ctx context.Context) error { return p.store.AddDoNotCall(ctx, d) })
	return err
}

// Dispose records what an agent said of a call, or keeps it. What is kept answers
// for the ledger meanwhile: the same key changes nothing, another is
// campaigns.ErrDisposed.
func (p *Spool) Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error) {
	if before, there := p.said(d.Attempt); there {
		if before.Key == d.Key {
			return false, nil
		}
		return false, fmt.Errorf("dispose of attempt %s: %w", d.Attempt, campaigns.ErrDisposed)
	}
	answer := make(chan bool, 2) // it may be asked twice
	kept, err := p.keep(ctx, true, kindDisposition, d.Attempt, d, func(ctx context.Context) error {
		created, err := p.store.Dispose(ctx, d)
		if err == nil {
			answer <- created
		}
		return err
	})
	switch {
	case kept:
		p.remember(func() { p.words[d.Attempt] = d })
		return true, nil
	case err != nil:
		return false, err
	}
	return <-answer, nil
}

// SaveDraft keeps what an agent has filled in so far.
func (p *Spool) SaveDraft(ctx context.Context, d campaigns.CallDraft) error {
	if _, there := p.said(d.Attempt); there {
		return fmt.Errorf("keep the draft of attempt %s: %w", d.Attempt, campaigns.ErrDisposed)
	}
	kept, err := p.keep(ctx, true, kindDraft, d.Attempt, d, func(ctx context.Context) error { return p.store.SaveDraft(ctx, d) })
	if kept {
		p.remember(func() { p.drafts[d.Attempt] = d })
	}
	return err
}

// SaveWalk keeps where an agent stands in the script of a call.
func (p *Spool) SaveWalk(ctx context.Context, attempt string, w campaigns.CallWalk) error {
	kept, err := p.keep(ctx, true, kindWalk, attempt, w, func(ctx context.Context) error { return p.store.SaveWalk(ctx, attempt, w) })
	if kept {
		p.remember(func() { p.walks[attempt] = w })
	}
	return err
}

// Walk reads it back, from here while the store does not have it.
func (p *Spool) Walk(ctx context.Context, attempt string) (campaigns.CallWalk, error) {
	p.mu.Lock()
	w, there := p.walks[attempt]
	p.mu.Unlock()
	if there {
		return w, nil
	}
	return p.store.Walk(ctx, attempt)
}

// Draft reads it back, from here while the store does not have it.
func (p *Spool) Draft(ctx context.Context, attempt string) (campaigns.CallDraft, error) {
	p.mu.Lock()
	d, there := p.drafts[attempt]
	p.mu.Unlock()
	if there {
		return d, nil
	}
	return p.store.Draft(ctx, attempt)
}

// Attempt reads a call, with what the store does not have of it yet.
func (p *Spool) Attempt(ctx context.Context, id string) (campaigns.Call, error) {
	c, err := p.store.Attempt(ctx, id)
	if err != nil {
		return c, err
	}
	return p.With(c), nil
}

// With is a call as the store has it, with what the store does not have of it yet.
func (p *Spool) With(c campaigns.Call) campaigns.Call {
	id := c.ID
	p.mu.Lock()
	defer p.mu.Unlock()
	if end, there := p.ends[id]; there && c.Outcome == "" {
		seq, settings := c.Seq, c.Attempt.Settings
		c.Attempt = end
		c.Seq, c.Attempt.Settings = seq, settings
	}
	if d, there := p.words[id]; there && c.Disposition == nil {
		c.Disposition = &d
	}
	return c
}

func (p *Spool) said(attempt string) (campaigns.Disposition, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, there := p.words[attempt]
	return d, there
}

// remember keeps in memory what is on its way, unless all of it is there already.
func (p *Spool) remember(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, _ := p.files.waits(); n > 0 {
		f()
	}
}

// refusal tells whether the store has judged a write, so that it will not do it
// another time either.
func refusal(err error) bool {
	for _, is := range []error{
		campaigns.ErrFinished, campaigns.ErrUnknownAttempt, campaigns.ErrDisposed, campaigns.ErrSlotTaken, campaigns.ErrNotFound, campaigns.ErrListed,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	_, told := errors.AsType[*campaigns.Problem](err)
	return told
}

// keep writes to the store, and when that is away to the disk of this machine: kept
// is true then. Asked tells that somebody waits for the answer, so that nothing is
// owed once they have gone. An error means that it is in neither.
func (p *Spool) keep(ctx context.Context, asked bool, k kind, attempt string, body any, write func(context.Context) error) (kept bool, err error) {
	if p.Waiting() == nil {
		if err = p.try(ctx, write); err == nil || refusal(err) {
			return false, err
		}
		if asked && ctx.Err() != nil {
			return false, err
		}
		if !errors.Is(err, errStuck) && p.writable() == nil { // it was away, or it will not have this one
			if err = p.try(ctx, write); err == nil || refusal(err) || p.writable() == nil {
				return false, err
			}
		}
	}
	r, bad := newRecord(k, attempt, body)
	if bad != nil {
		return false, errors.Join(err, bad)
	}
	if bad := p.lay(r); bad != nil {
		return false, errors.Join(err, bad)
	}
	return true, nil
}

// try gives a write to the store, for as long as patience lasts. A write that it
// has begun and not answered may still be done: then it is there already when it is
// tried again.
func (p *Spool) try(ctx context.Context, write func(context.Context) error) error {
	answer := make(chan error, 1)
	p.flying.Add(1)
	p.work.Go(func() {
		defer p.flying.Add(-1)
		answer <- write(ctx)
	})
	patience := time.NewTimer(p.patient)
	defer patience.Stop()
	select {
	case err := <-answer:
		if err == nil {
			p.away.Store(0)
		}
		return err
	case <-patience.C:
		return errStuck
	}
}

// writable asks the store whether it takes writes.
func (p *Spool) writable() error {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	return p.store.Writable(ctx)
}

// lay puts a record on the disk of this machine.
func (p *Spool) lay(r record) error {
	payload, err := encode(r)
	if err == nil {
		err = p.files.append(payload)
	}
	if err != nil {
		p.log.Error("neither the store nor the disk of this machine takes what a call has come to", "kind", r.Kind, "attempt", r.Attempt, "error", err)
		return fmt.Errorf("spool: %w", err)
	}
	p.lost(r.At)
	if p.since.CompareAndSwap(0, r.At.UnixNano()) {
		p.log.Warn("the store is away; what calls come to is kept on this machine's disk, and no call is begun until the store has it")
	}
	if _, octets := p.files.waits(); float64(octets) > warnAt*float64(p.limit) && p.warned.CompareAndSwap(false, true) {
		p.log.Error("the spool is more than half full", "octets", octets, "limit", p.limit)
	}
	p.ring()
	return nil
}

func (p *Spool) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
