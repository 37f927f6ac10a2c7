package campaigns

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// FigureTable names a table of performance, by what its rows are.
type FigureTable string

// The tables.
const (
	FiguresByAgent    FigureTable = "agents"
	FiguresByTeam     FigureTable = "teams"
	FiguresByHour     FigureTable = "hours" // of the day, in the zone that is asked for
	FiguresByDay      FigureTable = "days"
	FiguresByList     FigureTable = "lists"
	FiguresByCampaign FigureTable = "campaigns"
	FiguresByStep     FigureTable = "steps"   // of the script
	FiguresByAnswer   FigureTable = "answers" // to a question of it
)

// FigureTables lists them all.
func FigureTables() []FigureTable {
	return []FigureTable{
		FiguresByAgent, FiguresByTeam, FiguresByHour, FiguresByDay, FiguresByList, FiguresByCampaign, FiguresByStep, FiguresByAnswer,
	}
}

// FigureQuery chooses the calls and the time that figures are drawn from.
type FigureQuery struct {
	From, To time.Time // calls begun from then, before then
	Zone     string    // IANA zone of hours and days; empty = UTC
	Campaign int64     // 0 = all
	Agents   []int64   // nil = everybody, calls without an agent included
}

// longestFigures is how long a period may be.
const longestFigures = 400 * 24 * time.Hour

// Validate says what is wrong with a query.
func (q FigureQuery) Validate() error {
	switch {
	case q.From.IsZero() || q.To.IsZero() || !q.To.After(q.From):
		return errors.New("performance: say from and to, to after from")
	case q.To.Sub(q.From) > longestFigures:
		return fmt.Errorf("performance: a period of at most %d days", int(longestFigures.Hours()/24))
	}
	if _, err := rules.Location(q.zone()); err != nil {
		return fmt.Errorf("performance: zone: %w", err)
	}
	return nil
}

func (q FigureQuery) zone() string {
	if q.Zone == "" {
		return "UTC"
	}
	return q.Zone
}

// Quarter is a quarter of an hour: every zone on Earth is off by whole ones, so
// that figures of quarters can be read as hours and days of any zone.
const Quarter = 15 * time.Minute

// Figures is what came of some calls and some time of agents.
type Figures struct {
	ID   int64  `json:"id,omitempty"` // of the agent, list or campaign
	Key  string `json:"key"`          // login, team, hour as 09, day as 2026-11-22, name
	Name string `json:"name"`

	Calls     int64 `json:"calls"`     // placed
	Answered  int64 `json:"answered"`  // by a person
	Talked    int64 `json:"talked"`    // with an agent
	Abandoned int64 `json:"abandoned"` // of those answered
	Inbound   int64 `json:"inbound"`   // people who called us

	Talk     time.Duration `json:"talk"`
	Wait     time.Duration `json:"wait"` // ready, or reserved for a call
	WrapUp   time.Duration `json:"wrap_up"`
	Paused   time.Duration `json:"paused"`
	SignedIn time.Duration `json:"signed_in"` // all of it

	Sales        int64            `json:"sales"`
	Appointments int64            `json:"appointments"`
	Surveys      int64            `json:"surveys"`
	Callbacks    int64            `json:"callbacks"` // agreed
	Converted    int64            `json:"converted"` // calls with a sale, an appointment or a survey
	Sold         map[string]int64 `json:"sold"`      // by currency, in its smallest unit

	Scored   int64   `json:"scored"` // calls with a score
	ScoreSum float64 `json:"-"`

	Rank   int       `json:"rank,omitempty"`
	Days   int       `json:"days,omitempty"` // on which the agent was signed in
	Target DayTarget `json:"target,omitzero"`
}

// Conversion is converted over talked, 0 to 1.
func (f Figures) Conversion() float64 { return ratio(f.Converted, f.Talked) }

// PerHour is converted calls in an hour signed in; 0 when nobody was.
func (f Figures) PerHour() float64 {
	if f.SignedIn <= 0 {
		return 0
	}
	return float64(f.Converted) / f.SignedIn.Hours()
}

// Occupancy is the share of working time that went into calls and what they
// leave to do, pauses aside, 0 to 1.
func (f Figures) Occupancy() float64 {
	busy := f.Talk + f.WrapUp
	if busy+f.Wait <= 0 {
		return 0
	}
	return float64(busy) / float64(busy+f.Wait)
}

// MeanTalk is how long a conversation was.
func (f Figures) MeanTalk() time.Duration {
	if f.Talked == 0 {
		return 0
	}
	return f.Talk / time.Duration(f.Talked)
}

