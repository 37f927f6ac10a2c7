package siptrunk

import (
	"maps"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// tally is what a trunk has done since it was opened.
type tally struct {
	placed, answered, failed, strays, received uint64

	codes map[int]uint64 // by final SIP status, 0 = none came

	optionsAt    time.Time
	optionsRTT   time.Duration
	optionsCode  int
	optionsLost  int // in a row
	registration Registration
}

func newTally(register bool) tally {
	return tally{codes: map[int]uint64{}, registration: Registration{Used: register}}
}

// State is one trunk at one moment, for pages and metrics.
type State struct {
	Name string
	Up   bool
	Why  string // why no call may leave now; empty when one may

	Lines    int // in use
	MaxLines int
	Pending  int // INVITEs without any response
	CPS      float64
	MaxCPS   float64 // CPS is this, or less in a slow start

	Breaker    BreakerState
	BreakerWhy string

	Registration Registration

	OptionsAt   time.Time     // the last answer to an OPTIONS; zero = none
	OptionsRTT  time.Duration // of that
	OptionsCode int

	Placed, Answered, Failed uint64
	Strays                   uint64         // answers nobody waited for, ended at once
	Received                 uint64         // calls that came in and found a line
	Codes                    map[int]uint64 // final responses by status; 0 = none came
	SIP                      sipua.Stats
}

// Registration is where a trunk's REGISTER stands.
type Registration struct {
	Used    bool // false: an IP trunk
	Active  bool
	Expires time.Time
	Error   string
}

// State returns all trunks in the order of the settings.
func (t *Trunks) State() []State {
	states := make([]State, 0, len(t.routes))
	for _, r := range t.routes {
		states = append(states, r.state(time.Now()))
	}
	return states
}

func (r *route) state(now time.Time) State {
	r.mu.Lock()
	g, n := &r.gate, &r.tally
	room, why := g.room(now)
	waiting := r.waiting
	s := State{
		Name: r.trunk.Name, Up: g.down == "" && g.state != BreakerOpen,
		Lines: g.inUse, MaxLines: g.lines, Pending: g.silent, CPS: g.cps * g.share(now), MaxCPS: g.cps,
		Breaker: g.state, BreakerWhy: g.why, Registration: n.registration,
		OptionsAt: n.optionsAt, OptionsRTT: n.optionsRTT, OptionsCode: n.optionsCode,
		Placed: n.placed, Answered: n.answered, Failed: n.failed, Strays: n.strays, Received: n.received, Codes: maps.Clone(n.codes),
	}
	r.mu.Unlock()
	_, s.Why = r.shared(room, waiting, why)
	s.SIP = r.ua.Stats()
	return s
}
