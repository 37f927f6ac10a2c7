package sim

import (
	"time"

	"github.com/forecall/forecall/pacing"
)

// call is one that holds a line, in a slot that is used again.
type call struct {
	id       pacing.CallID // 0 = the slot is spare
	epoch    uint64
	contact  uint64
	ending   ending        // while in the air
	answered time.Duration // when
}

// ending is how an attempt resolves; 0 = it has.
type ending uint8

const (
	byPerson ending = iota + 1
	byFailure
	byTimeout
)

// slotBits is the part of a call's number that is its slot, so that a withdrawal finds the call without a map.
const slotBits = 20

func (w *world) place(c contact, told float64) {
	slot := w.slot()
	w.placed++
	k := &w.calls[slot]
	*k = call{id: pacing.CallID(w.placed<<slotBits | uint64(slot)), epoch: w.placed, contact: c.index}
	w.tally.dial()
	w.pacer.Apply(pacing.Event{At: w.instant(w.now), Kind: pacing.CallPlaced, Call: k.id, Odds: told})
	var after time.Duration
	r := w.people.stream(c.index, streamRing)
	switch {
	case c.live(w.share):
		k.ending, after = byPerson, w.Ring.Draw(r)
	case c.fails < w.FastFail.Share:
		k.ending, after = byFailure, w.FastFail.Draw(r)
	default:
		k.ending, after = byTimeout, w.NoAnswer.Draw(r)
	}
	if k.ending != byFailure {
		w.tell(pacing.CallRinging, k.id, 0)
	}
	w.agenda.plan(step{at: w.now + max(after, soonest), kind: stepResolves, who: slot, epoch: k.epoch})
}

// soonest is the shortest life of an attempt: with none, calls that resolve at once and are placed again would stop the
// clock.
const soonest = time.Millisecond

func (w *world) slot() int {
	if n := len(w.spare); n > 0 {
		slot := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return slot
	}
	w.calls = append(w.calls, call{})
	return len(w.calls) - 1
}

// over frees the line.
func (w *world) over(slot int) {
	w.calls[slot] = call{}
	w.spare = append(w.spare, slot)
	w.tally.lines--
}

func (w *world) resolve(slot int, epoch uint64) bool {
	k := &w.calls[slot]
	if k.epoch != epoch {
		return false
	}
	switch k.ending {
	case byFailure:
		w.tell(pacing.CallFailed, k.id, 0)
		w.over(slot)
	case byTimeout:
		w.tell(pacing.CallNoAnswer, k.id, 0)
		w.over(slot)
	default:
		w.answer(slot)
	}
	return true
}

// answer is a person on the line: an agent takes the call, or it waits.
func (w *world) answer(slot int) {
	k := &w.calls[slot]
	k.ending, k.answered = 0, w.now
	w.tally.answer(w.now)
	w.tell(pacing.CallAnswered, k.id, 0)
	switch {
	case len(w.idle) > 0:
		w.bridge(slot)
	case w.Hold == 0:
		w.abandon(slot)
	default:
		w.queue = append(w.queue, slot)
		w.agenda.plan(step{at: w.now + w.Hold, kind: stepGivesUp, who: slot, epoch: k.epoch})
	}
}

// giveUp is void for those whom an agent has met. All wait equally long, so that it can only be the first in the queue.
func (w *world) giveUp(slot int, epoch uint64) bool {
	if len(w.queue) == 0 || w.queue[0] != slot || w.calls[slot].epoch != epoch {
		return false
	}
	w.queue = popped(w.queue)
	w.abandon(slot)
	return true
}

func (w *world) abandon(slot int) {
	k := &w.calls[slot]
	w.tally.abandon(k.answered)
	w.tell(pacing.CallAbandoned, k.id, 0)
	w.tell(pacing.CallEnded, k.id, 0)
	w.over(slot)
}

// cancel withdraws an attempt, unless it has resolved.
func (w *world) cancel(id pacing.CallID) {
	slot := int(id & (1<<slotBits - 1))
	if id == 0 || slot >= len(w.calls) || w.calls[slot].id != id || w.calls[slot].ending == 0 {
		return
	}
	w.tally.cancelled++
	w.tell(pacing.CallCancelled, id, 0)
	w.over(slot)
}

// bridge gives the call to the agent who has been idle for the longest time.
func (w *world) bridge(slot int) {
	k, n := &w.calls[slot], w.idle[0]
	w.idle = popped(w.idle)
	a := &w.team[n]
	w.tally.connect(w.now - a.since)
	talk, _ := w.Talk.At(w.now)
	length, wrap := w.people.conversation(k.contact, &talk, &w.Wrap)
	a.call, a.wrap = slot, wrap
	a.become(talking, w.now)
	w.tell(pacing.CallBridged, k.id, n+1)
	if w.entry.Releases {
		w.pacer.Apply(pacing.Event{At: w.instant(w.now), Kind: pacing.AgentFreeAt, Agent: pacing.AgentID(n + 1), Until: w.instant(w.now + length + wrap)})
	}
	w.agenda.plan(step{at: w.now + length, kind: stepTalkEnds, who: n, epoch: a.epoch})
}

func popped(queue []int) []int { return append(queue[:0], queue[1:]...) }
