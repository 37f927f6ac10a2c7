package cluster

import (
	"context"
	"errors"
	"slices"
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
		pause(ctx, m.s.Beat/2, m.bells.seek)
	}
}

// taken tells whether another node has the floor. It reads only: to try in vain takes a
// turn of all writers, and nodes try twice a second.
func (m *Member) taken(ctx context.Context) bool {
	duties, err := m.s.Store.Duties(ctx)
	return err == nil && slices.ContainsFunc(duties, func(d campaigns.Duty) bool {
		return d.Name == Floor && d.Node != 0 && d.Node != m.View().Self.ID
	})
}

func (m *Member) tryLead(ctx context.Context) {
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, m.s.Lasts)
	if m.taken(within) {
		cancel()
		return
	}
	fence, err := m.s.Store.TakeDuty(within, Floor, m.s.Lasts)
	cancel()
	switch {
	case errors.Is(err, campaigns.ErrDutyTaken) || errors.Is(err, campaigns.ErrFenced):
	case errors.Is(err, context.DeadlineExceeded):
		m.say(ctx, "the floor could not be taken in time", err)
		m.clearWay(ctx)
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
	v := m.View()
	v.Leader = v.Self
	m.see(v)
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
	if m.s.Moved != nil {
		m.s.Moved()
	}
}

// clearWay ends what a node that is silent for longer than it may have the floor has
// open in the store: asleep in the middle of a write, it holds up everybody's.
func (m *Member) clearWay(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, m.s.Lasts)
	defer cancel()
	all, err := m.s.Store.Nodes(within)
	if err != nil {
		m.say(ctx, "the other nodes cannot be seen", err)
		return
	}
	for _, n := range all {
		if n.State.Alive() && n.ID != m.View().Self.ID && n.Silent > m.s.Lasts {
			m.say(ctx, "a silent node could not be disconnected from the store", m.s.Store.Disconnect(within, n.ID, m.s.Lasts))
		}
	}
}

// keep keeps the floor, and stops who leads when it is lost: told so, or not heard
// of for so long that another may have it soon.
func (m *Member) keep(led context.Context, stop context.CancelCauseFunc, fence int64, since time.Time) {
	step := m.s.Lasts / 6
	// Two steps less than it lasts: these are for whoever leads to let go.
	lost := time.AfterFunc(time.Until(since.Add(m.s.Lasts-2*step)), func() { stop(ErrLost) })
	defer lost.Stop()
	for led.Err() == nil {
		pause(led, step, m.bells.keep)
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
