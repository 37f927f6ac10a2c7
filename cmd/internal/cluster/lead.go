package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// seek tries to have the floor while nobody has it, and leads when it does.
func (m *Member) seek(ctx context.Context) {
	for ctx.Err() == nil {
		if !m.yields() {
			m.tryLead(ctx)
		}
		pause(ctx, m.s.Beat/2)
	}
}

func (m *Member) tryLead(ctx context.Context) {
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, m.s.Lasts)
	fence, err := m.s.Store.TakeDuty(within, Floor, m.s.Lasts)
	cancel()
	switch {
	case errors.Is(err, campaigns.ErrDutyTaken) || errors.Is(err, campaigns.ErrFenced):
	case err != nil:
		m.say(ctx, "the floor could not be taken", err)
	default:
		m.lead(ctx, fence, began)
	}
}

// lead leads for as long as the floor is kept. Since is an instant at which we had
// it for certain.
func (m *Member) lead(ctx context.Context, fence int64, since time.Time) {
	m.s.Log.Info("this node leads", "node", m.s.Name, "fence", fence)
	led, stop := context.WithCancelCause(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { m.keep(led, stop, fence, since) })
	err := m.s.Lead(led, fence)
	stop(errEnd)
	keeping.Wait()
	why := context.Cause(led)
	m.s.Log.Info("this node does not lead any more", "node", m.s.Name, "why", why, "error", err)
	if errors.Is(why, ErrLost) || errors.Is(why, campaigns.ErrSuperseded) || errors.Is(why, campaigns.ErrFenced) {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.s.Lasts)
	defer cancel()
	m.say(ctx, "the floor could not be given back", m.s.Store.ReleaseDuty(last, Floor, fence))
}

// keep keeps the floor, and stops who leads when it is lost: told so, or not heard
// of for so long that another may have it soon.
func (m *Member) keep(led context.Context, stop context.CancelCauseFunc, fence int64, since time.Time) {
	step := m.s.Lasts / 6
	// Two steps less than it lasts: these are for whoever leads to let go.
	lost := time.AfterFunc(time.Until(since.Add(m.s.Lasts-2*step)), func() { stop(ErrLost) })
	defer lost.Stop()
	for led.Err() == nil {
		pause(led, step)
		if m.yields() {
			stop(errEnd)
			return
		}
		asked := time.Now()
		within, cancel := context.WithTimeout(led, 2*step)
		err := m.s.Store.KeepDuty(within, Floor, fence, m.s.Lasts)
		cancel()
		switch {
		case err == nil:
			if lost.Stop() { // else it has run
				lost.Reset(time.Until(asked.Add(m.s.Lasts - 2*step)))
			}
		case errors.Is(err, campaigns.ErrSuperseded) || errors.Is(err, campaigns.ErrFenced):
			stop(err)
			return
		default:
			m.say(led, "the floor is not kept yet", err)
		}
	}
}
