package spool

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// AwayError is why no call is begun: the store is away, or does not have yet what
// came of the calls before.
type AwayError struct {
	Since time.Time
	Err   error
}

// Error says since when, in UTC, and what the store said.
func (e *AwayError) Error() string {
	return fmt.Sprintf("the record store is away since %s UTC: no call is begun until it is back (%v)", e.Since.UTC().Format("15:04:05"), e.Err)
}

func (e *AwayError) Unwrap() error { return e.Err }

// errLate is why a call is given up that the store began late: it was judged, and
// agents were counted on, at another time.
var errLate = errors.New("the store did not answer in time; nothing was sent")

// Begin begins a call in the store, or fails: with an AwayError while the store is
// away, does not answer in time, or does not have yet what earlier calls have come
// to (then it is ErrWaiting as well). Whoever gets an error sends nothing: a row that
// turns out to be there all the same is closed as cancelled.
func (p *Spool) Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	if err := p.Waiting(); err != nil {
		return p.isAway(err)
	}
	b := &beginning{p: p, answered: make(chan error, 1)}
	p.work.Go(func() { b.run(ctx, c, *a) })
	patience := time.NewTimer(p.begins)
	defer patience.Stop()
	var err error
	select {
	case err = <-b.answered:
	case <-patience.C:
		if b.settled.CompareAndSwap(false, true) {
			return p.isAway(errLate)
		}
		err = <-b.answered
	}
	switch {
	case err == nil:
		*a = b.row
		p.away.Store(0)
	case p.gone(err):
		return p.isAway(err)
	}
	return err
}

// beginning is a call that the store is asked to begin. Settled is set once: by the
// answer, or by whoever does not wait for it any more.
type beginning struct {
	p        *Spool
	settled  atomic.Bool
	answered chan error
	row      campaigns.Attempt // once answered
}

func (b *beginning) run(ctx context.Context, c campaigns.Campaign, row campaigns.Attempt) {
	within, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(b.p.living, end)()
	err := b.p.store.Begin(within, c, &row)
	if b.settled.CompareAndSwap(false, true) {
		b.row = row
		b.answered <- err
		return
	}
	b.p.withdraw(row, err)
}

// withdraw closes a row that was begun when nobody waited for it any more.
func (p *Spool) withdraw(row campaigns.Attempt, err error) {
	if err != nil {
		return // not begun; one in doubt is closed by whoever finds it open
	}
	p.log.Warn("the store began a call too late; it is not placed", "attempt", row.ID)
	row.Outcome, row.EndedAt, row.EndedBy, row.Error = campaigns.Cancelled, time.Now(), "us", errLate.Error()
	if err := p.Finish(p.living, row); err != nil {
		p.log.Error("a call that was begun too late is open in the ledger", "attempt", row.ID, "error", err)
	}
}

// Receive is Begin for a call that comes in; who calls waits as long as they like.
func (p *Spool) Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error) {
	if err := p.Waiting(); err != nil {
		return campaigns.Received{}, p.isAway(err)
	}
	who, err := p.store.Receive(ctx, a, phone)
	if err != nil && p.gone(err) {
		err = p.isAway(err)
	}
	return who, err
}

// isAway notes that the store is away, and says so.
func (p *Spool) isAway(err error) error {
	p.lost(time.Now())
	return &AwayError{Since: p.awaySince(), Err: err}
}

// lost notes since when the store is away.
func (p *Spool) lost(at time.Time) {
	if p.away.CompareAndSwap(0, at.UnixNano()) {
		p.log.Warn("the record store is away; no call is begun until it is back")
	}
}

func (p *Spool) awaySince() time.Time {
	if at := p.away.Load(); at != 0 {
		return time.Unix(0, at).UTC()
	}
	return time.Time{}
}
