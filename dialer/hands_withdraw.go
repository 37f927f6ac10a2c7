package dialer

import "github.com/forecall/forecall/campaigns"

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
