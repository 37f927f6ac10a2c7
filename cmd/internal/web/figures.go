package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// shiftsTable is planned shifts beside what was worked, which is no table of
// figures but stands among them.
const shiftsTable = "shifts"

// figuresView is one table of performance, and what it was asked for.
type figuresView struct {
	frame
	Ask       figuresAsked
	Wrong     string
	Campaigns []campaigns.Campaign
	Agents    []campaigns.User
	Teams     []string
	Tables    []tab
	Periods   []tab
	Ranks     []string
	Report    campaigns.FigureReport
	Shifts    []campaigns.Adherence
	Names     map[int64]campaigns.User
	CSV       string
}

// tab is a link to the same page with something else chosen.
type tab struct {
	Code, Path string
	Here       bool
}

// figuresAsked is the form above the table.
type figuresAsked struct {
	Table    string
	From, To string // days of the zone, both included
	Zone     string
	Campaign int64
	Team     string
	Agent    int64
	Rank     string
}

func figuresAskedOf(q url.Values) figuresAsked {
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(q.Get(key), 10, 64) // what is no number chooses nothing
		return max(n, 0)
	}
	return figuresAsked{
		Table: cmp.Or(q.Get("table"), string(campaigns.FiguresByAgent)), From: q.Get("from"), To: q.Get("to"),
		Zone: cmp.Or(strings.TrimSpace(q.Get("zone")), "UTC"), Campaign: number("campaign"), Team: q.Get("team"), Agent: number("agent"),
		Rank: cmp.Or(q.Get("rank"), "converted"),
	}
}

// period is from when to when, in the zone; today when nothing is said.
func (a *figuresAsked) period(now time.Time) (from, to time.Time, err error) {
	zone, err := rules.Location(a.Zone)
	if err != nil {
		return from, to, err
	}
	today := now.In(zone).Format(dayLayout)
	a.From = cmp.Or(a.From, today)
	a.To = cmp.Or(a.To, max(a.From, today))
	from, err = time.ParseInLocation(dayLayout, a.From, zone)
	to, later := time.ParseInLocation(dayLayout, a.To, zone)
	return from, to.AddDate(0, 0, 1), errors.Join(err, later)
}

// query is the address of the same page; what changes something of it.
func (a figuresAsked) query(change func(*figuresAsked)) string {
	change(&a)
	q := url.Values{"table": {a.Table}, "from": {a.From}, "to": {a.To}, "zone": {a.Zone}}
	set := func(key, value string) {
		if value != "" && value != "0" {
			q.Set(key, value)
		}
	}
	set("campaign", strconv.FormatInt(a.Campaign, 10))
	set("team", a.Team)
	set("agent", strconv.FormatInt(a.Agent, 10))
	set("rank", a.Rank)
	return "/performance?" + q.Encode()
}

// performance is what agents and teams achieved in a period.
func (p *Pages) performance(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := figuresView{Ask: figuresAskedOf(r.URL.Query())}
	from, to, err := v.Ask.period(time.Now())
	if err != nil {
		v.Wrong = p.lang(r).T("Write days as 2026-11-22, and a time zone as Europe/Madrid.")
		return p.showFigures(w, r, u, v, http.StatusUnprocessableEntity)
	}
	if err := p.figureTable(r, u, &v, from, to); err != nil {
		var wrong *campaigns.Problem
		if !errors.As(err, &wrong) || wrong.Kind != campaigns.KindInvalid && wrong.Kind != campaigns.KindNotFound {
			return err
		}
		v.Wrong = wrong.Text
		return p.showFigures(w, r, u, v, http.StatusUnprocessableEntity)
	}
	return p.showFigures(w, r, u, v, http.StatusOK)
}

// figureTable reads the one that is asked for.
func (p *Pages) figureTable(r *http.Request, u campaigns.User, v *figuresView, from, to time.Time) (err error) {
	q := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}, "format": {"csv"}}
	if v.Ask.Team != "" {
		q.Set("team", v.Ask.Team)
	}
	if v.Ask.Agent != 0 {
		q.Set("agent", strconv.FormatInt(v.Ask.Agent, 10))
	}
	if v.Ask.Table == shiftsTable {
		v.CSV = "/v1/adherence?" + q.Encode()
		v.Shifts, err = p.Office.Roster.Adherence(r.Context(), u, v.Ask.Agent, v.Ask.Team, from, to)
		return err
	}
	ask := campaigns.PerformanceQuery{Team: v.Ask.Team, Agent: v.Ask.Agent, Rank: v.Ask.Rank}
	ask.From, ask.To, ask.Zone, ask.Campaign = from, to, v.Ask.Zone, v.Ask.Campaign
	q.Set("zone", v.Ask.Zone)
	q.Set("rank", v.Ask.Rank)
	if v.Ask.Campaign != 0 {
		q.Set("campaign", strconv.FormatInt(v.Ask.Campaign, 10))
	}
	v.CSV = "/v1/performance/" + url.PathEscape(v.Ask.Table) + "?" + q.Encode()
	v.Report, err = p.Office.Performance.Table(r.Context(), u, campaigns.FigureTable(v.Ask.Table), ask)
	if v.Ranked() {
		slices.SortStableFunc(v.Report.Rows, func(a, b campaigns.Figures) int { return cmp.Compare(a.Rank, b.Rank) })
	}
	return err
}

func (p *Pages) showFigures(w http.ResponseWriter, r *http.Request, u campaigns.User, v figuresView, status int) (err error) {
	if v.Campaigns, err = p.Book.Campaigns(r.Context(), u); err != nil {
		return err
	}
	if v.Names, err = p.Office.Roster.Names(r.Context(), u); err != nil {
		return err
	}
	for _, n := range v.Names {
		v.Agents = append(v.Agents, n)
		if n.Team != "" {
			v.Teams = append(v.Teams, n.Team)
		}
	}
	slices.SortFunc(v.Agents, func(a, b campaigns.User) int { return strings.Compare(shownName(a), shownName(b)) })
	slices.Sort(v.Teams)
	v.Teams = slices.Compact(v.Teams)
	v.Ranks = []string{"converted", "sales", "appointments", "talked", "talk", "conversion", "per_hour", "occupancy", "score"}
	v.frame = p.frame(r, "Performance")
	v.tabs(time.Now())
	return p.render(w, status, "figures.html", v)
}

// tabs are the ways to the other tables and to periods that are often asked for.
func (v *figuresView) tabs(now time.Time) {
	for _, t := range append(campaigns.FigureTables(), shiftsTable) {
		v.Tables = append(v.Tables, tab{string(t), v.Ask.query(func(a *figuresAsked) { a.Table = string(t) }), v.Ask.Table == string(t)})
	}
	zone, err := rules.Location(v.Ask.Zone)
	if err != nil {
		return
	}
	today := now.In(zone)
	day := func(back int) string { return today.AddDate(0, 0, -back).Format(dayLayout) }
	for _, of := range []struct{ code, from, to string }{
		{"today", day(0), day(0)}, {"yesterday", day(1), day(1)}, {"7 days", day(6), day(0)}, {"30 days", day(29), day(0)},
		{"this month", today.Format("2006-01") + "-01", day(0)},
	} {
		path := v.Ask.query(func(a *figuresAsked) { a.From, a.To = of.from, of.to })
		v.Periods = append(v.Periods, tab{of.code, path, v.Ask.From == of.from && v.Ask.To == of.to})
	}
}