// Score is the mean of the scores, 0 to 1; 0 without one.
func (f Figures) Score() float64 {
	if f.Scored == 0 {
		return 0
	}
	return f.ScoreSum / float64(f.Scored)
}

// Add adds the counts and times of another row; what names it stays.
func (f *Figures) Add(o Figures) {
	f.Calls += o.Calls
	f.Answered += o.Answered
	f.Talked += o.Talked
	f.Abandoned += o.Abandoned
	f.Inbound += o.Inbound
	f.Talk += o.Talk
	f.Wait += o.Wait
	f.WrapUp += o.WrapUp
	f.Paused += o.Paused
	f.SignedIn += o.SignedIn
	f.Sales += o.Sales
	f.Appointments += o.Appointments
	f.Surveys += o.Surveys
	f.Callbacks += o.Callbacks
	f.Converted += o.Converted
	f.Scored += o.Scored
	f.ScoreSum += o.ScoreSum
	for currency, n := range o.Sold {
		if f.Sold == nil {
			f.Sold = map[string]int64{}
		}
		f.Sold[currency] += n
	}
}

// Spend adds time in a state of an agent.
func (f *Figures) Spend(s AgentState, d time.Duration) {
	f.SignedIn += d
	switch s {
	case AgentReady, AgentReserved:
		f.Wait += d
	case AgentWrapUp:
		f.WrapUp += d
	case AgentPaused:
		f.Paused += d
	}
}

// empty tells that nothing happened.
func (f Figures) empty() bool {
	return f.Calls == 0 && f.SignedIn == 0 && f.Converted == 0 && f.Talked == 0 && f.Scored == 0 && f.Callbacks == 0
}

// StepFigures is what became of the conversations that reached a step of the
// script.
type StepFigures struct {
	Campaign      int64         `json:"campaign_id"`
	Step          string        `json:"step"`
	Reached       int64         `json:"reached"` // conversations, each once
	Ended         int64         `json:"ended"`   // here: no step came after it
	Converted     int64         `json:"converted"`
	ConvertedHere int64         `json:"converted_here"` // of those that ended here
	Time          time.Duration `json:"time"`           // spent here in all, until the next step or the end
}

// AnswerFigures is how often a question was answered so, and what came of
// those calls.
type AnswerFigures struct {
	Question     string  `json:"question"`
	Answer       string  `json:"answer"`
	Given        int64   `json:"given"`
	Share        float64 `json:"share"` // of the answers to the question
	Sales        int64   `json:"sales"`
	Appointments int64   `json:"appointments"`
}

// FigureReport is one table of performance.
type FigureReport struct {
	Table   FigureTable     `json:"table"`
	Query   FigureQuery     `json:"-"`
	Rows    []Figures       `json:"rows,omitempty"`
	Total   Figures         `json:"total"`
	Steps   []StepFigures   `json:"steps,omitempty"`
	Answers []AnswerFigures `json:"answers,omitempty"`
	// Behind is how old the table is, of a copy of the store that has fallen back;
	// 0 = it is of now.
	Behind time.Duration `json:"-"`
}

// ReportsFresh is the age up to which a report is of now: what is older says so.
const ReportsFresh = 5 * time.Second

// Follower is a store whose reports are read from a copy of it.
type Follower interface {
	// ReportsBehind is how far the copy was behind when it was last read.
	ReportsBehind() time.Duration
}

// Measures are what rows can be ranked by.
func measures() map[string]func(Figures) float64 {
	return map[string]func(Figures) float64{
		"converted":    func(f Figures) float64 { return float64(f.Converted) },
		"sales":        func(f Figures) float64 { return float64(f.Sales) },
		"appointments": func(f Figures) float64 { return float64(f.Appointments) },
		"talked":       func(f Figures) float64 { return float64(f.Talked) },
		"talk":         func(f Figures) float64 { return f.Talk.Seconds() },
		"conversion":   Figures.Conversion,
		"per_hour":     Figures.PerHour,
		"occupancy":    Figures.Occupancy,
		"score":        Figures.Score,
	}
}

// rank orders rows by a measure, the best first, and numbers them; equals
// share a number.
func rank(rows []Figures, by func(Figures) float64) {
	slices.SortStableFunc(rows, func(a, b Figures) int {
		switch x, y := by(a), by(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for i := range rows {
		rows[i].Rank = i + 1
		if i > 0 && by(rows[i]) == by(rows[i-1]) {
			rows[i].Rank = rows[i-1].Rank
		}
	}
}
