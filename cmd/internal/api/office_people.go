package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// Sheet is the scoring form of a call, and the scores it has.
type Sheet struct {
	Form   []campaigns.ScoreQuestion `json:"form"`
	Scores []campaigns.Score         `json:"scores"`
}

type sheetOutput struct{ Body Sheet }

func (s *Server) sheet(ctx context.Context, in *ByAttempt) (*sheetOutput, error) {
	sheet, err := s.Office.Scoring.Sheet(ctx, who(ctx), in.Attempt)
	if err != nil {
		return nil, err
	}
	return &sheetOutput{Sheet{notNil(sheet.Form), notNil(sheet.Scores)}}, nil
}

type scoreInput struct {
	ByAttempt
	Body struct {
		Answers []campaigns.ScoreAnswer `json:"answers" maxItems:"50" doc:"yes or no, 1 to 5, or text; an empty value means that the question did not apply."`
		Comment string                  `json:"comment,omitempty" maxLength:"16000"`
	}
}

type scoreOutput struct{ Body campaigns.Score }

func (s *Server) score(ctx context.Context, in *scoreInput) (*scoreOutput, error) {
	score, err := s.Office.Scoring.Score(ctx, who(ctx), in.Attempt, in.Body.Answers, in.Body.Comment)
	if err != nil {
		return nil, err
	}
	return &scoreOutput{score}, nil
}

type shiftsInput struct {
	Agent int64     `query:"agent" minimum:"0"`
	From  time.Time `query:"from"`
	To    time.Time `query:"to" doc:"At most 62 days after from."`
}

type shiftsOutput struct {
	Body struct {
		Shifts []campaigns.PlannedShift `json:"shifts"`
	}
}

func (s *Server) shifts(ctx context.Context, in *shiftsInput) (*shiftsOutput, error) {
	shifts, err := s.Office.Roster.Shifts(ctx, who(ctx), in.Agent, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := &shiftsOutput{}
	out.Body.Shifts = notNil(shifts)
	return out, nil
}

// ShiftChange is a planned shift to set.
type ShiftChange struct {
	Agent int64     `json:"agent" minimum:"1"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Kind  string    `json:"kind,omitempty" enum:"work,training,absence"`
	Note  string    `json:"note,omitempty" maxLength:"800"`
}

func (ch ShiftChange) shift(id int64) campaigns.PlannedShift {
	return campaigns.PlannedShift{ID: id, Agent: ch.Agent, From: ch.From.UTC(), To: ch.To.UTC(), Kind: campaigns.ShiftKind(ch.Kind), Note: ch.Note}
}

type newShiftInput struct{ Body ShiftChange }

type shiftInput struct {
	ByID
	Body ShiftChange
}

type shiftOutput struct{ Body campaigns.PlannedShift }

func (s *Server) planShift(ctx context.Context, in *newShiftInput) (*shiftOutput, error) {
	return shiftAnswer(s.Office.Roster.Plan(ctx, who(ctx), in.Body.shift(0)))
}

func (s *Server) changeShift(ctx context.Context, in *shiftInput) (*shiftOutput, error) {
	return shiftAnswer(s.Office.Roster.Plan(ctx, who(ctx), in.Body.shift(in.ID)))
}

func shiftAnswer(shift campaigns.PlannedShift, err error) (*shiftOutput, error) {
	if err != nil {
		return nil, err
	}
	return &shiftOutput{shift}, nil
}

func (s *Server) cancelShift(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Office.Roster.Cancel(ctx, who(ctx), in.ID)
}

type adherenceInput struct {
	ShiftsQuery
	Format string `query:"format" enum:"json,csv" default:"json"`
}

// ShiftsQuery chooses planned shifts (exported for the same reason as ByID).
type ShiftsQuery struct {
	Agent int64     `query:"agent" minimum:"0"`
	Team  string    `query:"team" maxLength:"64"`
	From  time.Time `query:"from"`
	To    time.Time `query:"to" doc:"At most 62 days after from."`
}

// Adherence is a planned shift beside what was worked.
type Adherence struct {
	Shift   campaigns.PlannedShift `json:"shift"`
	Login   string                 `json:"login"`
	Name    string                 `json:"name"`
	First   time.Time              `json:"signed_in_at,omitzero"`
	Last    time.Time              `json:"signed_out_at,omitzero"`
	Planned float64                `json:"planned_s"`
	Worked  float64                `json:"worked_s"`
	Paused  float64                `json:"paused_s"`
	Outside float64                `json:"outside_s" doc:"Signed in within two hours before or after."`
	Late    float64                `json:"late_s"`
	Early   float64                `json:"early_s"`
	Share   float64                `json:"adherence" doc:"Worked of planned, 0 to 1."`
	Missed  bool                   `json:"missed"`
	Going   bool                   `json:"going_on"`
}

func (s *Server) adherence(ctx context.Context, in *adherenceInput) (*huma.StreamResponse, error) {
	rows, err := s.Office.Roster.Adherence(ctx, who(ctx), in.Agent, in.Team, in.From, in.To)
	if err != nil {
		return nil, err
	}
	names, err := s.Office.Roster.Names(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	if in.Format == "csv" {
		return csvFile("shifts", func(w http.ResponseWriter) error {
			return report.WriteAdherence(w, rows, func(id int64) string { return names[id].Login }, report.Options{Mark: true})
		}), nil
	}
	out := []Adherence{}
	for _, a := range rows {
		u := names[a.Shift.Agent]
		out = append(out, Adherence{
			a.Shift, u.Login, u.Name, a.First.UTC(), a.Last.UTC(), a.Planned.Seconds(), a.Worked.Seconds(), a.Paused.Seconds(), a.Outside.Seconds(),
			a.Late.Seconds(), a.Early.Seconds(), a.Share, a.Missed, a.Going,
		})
	}
	return jsonAnswer(map[string]any{"shifts": out}), nil
}

type messageInput struct {
	Body struct {
		Agent int64  `json:"agent,omitempty" minimum:"0" doc:"0 for all."`
		Text  string `json:"text" maxLength:"2000"`
	}
}

type messageOutput struct{ Body campaigns.Message }

func (s *Server) sendMessage(ctx context.Context, in *messageInput) (*messageOutput, error) {
	m, err := s.Office.Messages.Send(ctx, who(ctx), in.Body.Agent, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &messageOutput{m}, nil
}

type messagesInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type messagesOutput struct {
	Body struct {
		Messages []campaigns.Message `json:"messages"`
	}
}

func (s *Server) sentMessages(ctx context.Context, in *messagesInput) (*messagesOutput, error) {
	return messagesAnswer(s.Office.Messages.Sent(ctx, who(ctx), in.Limit))
}

func (s *Server) unreadMessages(ctx context.Context, _ *struct{}) (*messagesOutput, error) {
	return messagesAnswer(s.Office.Messages.Unread(ctx, who(ctx)))
}

func messagesAnswer(list []campaigns.Message, err error) (*messagesOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &messagesOutput{}
	out.Body.Messages = notNil(list)
	return out, nil
}

func (s *Server) readMessage(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Office.Messages.Read(ctx, who(ctx), in.ID)
}
