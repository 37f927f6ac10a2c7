package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// Office is the services of those who look after campaigns, agents and the
// house; all of it is needed.
type Office struct {
	Performance *campaigns.Performance
	Care        *campaigns.ListCare
	Webhooks    *campaigns.Webhooks
	Scoring     *campaigns.Scoring
	Roster      *campaigns.Roster
	Messages    *campaigns.Messages
	Prompts     *campaigns.Prompts
	CallerIDs   *campaigns.CallerIDs
	Rights      *campaigns.CallerRights
	House       *campaigns.House
	Trunks      *campaigns.Trunks
	Nodes       *campaigns.Nodes
}

type performanceInput struct {
	Table    string    `path:"table" enum:"agents,teams,hours,days,lists,campaigns,steps,answers"`
	From     time.Time `query:"from" doc:"Calls begun at or after; with to, at most 400 days apart."`
	To       time.Time `query:"to" doc:"Calls begun before."`
	Zone     string    `query:"zone" maxLength:"64" doc:"IANA zone of hours and days; UTC when absent."`
	Campaign int64     `query:"campaign" minimum:"0"`
	Team     string    `query:"team" maxLength:"64"`
	Agent    int64     `query:"agent" minimum:"0"`
	Rank     string    `query:"rank" maxLength:"20" doc:"What agents and teams are ranked by: converted, sales, appointments, talked, talk, conversion, per_hour, occupancy, score."`
	Format   string    `query:"format" enum:"json,csv" default:"json"`
	Raw      bool      `query:"raw" doc:"CSV for programs: cells as they are, not made harmless for spreadsheets."`
}

// Figures is one row of a table of performance.
type Figures struct {
	ID           int64               `json:"id,omitempty"`
	Key          string              `json:"key" doc:"Login, team, hour as 09, day as 2026-11-22, or name."`
	Name         string              `json:"name"`
	Calls        int64               `json:"calls"`
	Answered     int64               `json:"answered"`
	Talked       int64               `json:"talked"`
	Abandoned    int64               `json:"abandoned"`
	Inbound      int64               `json:"inbound" doc:"People who called us."`
	Talk         float64             `json:"talk_s"`
	Wait         float64             `json:"wait_s"`
	WrapUp       float64             `json:"wrap_up_s"`
	Paused       float64             `json:"paused_s"`
	SignedIn     float64             `json:"signed_in_s"`
	MeanTalk     float64             `json:"mean_talk_s"`
	Occupancy    float64             `json:"occupancy" doc:"0 to 1."`
	Sales        int64               `json:"sales"`
	Appointments int64               `json:"appointments"`
	Surveys      int64               `json:"surveys"`
	Callbacks    int64               `json:"callbacks"`
	Converted    int64               `json:"converted" doc:"Calls with a sale, an appointment or a survey."`
	Conversion   float64             `json:"conversion" doc:"Converted over talked, 0 to 1."`
	PerHour      float64             `json:"converted_per_hour"`
	Sold         map[string]int64    `json:"sold" doc:"By currency, in its smallest unit."`
	Scored       int64               `json:"scored"`
	Score        float64             `json:"score" doc:"Mean of the scores, 0 to 1."`
	Rank         int                 `json:"rank,omitempty"`
	Days         int                 `json:"days,omitempty"`
	Target       campaigns.DayTarget `json:"target" doc:"The campaign's target of a day, times the days the agent was there."`
}

func figuresOf(f campaigns.Figures) Figures {
	out := Figures{
		ID: f.ID, Key: f.Key, Name: f.Name, Calls: f.Calls, Answered: f.Answered, Talked: f.Talked, Abandoned: f.Abandoned, Inbound: f.Inbound,
		Talk: f.Talk.Seconds(), Wait: f.Wait.Seconds(), WrapUp: f.WrapUp.Seconds(), Paused: f.Paused.Seconds(), SignedIn: f.SignedIn.Seconds(),
		MeanTalk: f.MeanTalk().Seconds(), Occupancy: f.Occupancy(), Sales: f.Sales, Appointments: f.Appointments, Surveys: f.Surveys,
		Callbacks: f.Callbacks, Converted: f.Converted, Conversion: f.Conversion(), PerHour: f.PerHour(), Sold: f.Sold,
		Scored: f.Scored, Score: f.Score(), Rank: f.Rank, Days: f.Days, Target: f.Target,
	}
	if out.Sold == nil {
		out.Sold = map[string]int64{}
	}
	return out
}

// StepFigures is what became of conversations that reached a step.
type StepFigures struct {
	Campaign      int64   `json:"campaign_id"`
	Step          string  `json:"step"`
	Reached       int64   `json:"reached"`
	Ended         int64   `json:"ended_here"`
	Converted     int64   `json:"converted"`
	ConvertedHere int64   `json:"converted_here"`
	Time          float64 `json:"time_s"`
}

// Performance is one table.
type Performance struct {
	Table   string                    `json:"table"`
	From    time.Time                 `json:"from"`
	To      time.Time                 `json:"to"`
	Zone    string                    `json:"zone"`
	Rows    []Figures                 `json:"rows"`
	Total   Figures                   `json:"total"`
	Steps   []StepFigures             `json:"steps"`
	Answers []campaigns.AnswerFigures `json:"answers"`
	Behind  float64                   `json:"behind_s,omitempty"` // how old it is, of a copy of the database that has fallen back; 0 = of now
}

func performanceOf(r campaigns.FigureReport) Performance {
	out := Performance{
		Table: string(r.Table), From: r.Query.From.UTC(), To: r.Query.To.UTC(), Zone: r.Query.Zone,
		Rows: []Figures{}, Total: figuresOf(r.Total), Steps: []StepFigures{}, Answers: notNil(r.Answers),
		Behind: r.Behind.Seconds(),
	}
	for _, f := range r.Rows {
		out.Rows = append(out.Rows, figuresOf(f))
	}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, StepFigures{s.Campaign, s.Step, s.Reached, s.Ended, s.Converted, s.ConvertedHere, s.Time.Seconds()})
	}
	return out
}

// performance answers a table as JSON or as a file.
func (s *Server) performance(ctx context.Context, in *performanceInput) (*huma.StreamResponse, error) {
	q := campaigns.PerformanceQuery{Team: in.Team, Agent: in.Agent, Rank: in.Rank}
	q.From, q.To, q.Zone, q.Campaign = in.From, in.To, in.Zone, in.Campaign
	table, err := s.Office.Performance.Table(ctx, who(ctx), campaigns.FigureTable(in.Table), q)
	if err != nil {
		return nil, err
	}
	if in.Format == "csv" {
		return csvFile("performance-"+in.Table, func(w http.ResponseWriter) error {
			return report.WriteFigures(w, table, report.Options{Raw: in.Raw, Mark: !in.Raw})
		}), nil
	}
	return jsonAnswer(performanceOf(table)), nil
}
