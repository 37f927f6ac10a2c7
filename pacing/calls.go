package pacing

// callState is where a call is in its life. A call that is over is forgotten.
type callState uint8

const (
	callInAir   callState = iota // placed, not resolved
	callWaiting                  // a person waits for an agent
	callOnLine                   // talking, or a message plays, or a machine is on the line
)

type call struct {
	id      CallID
	state   callState
	since   float64 // when it was placed, or came into this state
	rang    float64 // when it began to ring
	odds    float64
	ringing bool
	missed  bool // abandoned: counted already
}

// A fact that got lost must not count for ever. These are the ages in seconds at which a call is forgotten.
const (
	staleInAir   = 300
	staleWaiting = 120
	staleOnLine  = 6 * 3600
	purgeEvery   = 10
)

// instant is the age in seconds under which a failure that never rang is the trunk's and not the contact's: it teaches
// nothing about answers, so that a burst of them cannot make the next second over-dial.
const instant = 2.0

const maxOdds = 20

func (f *Floor) place(e Event, now float64) {
	if e.Call == 0 || f.finished.has(e.Call) {
		return
	}
	if _, there := f.callAt.find(uint64(e.Call)); there {
		return
	}
	f.add(call{id: e.Call, state: callInAir, since: now, odds: known(e.Odds)})
}

func (f *Floor) ring(id CallID, now float64) {
	if c := f.find(id); c != nil && c.state == callInAir && !c.ringing {
		c.ringing, c.rang = true, now
	}
}

// answer counts a person. An answer to a call whose placing was never told still is a person waiting.
func (f *Floor) answer(id CallID, now float64) {
	c := f.find(id)
	if c == nil {
		if id == 0 || f.finished.has(id) {
			return
		}
		c = f.add(call{id: id, state: callInAir, since: now, odds: 1})
		f.move(c, callWaiting, now)
		f.countAnswer(now)
		return
	}
	if c.state != callInAir {
		return
	}
	f.answers.resolve(now, now-c.since, c.odds, true)
	f.move(c, callWaiting, now)
	f.countAnswer(now)
}

func (f *Floor) machine(id CallID, now float64) {
	if c := f.find(id); c != nil && c.state == callInAir {
		f.answers.resolve(now, now-c.since, c.odds, false)
		f.move(c, callOnLine, now)
	}
}

func (f *Floor) fail(id CallID, now float64) {
	c := f.find(id)
	if c == nil || c.state != callInAir {
		f.finish(id)
		return
	}
	if c.ringing || now-c.since >= instant {
		f.answers.resolve(now, now-c.since, c.odds, false)
	}
	f.finish(id)
}

// cancel teaches only that nobody answered so far: what would have come is not known.
func (f *Floor) cancel(id CallID, now float64) {
	if c := f.find(id); c != nil && c.state == callInAir {
		f.answers.censor(now-c.since, c.odds)
	}
	f.finish(id)
}

func (f *Floor) bridge(id CallID, now float64) {
	f.answer(id, now)
	if c := f.find(id); c != nil && c.state == callWaiting {
		f.move(c, callOnLine, now)
	}
}

func (f *Floor) abandon(id CallID, now float64) {
	f.answer(id, now)
	if c := f.find(id); c != nil && c.state == callWaiting {
		c.missed = true
		f.move(c, callOnLine, now)
		f.control.abandoned()
		f.ledger.Abandoned = min(f.ledger.Abandoned+1, f.ledger.Answered)
	}
}

// end frees the line. In the air it can only mean that we never learned how the attempt resolved.
func (f *Floor) end(id CallID, now float64) {
	if c := f.find(id); c != nil && c.state == callInAir {
		f.answers.censor(now-c.since, c.odds)
	}
	f.finish(id)
}

func (f *Floor) countAnswer(now float64) {
	f.ledger.Answered++
	f.control.answered(now)
}

func (f *Floor) find(id CallID) *call {
	i, known := f.callAt.find(uint64(id))
	if !known {
		return nil
	}
	return &f.calls[i]
}

func (f *Floor) add(c call) *call {
	f.callAt.set(uint64(c.id), len(f.calls))
	f.calls = append(f.calls, c)
	f.tally(c.state, 1)
	return &f.calls[len(f.calls)-1]
}

func (f *Floor) move(c *call, to callState, now float64) {
	f.tally(c.state, -1)
	f.tally(to, 1)
	c.state, c.since = to, now
}

func (f *Floor) finish(id CallID) {
	i, known := f.callAt.find(uint64(id))
	if !known {
		if id != 0 {
			f.finished.add(id)
		}
		return
	}
	f.tally(f.calls[i].state, -1)
	last := len(f.calls) - 1
	if i != last {
		f.calls[i] = f.calls[last]
		f.callAt.set(uint64(f.calls[i].id), i)
	}
	f.calls = f.calls[:last]
	f.callAt.remove(uint64(id))
	f.finished.add(id)
}

func (f *Floor) tally(s callState, by int) {
	switch s {
	case callInAir:
		f.inAir += by
	case callWaiting:
		f.waiting += by
	}
}

// purge forgets calls whose end was never told.
func (f *Floor) purge(now float64) {
	if now < f.nextPurge {
		return
	}
	f.nextPurge = now + purgeEvery
	for i := len(f.calls) - 1; i >= 0; i-- {
		if c := &f.calls[i]; now-c.since > c.stale() {
			f.finish(c.id)
		}
	}
}

func (c *call) stale() float64 {
	switch c.state {
	case callInAir:
		return staleInAir
	case callWaiting:
		return staleWaiting
	default:
		return staleOnLine
	}
}

// tombstones remembers the calls that were over last, so that a late or repeated event does not bring one back.
type tombstones struct {
	ring [1024]CallID
	next int
	at   index
}

func (t *tombstones) add(id CallID) {
	if t.has(id) {
		return
	}
	if old := t.ring[t.next]; old != 0 {
		t.at.remove(uint64(old))
	}
	t.ring[t.next] = id
	t.at.set(uint64(id), t.next)
	t.next = (t.next + 1) % len(t.ring)
}

func (t *tombstones) has(id CallID) bool {
	_, found := t.at.find(uint64(id))
	return found
}
