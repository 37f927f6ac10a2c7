package dialer

import (
	"slices"
	"time"
)

// This file is how agents who serve several campaigns are lent to them.

// takeBack hears that a loop has returned an agent.
func (e *Engine) takeBack(a *agent) {
	p := e.roster[a.info.ID]
	if p == nil || p.phone != a.phone {
		a.letGo()
		return
	}
	p.mine, p.loop = a, nil
	a.publish()
	e.assign()
}

// hungry hears what a loop could do with agents.
func (e *Engine) hungry(l *Loop, canDial bool, wants []int64) {
	s := e.running[l.id]
	if s == nil || s.loop != l {
		return
	}
	s.up, s.canDial = true, canDial
	s.wants = make(map[int64]bool, len(wants))
	for _, id := range wants {
		s.wants[id] = true
	}
	e.assign()
}

// assign sends every agent to the campaign that has most use for them, and
// asks the loops for those who should be elsewhere.
func (e *Engine) assign() {
	if e.stopping {
		return
	}
	for _, p := range e.roster {
		best := e.bestFor(p)
		switch {
		case p.mine != nil && p.mine.busy(): // not to be had now
		case p.mine != nil && best != nil:
			e.lend(p, best.loop)
		case p.loop != nil:
			moving := best != nil && best.loop != p.loop && e.better(best, e.running[p.loop.id], p.info.ID)
			l, id := p.loop, p.info.ID
			if moving != p.asked {
				p.asked = moving
				l.tell(func() { l.wish(id, moving, time.Now()) })
			}
		}
	}
}

func (e *Engine) lend(p *post, l *Loop) {
	a := p.mine
	p.asked = false
	if l.tell(func() { l.join(a, time.Now()) }) {
		p.mine, p.loop = nil, l
	}
}

// bestFor is the campaign that an agent should work for now, or nil.
func (e *Engine) bestFor(p *post) *stage {
	if s := e.running[p.errand]; p.errand != 0 && s != nil && s.up {
		return s
	}
	var best *stage
	for id, s := range e.running {
		if !s.up || !slices.Contains(p.info.Campaigns, id) {
			continue
		}
		if best == nil || e.better(s, best, p.info.ID) || (!e.better(best, s, p.info.ID) && id < best.loop.id) {
			best = s
		}
	}
	return best
}

// better tells whether campaign s has more use for an agent than t: a callback
// agreed with this agent is due, then contacts to dial, then priority.
func (e *Engine) better(s, t *stage, agent int64) bool {
	switch {
	case t == nil:
		return true
	case s.wants[agent] != t.wants[agent]:
		return s.wants[agent]
	case s.canDial != t.canDial:
		return s.canDial
	}
	return s.priority > t.priority
}
