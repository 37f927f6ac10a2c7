package dialer

import (
	"math"
	"time"
)

// This file is where a loop may place its calls.

// load is what a node has of a loop: calls that are not with its trunks yet, calls
// in the air, agents.
type load struct{ begun, inAir, agents int }

// room is how many calls the trunks take beside those that are not with them
// yet. Whoever places asks first: nodeFor goes by what was weighed here.
func (l *Loop) room() (int, string) {
	l.weigh()
	lines, why := 0, ""
	for _, hands := range l.crews {
		free, full := l.roomAt(hands)
		if lines += free; why == "" {
			why = full
		}
	}
	if why == "" {
		why = "the trunks take no more calls now"
	}
	return lines, why
}

// weigh counts what each node has, in one pass over all calls.
func (l *Loop) weigh() {
	clear(l.loads)
	for _, c := range l.calls {
		n := l.loads[c.hands]
		if c.state == CallBeginning {
			n.begun++
		}
		if c.inAir() {
			n.inAir++
		}
		l.loads[c.hands] = n
	}
	for _, a := range l.agents {
		n := l.loads[a.hands]
		n.agents++
		l.loads[a.hands] = n
	}
}

// roomAt is the room at one node: none when it cannot record a call, one when a call
// finds out whether it can again.
func (l *Loop) roomAt(hands *crew) (int, string) {
	if why, down := l.storeBarsAt(hands, time.Now()); down {
		return 0, why.Text
	}
	lines, why := hands.room(l.id, l.campaign.Trunks, l.loads[hands].begun)
	if l.ledger(hands).probing() {
		lines = min(lines, 1)
	}
	return lines, why
}

// nodeFor is where a call is placed: at the agent who is kept for it, as far as
// there is room, else where the fewest calls are in the air for the agents there.
func (l *Loop) nodeFor(seat *agent) *crew {
	best := l.crews[0]
	if len(l.crews) > 1 {
		best = l.lightest(seat)
	}
	n := l.loads[best]
	n.begun++
	n.inAir++
	l.loads[best] = n
	return best
}

func (l *Loop) lightest(seat *agent) *crew {
	best, least := l.crews[0], math.Inf(1)
	for _, hands := range l.crews {
		room, _ := l.roomAt(hands)
		if room <= 0 {
			continue
		}
		if seat != nil && seat.hands == hands {
			return hands
		}
		n := l.loads[hands]
		if weight := float64(n.inAir+1) / (float64(n.agents) + idleWeight); weight < least {
			best, least = hands, weight
		}
	}
	return best
}

// idleWeight is what a node without agents counts for, in agents: it takes calls
// when the others are full.
const idleWeight = 0.01
