package dialer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// This file is how the brain comes by the hands of other nodes, takes over what
// lives there, and lets go what is lost there.

const (
	// lostAfter is how long hands may be silent: then their calls are over, as far
	// as the brain goes.
	lostAfter = 4 * time.Second
	// endedAfter is how long hands are silent whose node is ended, as the house says:
	// others may have come under its name since it was asked.
	endedAfter = beatEvery + beatEvery/2
	// bringWithin is how long an agent who was in a call is held for it, when the
	// node of the call has not been heard yet.
	bringWithin = 3 * time.Second
)

// adoption is what hands said of the calls of a campaign that live with them.
type adoption struct {
	from    *crew
	session string
	calls   []liveCall
}

// want is an adopted call that wants its agent.
type want struct {
	loop    *Loop
	attempt string
}

// NewFloor returns an Engine that places its calls with the hands of nodes that
// Join, and none itself: agents sign in, and people call, at Hands. The trunk is
// asked for its caller ID only.
func NewFloor(s Settings, store Store, trunk Trunk) *Engine {
	e := NewEngine(s, store, trunk)
	e.crews.all = nil
	return e
}

// Join talks with the hands of a node over a pipe, until it breaks or ctx is done.
// Hands that come again within two seconds go on where they were; others say what
// lives with them, and that is adopted.
func (e *Engine) Join(ctx context.Context, p Pipe) error {
	defer p.Close()
	if e.gaveUp.Load() {
		return ErrStopped // they look for the next
	}
	within := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer within()
	var hands greeting
	if err := hands.receive(p); err != nil {
		return err
	}
	c := e.crews.of(hands.Node, func() *crew { return newCrew(hands.Node, &e.asked) })
	c.hangUp()
	c.carrying.Lock()
	defer c.carrying.Unlock()
	l, fresh := c.greet(hands, p)
	if e.gaveUp.Load() {
		c.lose()
		return ErrStopped
	}
	if fresh {
		e.asked.fail(c.node, word{Kind: wordAnswer, Fault: faultOf(ErrHandsLost)})
		e.tell(func() { e.joined(c) })
	}
	if err := (greeting{Node: e.settings.Node, Session: hands.Session, Heard: l.hasHeard(), Fresh: fresh}).send(p); err != nil {
		return err
	}
	return l.carry(ctx, p, func(f frame) { e.listen(c, *f.Word) })
}

// joined tells every campaign of hands that have come.
func (e *Engine) joined(c *crew) {
	e.log.Info("the hands of a node have come", "node", c.node)
	for _, s := range e.running {
		l := s.loop
		l.tell(func() { l.handsJoined(c) })
	}
}

// leaveHands is the hard stop for the hands of other nodes: their calls, and the
// agents whose phones they have, are the next brain's.
func (e *Engine) leaveHands() {
	e.gaveUp.Store(true)
	for _, c := range e.crews.list() {
		if c.trunk != nil {
			continue
		}
		c.lose()
		for _, s := range e.running {
			l := s.loop
			l.tell(func() { l.leaveHands(c) })
		}
	}
}

// keepHands finds out whose hands are not heard any more.
func (e *Engine) keepHands(time.Time) {
	for _, c := range e.crews.list() {
		if c.trunk != nil {
			continue
		}
		silence := c.silence()
		c.parted.Store(silence > aloneAfter)
		if silence > lostAfter && c.mourn() {
			e.handsLost(c)
		}
	}
}

// Living is told which nodes the house has, and which of them beat: what lived with the
// hands of others is over, as the store has it already. When those that beat have said
// what lives with them, agents wait for no call any more that nobody has named.
func (e *Engine) Living(nodes, beating []string) {
	e.tell(func() {
		e.beating = beating
		e.lookSettled(time.Now())
		for _, c := range e.crews.list() {
			if c.trunk == nil && !slices.Contains(nodes, c.node) && c.silence() > endedAfter && c.mourn() {
				e.handsLost(c)
			}
		}
	})
}

// settleWithin is how long campaigns may take, after all nodes were heard, to ask for the
// agents of the calls that they adopt.
const settleWithin = 300 * time.Millisecond

// lookSettled notes when all nodes that beat have said what lives with them.
func (e *Engine) lookSettled(now time.Time) {
	if !e.settled.IsZero() || len(e.beating) == 0 || slices.ContainsFunc(e.beating, func(node string) bool { return !e.Heard(node) }) {
		return
	}
	e.settled = now.Add(settleWithin)
	time.AfterFunc(settleWithin+time.Millisecond, func() { e.tell(func() { e.keepTimes(time.Now()) }) })
}

