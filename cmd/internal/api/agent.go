package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Agent is where an agent stands.
type Agent struct {
	ID        int64                `json:"id"`
	Login     string               `json:"login"`
	Name      string               `json:"name"`
	State     campaigns.AgentState `json:"state" enum:"offline,ready,reserved,preview,talking,wrap_up,paused,resting,elsewhere"`
	Since     time.Time            `json:"since,omitzero"`
	Reason    string               `json:"reason,omitempty" doc:"Of the pause, or why the phone is not connected."`
	Lost      bool                 `json:"lost,omitempty" doc:"Offline though nobody asked for it: the phone, or the node where it was, is gone. Sign in again."`
	PauseNext bool                 `json:"pause_next" doc:"A pause was asked for and begins after this call."`
	Until     time.Time            `json:"until,omitzero" doc:"When a rest ends, which the campaign's occupancy ceiling asked for."`
	LeavesAt  time.Time            `json:"leaves_at,omitzero" doc:"The next planned break, or the end of the shift."`
	Campaign  string               `json:"campaign,omitempty"`
	Attempt   string               `json:"attempt_id,omitempty" doc:"Of the call at hand."`

	Talk       *Talk     `json:"talk,omitempty" doc:"Of the call at hand."`
	Supervises int64     `json:"supervises,omitempty" doc:"The agent whom they listen to."`
	Monitors   []Monitor `json:"monitors,omitempty" doc:"Who listens to them, for those who see the floor."`
}

func agentOf(s campaigns.AgentStatus) Agent {
	out := Agent{
		ID: s.Agent, Login: s.Login, Name: s.Name, State: s.State, Since: s.Since.UTC(), Reason: s.Reason, Lost: s.Lost,
		PauseNext: s.PauseNext, Until: utc(s.Until), LeavesAt: utc(s.LeavesAt), Campaign: s.Campaign, Attempt: s.Attempt,
		Supervises: s.Supervises,
	}
	for _, m := range s.Monitors {
		out.Monitors = append(out.Monitors, monitorOf(m))
	}
	if s.Attempt != "" {
		talk := talkOf(s.Talk)
		out.Talk = &talk
	}
	return out
}

// utc keeps what is not set as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

type agentOutput struct{ Body Agent }

type signInInput struct {
	Body *struct {
		Campaigns []string          `json:"campaigns,omitempty" maxItems:"100" doc:"Names; none means all that you work for."`
		Phone     campaigns.Handset `json:"phone,omitempty" enum:"desk,browser" doc:"What you talk with; none means your desk phone if you have one, else the headset in the browser."`
	}
}

func (s *Server) agentSignIn(ctx context.Context, in *signInInput) (*agentOutput, error) {
	var names []string
	var phone campaigns.Handset
	if in.Body != nil {
		names, phone = in.Body.Campaigns, in.Body.Phone
	}
	status, err := s.Desk.SignIn(ctx, who(ctx), names, phone)
	if err != nil {
		return nil, err
	}
	return &agentOutput{agentOf(status)}, nil
}

func (s *Server) agentSignOut(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.SignOut(ctx, u) })
}

func (s *Server) agentReady(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Ready(ctx, u) })
}

type reasonInput struct {
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"64"`
	}
}

func (s *Server) agentPause(ctx context.Context, in *reasonInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Pause(ctx, u, in.Body.Reason) })
}

func (s *Server) agentState(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(campaigns.User) error { return nil })
}

func (s *Server) agentHangUp(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.HangUp(ctx, u) })
}

func (s *Server) agentDial(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Dial(ctx, u) })
}

func (s *Server) agentSkip(ctx context.Context, in *reasonInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Skip(ctx, u, in.Body.Reason) })
}

// agentDoes runs an action of the agent who asks and answers where they stand
// after it.
func (s *Server) agentDoes(ctx context.Context, action func(campaigns.User) error) (*agentOutput, error) {
	u := who(ctx)
	if err := action(u); err != nil {
		return nil, err
	}
	status, err := s.Desk.State(u)
	if err != nil {
		return nil, err
	}
	return &agentOutput{agentOf(status)}, nil
}

type noteInput struct {
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) agentDoNotCall(ctx context.Context, in *noteInput) (*struct{}, error) {
	var note string
	if in.Body != nil {
		note = in.Body.Note
	}
	return nil, s.Desk.DoNotCall(ctx, who(ctx), note)
}

type steerInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"64" doc:"Stands on the wallboard."`
	}
}

// pauseAgent lets a supervisor pause somebody who forgot to.
func (s *Server) pauseAgent(ctx context.Context, in *steerInput) (*struct{}, error) {
	return nil, s.Desk.PauseAgent(ctx, who(ctx), in.ID, in.Body.Reason)
}

// signAgentOut lets a supervisor end the shift of somebody who went home.
func (s *Server) signAgentOut(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Desk.SignAgentOut(ctx, who(ctx), in.ID)
}
