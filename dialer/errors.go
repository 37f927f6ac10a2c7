package dialer

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CallError is why a call was not answered. The trunk turns every failure
// into one where it happens; an attempt only asks for the outcome.
type CallError struct {
	Outcome campaigns.Outcome
	Trunk   string
	Code    int // SIP status, 0 when no response came
	Q850    int // ITU-T Q.850 cause from the Reason header, 0 when absent
	Reason  string
	// AnsweredAt is set when the person answered while we withdrew the call:
	// it was acknowledged and ended, and counts as abandoned.
	AnsweredAt time.Time
	SentAt     time.Time // zero when no INVITE left
	RingingAt  time.Time
	Err        error
}

// Error says the outcome, the trunk and the cause.
func (e *CallError) Error() string {
	return fmt.Sprintf("%s on trunk %q: %d %s (Q.850 %d): %v", e.Outcome, e.Trunk, e.Code, e.Reason, e.Q850, e.Err)
}

// Unwrap returns what lies beneath.
func (e *CallError) Unwrap() error { return e.Err }
