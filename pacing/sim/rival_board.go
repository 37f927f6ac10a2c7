package sim

import (
	"math"
	"time"

	"github.com/forecall/forecall/pacing"
)

// board is what a rival sees of the floor: counts and ages, kept from the same events that a pacing.Floor gets. The
// systems compared here poll tables of live calls and live agents; a board is those tables.
type board struct {
	start time.Time
	now   float64 // seconds since start

	calls   map[pacing.CallID]boardCall
	inAir   int // placed and not resolved: sent or ringing
	waiting int // answered, without an agent
	bridged int // in conversation

	agents  []boardAgent
	agentAt map[pacing.AgentID]int
	counts  [boardAgentStates]int
}

type boardCall struct {
	placed, since float64
	state         boardCallState
}

type boardCallState uint8

const (
	boardInAir boardCallState = iota
	boardWaiting
	boardBridged
	boardOther // a message plays, a machine is on the line
)

type boardAgent struct {
	id    pacing.AgentID
	state boardAgentState
	since float64
}

type boardAgentState uint8

const (
	boardReady boardAgentState = iota
	boardReserved
	boardTalking
	boardWrapUp
	boardPaused
	boardAgentStates
)

// sight is one event as a rival's statistics need it.
type sight struct {
	kind pacing.Kind
	// took is the time in seconds from placing to resolving, for the resolving kinds of a call.
	took float64
	// lasted is the time in seconds of the state that ends: of the conversation with a CallEnded after a bridge and with an
	// AgentWrapUp, of the wrap-up with an AgentReady. Negative when nothing of interest ends.
	lasted float64
	// talked is true with the CallEnded of a conversation.
	talked bool
}

func newBoard(start time.Time) *board {
	return &board{start: start, calls: map[pacing.CallID]boardCall{}, agentAt: map[pacing.AgentID]int{}}
}

func (b *board) ready() int   { return b.counts[boardReady] }
func (b *board) talking() int { return b.counts[boardTalking] + b.counts[boardReserved] }
func (b *board) wrapUp() int  { return b.counts[boardWrapUp] }

// loggedIn counts everybody with a headset on, those who pause included.
func (b *board) loggedIn() int { return len(b.agents) }

// atWork counts the agents who are ready or busy.
func (b *board) atWork() int { return len(b.agents) - b.counts[boardPaused] }

// lines counts the calls that hold a line.
func (b *board) lines() int { return len(b.calls) }

// at moves the board's clock.
func (b *board) at(now time.Time) { b.now = now.Sub(b.start).Seconds() }

// apply takes in one event and says what it ended.
func (b *board) apply(e pacing.Event) sight {
	b.at(e.At)
	s := sight{kind: e.Kind, lasted: -1}
	switch e.Kind {
	case pacing.CallPlaced:
		b.calls[e.Call] = boardCall{placed: b.now, since: b.now}
		b.inAir++
	case pacing.CallAnswered:
		s.took = b.resolve(e.Call, boardWaiting)
	case pacing.CallMachine:
		s.took = b.resolve(e.Call, boardOther)
	case pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled:
		s.took = b.resolve(e.Call, boardOther)
		b.remove(e.Call)
	case pacing.CallBridged:
		b.moveCall(e.Call, boardBridged)
		b.moveAgent(e.Agent, boardTalking)
	case pacing.CallAbandoned:
		b.moveCall(e.Call, boardOther)
	case pacing.CallEnded:
		c := b.calls[e.Call]
		s.talked, s.lasted = c.state == boardBridged, b.now-c.since
		b.remove(e.Call)
	default:
		s.lasted = b.agentEvent(e)
	}
	return s
}

func (b *board) agentEvent(e pacing.Event) float64 {
	switch e.Kind {
	case pacing.AgentReady:
		return b.moveAgent(e.Agent, boardReady)
	case pacing.AgentReserved:
		return b.moveAgent(e.Agent, boardReserved)
	case pacing.AgentTalking:
		return b.moveAgent(e.Agent, boardTalking)
	case pacing.AgentWrapUp:
		return b.moveAgent(e.Agent, boardWrapUp)
	case pacing.AgentPaused, pacing.AgentResting:
		return b.moveAgent(e.Agent, boardPaused)
	case pacing.AgentGone:
		b.gone(e.Agent)
	}
	return -1
}

// resolve ends the ringing of a call and returns how long it took.
func (b *board) resolve(id pacing.CallID, to boardCallState) float64 {
	took := b.now - b.calls[id].placed
	b.moveCall(id, to)
	return took
}

func (b *board) moveCall(id pacing.CallID, to boardCallState) {
	c, known := b.calls[id]
	if !known || c.state == to {
		return
	}
	b.tally(c.state, -1)
	b.tally(to, 1)
	c.state, c.since = to, b.now
	b.calls[id] = c
}

func (b *board) remove(id pacing.CallID) {
	if c, known := b.calls[id]; known {
		b.tally(c.state, -1)
		delete(b.calls, id)
	}
}

func (b *board) tally(s boardCallState, by int) {
	switch s {
	case boardInAir:
		b.inAir += by
	case boardWaiting:
		b.waiting += by
	case boardBridged:
		b.bridged += by
	}
}

// moveAgent brings an agent into a state and returns how long the one before lasted; negative when it is new here or the
// state is the same.
func (b *board) moveAgent(id pacing.AgentID, to boardAgentState) float64 {
	i, known := b.agentAt[id]
	if !known {
		b.agentAt[id] = len(b.agents)
		b.agents = append(b.agents, boardAgent{id: id, state: to, since: b.now})
		b.counts[to]++
		return -1
	}
	a := &b.agents[i]
	if a.state == to {
		return -1
	}
	lasted := b.now - a.since
	b.counts[a.state]--
	b.counts[to]++
	a.state, a.since = to, b.now
	return lasted
}

func (b *board) gone(id pacing.AgentID) {
	i, known := b.agentAt[id]
	if !known {
		return
	}
	b.counts[b.agents[i].state]--
	last := len(b.agents) - 1
	b.agents[i] = b.agents[last]
	b.agentAt[b.agents[i].id] = i
	b.agents = b.agents[:last]
	delete(b.agentAt, id)
}

// timer tells when something is due that sleeps so many seconds between two rounds.
type timer struct{ every, next float64 }

func (t *timer) due(now float64) bool {
	if now < t.next-1e-6 {
		return false
	}
	t.next = now + t.every
	return true
}

// left is how long until the first of the timers is due, in seconds.
func left(now float64, timers ...*timer) float64 {
	next := math.Inf(1)
	for _, t := range timers {
		next = min(next, t.next)
	}
	return max(0, next-now)
}
