package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// FigureStore counts calls and time. What its methods return is by id: of
// agents (0 = nobody), lists, campaigns, or quarters of an hour since 1970.
type FigureStore interface {
	AgentFigures(ctx context.Context, q FigureQuery, now time.Time) (map[int64]Figures, error)
	QuarterFigures(ctx context.Context, q FigureQuery, now time.Time) (map[int64]Figures, error)
	ListCallFigures(ctx context.Context, q FigureQuery) (map[int64]Figures, error)
	CampaignFigures(ctx context.Context, q FigureQuery) (map[int64]Figures, error)
	StepFigures(ctx context.Context, q FigureQuery) ([]StepFigures, error)
	AnswerFigures(ctx context.Context, q FigureQuery) ([]AnswerFigures, error)
}

// ListFinder knows the lists by id.
type ListFinder interface {
	List(ctx context.Context, id int64) (List, error)
}

// Performance is what teams and agents achieved.
type Performance struct {
	store     FigureStore
	users     UserStore
	campaigns CampaignReader
	lists     ListFinder
}

// NewPerformance returns the service.
func NewPerformance(store FigureStore, users UserStore, campaigns CampaignReader, lists ListFinder) *Performance {
	return &Performance{store: store, users: users, campaigns: campaigns, lists: lists}
}

// PerformanceQuery is what a manager asks for.
type PerformanceQuery struct {
	FigureQuery
	Team  string // empty = all; else only its agents
	Agent int64  // 0 = all
	Rank  string // measure that agents and teams are ranked by; empty = converted
}

// Table draws up one table.
func (p *Performance) Table(ctx context.Context, by User, table FigureTable, q PerformanceQuery) (FigureReport, error) {
	if err := by.Allow(SeePerformance); err != nil {
		return FigureReport{}, err
	}
	if err := q.Validate(); err != nil {
		return FigureReport{}, invalid("period_invalid", err)
	}
	measure, ok := measures()[cmp.Or(q.Rank, "converted")]
	if !ok {
		return FigureReport{}, problem(KindInvalid, "rank_unknown", "Nothing is ranked by %q; there are %s.", q.Rank, strings.Join(slices.Sorted(maps.Keys(measures())), ", "))
	}
	staff, err := p.staff(ctx, &q)
	if err != nil {
		return FigureReport{}, err
	}
	out := FigureReport{Table: table, Query: q.FigureQuery}
	switch table {
	case FiguresByAgent:
		out.Rows, err = p.agents(ctx, q, staff)
		rank(out.Rows, measure)
	case FiguresByTeam:
		out.Rows, err = p.teams(ctx, q, staff)
		rank(out.Rows, measure)
	case FiguresByHour, FiguresByDay:
		out.Rows, err = p.clock(ctx, table, q)
	case FiguresByList:
		out.Rows, err = p.ofLists(ctx, q)
	case FiguresByCampaign:
		out.Rows, err = p.ofCampaigns(ctx, q)
	case FiguresByStep:
		out.Steps, err = p.store.StepFigures(ctx, q.FigureQuery)
	case FiguresByAnswer:
		out.Answers, err = p.store.AnswerFigures(ctx, q.FigureQuery)
	default:
		return FigureReport{}, problem(KindNotFound, "table_not_found", "There is no table %q; there are %v.", table, FigureTables())
	}
	if err != nil {
		return FigureReport{}, fmt.Errorf("figures by %s: %w", table, err)
	}
	for _, r := range out.Rows {
		out.Total.Add(r)
	}
	if f, ok := p.store.(Follower); ok && f.ReportsBehind() > ReportsFresh {
		out.Behind = f.ReportsBehind()
	}
	return out, nil
}

// staff is everybody by id; it narrows the query to a team or an agent.
func (p *Performance) staff(ctx context.Context, q *PerformanceQuery) (map[int64]User, error) {
	users, err := p.users.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	staff := make(map[int64]User, len(users))
	for _, u := range users {
		staff[u.ID] = u
	}
	if q.Agent != 0 {
		q.Agents = []int64{q.Agent}
		return staff, nil
	}
	if q.Team == "" {
		return staff, nil
	}
	q.Agents = []int64{}
	for _, u := range users {
		if u.Team == q.Team {
			q.Agents = append(q.Agents, u.ID)
		}
	}
	if len(q.Agents) == 0 {
		return nil, problem(KindNotFound, "team_not_found", "Nobody is in a team %q.", q.Team)
	}
	return staff, nil
}