// heldEnough tells whether an agent need not be held any more for the call that they were
// in, or were reserved for, with another brain: who was reserved has talked to nobody yet.
func (e *Engine) heldEnough(a *agent, now time.Time) bool {
	if a.heldUntil.IsZero() {
		return false
	}
	settled := !e.settled.IsZero() && now.After(e.settled)
	return now.After(a.heldUntil) || a.state == StateReserved && settled
}

// handsLost ends what lived with hands that are gone, and signs their agents out.
func (e *Engine) handsLost(c *crew) {
	if c.leaving.Load() {
		e.log.Info("a node that stopped has gone", "node", c.node)
	} else {
		e.log.Error("the hands of a node are lost: its calls are over, its agents signed out", "node", c.node)
	}
	c.lose()
	e.asked.fail(c.node, word{Kind: wordAnswer, Fault: faultOf(ErrHandsLost)})
	for _, s := range e.running {
		l := s.loop
		l.tell(func() { l.handsLost(c, "") })
	}
	for id, p := range e.roster {
		if p.phone.Node == c.node {
			e.phoneLost(id, p.phone, fmt.Sprintf("node %s, where the phone was, is lost", c.node))
		}
	}
	e.freeGuests(c, nil)
}

// adopt takes what the hands of a node said of themselves: it is so, and what they
// do not name is over.
func (e *Engine) adopt(from *crew, h hello) {
	session := from.inSession()
	talks, of := make(map[string]bool), make(map[int64][]liveCall)
	for _, c := range h.Calls {
		talks[c.Row.ID] = c.State != CallWriting
		of[c.Row.Campaign] = append(of[c.Row.Campaign], c)
	}
	for id, s := range e.running {
		all := adoption{from, session, of[id]}
		if l := s.loop; l.tell(func() { l.adopt(all) }) {
			delete(of, id)
		}
	}
	for id, calls := range of {
		e.pending[id] = append(e.pending[id], adoption{from, session, calls})
		if next, known := e.latest[id]; known && e.running[id] == nil {
			e.openFor(next)
		}
	}
	here := make(map[int64]bool)
	for _, s := range h.Agents {
		here[s.ID] = true
		e.adoptAgent(from, s)
	}
	for id, p := range e.roster {
		if p.phone.Node == from.node && !here[id] {
			e.phoneLost(id, p.phone, "the phone is lost")
		}
	}
	e.freeGuests(from, talks)
	from.heard.Store(true)
	e.lookSettled(time.Now())
	if h.Leaving {
		e.handsLeave(from)
	}
	e.assign()
}

// handsLeave hears that a node stops: nothing more is placed there, and the agents
// whose phones are there are signed out as they come free.
func (e *Engine) handsLeave(c *crew) {
	if c.leaving.Swap(true) {
		return
	}
	e.log.Info("a node stops: it gets no more calls, and its agents are signed out as they come free", "node", c.node)
	for id, p := range e.roster {
		if p.phone.Node == c.node {
			e.command(command{agent: id, order: orderSignOut, reason: stopsWhy(c.node), reply: make(chan error, 1)})
		}
	}
}

// Heard tells whether the hands of a node have said what lives with them.
func (e *Engine) Heard(node string) bool {
	for _, c := range e.crews.list() {
		if c.node == node {
			return c.heard.Load()
		}
	}
	return false
}

// adoptAgent takes an agent in as they stood with another brain. One whom we have
// with this phone stands as they do; one who has signed in elsewhere meanwhile has
// left that phone.
func (e *Engine) adoptAgent(from *crew, s agentShadow) {
	phone, now := PhoneRef{from.node, s.Phone}, time.Now()
	if p := e.roster[s.ID]; p != nil {
		if p.phone != phone {
			from.do(deed{Kind: deedLetGo, Phone: s.Phone})
		}
		return
	}
	a := e.restored(from, s, now)
	e.equip(a)
	e.roster[s.ID] = &post{phone: phone, mine: a, info: a.info}
	switch {
	case a.guest != nil:
		a.tellEars() // nobody listens any more
		a.publish()
	case a.engaged():
		a.heldUntil = now.Add(bringWithin)
		a.publish()
		if w, wanted := e.wanted[s.ID]; wanted {
			e.bring(s.ID, w) // the agent is the loop's then
			return
		}
		if running := e.running[s.Campaign]; running != nil && a.state == StateReserved {
			l := running.loop
			l.tell(func() { l.askReserved(l.rows[s.For]) })
		}
		for _, running := range e.running { // one may have lost them with their node, while the call went on
			l := running.loop
			l.tell(func() { l.callBack(s.ID) })
		}
	case a.state == StatePreview, s.Supervises != 0:
		e.carryOn(a, now)
	default:
		a.publish()
		if w, wanted := e.wanted[s.ID]; wanted {
			e.bring(s.ID, w)
		}
	}
}

