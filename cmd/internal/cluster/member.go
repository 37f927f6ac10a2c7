package cluster

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Floor is the duty of whoever leads.
const Floor = campaigns.FloorDuty

// Store is what nodes know of each other.
type Store interface {
	campaigns.Membership
	campaigns.Mourner
	campaigns.Duties
	// Duties reads who does what.
	Duties(ctx context.Context) ([]campaigns.Duty, error)
}

// Settings are how a node takes part; Store, Name, Address and Lead are needed.
type Settings struct {
	Store   Store
	Name    string // one process at a time has it
	Address string // where the other nodes reach us
	Version string // of the program
	// Lead runs while this node has the floor. It lets go and returns soon after ctx
	// is done, whose cause says why; when it returns by itself, the floor is free.
	Lead func(ctx context.Context, fence int64) error
	// Alone tells, while the store does not answer us, whether it answers no other
	// node either: then nobody can take the floor, and who leads leads on. It is
	// asked within ctx; nil = we cannot know.
	Alone func(ctx context.Context) bool
	// Refused tells whether the machine of a node says that no process has its port. With
	// it a node that is killed is ended as soon as it has missed one beat; one that
	// beats is never asked. Nil = nobody can tell.
	Refused func(ctx context.Context, n campaigns.Node) bool
	// Joined is told of each life that begins, before anything is done in it, and
	// Over, with the reason, when others have ended it. Nil = nobody is.
	Joined func(campaigns.Node)
	Over   func(error)
	// Moved is told when this node has given the floor back, or ended a node: the
	// others may look at once (Member.Look). Must not block. Nil = they find out in time.
	Moved func()
	Seen  func(View)   // at each look; must not block
	Log   *slog.Logger // nil = silent

	Beat   time.Duration // how often we say that we live, and look around; 0 = 1 s
	Silent time.Duration // after which a node is taken for dead; 0 = 5 s
	Lasts  time.Duration // how long the floor is kept at a time; 0 = 3 s
}

// ErrLost is why a node stops leading that could not keep the floor.
var ErrLost = errors.New("the floor could not be kept: another node may have it")

// View is the house as a node saw it last.
type View struct {
	Self   campaigns.Node
	Nodes  []campaigns.Node // those that live, by name
	Leader campaigns.Node   // who has the floor; ID 0 = nobody
	At     time.Time        // when the store was asked; zero = it was not yet
	Drains bool             // the node that looks takes no new work
}

// Leads tells whether the node that looks has the floor.
func (v View) Leads() bool { return v.Leader.ID != 0 && v.Leader.ID == v.Self.ID }

// Member is this node's part in the house. Run makes it one.
type Member struct {
	s        Settings
	view     atomic.Pointer[View]
	alive    atomic.Pointer[time.Time] // when the last sign of life that was heard was given; nil = we have no life
	draining atomic.Bool               // it stops
	marked   atomic.Bool               // somebody wants it to take no new work
	bells    bells
	suspects atomic.Bool // a way to another has broken
	absent   absence     // of the goroutine that seeks the floor
}

// bells wake what looks each beat before its time.
type bells struct{ beat, look, seek, keep chan struct{} }

func ring(all ...chan struct{}) {
	for _, bell := range all {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}

// New returns a member that has not joined yet.
func New(s Settings) *Member {
	s.Beat, s.Silent, s.Lasts = cmp.Or(s.Beat, time.Second), cmp.Or(s.Silent, 5*time.Second), cmp.Or(s.Lasts, 3*time.Second)
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	m := &Member{s: s, bells: bells{make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)}}
	m.view.Store(&View{})
	return m
}

// ErrSilent is why a node sends nothing that could not say that it lives.
var ErrSilent = errors.New("this node has not been heard by the others: they may have closed its calls")

// Lives tells whether nobody can have ended our life by now: an INVITE may leave. A
// process that slept finds out by this before it knows anything else.
func (m *Member) Lives() error {
	if at := m.alive.Load(); at == nil || time.Since(*at) > m.s.Silent-m.s.Beat {
		return ErrSilent
	}
	return nil
}

// View is the house as it was seen last, not longer ago than two beats while the
// store answers.
func (m *Member) View() View { return *m.view.Load() }

// Drain makes this node take no new work: it does not lead any more as long as
// another does not stop as well, and others give it no calls.
func (m *Member) Drain() {
	m.draining.Store(true)
	ring(m.bells.beat, m.bells.keep)
}