func (p *Performance) agents(ctx context.Context, q PerformanceQuery, staff map[int64]User) ([]Figures, error) {
	figures, err := p.store.AgentFigures(ctx, q.FigureQuery, time.Now())
	if err != nil {
		return nil, err
	}
	target, err := p.target(ctx, q.Campaign)
	if err != nil {
		return nil, err
	}
	var rows []Figures
	for id, f := range figures {
		if id == 0 || f.empty() {
			continue // calls that no agent had
		}
		u := staff[id]
		f.ID, f.Key, f.Name = id, cmp.Or(u.Login, fmt.Sprintf("#%d", id)), cmp.Or(u.Name, u.Login)
		f.Target = times(target, f.Days)
		rows = append(rows, f)
	}
	slices.SortFunc(rows, func(a, b Figures) int { return cmp.Compare(a.Key, b.Key) })
	return rows, nil
}

func (p *Performance) teams(ctx context.Context, q PerformanceQuery, staff map[int64]User) ([]Figures, error) {
	agents, err := p.agents(ctx, q, staff)
	if err != nil {
		return nil, err
	}
	byTeam := map[string]*Figures{}
	for _, a := range agents {
		team := staff[a.ID].Team
		t := byTeam[team]
		if t == nil {
			t = &Figures{Key: team, Name: cmp.Or(team, "No team")}
			byTeam[team] = t
		}
		t.Add(a)
		t.Days += a.Days
		t.Target = plus(t.Target, a.Target)
	}
	var rows []Figures
	for _, name := range slices.Sorted(maps.Keys(byTeam)) {
		rows = append(rows, *byTeam[name])
	}
	return rows, nil
}

// clock folds quarters of hours into hours of the day, or into days, of a zone.
func (p *Performance) clock(ctx context.Context, table FigureTable, q PerformanceQuery) ([]Figures, error) {
	zone, err := rules.Location(q.zone())
	if err != nil {
		return nil, err
	}
	quarters, err := p.store.QuarterFigures(ctx, q.FigureQuery, time.Now())
	if err != nil {
		return nil, err
	}
	layout := "2006-01-02"
	if table == FiguresByHour {
		layout = "15"
	}
	rows := map[string]*Figures{}
	for quarter, f := range quarters {
		key := time.Unix(quarter*int64(Quarter/time.Second), 0).In(zone).Format(layout)
		if rows[key] == nil {
			rows[key] = &Figures{Key: key, Name: key}
		}
		rows[key].Add(f)
	}
	var out []Figures
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[key])
	}
	return out, nil
}

func (p *Performance) ofLists(ctx context.Context, q PerformanceQuery) ([]Figures, error) {
	figures, err := p.store.ListCallFigures(ctx, q.FigureQuery)
	if err != nil {
		return nil, err
	}
	return namedRows(figures, func(id int64) string {
		l, err := p.lists.List(ctx, id)
		if err != nil {
			return ""
		}
		return l.Name
	}), nil
}

func (p *Performance) ofCampaigns(ctx context.Context, q PerformanceQuery) ([]Figures, error) {
	figures, err := p.store.CampaignFigures(ctx, q.FigureQuery)
	if err != nil {
		return nil, err
	}
	return namedRows(figures, func(id int64) string {
		c, err := p.campaigns.Campaign(ctx, id)
		if err != nil {
			return ""
		}
		return c.Name
	}), nil
}

// namedRows gives rows their names, in the order of ids.
func namedRows(figures map[int64]Figures, name func(int64) string) []Figures {
	var rows []Figures
	for _, id := range slices.Sorted(maps.Keys(figures)) {
		f := figures[id]
		f.ID, f.Key = id, cmp.Or(name(id), "—")
		f.Name = f.Key
		rows = append(rows, f)
	}
	return rows
}

// target is what a day of an agent should bring in a campaign.
func (p *Performance) target(ctx context.Context, campaign int64) (DayTarget, error) {
	if campaign == 0 {
		return DayTarget{}, nil
	}
	c, err := p.campaigns.Campaign(ctx, campaign)
	if err != nil {
		return DayTarget{}, missing("campaign", err)
	}
	return c.Commission.DayTarget, nil
}

func times(t DayTarget, days int) DayTarget {
	return DayTarget{Sales: t.Sales * days, Appointments: t.Appointments * days, Surveys: t.Surveys * days, Calls: t.Calls * days}
}

func plus(a, b DayTarget) DayTarget {
	return DayTarget{
		Sales: a.Sales + b.Sales, Appointments: a.Appointments + b.Appointments, Surveys: a.Surveys + b.Surveys, Calls: a.Calls + b.Calls,
	}
}
