package dialer

import (
	"context"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// This file is what hands do while they have no brain: after a handover for a
// moment, after a death for some seconds.
//
// What rings rings on, and who answers waits, as long as it may be: the next brain
// adopts both. What has not left is held up until there is one.

const (
	// aloneLook is how often hands without a brain look for what cannot wait.
	aloneLook = 250 * time.Millisecond
	// unsentAfter is how long a call that has not left waits for a brain.
	unsentAfter = 3 * time.Second
	// callersAfter is how long somebody who calls us hears the ringing of their own
	// carrier for it.
	callersAfter = 4 * time.Second
)

var (
	// errWithdrawnAlone is why a call is withdrawn that nobody could be found for.
	errWithdrawnAlone = errors.New("withdrawn: the floor was not reached, so that nobody could take the answer")
	errCallerGone     = errors.New("who called was told to call again")
)

// isAlone is for hands that have lost their brain.
func (h *Hands) isAlone() {
	h.mu.Lock()
	if h.tell != nil {
		h.present = make(chan struct{})
		h.alone = time.Now()
	}
	h.tell, h.knows = nil, nil
	h.session++
	all := make(map[int64]Caller, len(h.arrivals))
	for _, c := range h.arrivals { // under other numbers: what the old brain says of them is void
		h.arrived++
		all[h.arrived] = c
	}
	h.arrivals = all
	h.mu.Unlock()
	h.asked.fail("", deed{Seat: &seat{}, Fault: faultOf(ErrNoFloor)})
}

// unheard is what is done about a word that no brain hears: a question gets its
// answer. Who wants an agent waits for the next brain, as long as the hold allows.
func (h *Hands) unheard(w word) {
	switch w.Kind {
	case wordInvite, wordFree, wordSignIn:
		h.asked.answer(w.Ask, deed{Seat: &seat{}, Fault: faultOf(ErrNoFloor)})
	}
}

// awaitBrain waits until there is a brain, or ctx is done.
func (h *Hands) awaitBrain(ctx context.Context) {
	h.mu.Lock()
	present := h.present
	h.mu.Unlock()
	select {
	case <-present:
	case <-ctx.Done():
	}
}

// outlast looks, while there is no brain, after what cannot wait for one.
func (h *Hands) outlast(ctx context.Context) {
	for ctx.Err() == nil {
		rest(ctx, aloneLook)
		h.giveUp(time.Now())
	}
}

// giveUp withdraws what has not left for too long, and what has rung for as long as
// it must; it tells those to call again who call us, and lets the phones of a node
// that ends go.
func (h *Hands) giveUp(now time.Time) {
	h.mu.Lock()
	if h.tell != nil {
		h.mu.Unlock()
		return
	}
	since, callers := now.Sub(h.alone), []Caller(nil)
	var over []*holding
	for _, held := range h.calls {
		if held.live.ringing() && held.withdraw != nil && h.waitedEnough(held, now) {
			over = append(over, held)
		}
	}
	if since >= callersAfter {
		for _, c := range h.arrivals {
			callers = append(callers, c)
		}
		clear(h.arrivals)
	}
	if h.leaving && since > lostAfter {
		h.letIdleGo()
	}
	h.mu.Unlock()
	for _, held := range over {
		held.withdraw(errWithdrawnAlone)
		held.attempt.cord.pull(errWithdrawnAlone)
	}
	for _, c := range callers {
		c.Refuse(refuseDown, "Service Unavailable")
	}
}

// waitedEnough tells, for who holds the lock, whether a call that nobody has answered
// is given up. A phone rings for fifteen seconds at least (16 CFR 310.4(b)(4)(ii)):
// who answers it meanwhile hears the message, and is counted.
func (h *Hands) waitedEnough(held *holding, now time.Time) bool {
	if held.live.State != CallRinging && !held.attempt.cord.hasLeft() {
		return now.Sub(h.alone) >= unsentAfter
	}
	return now.Sub(held.live.since) >= h.settings.real(campaigns.MinRingTime)
}

// letIdleGo hangs up the phones of agents who are in no call, for who holds the lock.
func (h *Hands) letIdleGo() {
	busy := make(map[string]bool)
	for _, s := range h.agents {
		busy[s.Phone] = s.State == StateTalking || s.State == StateReserved
	}
	for name, p := range h.phones {
		if p.let != nil && !busy[name] {
			p.let()
		}
	}
}

// leave takes nothing new any more, and tells the brain so: it signs out the agents
// whose phones are here, each after the present call and its notes.
func (h *Hands) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaving = true
	for name, p := range h.phones {
		if p.let == nil {
			delete(h.phones, name)
		}
	}
	if h.tell != nil {
		h.tell(word{Kind: wordLeaving})
	}
}

// sendHome hangs up the phones of all agents.
func (h *Hands) sendHome() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, p := range h.phones {
		switch {
		case p.let == nil:
			delete(h.phones, name)
		default:
			p.let()
		}
	}
}

// Suspend ends at once all that lives here, for a node whose life others have ended:
// lines and phones are hung up, for the reason that is given, and nothing is begun or
// asked of a brain before Resume. Outcomes are written as soon as the store takes
// them; what others have closed as lost meanwhile stays so.
func (h *Hands) Suspend(why error) {
	h.mu.Lock()
	h.barred = why
	if h.forsake != nil {
		h.forsake(why)
	}
	if h.cut != nil {
		h.cut(why)
		h.begin()
	}
	callers := h.arrivals
	h.arrivals = make(map[int64]Caller)
	clear(h.agents)
	h.mu.Unlock()
	h.sendHome()
	for _, c := range callers {
		c.Refuse(refuseDown, "Service Unavailable")
	}
}

// Resume is the begin of another life after Suspend.
func (h *Hands) Resume() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.barred = nil
}

// shut tells whether nothing is begun here, for who holds the lock.
func (h *Hands) shut() bool { return h.leaving || h.barred != nil }

// closed is the same for who does not.
func (h *Hands) closed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.shut()
}

// suspended tells whether no brain may be looked for.
func (h *Hands) suspended() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.barred != nil
}
