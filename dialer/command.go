package dialer

import (
	"errors"

	"github.com/forecall/forecall/campaigns"
)

// Errors of what an agent asks for.
var (
	ErrNotSignedIn = errors.New("the agent is not signed in")
	ErrInCall      = errors.New("the agent is in a call")
	ErrNoCard      = errors.New("no contact is shown to the agent")
	ErrTooSoon     = errors.New("this has only just begun; a second click is not taken for an answer to it")
	ErrStopped     = errors.New("the dialer has stopped")
	ErrStopping    = errors.New("the dialer is stopping and takes nobody in")
)

// NotNowError says why a call that an agent asked for cannot be placed now.
type NotNowError struct{ Why Why }

// Error is the sentence for people.
func (e *NotNowError) Error() string { return "no call can be placed now: " + e.Why.Text }

// order is one thing that an agent can ask for.
type order uint8

const (
	orderReady order = iota + 1
	orderPause
	orderSignOut
	orderHangUp
	orderWrapUpDone
	orderDial
	orderSkip
	orderFinishing
	orderStep
	orderPlan
	orderOtherCall
	orderOtherCallEnded
	orderManual
)

// command is an order on its way to whoever owns the agent now.
type command struct {
	agent   int64
	order   order
	reason  string // also the name of a step, or of another call
	plan    []Break
	ask     ask               // of an order during a call
	other   int64             // another agent, or the campaign of a number dialed by hand
	contact campaigns.Contact // of such a number
	look    bool              // its card first
	reply   chan error        // one place: the owner never waits for who asked
	heard   func(error)       // instead of reply, in the hands: tells the brain
}
