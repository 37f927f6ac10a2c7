package dialer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// errStopped is the cause of a call that a kill switch withdrew.
var errStopped = errors.New("withdrawn: somebody stopped such calls")

// Halt is told which kill switches hold, all of them. Campaigns that one of them
// holds up place no call from then on, and calls that ring and that one meets
// are withdrawn; conversations go on. When it returns, no INVITE of theirs
// leaves any more; with an error, one that was being written may have left. It
// must not be called by a goroutine of the engine.
func (e *Engine) Halt(holding []campaigns.Stop) error {
	if before := e.stops.Swap(&holding); before != nil && lifted(*before, holding) {
		e.tell(func() {
			for _, s := range e.running {
				s.hopper.Lifted()
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), withdrawWithin)
	defer cancel()
	leaving := e.everywhere(deed{Kind: deedHalt, Stops: holding, Fault: faultOf(errStopped)})
	if err := e.withdraw((*Loop).halts, errStopped); err != nil {
		e.log.Error("a kill switch did not reach every campaign in time", "error", err)
		return fmt.Errorf("halt: %w", err)
	}
	if !waitClear(ctx, leaving) {
		return fmt.Errorf("halt: an INVITE to a number of no list was being written for longer than %s", withdrawWithin)
	}
	return nil
}

// lifted tells whether one of the stops that held does not hold any more.
func lifted(before, now []campaigns.Stop) bool {
	return slices.ContainsFunc(before, func(was campaigns.Stop) bool {
		return !slices.ContainsFunc(now, func(s campaigns.Stop) bool { return s.ID == was.ID })
	})
}

// Aside is Hands.Aside on the node of an engine that has hands of its own.
func (e *Engine) Aside(ctx context.Context, number, shown string) (dial context.Context, leave func() (left func(), err error), done func(), err error) {
	return e.hands.Aside(ctx, number, shown)
}

// holding are the kill switches that hold.
func (e *Engine) holding() []campaigns.Stop {
	if all := e.stops.Load(); all != nil {
		return *all
	}
	return nil
}

// halts tells whether a kill switch meets a call.
func (l *Loop) halts(c *call) bool {
	phone, _ := c.contact.Dial()
	return l.engine.meets(campaigns.Halted{Campaign: l.id, CallerID: c.shown, Jurisdictions: c.contact.Place(phone).Jurisdictions})
}

// meets tells whether a kill switch meets a call.
func (e *Engine) meets(call campaigns.Halted) bool {
	return meets(e.stops.Load(), call)
}

// meets tells whether one of the kill switches that hold meets a call.
func meets(holding *[]campaigns.Stop, call campaigns.Halted) bool {
	if holding == nil {
		return false
	}
	for _, s := range *holding {
		if s.Holds(call) {
			return true
		}
	}
	return false
}

// halted is why the campaign as a whole places no call; empty when it may.
func (l *Loop) halted() string {
	for _, s := range l.engine.holding() {
		if s.Scope != campaigns.StopJurisdiction && s.Scope != campaigns.StopCallerID && s.Holds(campaigns.Halted{Campaign: l.id}) {
			return s.String()
		}
	}
	return ""
}
