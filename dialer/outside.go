package dialer

import (
	"context"
	"sync"

	"github.com/forecall/forecall/campaigns"
)

// outside are the calls to numbers of nobody's list: those to which conversations
// are passed on, and test calls. They are here from before their row until they are
// answered or fail. Their owners are goroutines of conversations and of whoever
// tests; a withdrawal asks for them here.
type outside struct {
	mu    sync.Mutex
	calls map[*outsideCall]bool
}

// outsideCall is one of them.
type outsideCall struct {
	cord    cord
	number  string
	sellers []string         // keys of who is called for; none = anybody
	met     campaigns.Halted // its campaign 0 = a test call of the house
	cancel  context.CancelCauseFunc
}

// begin notes a call that is about to get its row; done ends the note. The call
// is dialed with the context that is returned.
func (o *outside) begin(ctx context.Context, number string, sellers []string, met campaigns.Halted) (dial context.Context, call *outsideCall, done func()) {
	dial, cancel := context.WithCancelCause(ctx)
	call = &outsideCall{number: number, sellers: sellers, met: met, cancel: cancel}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.calls == nil {
		o.calls = make(map[*outsideCall]bool)
	}
	o.calls[call] = true
	return dial, call, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.calls, call)
	}
}

// listed matches those to numbers, for the sellers whom they are barred to.
func listed(numbers map[string]sellers) func(*outsideCall) bool {
	return func(c *outsideCall) bool {
		of, there := numbers[c.number]
		return there && of.include(c.sellers)
	}
}

// withdraw cancels those that match, and pulls their cords.
func (o *outside) withdraw(match func(*outsideCall) bool, cause error) []<-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	var leaving []<-chan struct{}
	for c := range o.calls {
		if match(c) {
			c.cancel(cause)
			leaving = append(leaving, c.cord.pull(cause))
		}
	}
	return leaving
}
