package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// agentFinishing is the finishing key: the conversation is about to end. The next call can be timed for it.
func (s *Server) agentFinishing(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Finishing(ctx, u) })
}

type stepInput struct {
	Body struct {
		Step string `json:"step" maxLength:"64" doc:"Name of the step of the script; empty for none."`
	}
}

// agentStep tells which step of the script the agent has come to.
func (s *Server) agentStep(ctx context.Context, in *stepInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Step(ctx, u, in.Body.Step) })
}

// Break is a planned time without calls.
type Break struct {
	ID        int64     `json:"id"`
	Agent     int64     `json:"agent_id"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to,omitzero" doc:"Absent at the end of the shift."`
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"planned_by"`
	PlannedAt time.Time `json:"planned_at"`
}

func breakOf(b campaigns.Break) Break {
	return Break{ID: b.ID, Agent: b.Agent, From: b.From.UTC(), To: utc(b.To), Reason: b.Reason, By: b.By, PlannedAt: b.PlannedAt.UTC()}
}

// BreakPlan is a break to plan.
type BreakPlan struct {
	From   time.Time `json:"from" doc:"When no new call is given any more; a call at hand goes on to its end."`
	To     time.Time `json:"to,omitzero" required:"false" doc:"When the agent means to be back; absent: the end of the shift."`
	Reason string    `json:"reason,omitempty" maxLength:"64" doc:"Stands on the wallboard."`
}

type breakInput struct{ Body BreakPlan }

type breakOutput struct{ Body Break }

type breaksOutput struct {
	Body struct {
		Breaks []Break `json:"breaks"`
	}
}

func (s *Server) agentBreaks(ctx context.Context, _ *struct{}) (*breaksOutput, error) {
	return s.breaksOf(ctx, who(ctx).ID)
}

func (s *Server) planOwnBreak(ctx context.Context, in *breakInput) (*breakOutput, error) {
	return s.planBreak(ctx, who(ctx).ID, in.Body)
}

type breakOfInput struct {
	ByID
	Body BreakPlan
}

func (s *Server) planBreakOf(ctx context.Context, in *breakOfInput) (*breakOutput, error) {
	return s.planBreak(ctx, in.ID, in.Body)
}

func (s *Server) breaksOfAgent(ctx context.Context, in *ByID) (*breaksOutput, error) {
	return s.breaksOf(ctx, in.ID)
}

// allBreaks are everybody's.
func (s *Server) allBreaks(ctx context.Context, _ *struct{}) (*breaksOutput, error) {
	return s.breaksOf(ctx, 0)
}

func (s *Server) cancelBreak(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Desk.CancelBreak(ctx, who(ctx), in.ID)
}

func (s *Server) planBreak(ctx context.Context, agent int64, p BreakPlan) (*breakOutput, error) {
	b, err := s.Desk.PlanBreak(ctx, who(ctx), campaigns.Break{Agent: agent, From: p.From, To: p.To, Reason: p.Reason})
	if err != nil {
		return nil, err
	}
	return &breakOutput{breakOf(b)}, nil
}

func (s *Server) breaksOf(ctx context.Context, agent int64) (*breaksOutput, error) {
	list, err := s.Desk.Breaks(ctx, who(ctx), agent)
	if err != nil {
		return nil, err
	}
	out := &breaksOutput{}
	out.Body.Breaks = each(list, breakOf)
	return out, nil
}
