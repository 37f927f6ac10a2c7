package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// shiftsView is a week of planned shifts, and what was worked of them.
type shiftsView struct {
	officeView
	Zone, Team   string
	Teams        []string
	Days         []shiftDay
	Rows         []shiftRow
	Worked       []workedRow
	Before, Next string // the weeks beside
	From, To     time.Time
	Plan         shiftPlan
}

// shiftDay is a day of the week that is shown.
type shiftDay struct {
	Date, Name string
	from, to   time.Time
}

// shiftRow is an agent with the shifts of each day.
type shiftRow struct {
	Agent campaigns.User
	Days  [][]campaigns.PlannedShift
}

// workedRow is a planned shift beside what was worked.
type workedRow struct {
	campaigns.Adherence
	Agent campaigns.User
}

// shiftPlan is what the form asks for: the same shift for agents and days.
type shiftPlan struct {
	Agents, Days         []string
	From, To, Kind, Note string
}

// Clock writes when a shift begins or ends, by the clock of the page.
func (v shiftsView) Clock(t time.Time) string { return v.Local(t)[len("2006-01-02 "):] }

// Local writes an instant by the clock of the page.
func (v shiftsView) Local(t time.Time) string { return localMinute(t, v.Zone) }

// Length writes a time that was worked.
func (shiftsView) Length(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// File is the address of the table as a file.
func (v shiftsView) File() string {
	q := url.Values{"format": {"csv"}, "from": {v.From.UTC().Format(time.RFC3339)}, "to": {v.To.UTC().Format(time.RFC3339)}}
	if v.Team != "" {
		q.Set("team", v.Team)
	}
	return "/v1/adherence?" + q.Encode()
}

// Query is the address of another week.
func (v shiftsView) Query(week string) string {
	return "?" + url.Values{"week": {week}, "zone": {v.Zone}, "team": {v.Team}}.Encode()
}

func (p *Pages) shifts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := shiftsView{officeView: officeIn(r, p.frame(r, "Shifts")), Plan: shiftPlan{From: "09:00", To: "17:00", Kind: string(campaigns.ShiftWork)}}
	return p.showShifts(w, r, u, v, http.StatusOK)
}

// week fills in the days of the week that the request names, this one when it
// names none, by the clock of a zone.
func (v *shiftsView) week(r *http.Request) {
	v.Zone = cmp.Or(strings.TrimSpace(r.FormValue("zone")), "UTC")
	loc, err := rules.Location(v.Zone)
	if err != nil {
		v.Wrong, v.Zone, loc = v.Lang.T("%q is not a time zone as Europe/Madrid.", v.Zone), "UTC", time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, r.FormValue("week"), loc)
	if err != nil || day.Year() < 1970 || day.Year() > 9000 {
		day = time.Now().In(loc)
	}
	monday := day.Day() - (int(day.Weekday())+6)%7
	at := func(n int) time.Time { return time.Date(day.Year(), day.Month(), monday+n, 0, 0, 0, 0, loc) }
	for i, d := range weekDays(v.frame) {
		v.Days = append(v.Days, shiftDay{at(i).Format(time.DateOnly), d.Name, at(i), at(i + 1)})
	}
	v.From, v.To = at(0), at(7)
	v.Before, v.Next = at(-7).Format(time.DateOnly), at(7).Format(time.DateOnly)
}

func (p *Pages) showShifts(w http.ResponseWriter, r *http.Request, u campaigns.User, v shiftsView, status int) error {
	v.week(r)
	v.Team = strings.TrimSpace(r.FormValue("team"))
	names, err := p.Office.Roster.Names(r.Context(), u)
	if err != nil {
		return err
	}
	planned, err := p.Office.Roster.Shifts(r.Context(), u, 0, v.From, v.To)
	if err != nil {
		return err
	}
	for _, agent := range names {
		if agent.Team != "" && !slices.Contains(v.Teams, agent.Team) {
			v.Teams = append(v.Teams, agent.Team)
		}
		if v.Team != "" && agent.Team != v.Team {
			continue
		}
		row, any := v.row(agent, planned)
		if any || agent.Role.May(campaigns.DoCalls) && !agent.Disabled {
			v.Rows = append(v.Rows, row)
		}
	}
	slices.Sort(v.Teams)
	slices.SortFunc(v.Rows, func(a, b shiftRow) int {
		return cmp.Or(cmp.Compare(a.Agent.Team, b.Agent.Team), cmp.Compare(a.Agent.Login, b.Agent.Login))
	})
	worked, err := p.Office.Roster.Adherence(r.Context(), u, 0, v.Team, v.From, v.To)
	if err != nil {
		return err
	}
	for _, a := range worked {
		v.Worked = append(v.Worked, workedRow{a, names[a.Shift.Agent]})
	}
	return p.render(w, status, "office-shifts.html", v)
}

