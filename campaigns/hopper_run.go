package campaigns

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Run leases contacts ahead of the loop until ctx is done, and then hands back
// all that were not dialed. It is the only part of a hopper that waits.
func (h *Hopper) Run(ctx context.Context) {
	defer h.handAllBack(context.WithoutCancel(ctx))
	failures := 0
	for ctx.Err() == nil {
		if err := h.tend(ctx); err != nil && ctx.Err() == nil {
			failures++
			h.settings.Log.Error("hopper cannot reach the store", "campaign", h.id(), "error", err)
		} else {
			failures = 0
		}
		h.rest(ctx, failures)
	}
}

// tend hands back, and leases up to the size. A store that gives less than it
// was asked for is asked for its depth: that explains an empty hopper. So it is
// now and then in any case: who plans the shift must know how long the list lasts,
// long before it is through.
func (h *Hopper) tend(ctx context.Context) error {
	h.recall(ctx)
	err := h.handBack(ctx)
	for want := h.wanted(); err == nil && want > 0; want = h.wanted() {
		var got int
		if got, err = h.lease(ctx, want); err != nil {
			break
		}
		if err = h.handBack(ctx); err == nil && got < want {
			err = h.sound(ctx)
			break
		}
	}
	if err == nil && h.unsounded() {
		err = h.sound(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	h.asked = h.asked || err == nil
	if now := time.Now(); now.Sub(h.ranked) >= rankEvery {
		h.rank(now)
	}
	return err
}

// wanted is how many contacts to lease now. A full hopper still asks for a few
// now and then: a callback that has come due must not wait behind all of it.
func (h *Hopper) wanted() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.callable) < h.low():
		return min(h.size()-len(h.callable), h.settings.Size)
	case time.Since(h.leased) >= freshen:
		return freshenBatch
	}
	return 0
}

func (h *Hopper) lease(ctx context.Context, n int) (int, error) {
	now := time.Now()
	batch, err := h.leaser.Lease(ctx, h.id(), now, n)
	if err != nil {
		return 0, err
	}
	leased := len(batch)
	if batch, err = h.hear(ctx, batch, now); err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	open := batch[:0:0]
	for _, p := range batch {
		if h.open(p, now) {
			open = append(open, p)
		} else {
			h.putAside(p, now)
		}
	}
	h.leased = now
	h.callable = merged(h.callable, h.queue(open, now))
	h.overflow()
	h.rank(now)
	return leased, nil
}

// overflow hands back what is too much: of the lowest rank, those that came
// last, so that nobody who has waited waits anew.
func (h *Hopper) overflow() {
	over := len(h.callable) - h.size()
	if over <= 0 {
		return
	}
	if h.campaign.KnowOdds {
		slices.SortStableFunc(h.callable, func(a, b *queued) int {
			return cmp.Or(cmp.Compare(b.Rank, a.Rank), a.since.Compare(b.since))
		})
	}
	for _, q := range h.callable[len(h.callable)-over:] {
		q.taken = true
		h.back = append(h.back, q.ID)
	}
	h.callable = slices.Delete(h.callable, len(h.callable)-over, len(h.callable))
}

// sound asks the store where the contacts stand.
func (h *Hopper) sound(ctx context.Context) error {
	depth, err := h.leaser.Depth(ctx, h.id(), time.Now())
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.depth, h.sounded = depth, time.Now()
	return nil
}

// unsounded tells whether what is known of the depth is old.
func (h *Hopper) unsounded() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.sounded) >= h.settings.Poll
}

// handBack gives the store what the hopper does not keep.
func (h *Hopper) handBack(ctx context.Context) error {
	h.mu.Lock()
	back, later, barred := h.back, h.later, h.barredBack
	h.back, h.later, h.barredBack = nil, make(map[time.Time][]int64), nil
	h.mu.Unlock()
	err := h.release(ctx, back)
	if err == nil && len(barred) > 0 {
		err = h.settings.Judge.PutBack(ctx, barred)
	}
	if err != nil && len(barred) > 0 {
		h.mu.Lock()
		h.barredBack = append(h.barredBack, barred...)
		h.mu.Unlock()
	}
	for until, ids := range later {
		if err == nil {
			err = h.postpone(ctx, ids, until)
		} else {
			h.keepForLater(ids, until)
		}
	}
	return err
}

func (h *Hopper) postpone(ctx context.Context, ids []int64, until time.Time) error {
	err := h.leaser.Postpone(ctx, ids, until)
	if err != nil {
		h.keepForLater(ids, until)
	}
	return err
}

func (h *Hopper) keepForLater(ids []int64, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.later[until] = append(h.later[until], ids...)
}

func (h *Hopper) release(ctx context.Context, back []int64) error {
	for len(back) > 0 {
		n := min(len(back), releaseBatch)
		if err := h.leaser.Release(ctx, back[:n]); err != nil {
			h.mu.Lock()
			h.back = append(h.back, back...)
			h.mu.Unlock()
			return err
		}
		back = slices.Clone(back[n:])
	}
	return nil
}

// rest waits until there may be something to do: a nudge, the next opening,
// the next contact that is due, or the poll.
func (h *Hopper) rest(ctx context.Context, failures int) {
	wait := h.settings.Poll
	if failures > 0 {
		wait = min(h.settings.Poll<<min(failures, 3), 10*time.Second)
	} else if until := time.Until(h.nextDue()); until > 0 {
		wait = min(wait, until)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	wake := h.wake
	if failures > 0 {
		wake = nil // a store that fails is not to be hammered
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

func (h *Hopper) nextDue() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.depth.NextDue
}

// handAllBack is the end: nothing that was leased stays leased.
func (h *Hopper) handAllBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	h.mu.Lock()
	for _, q := range h.callable {
		q.taken = true
		h.back = append(h.back, q.ID)
	}
	for _, p := range h.personal {
		h.back = append(h.back, p.ID)
	}
	for _, a := range h.aside {
		h.back = append(h.back, a.contact.ID)
	}
	h.callable, h.personal, h.aside, h.opens = nil, nil, nil, time.Time{}
	n := len(h.back)
	h.mu.Unlock()
	h.remember(ctx, true)
	if err := h.handBack(ctx); err != nil {
		h.settings.Log.Error("hopper could not hand its contacts back; they stay leased until the next start",
			"campaign", h.id(), "contacts", n, "error", err)
	}
}

func (h *Hopper) id() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.campaign.ID
}
