package campaigns

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// BreakStore keeps planned breaks. Breaks lists those of an agent, 0 =
// everybody's, that are not over at a time.
type BreakStore interface {
	PlanBreak(ctx context.Context, b Break) (Break, error)
	Break(ctx context.Context, id int64) (Break, error)
	Breaks(ctx context.Context, agent int64, from time.Time) ([]Break, error)
	CancelBreak(ctx context.Context, id int64, by string) error
}

// Leaves is told the whole plan of an agent who is signed in, whenever it
// changes, in the order of time.
type Leaves interface {
	PlanBreaks(ctx context.Context, agent int64, plan []Break) error
}

// Signs are what an agent says of the call at hand, for pacing to count on.
type Signs interface {
	Finishing(ctx context.Context, agent int64) error
	Step(ctx context.Context, agent int64, step string) error
}

// maxPlanned is how many breaks an agent has planned at most.
const maxPlanned = 50

var errNoBreaks = problem(KindUnavailable, "no_breaks", "This installation keeps no planned breaks.")

// PlanBreak plans a break, or the end of the shift: an agent's own, or another
// user's by who may steer agents. A break that has begun already begins now.
func (d *Desk) PlanBreak(ctx context.Context, by User, b Break) (Break, error) {
	if err := d.mayPlan(by, b.Agent); err != nil {
		return Break{}, err
	}
	now := time.Now()
	b.ID, b.By, b.Reason = 0, by.Login, strings.TrimSpace(b.Reason)
	if err := b.Validate(now); err != nil {
		return Break{}, invalid("break_invalid", err)
	}
	planned, err := d.DeskSettings.Breaks.Breaks(ctx, b.Agent, now)
	if err != nil {
		return Break{}, fmt.Errorf("read the breaks of agent %d: %w", b.Agent, err)
	}
	if len(planned) >= maxPlanned {
		return Break{}, problem(KindConflict, "too_many_breaks", "There are %d breaks planned already.", len(planned))
	}
	stored, err := d.DeskSettings.Breaks.PlanBreak(ctx, b)
	if err != nil {
		return Break{}, fmt.Errorf("plan a break of agent %d: %w", b.Agent, err)
	}
	return stored, d.tellLeaves(ctx, b.Agent)
}

// Breaks lists what is planned and not over: an agent's own, or that of
// another, or of everybody (agent 0), for those who see the floor.
func (d *Desk) Breaks(ctx context.Context, by User, agent int64) ([]Break, error) {
	if d.DeskSettings.Breaks == nil {
		return nil, errNoBreaks
	}
	needed := SeeFloor
	if agent == by.ID {
		needed = DoCalls
	}
	if err := by.Allow(needed); err != nil {
		return nil, err
	}
	return d.DeskSettings.Breaks.Breaks(ctx, agent, time.Now())
}

// CancelBreak takes a planned break back.
func (d *Desk) CancelBreak(ctx context.Context, by User, id int64) error {
	if d.DeskSettings.Breaks == nil {
		return errNoBreaks
	}
	if by.Allow(DoCalls) != nil {
		if err := by.Allow(SteerAgents); err != nil {
			return err
		}
	}
	b, err := d.DeskSettings.Breaks.Break(ctx, id)
	if err != nil {
		return missing("break", err)
	}
	if err := d.mayPlan(by, b.Agent); err != nil {
		return err
	}
	if err := d.DeskSettings.Breaks.CancelBreak(ctx, id, by.Login); err != nil {
		return missing("break", err)
	}
	return d.tellLeaves(ctx, b.Agent)
}

// mayPlan tells whether a user may plan the breaks of an agent.
func (d *Desk) mayPlan(by User, agent int64) error {
	if d.DeskSettings.Breaks == nil {
		return errNoBreaks
	}
	if agent == by.ID && by.Allow(DoCalls) == nil {
		return nil
	}
	return by.Allow(SteerAgents)
}

// tellLeaves tells the engine the plan of an agent who is signed in.
func (d *Desk) tellLeaves(ctx context.Context, agent int64) error {
	if d.DeskSettings.Breaks == nil || d.Leaves == nil {
		return nil
	}
	if _, there := d.Shift.Agent(agent); !there {
		return nil
	}
	plan, err := d.DeskSettings.Breaks.Breaks(ctx, agent, time.Now())
	if err != nil {
		return fmt.Errorf("read the breaks of agent %d: %w", agent, err)
	}
	if err := d.Leaves.PlanBreaks(ctx, agent, plan); err != nil {
		return fmt.Errorf("tell the breaks of agent %d: %w", agent, err)
	}
	return nil
}

// Finishing says that the conversation at hand is about to end.
func (d *Desk) Finishing(ctx context.Context, u User) error {
	return d.sign(u, func() error { return d.Signs.Finishing(ctx, u.ID) })
}

// Step says which step of the script the conversation at hand has reached.
func (d *Desk) Step(ctx context.Context, u User, step string) error {
	step = strings.TrimSpace(step)
	if len(step) > 64 {
		return problem(KindInvalid, "step_invalid", "The name of a step has at most 64 characters.")
	}
	return d.sign(u, func() error { return d.Signs.Step(ctx, u.ID, step) })
}

// sign runs what an agent says of the call at hand.
func (d *Desk) sign(u User, say func() error) error {
	return d.do(u, func() error {
		if _, ok := d.Line.Current(u.ID); !ok {
			return errNoCall
		}
		if d.Signs == nil {
			return nil
		}
		return say()
	})
}
