package dialer

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func recording(t *testing.T, h *house, mode campaigns.RecordingMode) *house {
	t.Helper()
	h.engine.settings.Recordings = filepath.Join(t.TempDir(), "recordings")
	h.store.load(1, 1)
	h.run()
	h.agent(1, true, 1)
	h.apply(h.campaign(1, func(c *campaigns.Campaign) {
		c.Mode, c.Retry, c.Recording.Mode = campaigns.Progressive, nil, mode
	}))
	h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
	return h
}

func TestACallIsRecordedWithItsPauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := recording(t, newHouse(t, func(string) callee { return answers(4*time.Second, 20*time.Minute) }), campaigns.RecordOn)
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "on" })
		time.Sleep(10 * time.Second)
		h.must(h.engine.Record(t.Context(), 1, false))
		h.must(h.engine.Record(t.Context(), 1, false))
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "paused" })
		time.Sleep(5 * time.Second)
		h.must(h.engine.Record(t.Context(), 1, true))
		time.Sleep(5 * time.Second)
		h.must(h.engine.Record(t.Context(), 1, false))
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "paused" })
		h.until(recordPause+2*time.Second, "it goes on by itself", func() bool { return h.talk(1).Recording == "on" })
		h.customer().hangUpByCallee()
		h.finish()
		saved := h.store.savedRecordings()
		if len(saved) != 1 || len(saved[0].Gaps) != 2 || saved[0].Attempt != h.only().ID || saved[0].Octets == 0 || saved[0].SHA256 == "" {
			t.Fatalf("recordings: %+v", saved)
		}
		r, a := saved[0], h.only()
		if talked := a.EndedAt.Sub(a.BridgedAt); (r.Duration-talked).Abs() > talked/100 || r.Path != RecordingPath(a.ID, a.BridgedAt) {
			t.Errorf("%s of a talk of %s in %s", r.Duration, talked, r.Path)
		}
		if g := r.Gaps[0]; (g.To - g.From - 5*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("the first pause lasted %s", g.To-g.From)
		}
		if g := r.Gaps[1]; g.To-g.From < recordPause || g.To-g.From > recordPause+2*time.Second {
			t.Errorf("the second pause lasted %s", g.To-g.From)
		}
		if _, err := os.Stat(filepath.Join(h.engine.settings.Recordings, filepath.FromSlash(r.Path))); err != nil {
			t.Error(err)
		}
		h.events(campaigns.EventRecordBegun, campaigns.EventRecordPaused, campaigns.EventRecordResumed, campaigns.EventRecordPaused, campaigns.EventRecordResumed)
	})
}

func TestWithConsentNothingIsKeptBeforeIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := recording(t, newHouse(t, func(string) callee { return answers(4*time.Second, time.Minute) }), campaigns.RecordConsent)
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "consent" })
		h.refuses(ErrNotRecorded, h.engine.Record(t.Context(), 1, false))
		time.Sleep(10 * time.Second)
		h.must(h.engine.Record(t.Context(), 1, true))
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "on" })
		time.Sleep(10 * time.Second)
		h.finish()
		saved := h.store.savedRecordings()
		if len(saved) != 1 || saved[0].Duration > 12*time.Second || saved[0].Duration < 9*time.Second {
			t.Errorf("recordings: %+v", saved)
		}
		h.events(campaigns.EventConsent, campaigns.EventRecordBegun)
	})
}

func TestACallThatCannotBeRecordedGoesOnAndIsMarkedAndTheManagerWarned(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, time.Minute) })
		folder := t.TempDir()
		h.engine.settings.Recordings = filepath.Join(folder, "recordings")
		if err := os.WriteFile(h.engine.settings.Recordings, nil, 0o600); err != nil { // no folder can be made there
			t.Fatal(err)
		}
		h.store.load(1, 1)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) {
			c.Mode, c.Retry, c.Recording.Mode = campaigns.Progressive, nil, campaigns.RecordOn
		}))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.until(time.Second, "shown", func() bool { return h.talk(1).Recording == "failed" })
		h.refuses(ErrNotRecorded, h.engine.Record(t.Context(), 1, false))
		h.until(time.Second, "the manager is warned", func() bool { return h.view(1).Warning != "" })
		time.Sleep(30 * time.Second)
		if h.state(1) != StateTalking {
			t.Errorf("the agent is %s", h.state(1))
		}
		h.finish()
		h.events(campaigns.EventRecordFailed)
		if len(h.store.savedRecordings()) != 0 {
			t.Error("a recording is in the store")
		}
	})
}
