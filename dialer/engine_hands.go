package dialer

import (
	"context"
	"sync"
)

// This file is the brain's side of what is said between it and the hands.

// directory is who has the calls of a campaign.
type directory struct {
	mu    sync.Mutex
	loops map[int64]*Loop
}

func (d *directory) set(campaign int64, l *Loop) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loops == nil {
		d.loops = make(map[int64]*Loop)
	}
	d.loops[campaign] = l
}

// drop forgets a loop that has ended.
func (d *directory) drop(campaign int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.loops, campaign)
}

func (d *directory) of(campaign int64) *Loop {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.loops[campaign]
}

// listen takes a word of hands, in their order and on any goroutine, and hands it to
// whom it is for. It must not call the hands: they may be saying it.
func (e *Engine) listen(from *crew, w word) {
	switch w.Kind {
	case wordAnswer:
		e.asked.answer(w.Ask, w)
	case wordRoom:
		from.report(w.Campaign, *w.Room)
	case wordCallsUs:
		e.tell(func() { e.withdrawFor(w.Number) })
	case wordArrival:
		e.tell(func() {
			e.work.Go(func() { e.arrive(context.Background(), arrival{from, w.Ask, *w.In}) }) // ends with the engine's goroutine
		})
	case wordPhoneLost:
		why := "the phone is lost"
		if err := w.Fault.err(); err != nil {
			why = err.Error()
		}
		e.tell(func() { e.phoneLost(w.Agent, PhoneRef{from.node, w.Phone}, why) })
	case wordLeaving:
		e.tell(func() { e.handsLeave(from) })
	case wordSignIn:
		e.answer(from, w, func() {
			e.signIn(*w.Info, from, PhoneRef{from.node, w.Phone}, func(err error) {
				from.do(deed{Kind: deedAnswer, Ask: w.Ask, Fault: faultOf(err)})
			})
		})
	case wordHello:
		e.tell(func() { e.adopt(from, *w.Hello) })
	case wordInvite:
		e.answer(from, w, func() { e.invite(from, w) })
	case wordFree:
		e.answer(from, w, func() { from.do(deed{Kind: deedAnswer, Ask: w.Ask, IDs: e.freeOf(w.Logins, w.Agent)}) })
	case wordGuestTalks, wordGuestHas, wordGuestFree, wordGuestPassed:
		e.tell(func() { e.hearOfGuest(w) })
	default:
		if l := e.atWork.of(w.Campaign); l != nil {
			l.tell(func() { l.hear(from, w) })
		}
	}
}

// answer does what a question needs on the engine's goroutine. An engine that has
// ended answers as well; that much may be done while hands say something.
func (e *Engine) answer(from *crew, w word, do func()) {
	if !e.tell(do) {
		from.do(deed{Kind: deedAnswer, Ask: w.Ask, Seat: &seat{}, Fault: faultOf(ErrStopped)})
	}
}

func (e *Engine) hearOfGuest(w word) {
	switch w.Kind {
	case wordGuestTalks:
		e.guestTalks(w.Agent, w.Attempt)
	case wordGuestHas:
		e.guestHas(w.Agent, w.Attempt)
	case wordGuestFree:
		e.freeGuest(w.Agent, w.Attempt, w.Had)
	case wordGuestPassed:
		e.passedOn(w.Agent, w.Attempt, w.To, w.Name)
	}
}

// everywhere lets the hands of all nodes withdraw something, and returns what tells
// when each has answered.
func (e *Engine) everywhere(d deed) (done []<-chan struct{}) {
	for _, hands := range e.crews.list() {
		done = append(done, hands.clear(d))
	}
	return done
}
