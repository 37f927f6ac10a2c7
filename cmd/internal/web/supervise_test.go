package web

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/records"
)

// officeOf is the services of an office over a real store.
func officeOf(t *testing.T, db *records.DB, bell campaigns.Bell) api.Office {
	t.Helper()
	return api.Office{
		Performance: campaigns.NewPerformance(db, db, db, db), Care: campaigns.NewListCare(db, db), Webhooks: campaigns.NewWebhooks(db),
		Scoring: campaigns.NewScoring(db, db, db), Roster: campaigns.NewRoster(db, db, db, noPlan{}), Messages: campaigns.NewMessages(db, db, bell),
		CallerIDs: campaigns.NewCallerIDs(db, db, db), Rights: campaigns.NewCallerRights(db, campaigns.NewTrunks(oneTrunk{db}, db)), House: campaigns.NewHouse(db, db),
		Prompts: campaigns.NewPrompts(db, soundFolder{t.TempDir()}, db), Trunks: campaigns.NewTrunks(oneTrunk{db}, db), Nodes: campaigns.NewNodes(db, db, nil),
	}
}

type noPlan struct{}

func (noPlan) TellPlan(context.Context, int64) error { return nil }

// soundFiles opens recordings where their path says.
type soundFiles struct{}

func (soundFiles) OpenRecording(r campaigns.Recording) (io.ReadSeekCloser, error) {
	return media.OpenPCM(r.Path)
}

func (soundFiles) Waveform(r campaigns.Recording, buckets int) (person, house []float64, err error) {
	f, err := os.Open(r.Path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return media.Waveform(f, buckets)
}

// The stage is a switchboard as well: what supervisors do is seen on the floor.

func (s *stage) supervision(audit campaigns.Auditor) *campaigns.Supervision {
	return campaigns.NewSupervision(campaigns.SupervisionSettings{Monitors: s, Headphones: s, Shift: s, Audit: audit})
}

// agent changes an agent on the floor.
func (s *stage) agent(id int64, do func(*campaigns.AgentStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot.Agents = slices.Clone(s.snapshot.Agents)
	for i := range s.snapshot.Agents {
		if s.snapshot.Agents[i].Agent == id {
			do(&s.snapshot.Agents[i])
		}
	}
}

func (s *stage) SignIn(context.Context, campaigns.User, []campaigns.Campaign, campaigns.Handset) error {
	return nil
}

func (s *stage) SignOut(_ context.Context, agent int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot.Agents = slices.DeleteFunc(slices.Clone(s.snapshot.Agents), func(a campaigns.AgentStatus) bool { return a.Agent == agent })
	return nil
}

func (s *stage) Agent(agent int64) (found campaigns.AgentStatus, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.snapshot.Agents {
		if a.Agent == agent {
			return a, true
		}
	}
	if at, listens := s.listening[agent]; listens {
		return campaigns.AgentStatus{Agent: agent, State: campaigns.AgentPaused, Supervises: at}, true
	}
	return found, false
}

func (s *stage) Ready(context.Context, int64) error      { return nil }
func (s *stage) WrapUpDone(context.Context, int64) error { return nil }

func (s *stage) Pause(_ context.Context, agent int64, reason string) error {
	s.agent(agent, func(a *campaigns.AgentStatus) {
		a.State, a.Reason, a.Since = campaigns.AgentPaused, reason, time.Now()
	})
	return nil
}

func (s *stage) Monitor(_ context.Context, user, agent int64, mode campaigns.MonitorMode) error {
	s.agent(agent, func(a *campaigns.AgentStatus) {
		a.Monitors = []campaigns.MonitorState{{User: user, Name: "Sara", Mode: mode, Since: time.Now()}}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listening[user] = agent
	return nil
}

func (s *stage) StopMonitor(_ context.Context, user int64) error {
	s.mu.Lock()
	agent := s.listening[user]
	s.listening[user] = 0
	s.mu.Unlock()
	s.agent(agent, func(a *campaigns.AgentStatus) { a.Monitors = nil })
	return nil
}

func (s *stage) TakeOver(context.Context, int64) error { return nil }

func (s *stage) ConnectHeadphones(_ context.Context, u campaigns.User, _ campaigns.Handset) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening == nil {
		s.listening = map[int64]int64{}
	}
	s.listening[u.ID] = 0
	return nil
}

func (s *stage) DisconnectHeadphones(_ context.Context, user int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listening, user)
	return nil
}
