package dialer

import (
	"context"
	"time"
)

const (
	// withdrawWithin bounds a withdrawal; the goroutines that it asks touch
	// memory only and answer within a millisecond.
	withdrawWithin = 5 * time.Second
	// withdrawWire is how long a call that has no response yet is waited for:
	// an INVITE that was being sent at the moment of the withdrawal is out.
	withdrawWire = 250 * time.Millisecond
)

// Withdraw cancels what was begun for a number and is not answered: it was put
// on the do-not-call list. Conversations go on. When it returns, every such
// call is cancelled and no INVITE to the number leaves any more. It must not
// be called by a goroutine of the engine.
func (e *Engine) Withdraw(number string) {
	ctx, cancel := context.WithTimeout(context.Background(), withdrawWithin)
	defer cancel()
	loops, err := e.loops(ctx)
	if err != nil {
		return // it does not run: nothing can ring
	}
	var placing []<-chan struct{}
	for _, l := range loops {
		placing = append(placing, l.withdrawNow(ctx, number)...)
	}
	wire, stop := context.WithTimeout(ctx, withdrawWire)
	defer stop()
	for _, over := range placing {
		select {
		case <-over:
		case <-wire.Done():
		}
	}
	if ctx.Err() != nil {
		e.log.Error("a number was not withdrawn in time from every campaign", "limit", withdrawWithin)
	}
}

// loops asks which campaigns run now. Those that start later read the
// do-not-call list as it is.
func (e *Engine) loops(ctx context.Context) ([]*Loop, error) {
	found := make(chan []*Loop, 1)
	err := e.ask(ctx, func(reply chan error) {
		var all []*Loop
		for _, s := range e.running {
			all = append(all, s.loop)
		}
		found <- all
		reply <- nil
	})
	if err != nil {
		return nil, err
	}
	return <-found, nil
}

// withdrawNow asks the loop to cancel the calls to a number. It returns those
// whose INVITE may be on its way out at this very moment.
func (l *Loop) withdrawNow(ctx context.Context, number string) []<-chan struct{} {
	placing := make(chan []<-chan struct{}, 1)
	if !l.tell(func() { placing <- l.withdrawNumber(number, errWithdrawnDNC) }) {
		return nil // the loop has ended, and its calls before it
	}
	select {
	case p := <-placing:
		return p
	case <-ctx.Done():
		return nil
	}
}

// withdrawNumber cancels the calls to a number that nobody has answered, for a
// cause. It
// returns those that do not ring yet: they may have had their last look at the
// cord just before it was pulled.
func (l *Loop) withdrawNumber(number string, cause error) []<-chan struct{} {
	var placing []<-chan struct{}
	for _, c := range l.calls {
		if c.number != number || !c.inAir() {
			continue
		}
		c.withdraw(cause)
		if c.state != CallRinging {
			placing = append(placing, c.dialed)
		}
	}
	return placing
}