// restored is an agent as their node has kept them.
func (e *Engine) restored(from *crew, s agentShadow, now time.Time) *agent {
	a := &agent{
		info: s.AgentInfo, phone: PhoneRef{from.node, s.Phone}, hands: from, state: s.State, since: s.Since, idleSince: s.Since, reason: s.Reason,
		after: s.After, afterReason: s.AfterReason, notice: s.Notice, call: s.Call, plan: newPlan(s.Plan), restUntil: s.Until,
		occupancy: occupancy{speed: e.settings.Speed, at: now}, reservedFor: s.For,
	}
	if a.call != nil {
		a.wrapUntil = a.call.WrapUpUntil
	}
	if s.Guest != nil && a.engaged() {
		g := *s.Guest
		at := e.crews.of(s.At, func() *crew { return newCrew(s.At, &e.asked) })
		a.guest, a.line = &g, &way{at, g.Attempt}
	}
	return a
}

// bring gives an agent to the campaign of the adopted call that they are in. The hands
// of the call know that better than those of the phone, which may have been told too
// late: whoever is in no other conversation is taken.
func (e *Engine) bring(id int64, w want) {
	p := e.roster[id]
	if p == nil {
		e.wanted[id] = w
		return
	}
	delete(e.wanted, id)
	a := p.mine
	if a == nil { // a loop has them, who knows less: their node was not told in time
		l := p.loop
		l.tell(func() { l.takeOver(id, w.attempt, time.Now()) })
		return
	}
	if a.guest != nil || a.state == StateElsewhere || (a.engaged() && a.heldUntil.IsZero()) {
		return
	}
	a.heldUntil = time.Time{}
	if w.loop.tell(func() { w.loop.attach(a, w.attempt, time.Now()) }) {
		p.mine, p.loop = nil, w.loop
	} else {
		e.release(a, time.Now())
	}
}

// bringReserved gives a campaign the agent who was reserved for an adopted call that
// nobody has an agent for yet.
func (e *Engine) bringReserved(l *Loop, attempt string) {
	for _, p := range e.roster {
		a := p.mine
		if a == nil || a.state != StateReserved || a.reservedFor != attempt || a.guest != nil || a.heldUntil.IsZero() {
			continue
		}
		a.heldUntil = time.Time{}
		if l.tell(func() { l.attachReserved(a, attempt, time.Now()) }) {
			p.mine, p.loop = nil, l
		} else {
			e.release(a, time.Now())
		}
		return
	}
}

// release is the end of a call that nobody has any more, for its agent.
func (e *Engine) release(a *agent, now time.Time) {
	a.heldUntil = time.Time{}
	if a.state != StateTalking || a.call == nil {
		e.carryOn(a, now)
		return
	}
	a.guest = &guest{WrapUp: e.latest[a.call.Campaign].campaign.WrapUp}
	e.wrapUp(a, now)
}

// freeGuests frees the agents who are guests in conversations with these hands that
// do not live.
func (e *Engine) freeGuests(at *crew, talks map[string]bool) {
	for id := range e.roster {
		e.at(id, func(_ keeper, a *agent, _ time.Time) {
			if a.guest != nil && a.line != nil && a.line.hands == at && !talks[a.guest.Attempt] {
				e.freeGuest(id, a.guest.Attempt, false)
			}
		})
	}
}

// shadow is what another brain has to know of the agent.
func (a *agent) shadow(s AgentState) *agentShadow {
	out := &agentShadow{AgentState: s, Phone: a.phone.Phone, AfterReason: a.afterReason, Plan: slices.Clone(a.plan)}
	if s.State == StateReserved {
		out.For = a.reservedFor
	}
	if a.guest != nil && a.line != nil {
		g := *a.guest
		out.Guest, out.At = &g, a.line.hands.node
	}
	return out
}

// reached tells whether the node of the agent's phone is heard.
func (a *agent) reached() bool { return a.hands == nil || !a.hands.parted.Load() }
