package dialer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// ErrCallerGone is the error of answering a caller who has hung up.
var ErrCallerGone = errors.New("the caller has hung up")

// Inbound is a call that somebody makes to one of our numbers.
type Inbound struct {
	Number string // E.164 of the person, as far as their carrier vouches for it; empty = withheld
	Called string // E.164 of ours
	Trunk  string
	CallID string // SIP Call-ID
	At     time.Time
}

// Caller is a person who calls us and has no answer yet; it rings at their end.
// Answer and Refuse are called once, one of them.
type Caller interface {
	Call() Inbound
	// Answer takes the call; the error is ErrCallerGone when nobody is there any
	// more. Cancelling ctx refuses it.
	Answer(ctx context.Context) (Leg, error)
	// Refuse turns the call away with a SIP status of 400 to 699.
	Refuse(code int, reason string)
}

// Receptions is the ledger of the calls that people make to us. Recognise tells
// which of several campaigns a number means, 0 = none knows it; Receive writes
// the row, durable on return, and says who calls.
type Receptions interface {
	Recognise(ctx context.Context, number string, campaigns []int64) (int64, error)
	Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error)
}

// Why a caller is turned away, as SIP has it.
const (
	refuseUnknown = 404 // the number called is no campaign's
	refuseBusy    = 486 // as many wait as may
	refuseDecline = 603 // the campaign takes no calls
	refuseDown    = 503 // the service stops, or its store fails
)

// errWithdrawnCalls is why a call that rings is given up: the person calls us.
var errWithdrawnCalls = errors.New("withdrawn: the person is calling us at this moment")

// Receive takes a person who calls one of our numbers: the campaign that they
// mean answers, whether or not it dials now. It returns when the call is in
// good hands, or refused.
func (e *Engine) Receive(ctx context.Context, c Caller) {
	e.arrive(ctx, arrival{hands: e.own, id: e.hands.arrive(c), in: c.Call()})
}

// arrival is somebody who calls and has no answer yet, at the hands of a node.
type arrival struct {
	hands *crew
	id    int64
	in    Inbound
}

// refuse turns the caller away.
func (c arrival) refuse(code int, reason string) {
	c.hands.do(deed{Kind: deedTurnAway, Ask: c.id, Code: code, Reason: reason})
}

// arrive finds out which campaign a caller means.
func (e *Engine) arrive(ctx context.Context, c arrival) {
	in := c.in
	ids, off, err := e.calledBy(ctx, in)
	switch {
	case err != nil:
		c.refuse(refuseDown, "Service Unavailable")
		return
	case len(ids) == 0 && off:
		c.refuse(refuseDecline, "Decline")
		return
	case len(ids) == 0:
		e.log.Info("somebody called a number that is no campaign's", "trunk", in.Trunk, "sip_call_id", in.CallID)
		c.refuse(refuseUnknown, "Not Found")
		return
	}
	meant := ids[0]
	if len(ids) > 1 && in.Number != "" {
		known, err := e.store.Recognise(ctx, in.Number, ids)
		if err != nil {
			e.log.Error("a caller was not looked up", "error", err, "sip_call_id", in.CallID)
		}
		if known != 0 {
			meant = known
		}
	}
	if !e.tell(func() { e.receive(meant, c) }) {
		c.refuse(refuseDown, "Service Unavailable")
	}
}

// calledBy asks which campaigns show the number that was called, those that run
// first; off tells that there are some, and that they take no calls.
func (e *Engine) calledBy(ctx context.Context, in Inbound) (ids []int64, off bool, err error) {
	err = e.ask(ctx, func(reply chan error) {
		ids, off = e.showing(in)
		reply <- nil
	})
	return ids, off, err
}

func (e *Engine) showing(in Inbound) (ids []int64, off bool) {
	var found []campaigns.Campaign
	for _, next := range e.latest {
		c := next.campaign
		shown := e.settings.Callers.Shows(c, in.Called) || (len(c.CallerIDs)+len(c.CallerPools) == 0 && e.trunk.CallerID(c.Trunks) == in.Called)
		switch {
		case !shown || c.Status == campaigns.Draft:
		case c.Inbound.Off:
			off = true
		default:
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b campaigns.Campaign) int {
		if up, on := a.Status == campaigns.Running, b.Status == campaigns.Running; up != on {
			if up {
				return -1
			}
			return 1
		}
		if a.Priority != b.Priority {
			return b.Priority - a.Priority
		}
		return int(a.ID - b.ID)
	})
	for _, c := range found {
		ids = append(ids, c.ID)
	}
	return ids, off
}

// receive gives a caller to the loop of a campaign. One that does not dial is
// opened for the call.
func (e *Engine) receive(id int64, c arrival) {
	next, known := e.latest[id]
	s := e.running[id]
	switch {
	case e.stopping || !known:
		c.refuse(refuseDown, "Service Unavailable")
	case s == nil:
		e.openFor(next, c)
	case !s.loop.tell(func() { s.loop.receive(c, time.Now()) }):
		s.late = append(s.late, c) // it has just ended
	}
}

// openFor starts the loop of a campaign that does not run, for somebody who
// calls it, or for its calls that live on other nodes. It places no calls and ends after the last of those it has.
func (e *Engine) openFor(next applied, callers ...arrival) {
	s := e.newStage(next)
	s.loop.callers = callers
	e.running[next.campaign.ID] = s
	e.atWork.set(next.campaign.ID, s.loop)
	e.host(s)
}

// receiveLate takes those whose campaign ended as they called.
func (e *Engine) receiveLate(s *stage) {
	for _, c := range s.late {
		e.receive(s.loop.id, c)
	}
}

// withdrawFor gives up what rings at a number whose owner calls us.
func (e *Engine) withdrawFor(number string) {
	for _, s := range e.running {
		l := s.loop
		l.tell(func() { l.withdrawCalls(toAny(map[string]sellers{number: nil}), errWithdrawnCalls) })
	}
}
