package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

func (p *Pages) callerRightPages() []page {
	edit := need(campaigns.EditCallerRights)
	return []page{
		{"GET", "/compliance/caller-ids", need(campaigns.SeeCompliance), p.callerRights},
		{"POST", "/compliance/caller-ids", edit, p.grantCallerRight},
		{"POST", "/compliance/caller-ids/end", edit, p.endCallerRight},
		{"POST", "/compliance/caller-ids/check", edit, p.checkCallerID},
	}
}

// callerRightsView is the numbers that people see, each with the right to show
// it and how carriers take it.
type callerRightsView struct {
	officeView
	Numbers []shownNumber
	Typed   campaigns.CallerRight
	From    string // as typed
	Until   string
	Days    int // that health is counted over
}

// shownNumber is one number with all that is known of it.
type shownNumber struct {
	campaigns.CallerID
	Rights []campaigns.CallerRight // latest first
	Held   bool                    // one of them holds now
	Until  time.Time               // the end of the one that holds longest; zero = open
	Soon   bool                    // it ends within a month
	Check  *campaigns.CallerCheck  // the last one
	Health campaigns.CallerHealth
}

// Answers is the share of calls that were answered.
func (n shownNumber) Answers() float64 { return shareOf(n.Health.Answered, n.Health.Calls) }

// Blocks is the share of calls that were blocked.
func (n shownNumber) Blocks() float64 { return shareOf(n.Health.Blocked, n.Health.Calls) }

// Levels are the attestations, best first.
func (n shownNumber) Levels() []string {
	levels := make([]string, 0, len(n.Health.Attested))
	for level := range n.Health.Attested {
		levels = append(levels, level)
	}
	slices.Sort(levels)
	return levels
}

func shareOf(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

const (
	healthDays = 7
	// rightSoon is how long before its end a right is warned of.
	rightSoon = 30 * 24 * time.Hour
)

func (p *Pages) callerRights(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := callerRightsView{officeView: officeIn(r, p.frame(r, "Right to caller IDs")), From: time.Now().UTC().Format(time.DateOnly)}
	return p.showCallerRights(w, r, u, v, http.StatusOK)
}

func (p *Pages) showCallerRights(w http.ResponseWriter, r *http.Request, u campaigns.User, v callerRightsView, status int) error {
	numbers, err := p.shownNumbers(r.Context(), u, time.Now())
	if err != nil {
		return err
	}
	v.Numbers, v.Days = numbers, healthDays
	return p.render(w, status, "compliance-caller-ids.html", v)
}

// shownNumbers are all numbers that a campaign shows or that a right is written
// down for.
func (p *Pages) shownNumbers(ctx context.Context, u campaigns.User, now time.Time) ([]shownNumber, error) {
	known, err := p.Office.CallerIDs.List(ctx, u, now.Add(-counted))
	if err != nil {
		return nil, err
	}
	rights, err := p.Office.Rights.All(ctx, u)
	if err != nil {
		return nil, err
	}
	checks, err := p.Office.Rights.Checks(ctx, u, "")
	if err != nil {
		return nil, err
	}
	health, err := p.Office.Rights.Health(ctx, u, now.Add(-healthDays*24*time.Hour))
	if err != nil {
		return nil, err
	}
	out := make([]shownNumber, 0, len(known))
	of := func(number string) *shownNumber {
		i := slices.IndexFunc(out, func(n shownNumber) bool { return n.Number == number })
		if i < 0 {
			i, out = len(out), append(out, shownNumber{CallerID: campaigns.CallerID{Number: number}})
		}
		return &out[i]
	}
	for _, c := range known {
		out = append(out, shownNumber{CallerID: c})
	}
	for _, right := range rights {
		of(right.Number).take(right, now)
	}
	for _, c := range checks {
		of(c.Number).Check = &c
	}
	for _, h := range health {
		of(h.Number).Health = h
	}
	slices.SortFunc(out, func(a, b shownNumber) int { return strings.Compare(a.Number, b.Number) })
	return out, nil
}

// take notes a right to show the number.
func (n *shownNumber) take(right campaigns.CallerRight, now time.Time) {
	n.Rights = append(n.Rights, right)
	if !right.Holds(now) {
		return
	}
	open := right.Until.IsZero() || n.Held && n.Until.IsZero()
	if n.Held = true; open {
		n.Until = time.Time{}
	} else if right.Until.After(n.Until) {
		n.Until = right.Until
	}
	n.Soon = !n.Until.IsZero() && n.Until.Before(now.Add(rightSoon))
}

// callerIDsToday is what stands of the numbers that campaigns show.
func (p *Pages) callerIDsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	rights, err := p.Office.Rights.All(ctx, u)
	if err != nil {
		return nil, err
	}
	held, now := map[string]*shownNumber{}, time.Now()
	for _, right := range rights {
		if held[right.Number] == nil {
			held[right.Number] = &shownNumber{}
		}
		held[right.Number].take(right, now)
	}
	over, soon := 0, 0
	for _, n := range held {
		switch {
		case !n.Held:
			over++
		case n.Soon:
			soon++
		}
	}
	var out []complianceLine
	if soon > 0 {
		out = append(out, complianceLine{"wait", lang.T("%d rights to show a number end within 30 days", soon)})
	}
	if n := len(held) - over; n > 0 {
		out = append(out, complianceLine{"on", lang.T("%d numbers with a right to show them", n)})
	} else {
		out = append(out, complianceLine{"off", lang.T("No right to show a number is written down")})
	}
	return out, nil
}

func (p *Pages) grantCallerRight(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in := campaigns.CallerRight{
		Number: dialed(typed(r, "number")), Holder: typed(r, "holder"), Contract: typed(r, "contract"), Document: typed(r, "document"), Name: typed(r, "name"),
	}
	var err error
	if in.From, err = typedDay(typed(r, "from")); err == nil {
		in.Until, err = typedDay(typed(r, "until"))
	}
	if err == nil && !in.Until.IsZero() {
		in.Until = in.Until.AddDate(0, 0, 1) // the last day that was typed counts
	}
	if err == nil {
		_, err = p.Office.Rights.Grant(r.Context(), u, in)
	}
	return p.led(w, r, err, "/compliance/caller-ids", "saved", func(status int, wrong string) error {
		v := callerRightsView{officeView: officeIn(r, p.frame(r, "Right to caller IDs")), Typed: in, From: typed(r, "from"), Until: typed(r, "until")}
		v.Wrong = wrong
		return p.showCallerRights(w, r, u, v, status)
	})
}

// typedDay is the beginning of a day in UTC; zero for an empty field.
func typedDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, refusal("day_invalid", "A day is written as 2026-11-23.", err)
	}
	return day, nil
}

func (p *Pages) endCallerRight(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	err := p.Office.Rights.End(r.Context(), u, typed(r, "right"), typed(r, "why"))
	return p.ledCallerRights(w, r, u, err, "saved")
}

func (p *Pages) checkCallerID(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	_, err := p.Office.Rights.Check(r.Context(), u, typed(r, "number"))
	return p.ledCallerRights(w, r, u, err, "tried")
}

func (p *Pages) ledCallerRights(w http.ResponseWriter, r *http.Request, u campaigns.User, err error, done string) error {
	return p.led(w, r, err, "/compliance/caller-ids", done, func(status int, wrong string) error {
		v := callerRightsView{officeView: officeIn(r, p.frame(r, "Right to caller IDs"))}
		v.Wrong = wrong
		return p.showCallerRights(w, r, u, v, status)
	})
}
