package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/forecall/forecall/pacing"
)

// agent is one who takes calls; pacing knows it by its number plus one.
type agent struct {
	state   agentState
	since   time.Duration
	epoch   uint64 // of the state
	call    int    // slot, while talking
	wrap    time.Duration
	leaving bool          // after the present call
	away    time.Duration // for how long
}

type agentState uint8

const (
	idle agentState = iota
	talking
	wrapping
	onBreak
	gone
)

func (a *agent) become(s agentState, now time.Duration) {
	a.state, a.since = s, now
	a.epoch++
}

// ready gives the agent to the queue, or a call to the agent.
func (w *world) ready(n int) {
	w.team[n].become(idle, w.now)
	w.tell(pacing.AgentReady, 0, n+1)
	w.idle = append(w.idle, n)
	if len(w.queue) > 0 {
		slot := w.queue[0]
		w.queue = popped(w.queue)
		w.bridge(slot)
	}
}

// work accounts what the agent has worked in the present state.
func (w *world) work(n int) {
	if a := &w.team[n]; a.state == talking || a.state == wrapping {
		w.tally.worked += w.now - a.since
	}
}

func (w *world) talkEnds(n int, epoch uint64) bool {
	a := &w.team[n]
	if a.epoch != epoch {
		return false
	}
	w.work(n)
	w.tell(pacing.CallEnded, w.calls[a.call].id, 0)
	w.over(a.call)
	a.become(wrapping, w.now)
	w.tell(pacing.AgentWrapUp, 0, n+1)
	w.agenda.plan(step{at: w.now + a.wrap, kind: stepWrapEnds, who: n, epoch: a.epoch})
	return true
}

func (w *world) wrapEnds(n int, epoch uint64) bool {
	a := &w.team[n]
	if a.epoch != epoch {
		return false
	}
	w.work(n)
	if a.leaving {
		w.leave(n)
		return true
	}
	w.ready(n)
	return true
}

// leave sends the agent on the break.
func (w *world) leave(n int) {
	a := &w.team[n]
	a.leaving = false
	a.become(onBreak, w.now)
	w.tally.present--
	w.tell(pacing.AgentPaused, 0, n+1)
	w.agenda.plan(step{at: w.now + a.away, kind: stepReturns, who: n})
}

func (w *world) breakBegins(i int) {
	b := w.Breaks[i]
	for _, n := range w.chosen(b.Share, uint64(i)) {
		a := &w.team[n]
		a.away = b.For
		w.tell(pacing.AgentLeavingAfterCall, 0, n+1)
		if a.state == idle {
			w.idle = slices.DeleteFunc(w.idle, func(m int) bool { return m == n })
			w.leave(n)
			continue
		}
		a.leaving = true
	}
}

func (w *world) vanish(i int) {
	for _, n := range w.chosen(w.Vanish[i].Share, uint64(i)|1<<32) {
		a := &w.team[n]
		w.work(n)
		switch a.state {
		case idle:
			w.idle = slices.DeleteFunc(w.idle, func(m int) bool { return m == n })
		case talking:
			w.tell(pacing.CallEnded, w.calls[a.call].id, 0)
			w.over(a.call)
		}
		a.become(gone, w.now)
		w.tally.present--
		w.tell(pacing.AgentGone, 0, n+1)
	}
}

// chosen draws which of those who are at work and mean to stay a share of the whole team is.
func (w *world) chosen(share float64, which uint64) []int {
	r := rand.New(rand.NewPCG(w.seed, mix(which)))
	left := int(math.Round(share * float64(len(w.team))))
	var out []int
	for _, n := range r.Perm(len(w.team)) {
		a := &w.team[n]
		if left > 0 && a.state < onBreak && !a.leaving {
			out = append(out, n)
			left--
		}
	}
	return out
}
