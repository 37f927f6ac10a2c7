package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Ranked tells whether the rows of the table compete.
func (v figuresView) Ranked() bool {
	return v.Ask.Table == string(campaigns.FiguresByAgent) || v.Ask.Table == string(campaigns.FiguresByTeam)
}

// Rows tells whether the table is one of figures.
func (v figuresView) Rows() bool { return len(v.Report.Rows) > 0 }

// Empty tells that there is nothing to show.
func (v figuresView) Empty() bool {
	return len(v.Report.Rows)+len(v.Report.Steps)+len(v.Report.Answers)+len(v.Shifts) == 0
}

// HeadOf is what the rows of the table are.
func (v figuresView) HeadOf() string {
	switch campaigns.FigureTable(v.Ask.Table) {
	case campaigns.FiguresByTeam:
		return v.Lang.T("Team")
	case campaigns.FiguresByHour:
		return v.Lang.T("Hour")
	case campaigns.FiguresByDay:
		return v.Lang.T("Day")
	case campaigns.FiguresByList:
		return v.Lang.T("List")
	case campaigns.FiguresByCampaign:
		return v.Lang.T("Campaign")
	}
	return v.Lang.T("Agent")
}

// TabName is a table or a period in words.
func (v figuresView) TabName(code string) string {
	names := map[string]string{
		"agents": v.Lang.T("Agents"), "teams": v.Lang.T("Teams"), "hours": v.Lang.T("By hour"), "days": v.Lang.T("By day"), "lists": v.Lang.T("Lists"),
		"campaigns": v.Lang.T("Campaigns"), "steps": v.Lang.T("Script steps"), "answers": v.Lang.T("Answers"), "shifts": v.Lang.T("Shifts"),
		"today": v.Lang.T("Today"), "yesterday": v.Lang.T("Yesterday"), "7 days": v.Lang.T("7 days"), "30 days": v.Lang.T("30 days"), "this month": v.Lang.T("This month"),
	}
	return names[code]
}

// RankName is a measure in words.
func (v figuresView) RankName(code string) string {
	names := map[string]string{
		"converted": v.Lang.T("Converted calls"), "sales": v.Lang.T("Sales"), "appointments": v.Lang.T("Appointments"), "talked": v.Lang.T("Conversations"),
		"talk": v.Lang.T("Talk time"), "conversion": v.Lang.T("Conversion"), "per_hour": v.Lang.T("Converted an hour"), "occupancy": v.Lang.T("Occupancy"), "score": v.Lang.T("Score"),
	}
	return names[code]
}

// Name is an agent's name.
func (v figuresView) Name(id int64) string { return shownName(v.Names[id]) }

// NameOf is an agent's name in a list of options.
func (v figuresView) NameOf(u campaigns.User) string { return shownName(u) }

// Hours writes a length of time as 12:30 or 1:02:03, nothing as a dash.
func (v figuresView) Hours(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return elapsed(d)
}

// Times writes how often something came an hour.
func (v figuresView) Times(n float64) string { return v.Lang.T("%.2f", n) }

// Of writes a score, or a dash for none.
func (v figuresView) Of(f campaigns.Figures) string {
	if f.Scored == 0 {
		return "–"
	}
	return v.Lang.T("%.0f %%", f.Score()*100)
}

// Money writes what was sold, by currency.
func (v figuresView) Money(sold map[string]int64) string {
	var out []string
	for _, code := range slices.Sorted(maps.Keys(sold)) {
		amount, verb := float64(sold[code])/float64(campaigns.Unit(code)), fmt.Sprintf("%%.%df", campaigns.Digits(code))
		out = append(out, v.Lang.T(verb, amount)+" "+code)
	}
	return strings.Join(out, ", ")
}

// aim is one target beside what was done of it.
type aim struct {
	Name       string
	Done, Want int64
	Bar        float64 // 0 to 100
}

// Goals are the targets of a row.
func (v figuresView) Goals(f campaigns.Figures) []aim {
	var out []aim
	for _, g := range []aim{
		{v.Lang.T("Sales"), f.Sales, int64(f.Target.Sales), 0}, {v.Lang.T("Appointments"), f.Appointments, int64(f.Target.Appointments), 0},
		{v.Lang.T("Surveys"), f.Surveys, int64(f.Target.Surveys), 0}, {v.Lang.T("Calls"), f.Talked, int64(f.Target.Calls), 0},
	} {
		if g.Want > 0 {
			g.Bar = min(100*float64(g.Done)/float64(g.Want), 100)
			out = append(out, g)
		}
	}
	return out
}

// HasGoals tells whether any row has a target.
func (v figuresView) HasGoals() bool {
	return slices.ContainsFunc(v.Report.Rows, func(f campaigns.Figures) bool { return f.Target != campaigns.DayTarget{} })
}

// figureBar is one bar of the drawing of a table.
type figureBar struct {
	X, Y, Height float64
	Name         string
}

// Bars are conversations and converted calls of hours or days, drawn.
func (v figuresView) Bars() []figureBar {
	if t := campaigns.FigureTable(v.Ask.Table); t != campaigns.FiguresByHour && t != campaigns.FiguresByDay {
		return nil
	}
	most := int64(1)
	for _, f := range v.Report.Rows {
		most = max(most, f.Talked)
	}
	var out []figureBar
	for i, f := range v.Report.Rows {
		h := 80 * float64(f.Talked) / float64(most)
		out = append(out, figureBar{X: float64(i * 12), Y: 80 - h, Height: h, Name: fmt.Sprintf("%s: %d", f.Name, f.Talked)})
	}
	return out
}

// Wide is how wide that drawing is.
func (v figuresView) Wide() int { return max(len(v.Report.Rows), 24) * 12 }

// Shift writes when a shift was planned, in the zone of the table.
func (v figuresView) Shift(a campaigns.Adherence) string {
	from, to := v.local(a.Shift.From), v.local(a.Shift.To)
	return from.Format("2006-01-02 15:04") + " – " + to.Format("15:04")
}

// At writes a time of the day in the zone of the table.
func (v figuresView) At(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return v.local(t).Format("15:04")
}

func (v figuresView) local(t time.Time) time.Time {
	if zone, err := rules.Location(v.Ask.Zone); err == nil {
		return t.In(zone)
	}
	return t.UTC()
}

// figureLine is a row with what writes it.
type figureLine struct {
	campaigns.Figures
	View           figuresView
	Hourly, Amount string
}

// Line gives a row to its template.
func (v figuresView) Line(f campaigns.Figures) figureLine {
	return figureLine{Figures: f, View: v, Hourly: v.Times(f.PerHour()), Amount: v.Money(f.Sold)}
}
