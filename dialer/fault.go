package dialer

import (
	"errors"

	"github.com/forecall/forecall/campaigns"
)

// fault is an error on its way between brain and hands: what it is, for code, and
// what it says, for people.
type fault struct {
	Code string     `json:"code,omitempty"` // of faults; empty = only the text is known
	Text string     `json:"text"`
	Busy *BusyError `json:"busy,omitempty"`
	Not  *Why       `json:"not_now,omitempty"`
}

// Errors of hands and brain that are without each other.
var (
	// ErrNoFloor is the error of what only the floor could answer, while no node
	// has it.
	ErrNoFloor = errors.New("the floor is being taken over by another node; try again in a moment")
	// ErrHandsLost is the error of an order to a conversation on a node that is not
	// reached any more.
	ErrHandsLost = errors.New("the node of this call is not reached")
	// ErrHandsLeave is the error of what is asked of a node that stops, or was taken
	// for dead by the others: another one takes it.
	ErrHandsLeave = errors.New("this node stops; sign in again, another node takes you")
	// ErrNoPhone is the error of a phone that is not at its node, or whose node is
	// not reached.
	ErrNoPhone = errors.New("the agent's phone is not reached")
)

// named is an error that code asks for by name, with its name on the link.
type named struct {
	code string
	err  error
}

// faults are those errors; of two that an error is, the first. Their names are
// never changed: two versions of the program talk to each other.
func faults() []named {
	return []named{
		{"not_signed_in", ErrNotSignedIn}, {"in_call", ErrInCall}, {"no_card", ErrNoCard}, {"too_soon", ErrTooSoon}, {"stopped", ErrStopped},
		{"stopping", ErrStopping}, {"no_call", ErrNoCall}, {"not_yours", ErrNotYours}, {"no_transfer", ErrNoTransfer},
		{"transferring", ErrTransferring}, {"not_answered", ErrNotAnswered}, {"no_digits", ErrNoDigits}, {"not_recorded", ErrNotRecorded},
		{"nobody_there", ErrNobodyThere}, {"no_department", ErrNoDepartment}, {"outside_barred", ErrOutsideBarred},
		{"number_barred", ErrNumberBarred}, {"no_line", ErrNoLine}, {"no_headset", ErrNoHeadset}, {"not_supervising", ErrNotSupervising},
		{"self", ErrSelf}, {"no_floor", ErrNoFloor}, {"hands_lost", ErrHandsLost}, {"hands_leave", ErrHandsLeave}, {"caller_gone", errCallerGone}, {"no_phone", ErrNoPhone},
		{"withdrawn_dnc", errWithdrawnDNC}, {"withdrawn_nobody", errWithdrawnNobody}, {"withdrawn_ending", errWithdrawnEnding},
		{"withdrawn_by_agent", errWithdrawnByAgent}, {"withdrawn_budget", errWithdrawnBudget}, {"withdrawn_calls", errWithdrawnCalls},
		{"withdrawn_stop", errStopped},
		{"withdrawn_alone", errWithdrawnAlone}, {"not_leased", campaigns.ErrNotLeased}, {"clock_off", campaigns.ErrClockOff}, {"clock", campaigns.ErrClock},
	}
}

// faultOf writes an error down; nil for none.
func faultOf(err error) *fault {
	if err == nil {
		return nil
	}
	f := &fault{Text: err.Error()}
	if busy, ok := errors.AsType[*BusyError](err); ok {
		f.Busy = busy
	}
	if not, ok := errors.AsType[*NotNowError](err); ok {
		f.Not = &not.Why
	}
	for _, known := range faults() {
		if errors.Is(err, known.err) {
			f.Code = known.code
			break
		}
	}
	return f
}

// err is the error that was written down.
func (f *fault) err() error {
	switch {
	case f == nil:
		return nil
	case f.Busy != nil:
		return f.Busy
	case f.Not != nil:
		return &NotNowError{Why: *f.Not}
	}
	for _, known := range faults() {
		switch {
		case known.code != f.Code:
		case known.err.Error() == f.Text:
			return known.err
		default:
			return &toldError{text: f.Text, is: known.err}
		}
	}
	return errors.New(f.Text)
}

// toldError is an error of another node that says more than the one it is.
type toldError struct {
	text string
	is   error
}

func (e *toldError) Error() string { return e.text }
func (e *toldError) Unwrap() error { return e.is }
