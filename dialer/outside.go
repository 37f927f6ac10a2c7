package dialer

import (
	"context"
	"sync"

	"github.com/forecall/forecall/campaigns"
)

// outside are the calls to numbers of nobody's list, to which conversations are
// passed on, from before their row until they are answered or fail. Their owners
// are goroutines of conversations; a withdrawal asks for them here.
type outside struct {
	mu    sync.Mutex
	calls map[*outsideCall]bool
}

// outsideCall is one of them.
type outsideCall struct {
	cord   cord
	number string
	seller string // key of who is called for
	cancel context.CancelCauseFunc
}

// begin notes a call that is about to get its row; done ends the note. The call
// is dialed with the context that is returned.
func (o *outside) begin(ctx context.Context, number string, c campaigns.Campaign) (dial context.Context, call *outsideCall, done func()) {
	dial, cancel := context.WithCancelCause(ctx)
	call = &outsideCall{number: number, seller: campaigns.SellerKey(c.Seller), cancel: cancel}
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

// withdraw cancels those to numbers, and pulls their cords.
func (o *outside) withdraw(numbers map[string]sellers, cause error) []<-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	var leaving []<-chan struct{}
	for c := range o.calls {
		if of, listed := numbers[c.number]; listed && of.include(c.seller) {
			c.cancel(cause)
			leaving = append(leaving, c.cord.pull(cause))
		}
	}
	return leaving
}
