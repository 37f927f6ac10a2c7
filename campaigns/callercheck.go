package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CheckCallerID calls a number of ours through a trunk that may, as a person
// would who calls back, and tells whether it was answered. It is a test call as
// any other: written down before its INVITE, never to a number on the
// do-not-call list.
func (t *Trunks) CheckCallerID(ctx context.Context, number string) CallerCheck {
	out := CallerCheck{Number: number, At: time.Now().UTC()}
	blocked, err := t.store.IsDoNotCall(ctx, number)
	switch {
	case err != nil:
		out.Detail = "The do-not-call list could not be read: " + err.Error()
		return out
	case blocked:
		out.Detail = "The number is on the do-not-call list."
		return out
	}
	trunk, why := t.anyUp()
	if trunk == "" {
		out.Detail = why
		return out
	}
	if !t.take() {
		out.Detail = "A test call is going on; try again when it has ended."
		return out
	}
	defer t.give()
	c, err := t.call(ctx, trunk, number, "caller ID check")
	switch refused := (*Problem)(nil); {
	case errors.As(err, &refused):
		out.Detail = refused.Text
	case err != nil:
		out.Detail = fmt.Sprintf("The test call could not be kept: %v", err)
	}
	if c.ID == "" {
		return out
	}
	out.Trunk, out.Test, out.Answered = trunk, c.ID, c.OK
	for _, s := range c.Steps {
		if s.Step == "answered" {
			out.After = s.After
		}
	}
	if out.Detail == "" && !c.OK {
		out.Detail = c.Outcome
	}
	return out
}

// anyUp is a trunk that takes calls now, or why none does.
func (t *Trunks) anyUp() (trunk, why string) {
	why = "There is no trunk."
	for _, s := range t.source.TrunkStates() {
		if s.Up {
			return s.Name, ""
		}
		why = "No trunk takes calls now: " + s.Why
	}
	return "", why
}
