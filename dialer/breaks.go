package dialer

import (
	"slices"
	"time"
)

// Break is a time at which an agent plans to be away. The zero To is the end
// of the shift.
type Break struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"`
	Reason string    `json:"reason,omitempty"` // for people; empty = said by From and To
}

// text is the reason of the pause.
func (b Break) text() string {
	switch {
	case b.Reason != "":
		return b.Reason
	case b.To.IsZero():
		return "end of shift"
	}
	return "break until " + b.To.Format("15:04")
}

// plan is what an agent plans, in the order of time.
type plan []Break

func newPlan(breaks []Break) plan {
	p := slices.Clone(breaks)
	slices.SortFunc(p, func(a, b Break) int { return a.From.Compare(b.From) })
	return p
}

// leavesAt is when the next break begins; zero = none is planned.
func (p plan) leavesAt() time.Time {
	if len(p) == 0 {
		return time.Time{}
	}
	return p[0].From
}

// goesHome is the planned end of the shift; zero = none is planned.
func (p plan) goesHome() time.Time {
	for _, b := range p {
		if b.To.IsZero() {
			return b.From
		}
	}
	return time.Time{}
}

// begin takes out the breaks whose time has come, and returns the last of
// those that are not over yet. Who comes back early is not sent away again.
func (p *plan) begin(now time.Time) (on Break, any bool) {
	for len(*p) > 0 && !now.Before((*p)[0].From) {
		b := (*p)[0]
		*p = (*p)[1:]
		if b.To.IsZero() || now.Before(b.To) {
			on, any = b, true
		}
	}
	return on, any
}
