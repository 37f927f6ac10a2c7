package dialer

import "math"

// This file is where a loop may place its calls.

// room is how many calls the trunks take beside those that are not with them
// yet.
func (l *Loop) room() (int, string) {
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

// roomAt is the same of one node.
func (l *Loop) roomAt(hands *crew) (int, string) {
	begun := 0
	for _, c := range l.calls {
		if c.hands == hands && c.state == CallBeginning {
			begun++
		}
	}
	return hands.room(l.id, l.campaign.Trunks, begun)
}

// nodeFor is where a call is placed: at the agent who is kept for it, as far as
// there is room, else where the fewest calls are in the air for the agents there.
func (l *Loop) nodeFor(seat *agent) *crew {
	if len(l.crews) == 1 {
		return l.crews[0]
	}
	calls, agents := make(map[*crew]int), make(map[*crew]int)
	for _, c := range l.calls {
		if c.inAir() {
			calls[c.hands]++
		}
	}
	for _, a := range l.agents {
		agents[a.hands]++
	}
	best, least := l.crews[0], math.Inf(1)
	for _, hands := range l.crews {
		room, _ := l.roomAt(hands)
		if room <= 0 {
			continue
		}
		if seat != nil && seat.hands == hands {
			return hands
		}
		if load := float64(calls[hands]+1) / (float64(agents[hands]) + idleWeight); load < least {
			best, least = hands, load
		}
	}
	return best
}

// idleWeight is what a node without agents counts for, in agents: it takes calls
// when the others are full.
const idleWeight = 0.01
