package campaigns

import (
	"context"
	"fmt"
	"time"
)

// Monitors is how supervisors take part in calls, with the phone that they are
// connected with.
type Monitors interface {
	Monitor(ctx context.Context, user, agent int64, mode MonitorMode) error
	StopMonitor(ctx context.Context, user int64) error
	TakeOver(ctx context.Context, user int64) error
}

// Headphones connects somebody who takes no calls of campaigns but listens to
// them.
type Headphones interface {
	ConnectHeadphones(ctx context.Context, u User, h Handset) error
	DisconnectHeadphones(ctx context.Context, user int64) error
}

// SupervisionSettings is what a Supervision stands on; all of it is needed.
type SupervisionSettings struct {
	Monitors   Monitors
	Headphones Headphones
	Shift      Shift
	Audit      Auditor
}

// Supervision is a supervisor's part in the calls of agents. Each of its actions
// is written to the audit log before it is done.
type Supervision struct{ SupervisionSettings }

// NewSupervision returns the service.
func NewSupervision(s SupervisionSettings) *Supervision { return &Supervision{s} }

// Monitor lets a supervisor listen to an agent, whisper to them or barge into
// their calls, over all of them until StopMonitor; again, it changes the mode.
// Who is not connected yet is, with the handset named.
func (s *Supervision) Monitor(ctx context.Context, by User, agent int64, mode MonitorMode, h Handset) error {
	if err := by.Allow(MonitorAgents); err != nil {
		return err
	}
	switch mode {
	case Listen, Whisper, Barge:
	default:
		return problem(KindInvalid, "monitor_mode", "One can listen, whisper or barge.")
	}
	if agent == by.ID {
		return problem(KindInvalid, "monitor_self", "You cannot listen to yourself.")
	}
	at, there := s.Shift.Agent(agent)
	if !there {
		return problem(KindNotFound, "agent_not_there", "The agent is not signed in.")
	}
	if _, connected := s.Shift.Agent(by.ID); !connected {
		if err := s.connect(ctx, by, h); err != nil {
			return err
		}
	}
	if err := s.note(ctx, by, "agent."+string(mode), at.Agent, at.Attempt); err != nil {
		return err
	}
	return s.Monitors.Monitor(ctx, by.ID, agent, mode)
}

func (s *Supervision) connect(ctx context.Context, by User, h Handset) error {
	h, err := h.Choose(by)
	if err != nil {
		return err
	}
	return s.Headphones.ConnectHeadphones(ctx, by, h)
}

// StopMonitor ends it; the phone stays connected.
func (s *Supervision) StopMonitor(ctx context.Context, by User) error {
	at, err := s.listening(by)
	if err != nil {
		return err
	}
	if at.Supervises == 0 {
		return nil
	}
	if err := s.note(ctx, by, "agent.monitor_end", at.Supervises, ""); err != nil {
		return err
	}
	return s.Monitors.StopMonitor(ctx, by.ID)
}

// TakeOver makes the supervisor the agent of the person whom the agent talks to
// to whom they listen.
func (s *Supervision) TakeOver(ctx context.Context, by User, agent int64) error {
	at, err := s.listening(by)
	if err != nil {
		return err
	}
	if at.Supervises != agent {
		return problem(KindConflict, "not_listening", "Listen to the agent first; then you can take the call over.")
	}
	if err := by.Allow(DoCalls); err != nil {
		return err
	}
	of, _ := s.Shift.Agent(agent)
	if err := s.note(ctx, by, "call.take_over", agent, of.Attempt); err != nil {
		return err
	}
	return s.Monitors.TakeOver(ctx, by.ID)
}

// Disconnect hangs the supervisor's phone up.
func (s *Supervision) Disconnect(ctx context.Context, by User) error {
	if err := by.Allow(MonitorAgents); err != nil {
		return err
	}
	return s.Headphones.DisconnectHeadphones(ctx, by.ID)
}

// State is where the supervisor stands; offline without a phone.
func (s *Supervision) State(by User) (AgentStatus, error) {
	at, err := s.listening(by)
	if err == nil && at.Agent == 0 {
		at = AgentStatus{Agent: by.ID, Login: by.Login, Name: by.Name, State: AgentOffline}
	}
	return at, err
}

func (s *Supervision) listening(by User) (AgentStatus, error) {
	if err := by.Allow(MonitorAgents); err != nil {
		return AgentStatus{}, err
	}
	at, _ := s.Shift.Agent(by.ID)
	return at, nil
}

func (s *Supervision) note(ctx context.Context, by User, kind string, agent int64, attempt string) error {
	e := AuditEntry{At: time.Now().UTC(), Kind: kind, By: by.Login, Subject: fmt.Sprintf("user %d", agent)}
	if attempt != "" {
		e.Detail = "attempt " + attempt
	}
	if err := s.Audit.AddAudit(ctx, e); err != nil {
		return fmt.Errorf("write down who listens: %w", err)
	}
	return nil
}