// row lays the shifts of an agent into the days that they touch.
func (v shiftsView) row(agent campaigns.User, planned []campaigns.PlannedShift) (row shiftRow, any bool) {
	row = shiftRow{Agent: agent, Days: make([][]campaigns.PlannedShift, len(v.Days))}
	for _, s := range planned {
		for i, d := range v.Days {
			begins := !s.From.Before(d.from) && s.From.Before(d.to)
			touches := s.From.Before(d.to) && s.To.After(d.from)
			if s.Agent == agent.ID && (begins || touches && (s.Kind == campaigns.ShiftAbsence || i == 0)) {
				row.Days[i], any = append(row.Days[i], s), true
			}
		}
	}
	return row, any
}

// planShifts plans the same shift for the agents and days that are ticked. The
// first that cannot be planned ends it; those before it stay planned.
func (p *Pages) planShifts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	plan := shiftPlan{From: typed(r, "from"), To: typed(r, "to"), Kind: typed(r, "kind"), Note: typed(r, "note")}
	plan.Agents, plan.Days = r.PostForm["agent"], r.PostForm["day"]
	err := p.planAll(r, u, plan)
	return p.led(w, r, err, p.backToShifts(r), "planned", func(status int, wrong string) error {
		v := shiftsView{officeView: officeIn(r, p.frame(r, "Shifts")), Plan: plan}
		v.Wrong = wrong
		return p.showShifts(w, r, u, v, status)
	})
}

func (p *Pages) backToShifts(r *http.Request) string {
	return "/office/shifts?" + url.Values{"week": {typed(r, "week")}, "zone": {typed(r, "zone")}, "team": {typed(r, "team")}}.Encode()
}

// mostPlanned bounds what one form plans.
const mostPlanned = 500

func (p *Pages) planAll(r *http.Request, u campaigns.User, plan shiftPlan) error {
	if n := len(plan.Agents) * len(plan.Days); n == 0 || n > mostPlanned {
		return refusal("nobody_ticked", "Tick the agents and the days that the shift is for, at most 500 shifts at once.", nil)
	}
	zone := typed(r, "zone")
	for _, day := range plan.Days {
		from, errFrom := typedMinute(day+"T"+plan.From, zone)
		to, errTo := typedMinute(day+"T"+plan.To, zone)
		if err := cmp.Or(errFrom, errTo); err != nil {
			return refusal("time_invalid", "A shift begins and ends at times as 09:00 and 17:30.", err)
		}
		if !to.After(from) {
			to = time.Date(from.Year(), from.Month(), from.Day()+1, to.Hour(), to.Minute(), 0, 0, from.Location()) // by night
		}
		for _, agent := range plan.Agents {
			id, _ := strconv.ParseInt(agent, 10, 64) // 0 is nobody, which is told
			s := campaigns.PlannedShift{Agent: id, From: from.UTC(), To: to.UTC(), Kind: campaigns.ShiftKind(plan.Kind), Note: plan.Note}
			if _, err := p.Office.Roster.Plan(r.Context(), u, s); err != nil {
				return p.whose(r, u, id, day, err)
			}
		}
	}
	return nil
}

// whose says of whose shift, and which, an error speaks.
func (p *Pages) whose(r *http.Request, u campaigns.User, agent int64, day string, err error) error {
	problem, ok := errors.AsType[*campaigns.Problem](err)
	names, lost := p.Office.Roster.Names(r.Context(), u)
	if !ok || lost != nil || names[agent].Login == "" {
		return err
	}
	told := *problem
	told.Text = fmt.Sprintf("%s, %s: %s", names[agent].Login, day, problem.Text)
	return &told
}

func (p *Pages) cancelShift(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, _ := strconv.ParseInt(typed(r, "shift"), 10, 64) // 0 is none, which is told
	err := p.Office.Roster.Cancel(r.Context(), u, id)
	return p.led(w, r, err, p.backToShifts(r), "deleted", func(status int, wrong string) error {
		v := shiftsView{officeView: officeIn(r, p.frame(r, "Shifts"))}
		v.Wrong = wrong
		return p.showShifts(w, r, u, v, status)
	})
}
