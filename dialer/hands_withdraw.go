package dialer

import (
	"context"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// withdraw cancels calls. With an Ask no INVITE of theirs leaves any more when it
// is answered.
func (h *Hands) withdraw(d deed) {
	cause := d.Fault.err()
	var leaving []<-chan struct{}
	for _, id := range d.Calls {
		held := h.call(id)
		if held == nil {
			continue
		}
		held.withdraw(cause)
		if d.Ask != 0 {
			leaving = append(leaving, held.attempt.cord.pull(cause))
		}
	}
	h.waitThenAnswer(d.Ask, leaving)
}

// waitThenAnswer answers when all have left. What has left already is answered at
// once.
func (h *Hands) waitThenAnswer(ask int64, leaving []<-chan struct{}) {
	if ask == 0 {
		return
	}
	for i, clear := range leaving {
		select {
		case <-clear:
			continue
		default:
		}
		h.work.Go(func() { // ends with the writing of an INVITE, which its call bounds
			for _, clear := range leaving[i:] {
				<-clear
			}
			h.say(word{Kind: wordAnswer, Ask: ask})
		})
		return
	}
	h.say(word{Kind: wordAnswer, Ask: ask})
}

// meets tells whether a kill switch meets a call.
func (h *Hands) meets(call campaigns.Halted) bool { return meets(h.stops.Load(), call) }

// Bar withdraws what rings on this node for numbers that were put on the
// do-not-call list, as Engine.WithdrawAll does on all: whoever reads it in the store
// need not wait for the brain's word. An INVITE that is being written may leave.
func (h *Hands) Bar(entries []campaigns.DoNotCall) {
	numbers := sellersOf(entries)
	h.withdrawHere(errWithdrawnDNC, func(held *holding) bool {
		of, there := numbers[held.live.Row.Number]
		return there && of.include(held.attempt.campaign.SellerKeys())
	})
	h.outside.withdraw(listed(numbers), errWithdrawnDNC)
}

// Aside notes a call of this node that is no attempt of a campaign, as a test call:
// whoever withdraws calls, on this node or on all, finds it until done. It is dialed
// with the context, and each of its INVITEs asks leave (Request.Leave). What a stop
// meets is campaigns.ErrStopped; whatever is asked of the store about it is asked
// after this, so that a list or a stop that it has not seen yet withdraws the call.
func (h *Hands) Aside(ctx context.Context, number, shown string) (dial context.Context, leave func() (left func(), err error), done func(), err error) {
	place := campaigns.Contact{}.Place(campaigns.Phone{Number: number})
	dial, call, done := h.outside.begin(ctx, number, nil, campaigns.Halted{CallerID: shown, Jurisdictions: place.Jurisdictions})
	if h.meets(call.met) {
		done()
		return nil, nil, nil, campaigns.ErrStopped
	}
	return dial, call.cord.leave, done, nil
}

// Halt withdraws what rings on this node and one of the kill switches that hold
// meets, as Engine.Halt does on all, and keeps which they are: a brain that was not
// heard may have lifted one. The store has the last word on what begins.
func (h *Hands) Halt(holdingUp []campaigns.Stop) {
	h.stops.Store(&holdingUp)
	holds := func(met campaigns.Halted) bool {
		return slices.ContainsFunc(holdingUp, func(s campaigns.Stop) bool { return s.Holds(met) })
	}
	h.withdrawHere(errStopped, func(held *holding) bool {
		return holds(held.live.met())
	})
	h.outside.withdraw(func(c *outsideCall) bool { return holds(c.met) }, errStopped)
}

// withdrawHere cancels the calls of this node that match and that nobody has
// answered, and pulls their cords.
func (h *Hands) withdrawHere(cause error, match func(*holding) bool) {
	h.mu.Lock()
	var found []*holding
	for _, held := range h.calls {
		if held.live.ringing() && held.withdraw != nil && match(held) {
			found = append(found, held)
		}
	}
	h.mu.Unlock()
	for _, held := range found {
		held.withdraw(cause)
		held.attempt.cord.pull(cause)
	}
}

// met is what a kill switch asks of a call.
func (c *liveCall) met() campaigns.Halted {
	phone, _ := c.Contact.Dial()
	return campaigns.Halted{Campaign: c.Row.Campaign, CallerID: c.Row.CallerID, Jurisdictions: c.Contact.Place(phone).Jurisdictions}
}
