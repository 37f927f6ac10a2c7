package dialer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// runInbound is the life of a call that somebody makes to us, top to bottom.
// From the answer on it is that of any other: serve finds an agent, by way of
// the queue, and the conversation is the same.
//
//	receive --> answer --> queue --> converse --> finish
//	   |                     |                      ^
//	   +-- full: refused ----+-- key, nobody free --+
func (a *attempt) runInbound(talk, write context.Context) {
	if !a.receive(write) {
		return
	}
	a.takeCall(talk)
	a.conclude()
	a.release()
	a.finish(write)
}

// receive writes the row. What the store does not take is not answered.
func (a *attempt) receive(ctx context.Context) bool {
	r, err := a.receptions.Receive(ctx, a.row, a.settings.Phone(a.row.Number))
	now := time.Now()
	if err != nil {
		a.log.Error("an inbound call could not be written, and is refused", "error", err)
		a.caller.Refuse(refuseDown, "Service Unavailable")
		a.tell(word{Kind: wordUnreceived, Fault: faultOf(err), At: now})
		return false
	}
	a.who = r
	a.tell(word{Kind: wordReceived, Received: &r})
	if a.row.Number != "" {
		a.tell(word{Kind: wordCallsUs, Number: a.row.Number})
	}
	return true
}

// takeCall answers and serves. Whatever goes wrong in it, the attempt gets its
// outcome.
func (a *attempt) takeCall(talk context.Context) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("inbound attempt panicked", "panic", p, "stack", string(debug.Stack()))
			a.row.Error = fmt.Sprint("internal error: ", p)
			if a.row.BridgedAt.IsZero() {
				a.row.Outcome = campaigns.Failed
			}
		}
	}()
	row := a.row
	if a.full {
		row.Outcome, row.EndedBy, row.Error = campaigns.InboundRefused, "us", "as many callers wait as the campaign lets wait"
		row.Code = refuseBusy
		a.caller.Refuse(refuseBusy, "Busy Here")
		return
	}
	leg, err := a.caller.Answer(talk)
	switch {
	case errors.Is(err, ErrCallerGone):
		row.Outcome, row.EndedBy = campaigns.InboundLeft, "callee"
		return
	case err != nil:
		row.Outcome, row.EndedBy, row.Error = campaigns.InboundRefused, "us", err.Error()
		return
	}
	a.leg = leg
	a.serve(talk)
}

// talkedAs is the outcome of a call that an agent has just been connected to.
func (a *attempt) talkedAs() campaigns.Outcome {
	switch {
	case a.row.Mode == campaigns.Inbound:
		return campaigns.InboundConnected
	case a.row.ConnectDelay > a.settings.real(a.campaign.Hold):
		return campaigns.LateConnected
	}
	return campaigns.Connected
}
