package api

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// talk changes what goes on in an agent's call.
func (f *fakeFloor) talk(agent int64, do func(*campaigns.TalkState)) error {
	f.change(agent, func() {
		c := f.calls[agent]
		do(&c.Talk)
		f.calls[agent] = c
		a := f.agents[agent]
		a.Talk = c.Talk
		f.agents[agent] = a
	})
	return nil
}

func (f *fakeFloor) Hold(_ context.Context, agent int64, on bool) error {
	return f.talk(agent, func(t *campaigns.TalkState) { t.OnHold = on })
}

func (f *fakeFloor) Mute(_ context.Context, agent int64, on bool) error {
	return f.talk(agent, func(t *campaigns.TalkState) { t.Muted = on })
}

func (f *fakeFloor) SendDigits(context.Context, int64, string) error { return nil }

func (f *fakeFloor) Record(_ context.Context, agent int64, on bool) error {
	return f.talk(agent, func(t *campaigns.TalkState) { t.Recording = map[bool]string{true: "on", false: "paused"}[on] })
}

func (f *fakeFloor) AskHelp(_ context.Context, agent int64, on bool) error {
	return f.talk(agent, func(t *campaigns.TalkState) { t.Help = on })
}

func (f *fakeFloor) Note(campaigns.CallEvent) {}

func (f *fakeFloor) Transfer(_ context.Context, agent int64, to campaigns.TransferTarget, attended bool) error {
	return f.talk(agent, func(t *campaigns.TalkState) {
		t.Transfer = campaigns.TransferState{To: to.Number + to.Department, Kind: map[bool]string{true: "attended", false: "blind"}[attended], Phase: "ringing"}
	})
}

func (f *fakeFloor) phase(agent int64, p string) error {
	return f.talk(agent, func(t *campaigns.TalkState) { t.Transfer.Phase = p })
}

func (f *fakeFloor) CompleteTransfer(_ context.Context, agent int64) error {
	_ = f.talk(agent, func(t *campaigns.TalkState) { *t = campaigns.TalkState{PassedTo: "Ben", PassedAgent: 99} })
	return f.state(agent, campaigns.AgentWrapUp, "")
}
func (f *fakeFloor) CancelTransfer(_ context.Context, agent int64) error {
	return f.phase(agent, "failed")
}
func (f *fakeFloor) Conference(_ context.Context, agent int64) error {
	return f.phase(agent, "conference")
}
func (f *fakeFloor) Accept(_ context.Context, agent int64) error { return f.phase(agent, "talking") }
func (f *fakeFloor) Refuse(_ context.Context, agent int64) error { return f.phase(agent, "failed") }

func (f *fakeFloor) Monitor(_ context.Context, user, agent int64, mode campaigns.MonitorMode) error {
	f.change(agent, func() {
		a, s := f.agents[agent], f.agents[user]
		a.Monitors, s.Supervises = []campaigns.MonitorState{{User: user, Name: s.Name, Mode: mode}}, agent
		f.agents[agent], f.agents[user] = a, s
	})
	return nil
}

func (f *fakeFloor) StopMonitor(_ context.Context, user int64) error {
	f.change(user, func() {
		s := f.agents[user]
		a := f.agents[s.Supervises]
		a.Monitors = nil
		f.agents[s.Supervises] = a
		s.Supervises = 0
		f.agents[user] = s
	})
	return nil
}

func (f *fakeFloor) TakeOver(context.Context, int64) error { return nil }

func (f *fakeFloor) ConnectHeadphones(ctx context.Context, u campaigns.User, h campaigns.Handset) error {
	return f.SignIn(ctx, u, nil, h)
}

func (f *fakeFloor) DisconnectHeadphones(ctx context.Context, user int64) error {
	return f.SignOut(ctx, user)
}

// fakeFiles opens recordings where their path says.
type fakeFiles struct{ t *testing.T }

func (fakeFiles) OpenRecording(r campaigns.Recording) (io.ReadSeekCloser, error) {
	return media.OpenPCM(filepath.FromSlash(r.Path))
}

func (fakeFiles) Waveform(r campaigns.Recording, buckets int) (person, house []float64, err error) {
	f, err := os.Open(filepath.FromSlash(r.Path))
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return media.Waveform(f, buckets)
}