// Look makes this node look around at once: somebody said that the floor has moved.
func (m *Member) Look() { ring(m.bells.look, m.bells.seek) }

// Suspect makes this node look around at once, since a way to another has broken.
func (m *Member) Suspect() {
	m.suspects.Store(true)
	ring(m.bells.look)
}

// yields tells whether this node leaves the floor to another: it takes no new work,
// and there is one that does. While there is none it leads all the same: its calls
// are over soon, but agents, pages and the order to take work again need whoever
// leads.
func (m *Member) yields() bool {
	if !m.Drains() {
		return false
	}
	v := m.View()
	return slices.ContainsFunc(v.Nodes, func(n campaigns.Node) bool {
		return n.ID != v.Self.ID && n.State == campaigns.NodeUp && n.Drain == "" && n.Silent < m.s.Lasts
	})
}

// Drains tells whether this node takes no new work: it stops, or somebody has
// marked it.
func (m *Member) Drains() bool { return m.draining.Load() || m.marked.Load() }

// errEnd is why the life of a node ends that stops.
var errEnd = errors.New("this node stops")

// Run takes part until ctx is done: one life after the other, should others end
// them. Then the node leaves.
func (m *Member) Run(ctx context.Context) {
	for ctx.Err() == nil {
		self, err := m.s.Store.Join(ctx, m.s.Name, m.s.Address, m.s.Version)
		if err != nil {
			m.say(ctx, "this node cannot join the others", err)
			pause(ctx, m.s.Beat, nil)
			continue
		}
		if err := m.live(ctx, self); err != nil {
			m.s.Log.Error("this node was taken for dead; it joins again", "node", m.s.Name, "error", err)
		}
	}
}

// live is one life, from the join until others end it, which is the error, or we
// leave.
func (m *Member) live(ctx context.Context, self campaigns.Node) error {
	defer m.alive.Store(nil)
	m.marked.Store(self.Drain != "")
	m.see(View{Self: self, Drains: m.Drains()})
	if m.s.Joined != nil {
		m.s.Joined(self)
	}
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	var work sync.WaitGroup
	work.Go(func() { m.every(life, m.bells.beat, func() { m.beat(life, end) }) })
	work.Go(func() { // at once, whatever the others still have to let go
		<-life.Done()
		if err := context.Cause(life); errors.Is(err, campaigns.ErrFenced) && m.s.Over != nil {
			m.s.Over(err)
		}
	})
	work.Go(func() { m.looks(life, self) })
	work.Go(func() { m.seek(life) })
	work.Wait()
	if err := context.Cause(life); errors.Is(err, campaigns.ErrFenced) {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.s.Silent)
	defer cancel()
	lost, err := m.s.Store.Leave(last)
	if err != nil {
		m.s.Log.Error("this node could not leave; the others will notice", "error", err)
	}
	if len(lost) > 0 {
		m.s.Log.Warn("attempts were open when this node left; closed as lost", "count", len(lost))
	}
	return nil
}

// every does something at each beat, and when the bell rings.
func (m *Member) every(ctx context.Context, bell <-chan struct{}, do func()) {
	tick := time.NewTicker(m.s.Beat)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-bell:
		}
	}
}

// beat says that we live, and in which state; it ends the life when others have.
func (m *Member) beat(ctx context.Context, end context.CancelCauseFunc) {
	within, cancel := context.WithTimeout(ctx, m.s.Silent)
	defer cancel()
	state := campaigns.NodeUp
	if m.Drains() {
		state = campaigns.NodeDraining
	}
	began := time.Now()
	err := m.s.Store.Beat(within)
	if err == nil {
		m.alive.Store(&began)
	}
	if v := m.View(); err == nil && v.Self.State != state {
		if err = m.s.Store.SetNodeState(within, state); err == nil {
			v.Self.State = state
			m.see(v)
		}
	}
	if errors.Is(err, campaigns.ErrFenced) {
		end(err)
		return
	}
	m.say(ctx, "this node could not say that it lives", err)
}

