package campaigns

import (
	"context"
	"errors"
	"fmt"
)

// ClockKeeper watches the wall clock. ClockFault wraps ErrClock while the
// clock cannot be trusted; AcknowledgeClock takes it as right from now on and
// writes down who said so, unless there is nothing to acknowledge.
type ClockKeeper interface {
	ClockFault(ctx context.Context) error
	AcknowledgeClock(ctx context.Context, by string) error
}

// Clock is the trust in the wall clock, by which calling windows are law: after
// it jumped nobody is called until somebody who answers for that says that it
// is right.
type Clock struct{ keeper ClockKeeper }

// NewClock returns the service.
func NewClock(keeper ClockKeeper) *Clock { return &Clock{keeper: keeper} }

// Acknowledge says that the clock is right as it stands, and returns what was
// wrong with it in a sentence; empty when nothing was.
func (c *Clock) Acknowledge(ctx context.Context, by User) (was string, err error) {
	if err := by.Allow(AckClock); err != nil {
		return "", err
	}
	fault := c.keeper.ClockFault(ctx)
	if fault == nil {
		return "", nil
	}
	if !errors.Is(fault, ErrClock) {
		return "", fmt.Errorf("ask whether the clock is right: %w", fault)
	}
	if errors.Is(fault, ErrClockOff) {
		return "", &Problem{Kind: KindConflict, Code: "clock_off", Text: "This cannot be acknowledged: " + fault.Error() + ".", Cause: fault}
	}
	if err := c.keeper.AcknowledgeClock(ctx, by.Login); err != nil {
		return "", fmt.Errorf("acknowledge the clock: %w", err)
	}
	return fault.Error(), nil
}
