package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ShiftStore keeps planned shifts. Shifts lists those of an agent, 0 =
// everybody's, that touch a period, the earliest first.
type ShiftStore interface {
	PutShift(ctx context.Context, s PlannedShift, by string) (PlannedShift, error)
	Shift(ctx context.Context, id int64) (PlannedShift, error)
	Shifts(ctx context.Context, agent int64, from, to time.Time) ([]PlannedShift, error)
	DeleteShift(ctx context.Context, id int64, by string) error
}

// PlanTeller tells the engine what an agent who is signed in has planned.
type PlanTeller interface {
	TellPlan(ctx context.Context, agent int64) error
}

// Roster is who is to be there when, and who was.
type Roster struct {
	store  ShiftStore
	spells SpellReader
	users  UserStore
	tell   PlanTeller
}

// NewRoster returns the service.
func NewRoster(store ShiftStore, spells SpellReader, users UserStore, tell PlanTeller) *Roster {
	return &Roster{store: store, spells: spells, users: users, tell: tell}
}

// Shifts lists the planned shifts that touch a period: one's own for an agent,
// those of an agent or of all (0) for who plans them or sees performance.
func (r *Roster) Shifts(ctx context.Context, by User, agent int64, from, to time.Time) ([]PlannedShift, error) {
	if by.Allow(PlanShifts) != nil && by.Allow(SeePerformance) != nil {
		if err := by.Allow(DoCalls); err != nil {
			return nil, err
		}
		agent = by.ID
	}
	if err := span(from, to); err != nil {
		return nil, err
	}
	return r.store.Shifts(ctx, agent, from, to)
}

func span(from, to time.Time) error {
	if from.IsZero() || !to.After(from) || to.Sub(from) > longestSpan {
		return problem(KindInvalid, "period_invalid", "Say from and to, at most %d days apart.", int(longestSpan.Hours()/24))
	}
	return nil
}

// Plan stores a shift, new or changed. An agent has one shift at a time.
func (r *Roster) Plan(ctx context.Context, by User, s PlannedShift) (PlannedShift, error) {
	if err := by.Allow(PlanShifts); err != nil {
		return PlannedShift{}, err
	}
	s.Note, s.By = strings.TrimSpace(s.Note), by.Login
	if s.Kind == "" {
		s.Kind = ShiftWork
	}
	if err := s.Validate(); err != nil {
		return PlannedShift{}, invalid("shift_invalid", err)
	}
	users, err := r.users.Users(ctx)
	if err != nil {
		return PlannedShift{}, fmt.Errorf("read the users: %w", err)
	}
	if !slices.ContainsFunc(users, func(u User) bool { return u.ID == s.Agent && u.Role.May(DoCalls) }) {
		return PlannedShift{}, problem(KindNotFound, "agent_not_found", "There is no agent with the number %d.", s.Agent)
	}
	before := s.Agent
	if s.ID != 0 {
		old, err := r.store.Shift(ctx, s.ID)
		if err != nil {
			return PlannedShift{}, missing("shift", err)
		}
		before = old.Agent
	}
	others, err := r.store.Shifts(ctx, s.Agent, s.From, s.To)
	if err != nil {
		return PlannedShift{}, fmt.Errorf("read the shifts of agent %d: %w", s.Agent, err)
	}
	for _, o := range others {
		if o.ID != s.ID {
			return PlannedShift{}, problem(KindConflict, "shift_overlaps", "The agent has a shift then already: %s (UTC).", o)
		}
	}
	stored, err := r.store.PutShift(ctx, s, by.Login)
	if err != nil {
		return PlannedShift{}, fmt.Errorf("store a shift: %w", err)
	}
	if before != s.Agent {
		if err := r.tell.TellPlan(ctx, before); err != nil {
			return stored, err
		}
	}
	return stored, r.tell.TellPlan(ctx, s.Agent)
}

