package api

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Talk is what goes on in a call beside talking.
type Talk struct {
	OnHold    bool      `json:"on_hold"`
	Muted     bool      `json:"muted"`
	Recording string    `json:"recording" enum:",on,paused,consent,failed" doc:"Empty: the call is not recorded. consent: not before you say that the person agrees."`
	Transfer  *Transfer `json:"transfer,omitempty"`
	Help      bool      `json:"help" doc:"A supervisor was asked for."`
	PassedTo  string    `json:"passed_to,omitempty" doc:"In wrap-up: who has the person now."`
	Disposes  bool      `json:"disposes" doc:"You say what came of the call: false when you have passed it on to another agent."`
	Note      string    `json:"note,omitempty" doc:"Of the agent who passed the call on to you."`
}

// Transfer is how far passing a call on is.
type Transfer struct {
	To    string    `json:"to,omitempty" doc:"For the agent who passes the call on."`
	From  string    `json:"from,omitempty" doc:"For the agent who is asked to take it: answer it with accept or refuse."`
	Kind  string    `json:"kind" enum:"blind,attended,take_over"`
	Phase string    `json:"phase" enum:"ringing,talking,conference,failed"`
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why,omitempty" doc:"Of failed: the person is back with you."`
}

// Monitor is a supervisor who takes part in an agent's calls.
type Monitor struct {
	User  int64                 `json:"user_id"`
	Name  string                `json:"name"`
	Mode  campaigns.MonitorMode `json:"mode" enum:"listen,whisper,barge"`
	Since time.Time             `json:"since"`
}

func talkOf(t campaigns.TalkState) Talk {
	out := Talk{
		OnHold: t.OnHold, Muted: t.Muted, Recording: t.Recording, Help: t.Help, PassedTo: t.PassedTo, Disposes: t.PassedAgent == 0, Note: t.Note,
	}
	if tr := t.Transfer; tr != (campaigns.TransferState{}) {
		out.Transfer = &Transfer{To: tr.To, From: tr.From, Kind: tr.Kind, Phase: tr.Phase, Since: utc(tr.Since), Why: tr.Why}
	}
	return out
}

func monitorOf(m campaigns.MonitorState) Monitor {
	return Monitor{User: m.User, Name: m.Name, Mode: m.Mode, Since: m.Since.UTC()}
}

// talkEvent is a change of what goes on in a call.
type talkEvent struct {
	Attempt string `json:"attempt_id"`
	Talk    Talk   `json:"talk"`
}

// talkDigest tells two states of a call apart.
func talkDigest(t campaigns.TalkState) uint32 {
	t.Transfer.Since = t.Transfer.Since.Round(0).UTC()
	h := fnv.New32a()
	fmt.Fprintf(h, "%v", t)
	return h.Sum32()
}

type onInput struct {
	Body struct {
		On bool `json:"on"`
	}
}

func (s *Server) agentHold(ctx context.Context, in *onInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Hold(ctx, u, in.Body.On) })
}

func (s *Server) agentMute(ctx context.Context, in *onInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Mute(ctx, u, in.Body.On) })
}

func (s *Server) agentRecord(ctx context.Context, in *onInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Record(ctx, u, in.Body.On) })
}

func (s *Server) agentHelp(ctx context.Context, in *onInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.AskHelp(ctx, u, in.Body.On) })
}

type digitsInput struct {
	Body struct {
		Digits string `json:"digits" minLength:"1" maxLength:"32"`
	}
}

func (s *Server) agentDigits(ctx context.Context, in *digitsInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.SendDigits(ctx, u, in.Body.Digits) })
}

