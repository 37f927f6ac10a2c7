package dialer

import (
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is the queue of people who call us, as the loop that owns it sees
// it. Each function runs on the loop's goroutine.
//
//	arriving -> queued -> connecting -> talking -> writing
//	              ^ |                     |
//	              | +- nobody in time ----|--> writing
//	              +--- phone lost --------+

// queuing is what the loop knows of a caller beside the call.
type queuing struct {
	since     time.Time
	place     int   // in the queue, 1 = next, as the voice knows it
	lastAgent int64 // who talked to the person last
	doNotCall bool
}

// receive takes a caller: the attempt writes the row, answers and comes back
// for an agent.
func (l *Loop) receive(caller arrival, now time.Time) {
	if l.closing { // we end; the engine opens us anew
		l.engine.tell(func() { l.engine.receive(l.id, caller) })
		return
	}
	in := caller.in
	l.lastCall++
	row := campaigns.NewInbound(l.campaign, in.Number, in.Called, now)
	row.Trunk, row.RingingAt = in.Trunk, in.At
	c := &call{
		id: l.lastCall, row: row.ID, number: in.Number, inbound: true, trunk: in.Trunk, state: CallArriving, placed: now, since: now,
		hands: caller.hands,
	}
	full := l.callersHere() >= l.campaign.Inbound.Filled().Places
	l.know(c)
	l.launch(c, placing{Row: *row, Arrival: caller.id, Full: full})
}

// callersHere is how many callers have no agent yet.
func (l *Loop) callersHere() int {
	n := 0
	for _, c := range l.calls {
		if c.inbound && (c.state == CallArriving || c.state == CallQueued) {
			n++
		}
	}
	return n
}

// enqueue hears that a caller waits for an agent. Exactly one seat comes back:
// from serveQueue, or from leaveQueue. Who was in a conversation already goes
// first.
func (l *Loop) enqueue(c *call, at time.Time, claim int) {
	again := c.bridged
	if c.state == CallTalking || c.state == CallConnecting {
		l.partedOrLost(c, at)
	}
	c.claim = claim
	c.become(CallQueued, at)
	if c.queuing.since.IsZero() {
		c.queuing.since = at
	}
	if again {
		l.queue = slices.Insert(l.queue, 0, c)
	} else {
		l.queue = append(l.queue, c)
	}
}

// leaveQueue hears that a caller does not wait any longer. An agent who was
// given meanwhile is in the seat already.
func (l *Loop) leaveQueue(c *call, claim int) {
	if c.claim != claim {
		return
	}
	l.queue = slices.DeleteFunc(l.queue, func(w *call) bool { return w == c })
	c.give(seat{})
}

// serveQueue gives agents to the callers who wait, longest wait first. One who
// waits for their own agent keeps nobody else waiting.
func (l *Loop) serveQueue(now time.Time) {
	if len(l.queue) == 0 {
		return
	}
	staffed := !l.stopping && (l.staffed() || now.Before(l.settles))
	l.queue = slices.DeleteFunc(l.queue, func(c *call) bool {
		if !staffed {
			c.give(seat{Closed: true})
			return true
		}
		a := l.answerer(c, now)
		if a != nil {
			l.seatCaller(a, c, now)
		}
		return a != nil
	})
	for i, c := range l.queue {
		if c.place != i+1 {
			c.place = i + 1
			c.hands.do(deed{Kind: deedPosition, Attempt: c.row, Position: c.place})
		}
	}
}

// seatCaller gives an agent to a caller. A card that was looked at goes back.
func (l *Loop) seatCaller(a *agent, c *call, now time.Time) {
	l.takeCard(a)
	l.shrunkAt = now // calls ring that were placed with this agent in mind
	l.seat(a, c, now)
	l.apply(pacing.AgentReserved, 0, a.info.ID, now)
	l.mayLeave(a, now)
}

// answerer chooses who takes a caller: the agent who talked to them last, whom
// they wait for a little, else the one free for the longest time, else one who
// looks at a card.
func (l *Loop) answerer(c *call, now time.Time) *agent {
	if last := l.agents[c.lastAgent]; last != nil {
		switch {
		case l.mayAnswer(last, now):
			return last
		case last.busy() && now.Sub(c.queuing.since) < l.settings.real(l.campaign.Inbound.Filled().LastAgentWait):
			return nil
		}
	}
	if a := l.longestIdle(); a != nil {
		return a
	}
	return l.longest(func(a *agent) bool { return l.mayAnswer(a, now) })
}

// mayAnswer tells whether an agent can take a caller now. Who has just been
// shown a card may be pressing a key for it.
func (l *Loop) mayAnswer(a *agent, now time.Time) bool {
	if l.bereft(a) {
		return false
	}
	return a.free() || (a.state == StatePreview && a.card != nil && now.Sub(a.since) >= l.settings.real(doubleClick))
}

// staffed tells whether anybody who serves the campaign is signed in, here or
// with another campaign.
func (l *Loop) staffed() bool {
	return len(l.agents) > 0 || slices.ContainsFunc(l.show.everybody(), l.serves)
}

func (l *Loop) serves(a AgentState) bool {
	return a.State != StateOffline && slices.Contains(a.Campaigns, l.id)
}

// callIn lists agents of other campaigns who are to come here for the callers
// that nobody here can take: as many as wait, the free ones first.
func (l *Loop) callIn() []int64 {
	if len(l.queue) == 0 {
		return nil
	}
	able := l.show.everybody()
	able = slices.DeleteFunc(able, func(a AgentState) bool {
		away := a.State == StatePaused || a.State == StateElsewhere || a.After != ""
		return away || !l.serves(a) || a.Campaign == l.id
	})
	slices.SortFunc(able, func(a, b AgentState) int {
		if free, idle := a.State == StateReady, b.State == StateReady; free != idle {
			if free {
				return -1
			}
			return 1
		}
		return a.Since.Compare(b.Since)
	})
	ids := make([]int64, 0, len(l.queue))
	for _, a := range able[:min(len(able), len(l.queue))] {
		ids = append(ids, a.ID)
	}
	return ids
}