// Cancel takes a planned shift back.
func (r *Roster) Cancel(ctx context.Context, by User, id int64) error {
	if err := by.Allow(PlanShifts); err != nil {
		return err
	}
	s, err := r.store.Shift(ctx, id)
	if err != nil {
		return missing("shift", err)
	}
	if err := r.store.DeleteShift(ctx, id, by.Login); err != nil {
		return missing("shift", err)
	}
	return r.tell.TellPlan(ctx, s.Agent)
}

// Adherence lays the planned shifts of work in a period beside what was worked,
// of a team, of an agent, or of all.
func (r *Roster) Adherence(ctx context.Context, by User, agent int64, team string, from, to time.Time) ([]Adherence, error) {
	if by.Allow(PlanShifts) != nil {
		if err := by.Allow(SeePerformance); err != nil {
			return nil, err
		}
	}
	if err := span(from, to); err != nil {
		return nil, err
	}
	users, err := r.users.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	in := map[int64]bool{}
	for _, u := range users {
		in[u.ID] = team == "" || u.Team == team
	}
	shifts, err := r.store.Shifts(ctx, agent, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the shifts: %w", err)
	}
	spells, err := r.spells.Spells(ctx, SpellFilter{Agent: agent, From: from.Add(-shiftSlack - LongestSpell), To: to.Add(shiftSlack + longestShift)})
	if err != nil {
		return nil, fmt.Errorf("read the spells: %w", err)
	}
	byAgent := map[int64][]Spell{}
	for _, s := range spells {
		byAgent[s.Agent] = append(byAgent[s.Agent], s)
	}
	out, now := []Adherence{}, time.Now()
	for _, s := range shifts {
		if s.Kind == ShiftWork && in[s.Agent] && !s.From.After(now) {
			out = append(out, Adhere(s, byAgent[s.Agent], now))
		}
	}
	return out, nil
}

// rosterBreaks is planned breaks with the ends of planned shifts among them, so
// that pacing counts on nobody who goes home.
type rosterBreaks struct {
	BreakStore
	shifts ShiftStore
}

// WithShifts returns a store of breaks that knows the planned shifts as well.
func WithShifts(breaks BreakStore, shifts ShiftStore) BreakStore { return rosterBreaks{breaks, shifts} }

// Breaks lists what an agent (0 = everybody) has planned: breaks, and the end
// of the shift that goes on or begins soon, unless the agent planned to leave
// before that. Such an end has no number: it goes with its shift.
func (r rosterBreaks) Breaks(ctx context.Context, agent int64, from time.Time) ([]Break, error) {
	plan, err := r.BreakStore.Breaks(ctx, agent, from)
	if err != nil {
		return nil, err
	}
	shifts, err := r.shifts.Shifts(ctx, agent, from, from.Add(longestShift))
	if err != nil {
		return nil, fmt.Errorf("read the shifts: %w", err)
	}
	told := map[int64]bool{}
	for _, s := range shifts {
		if s.Kind != ShiftWork || told[s.Agent] {
			continue
		}
		told[s.Agent] = true
		leaves := slices.ContainsFunc(plan, func(b Break) bool { return b.Agent == s.Agent && b.To.IsZero() && b.From.Before(s.To) })
		if !leaves {
			plan = append(plan, Break{Agent: s.Agent, From: s.To, Reason: "end of the planned shift", By: s.By, PlannedAt: s.PlannedAt})
		}
	}
	slices.SortStableFunc(plan, func(a, b Break) int { return a.From.Compare(b.From) })
	return plan, nil
}

// TellPlan tells the engine what an agent who is signed in has planned.
func (d *Desk) TellPlan(ctx context.Context, agent int64) error { return d.tellLeaves(ctx, agent) }

// Names is everybody by number, for tables of shifts.
func (r *Roster) Names(ctx context.Context, by User) (map[int64]User, error) {
	if by.Allow(PlanShifts) != nil {
		if err := by.Allow(SeePerformance); err != nil {
			return nil, err
		}
	}
	users, err := r.users.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	out := make(map[int64]User, len(users))
	for _, u := range users {
		out[u.ID] = User{ID: u.ID, Login: u.Login, Name: u.Name, Team: u.Team, Role: u.Role, Disabled: u.Disabled}
	}
	return out, nil
}
