package campaigns

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ShiftKind is what a planned shift is for.
type ShiftKind string

// The kinds of planned shifts. Only work is expected at the phone.
const (
	ShiftWork     ShiftKind = "work"
	ShiftTraining ShiftKind = "training"
	ShiftAbsence  ShiftKind = "absence"
)

// PlannedShift is when an agent is to be there.
type PlannedShift struct {
	ID        int64     `json:"id"`
	Agent     int64     `json:"agent"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Kind      ShiftKind `json:"kind"`
	Note      string    `json:"note,omitempty"`
	By        string    `json:"by"`
	PlannedAt time.Time `json:"planned_at"`
}

// Limits of planning.
const (
	longestShift = 16 * time.Hour
	longestSpan  = 62 * 24 * time.Hour // of a roster that is asked for
)

// Validate says what is wrong with a planned shift.
func (s PlannedShift) Validate() error {
	switch {
	case s.Agent <= 0:
		return errors.New("a shift belongs to an agent")
	case s.From.IsZero() || !s.To.After(s.From):
		return errors.New("a shift begins, and ends after that")
	case s.To.Sub(s.From) > longestShift && s.Kind != ShiftAbsence:
		return fmt.Errorf("a shift lasts at most %d hours", int(longestShift.Hours()))
	case s.To.Sub(s.From) > longestSpan:
		return fmt.Errorf("an absence is planned for at most %d days", int(longestSpan.Hours()/24))
	case s.Kind != ShiftWork && s.Kind != ShiftTraining && s.Kind != ShiftAbsence:
		return fmt.Errorf("kind %q: work, training or absence", s.Kind)
	case len([]rune(s.Note)) > 200:
		return errors.New("a note has at most 200 characters")
	}
	return nil
}

// String says when the shift is, in UTC.
func (s PlannedShift) String() string {
	const minute = "2006-01-02 15:04"
	return fmt.Sprintf("%s from %s to %s", s.Kind, s.From.UTC().Format(minute), s.To.UTC().Format(minute))
}

// Adherence is a planned shift beside what was worked.
type Adherence struct {
	Shift   PlannedShift  `json:"shift"`
	Planned time.Duration `json:"planned"`            // as far as it has come
	Worked  time.Duration `json:"worked"`             // signed in within the shift, pauses included
	Paused  time.Duration `json:"paused"`             // of that
	Outside time.Duration `json:"outside"`            // signed in within two hours before or after
	First   time.Time     `json:"first,omitzero"`     // signed in; zero = never
	Last    time.Time     `json:"last,omitzero"`      // signed out; zero = still there, or never
	Late    time.Duration `json:"late"`               // first after the beginning
	Early   time.Duration `json:"early"`              // last before the end
	Missed  bool          `json:"missed"`             // not there at all
	Share   float64       `json:"adherence"`          // worked of planned, 0 to 1
	Going   bool          `json:"going_on,omitempty"` // the shift is not over
}

// shiftSlack is how far around a shift time counts as belonging to it.
const shiftSlack = 2 * time.Hour

// Adhere lays the spells of an agent, in the order of time, beside a planned
// shift. Spells that overlap count once.
func Adhere(s PlannedShift, spells []Spell, now time.Time) Adherence {
	a := Adherence{Shift: s, Going: now.Before(s.To)}
	end := s.To
	if a.Going {
		end = now
	}
	a.Planned = max(0, end.Sub(s.From))
	from, to := s.From.Add(-shiftSlack), s.To.Add(shiftSlack)
	reached, open := from, false
	slices.SortFunc(spells, func(x, y Spell) int { return cmp.Compare(x.From.UnixMicro(), y.From.UnixMicro()) })
	for _, spell := range spells {
		until := spell.To
		if until.IsZero() {
			until = now
		}
		if spell.Agent != s.Agent || !until.After(reached) || !spell.From.Before(to) {
			continue
		}
		begin := spell.From
		if begin.Before(reached) {
			begin = reached
		}
		cut := Spell{From: begin, To: until}
		inside := cut.Within(s.From, end, now)
		a.Worked += inside
		a.Outside += cut.Within(from, to, now) - cut.Within(s.From, s.To, now)
		if spell.State == AgentPaused {
			a.Paused += inside
		}
		if a.First.IsZero() {
			a.First = spell.From
		}
		reached, open = until, spell.To.IsZero()
		a.Last = until
	}
	return a.judged(open, now)
}

// judged fills in what follows from the times.
func (a Adherence) judged(open bool, now time.Time) Adherence {
	if a.Planned > 0 {
		a.Share = a.Worked.Seconds() / a.Planned.Seconds()
	}
	a.Missed = a.Worked == 0 && !now.Before(a.Shift.To)
	if a.First.After(a.Shift.From) {
		a.Late = a.First.Sub(a.Shift.From)
	}
	if open {
		a.Last = time.Time{}
	} else if !a.Last.IsZero() && a.Last.Before(a.Shift.To) && !a.Going {
		a.Early = a.Shift.To.Sub(a.Last)
	}
	return a
}
