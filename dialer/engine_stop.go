package dialer

import (
	"errors"

	"github.com/forecall/forecall/campaigns"
)

// errStopped is the cause of a call that a kill switch withdrew.
var errStopped = errors.New("withdrawn: somebody stopped such calls")

// Halt is told which kill switches hold, all of them. Campaigns that one of them
// holds up place no call from then on, and calls that ring and that one meets
// are withdrawn; conversations go on. When it returns, no INVITE of theirs
// leaves any more. It must not be called by a goroutine of the engine.
func (e *Engine) Halt(holding []campaigns.Stop) {
	e.stops.Store(&holding)
	if len(holding) == 0 {
		return
	}
	if err := e.withdraw((*Loop).halts, errStopped); err != nil {
		e.log.Error("a kill switch did not reach every campaign in time", "error", err)
	}
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
	met := campaigns.Halted{Campaign: l.id, CallerID: c.shown, Jurisdictions: c.contact.Place(phone).Jurisdictions}
	for _, s := range l.engine.holding() {
		if s.Holds(met) {
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