// looks looks around at each beat. After a time in which the store did not answer,
// or we slept, all seem silent: nobody is ended before they could say that they live.
func (m *Member) looks(ctx context.Context, self campaigns.Node) {
	var since, last time.Time
	m.every(ctx, m.bells.look, func() {
		began := time.Now()
		if since.IsZero() || began.Sub(last) > m.s.Silent {
			since = began
		}
		if !m.look(ctx, self, began.Sub(since) > m.s.Silent+m.s.Beat) {
			since = time.Time{}
		}
		last = time.Now()
	})
}

// look sees who is there and who leads, and ends the lives of those that are
// silent when it may. False when the store does not answer.
func (m *Member) look(ctx context.Context, self campaigns.Node, may bool) bool {
	within, cancel := context.WithTimeout(ctx, m.s.Silent)
	defer cancel()
	asked, suspect := time.Now(), m.suspects.Swap(false)
	all, err := m.s.Store.Nodes(within)
	if err != nil {
		m.say(ctx, "the other nodes cannot be seen", err)
		return false
	}
	duties, err := m.s.Store.Duties(within)
	if err != nil {
		m.say(ctx, "who leads cannot be seen", err)
		return false
	}
	v := View{Self: m.View().Self, At: asked}
	for _, n := range all {
		if n.ID == self.ID {
			m.marked.Store(n.Drain != "")
		}
		switch {
		case !n.State.Alive():
			continue
		case n.ID == self.ID:
		case n.Silent > m.s.Silent:
			if may {
				m.mourn(within, n, m.s.Silent)
			}
			continue
		case may && m.dead(within, n, suspect):
			m.mourn(within, n, m.missed())
			continue
		case may && n.Silent > m.asleep():
			m.say(ctx, "a silent node could not be disconnected from the store", m.s.Store.Disconnect(within, n.ID, m.asleep()))
		}
		v.Nodes = append(v.Nodes, n)
		for _, d := range duties {
			if d.Name == Floor && d.Node == n.ID {
				v.Leader = n
			}
		}
	}
	slices.SortFunc(v.Nodes, func(a, b campaigns.Node) int { return cmp.Compare(a.Name, b.Name) })
	v.Drains = m.Drains()
	m.see(v)
	return true
}

// asleep is how long a node is silent that may sleep in the middle of a write, which holds
// up the writes of all: its connection is ended. One that is awake connects again.
func (m *Member) asleep() time.Duration { return 2*m.s.Beat + m.s.Beat/2 }

// missed is how long a node is silent that has missed a beat.
func (m *Member) missed() time.Duration { return m.s.Beat + m.s.Beat/2 }

// refusedWithin bounds how long a machine may take to say that nobody has a port: one
// that says nothing is not there, which the beats tell.
const refusedWithin = 200 * time.Millisecond

// dead tells whether a node has missed a beat and its process is gone. One that may be
// so is looked at again as soon as it must have beaten.
func (m *Member) dead(ctx context.Context, n campaigns.Node, suspect bool) bool {
	if m.s.Refused == nil || n.Silent < m.s.Beat/4 || !suspect && n.Silent < m.s.Beat+m.s.Beat/4 {
		return false
	}
	asked, cancel := context.WithTimeout(ctx, refusedWithin)
	defer cancel()
	if !m.s.Refused(asked, n) {
		return false
	}
	if again := m.missed() - n.Silent; again > 0 {
		time.AfterFunc(again+time.Millisecond, m.Suspect)
		return false
	}
	return true
}

// mourn ends the life of a node that is silent for at least so long.
func (m *Member) mourn(ctx context.Context, n campaigns.Node, silent time.Duration) {
	lost, err := m.s.Store.EndNode(ctx, n.ID, silent)
	switch {
	case errors.Is(err, campaigns.ErrNodeAlive):
	case err != nil:
		m.say(ctx, "a silent node could not be ended", err)
	default:
		m.s.Log.Warn("a node is silent and was ended", "node", n.Name, "silent", n.Silent, "attempts_lost", len(lost))
		ring(m.bells.seek) // it may have had the floor
		if m.s.Moved != nil {
			m.s.Moved()
		}
	}
}

func (m *Member) see(v View) {
	m.view.Store(&v)
	if m.s.Seen != nil {
		m.s.Seen(v)
	}
}

// say logs what failed, unless we stop anyway.
func (m *Member) say(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		m.s.Log.Error(what, "node", m.s.Name, "error", err)
	}
}

// pause waits until the bell rings, but not longer than ctx.
func pause(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-bell:
	case <-ctx.Done():
	}
}
