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
// turn of all writers, and nodes try twice a second. While the store does not answer,
// that is not known; when it is back the floor is left for a time to whoever led
// before, who may lead still and will say so.
func (m *Member) taken(ctx context.Context) bool {
	duties, err := m.s.Store.Duties(ctx)
	if err != nil {
		m.absent = absence{away: true}
		return true
	}
	if m.absent.away {
		now := time.Now()
		if m.absent.back.IsZero() {
			m.absent.back = now
		}
		if now.Sub(m.absent.back) < m.s.Lasts {
			return true
		}
		m.absent = absence{}
	}
	return slices.ContainsFunc(duties, func(d campaigns.Duty) bool {
		return d.Name == Floor && d.Node != 0 && d.Node != m.View().Self.ID
	})
}

// absence is a time in which the store did not answer who seeks the floor.
type absence struct {
	away bool
	back time.Time // since when it answers again; zero = it does not
}

func (m *Member) tryLead(ctx context.Context) {
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, m.s.Lasts)
	if m.taken(within) {
		cancel()
		return
	}
	m.clearWay(within)
	fence, err := m.s.Store.TakeDuty(within, Floor, m.s.Lasts)
	cancel()
	switch {
	case errors.Is(err, campaigns.ErrDutyTaken) || errors.Is(err, campaigns.ErrFenced):
	case errors.Is(err, context.DeadlineExceeded):
		m.say(ctx, "the floor could not be taken in time", err)
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

// clearWay ends what a node has open in the store that has missed two beats, while the
// floor is free: asleep in the middle of a write, it holds up everybody's. One that is
// not asleep connects again.
func (m *Member) clearWay(within context.Context) {
	ctx, silent := within, 2*m.s.Beat
	all, err := m.s.Store.Nodes(within)
	if err != nil {
		m.say(ctx, "the other nodes cannot be seen", err)
		return
	}
	for _, n := range all {
		if n.State.Alive() && n.ID != m.View().Self.ID && n.Silent > silent {
			m.say(ctx, "a silent node could not be disconnected from the store", m.s.Store.Disconnect(within, n.ID, silent))
		}
	}
}

// keep keeps the floor, and stops who leads when it is lost: told so, or not heard
// of for so long that another may have it soon. While the store answers nobody, that
// is never.
func (m *Member) keep(led context.Context, stop context.CancelCauseFunc, fence int64, since time.Time) {
	step := m.s.Lasts / 6
	// Two steps less than it lasts: these are for whoever leads to let go.
	lost := time.AfterFunc(time.Until(since.Add(m.s.Lasts-2*step)), func() { stop(ErrLost) })
	defer lost.Stop()
	last, told := since, time.Time{}
	for led.Err() == nil {
		pause(led, step, m.bells.keep)
		if m.yields() {
			stop(errEnd)
			return
		}
		asked := time.Now()
		within, cancel := context.WithTimeout(led, 3*step/2)
		err := m.s.Store.KeepDuty(within, Floor, fence, m.s.Lasts)
		cancel()
		switch {
		case err == nil:
			last = asked
		case led.Err() != nil:
			return // who leads has ended, and the question with it
		case !decided(err) && m.alone(led, step):
			if !last.Equal(told) {
				told = last
				m.s.Log.Warn("the store answers no node; who leads leads on, and begins no call", "node", m.s.Name, "since", last)
			}
			asked, err = time.Now(), nil
		}
		switch {
		case err == nil:
			if lost.Stop() { // else it has run
				lost.Reset(time.Until(asked.Add(m.s.Lasts - 2*step)))
			}
		case decided(err):
			stop(err)
			return
		default:
			m.say(led, "the floor is not kept yet", err)
		}
	}
}

// decided tells whether the store has said that the floor is another's.
func decided(err error) bool {
	return errors.Is(err, campaigns.ErrSuperseded) || errors.Is(err, campaigns.ErrFenced)
}

// alone tells whether no node has the store.
func (m *Member) alone(ctx context.Context, within time.Duration) bool {
	if m.s.Alone == nil {
		return false
	}
	asked, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return m.s.Alone(asked)
}
