package campaigns

import (
	"fmt"
	"strings"
	"time"
)

// Break is a time at which an agent will take no calls, planned before it
// comes: pacing stops counting on the agent, so that nobody who answers then
// finds an empty chair.
type Break struct {
	ID        int64     `json:"id"`
	Agent     int64     `json:"agent"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to,omitzero"` // zero = the end of the shift
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by"` // login of who planned it
	PlannedAt time.Time `json:"planned_at"`
}

// longestBreak is how long a break may last; who is away for longer signs out.
const longestBreak = 12 * time.Hour

// planAhead is how far ahead breaks are planned at most.
const planAhead = 7 * 24 * time.Hour

// Validate says what is wrong with a break that is planned now.
func (b Break) Validate(now time.Time) error {
	switch {
	case b.Agent <= 0:
		return fmt.Errorf("a break belongs to an agent")
	case b.From.IsZero():
		return fmt.Errorf("a break needs the time at which it begins")
	case b.From.After(now.Add(planAhead)):
		return fmt.Errorf("a break is planned at most %d days ahead", int(planAhead.Hours()/24))
	case !b.To.IsZero() && !b.To.After(b.From):
		return fmt.Errorf("a break ends after it begins")
	case !b.To.IsZero() && !b.To.After(now), b.To.IsZero() && b.From.Before(now.Add(-time.Minute)):
		return fmt.Errorf("the time is past")
	case !b.To.IsZero() && b.To.Sub(b.From) > longestBreak:
		return fmt.Errorf("a break lasts at most %d hours; for longer, plan the end of the shift", int(longestBreak.Hours()))
	case len(b.Reason) > 64:
		return fmt.Errorf("the reason of a break has at most 64 characters")
	}
	return nil
}

// String says when the break is, in UTC.
func (b Break) String() string {
	const minute = "2006-01-02 15:04"
	var text strings.Builder
	if b.To.IsZero() {
		fmt.Fprintf(&text, "end of the shift at %s", b.From.UTC().Format(minute))
	} else {
		fmt.Fprintf(&text, "break from %s to %s", b.From.UTC().Format(minute), b.To.UTC().Format(minute))
	}
	if b.Reason != "" {
		fmt.Fprintf(&text, ": %s", b.Reason)
	}
	return text.String()
}
