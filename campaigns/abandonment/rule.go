package abandonment

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Group is whose calls are counted together.
type Group string

// The groups. Seller is all campaigns of a seller for one purpose: two clones of a
// campaign do not halve the share of either.
const (
	ByCampaign Group = "campaign"
	BySeller   Group = "seller_purpose"
	ByCentre   Group = "centre" // everything that this house dials
)

// Act says when a budget turns dialing one to one.
type Act string

const (
	// OverPeriod spends the budget over the period: one call in five may be abandoned
	// of the first five, when those to come make up for it. So the law counts, at the
	// end; and a team of three could otherwise not dial ahead before 34 people have
	// answered, which takes it a morning. Pacing's guard holds the end within the
	// limit: it relies on half of the answers still to come today.
	OverPeriod Act = "period"
	// AtOnce lets nobody be abandoned at any moment at which the share would then
	// exceed the limit: nobody at all before 34 have answered, at 3 %.
	AtOnce Act = "hard"
)

// Rule is a limit of abandonment.
type Rule struct {
	ID    string `json:"rule"`
	Label string `json:"label,omitempty"`
	Cite  string `json:"cite,omitempty"`
	// Status is verified, secondary or unverified; unverified ones are shown and do
	// not bind.
	Status  string  `json:"status,omitempty"`
	Set     string  `json:"set,omitempty"` // the rule set it stands in
	Max     float64 `json:"max"`           // share, 0.03
	ActAt   float64 `json:"act_at"`        // share that pacing aims at, 0 = a little below Max
	Formula Formula `json:"formula"`
	Window  Window  `json:"window"`
	Group   Group   `json:"group"`
	Start   Start   `json:"start_point"`
	Act     Act     `json:"act"`
	// Within is how long a person may wait; 0 = Limit.
	Within time.Duration `json:"within_ns,omitempty"`
	// Countries are those whose calls are counted, ISO 3166-1; none = all.
	Countries []string `json:"countries,omitempty"`
}

// Binds tells whether the rule is more than a figure to look at.
func (r Rule) Binds() bool { return r.Status != "unverified" }

// Wait is how long a person may wait for an agent or the message.
func (r Rule) Wait() time.Duration {
	if r.Within <= 0 {
		return Limit
	}
	return r.Within
}

// Validate says what is wrong with a rule.
func (r Rule) Validate() error {
	var errs []error
	if !(r.Max > 0 && r.Max <= 1) {
		errs = append(errs, fmt.Errorf("max %g: a share above 0, 0.03 for 3 %%", r.Max))
	}
	if !(r.ActAt >= 0 && r.ActAt <= r.Max) {
		errs = append(errs, fmt.Errorf("act_at %g: between 0 and max", r.ActAt))
	}
	if _, err := ParseFormula(string(r.Formula)); err != nil {
		errs = append(errs, err)
	}
	if _, err := ParseStart(string(r.Start)); err != nil {
		errs = append(errs, err)
	}
	switch r.Group {
	case "", ByCampaign, BySeller, ByCentre:
	default:
		errs = append(errs, fmt.Errorf("group %q: campaign, seller_purpose or centre", r.Group))
	}
	switch r.Act {
	case "", OverPeriod, AtOnce:
	default:
		errs = append(errs, fmt.Errorf("act %q: period or hard", r.Act))
	}
	if err := errors.Join(append(errs, r.Window.Validate())...); err != nil {
		return fmt.Errorf("rule %s: %w", r.ID, err)
	}
	return nil
}

// Standing is where a campaign stands under a rule.
type Standing struct {
	Rule   Rule   `json:"rule"`
	Period Period `json:"period"`
	Counts Counts `json:"counts"`
	Sample Sample `json:"amd_sample"`
	// FalsePositives is the estimate that stands above and below the line.
	FalsePositives int64 `json:"amd_false_positives"`
	Rate           Rate  `json:"rate"`
	// Budget is how many more calls may be abandoned now; below zero too many were.
	Budget int64 `json:"budget_left"`
	// Projected is the share at the end of the period if it goes on as in the last
	// day; the present share where nothing is to come.
	Projected float64 `json:"projected"`
}

// Stand is where counts stand under a rule at now, with what the sample says of
// its machines. Day is the counts of the last 24 hours, or of the period when it is
// younger: what goes on is projected from it.
func (r Rule) Stand(now time.Time, p Period, n Counts, s Sample, day Counts) Standing {
	st := Standing{Rule: r, Period: p, Counts: n, Sample: s, FalsePositives: s.FalsePositives(n.Machine)}
	st.Rate = r.Formula.Rate(n, float64(st.FalsePositives))
	st.Budget = st.Rate.Budget(r.Max)
	st.Projected = st.Rate.Share()
	if left := p.To.Sub(now); left > 0 && r.Window.Unit != Rolling {
		d := r.Formula.Rate(day, float64(s.FalsePositives(day.Machine)))
		// The part of the last day that lies in the period says how much a day brings.
		days := left.Hours() / math.Max(1, math.Min(24, now.Sub(p.From).Hours()))
		st.Projected = Rate{st.Rate.Above + days*d.Above, st.Rate.Below + days*d.Below}.Share()
	}
	return st
}

// Aim is the share that pacing should aim at.
func (r Rule) Aim() float64 {
	if r.ActAt > 0 {
		return r.ActAt
	}
	return 0.98 * r.Max
}

// Acts tells whether the share has come to where pacing shrinks.
func (s Standing) Acts() bool { return s.Rate.Share() >= s.Rule.Aim() && s.Rate.Above > 0 }

// Over tells whether the share exceeds the limit.
func (s Standing) Over() bool { return s.Budget < 0 && s.Rate.Above > 0 }