type textInput struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"500"`
	}
}

func (s *Server) agentNote(ctx context.Context, in *textInput) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Note(ctx, u, in.Body.Text) })
}

type transferInput struct {
	Body struct {
		Agent      int64  `json:"agent,omitempty" minimum:"0" doc:"One of these three."`
		Department string `json:"department,omitempty" maxLength:"64"`
		Number     string `json:"number,omitempty" maxLength:"40" doc:"With its country, as +34910000000."`
		Attended   bool   `json:"attended,omitempty" doc:"Talk to the other side first."`
		Note       string `json:"note,omitempty" maxLength:"500" doc:"For whoever takes the call."`
	}
}

func (s *Server) agentTransfer(ctx context.Context, in *transferInput) (*agentOutput, error) {
	b := in.Body
	to := campaigns.TransferTarget{Agent: b.Agent, Department: b.Department, Number: b.Number, Note: b.Note}
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Transfer(ctx, u, to, b.Attended) })
}

func (s *Server) agentComplete(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.CompleteTransfer(ctx, u) })
}

func (s *Server) agentCancel(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.CancelTransfer(ctx, u) })
}

func (s *Server) agentConference(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Conference(ctx, u) })
}

func (s *Server) agentAccept(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Accept(ctx, u) })
}

func (s *Server) agentRefuse(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	return s.agentDoes(ctx, func(u campaigns.User) error { return s.Desk.Refuse(ctx, u) })
}

// Targets are where a call may be passed on to.
type Targets struct {
	Agents      []TargetAgent      `json:"agents" doc:"Who is signed in; the free ones first."`
	Departments []TargetDepartment `json:"departments"`
	Outside     bool               `json:"outside" doc:"Any number may be typed."`
}

// TargetAgent is a colleague.
type TargetAgent struct {
	ID    int64                `json:"id"`
	Login string               `json:"login"`
	Name  string               `json:"name"`
	State campaigns.AgentState `json:"state"`
	Free  bool                 `json:"free"`
}

// TargetDepartment is a department of the campaign.
type TargetDepartment struct {
	Name      string `json:"name"`
	Free      int    `json:"free" doc:"Agents who are free."`
	HasNumber bool   `json:"has_number" doc:"It is called there when nobody is."`
}

type targetsOutput struct{ Body Targets }

func (s *Server) agentTargets(ctx context.Context, _ *struct{}) (*targetsOutput, error) {
	t, err := s.Desk.Targets(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	return &targetsOutput{Targets{
		Agents:      each(t.Agents, func(a campaigns.TargetAgent) TargetAgent { return TargetAgent(a) }),
		Departments: each(t.Departments, func(d campaigns.TargetDepartment) TargetDepartment { return TargetDepartment(d) }),
		Outside:     t.Outside,
	}}, nil
}

type monitorInput struct {
	ByID
	Body struct {
		Mode  campaigns.MonitorMode `json:"mode" enum:"listen,whisper,barge"`
		Phone campaigns.Handset     `json:"phone,omitempty" enum:"desk,browser" doc:"What you listen with, when you are not connected yet."`
	}
}

func (s *Server) monitorAgent(ctx context.Context, in *monitorInput) (*agentOutput, error) {
	if err := s.Supervision.Monitor(ctx, who(ctx), in.ID, in.Body.Mode, in.Body.Phone); err != nil {
		return nil, err
	}
	return s.headphones(ctx, nil)
}

func (s *Server) stopMonitor(ctx context.Context, _ *ByID) (*agentOutput, error) {
	if err := s.Supervision.StopMonitor(ctx, who(ctx)); err != nil {
		return nil, err
	}
	return s.headphones(ctx, nil)
}

func (s *Server) takeOver(ctx context.Context, in *ByID) (*agentOutput, error) {
	if err := s.Supervision.TakeOver(ctx, who(ctx), in.ID); err != nil {
		return nil, err
	}
	return s.headphones(ctx, nil)
}

// headphones is where the supervisor stands who asks.
func (s *Server) headphones(ctx context.Context, _ *struct{}) (*agentOutput, error) {
	status, err := s.Supervision.State(who(ctx))
	if err != nil {
		return nil, err
	}
	return &agentOutput{agentOf(status)}, nil
}

func (s *Server) disconnectHeadphones(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Supervision.Disconnect(ctx, who(ctx))
}
