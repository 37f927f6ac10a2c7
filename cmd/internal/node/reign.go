package node

import (
	"context"

	"github.com/forecall/forecall/cmd/internal/peer"
)

// reign is the time in which one node leads, as this one sees it.
type reign struct {
	leader string // "" = nobody
	over   context.Context
	end    context.CancelCauseFunc
}

func newReign(leader string) *reign {
	r := &reign{leader: leader}
	r.over, r.end = context.WithCancelCause(context.Background()) // ends with the next reign
	return r
}

// crown notes who leads. What was asked of the one before gets no answer any more,
// and may hang for long where that one is not heard: it is ended, and pages ask
// anew.
func (s *several) crown(leader string) {
	if s.led.Load().leader != leader {
		s.led.Swap(newReign(leader)).end(peer.ErrMoved)
	}
}

// whileLed bounds what is asked of the node that leads by its reign.
func (s *several) whileLed(ctx context.Context) (context.Context, context.CancelFunc) {
	led := s.led.Load()
	ctx, end := context.WithCancelCause(ctx)
	off := context.AfterFunc(led.over, func() { end(context.Cause(led.over)) })
	return ctx, func() { off(); end(context.Canceled) }
}
