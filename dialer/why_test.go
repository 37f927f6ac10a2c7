package dialer

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestACampaignSaysWhyItDoesNotDial(t *testing.T) {
	closed := rules.Week{}
	closed[time.Saturday] = []rules.Span{{From: 60, To: 61}}
	for _, tc := range []struct {
		name  string
		want  Cause
		part  string
		setup func(*house, *campaigns.Campaign)
	}{
		{"no agents", CauseNoAgents, "no agent", func(h *house, _ *campaigns.Campaign) { h.store.load(1, 5) }},
		{"all paused", CauseNoneReady, "paused", func(h *house, _ *campaigns.Campaign) { h.store.load(1, 5); h.agent(1, false, 1) }},
		{"all busy", CauseNoneReady, "busy", func(h *house, c *campaigns.Campaign) {
			c.Mode = campaigns.Progressive
			h.store.load(1, 5)
			h.agent(1, true, 1)
		}},
		{"window closed", CauseWindowClosed, "opens at", func(h *house, c *campaigns.Campaign) {
			c.Windows = closed
			h.store.load(1, 5)
			h.agent(1, true, 1)
		}},
		{"no list", CauseListEmpty, "import a list", func(h *house, _ *campaigns.Campaign) { h.agent(1, true, 1) }},
		{"trunk", CauseTrunk, "breaker", func(h *house, _ *campaigns.Campaign) {
			h.trunk.down = "the breaker of trunk mem is open"
			h.store.load(1, 5)
			h.agent(1, true, 1)
		}},
		{"lines", CauseLines, "lines", func(h *house, c *campaigns.Campaign) {
			c.MaxLines, c.Mode = 1, campaigns.Progressive
			h.store.load(1, 5)
			h.agent(1, true, 1)
			h.agent(2, true, 1)
		}},
		{"budget", CauseBudgetSpent, "budget", func(h *house, _ *campaigns.Campaign) {
			h.store.tally = campaigns.Tally{Live: 100, Abandoned: 9}
			h.store.load(1, 5)
			h.agent(1, true, 1)
		}},
		{"store", CauseStoreFailing, "locked", func(h *house, _ *campaigns.Campaign) {
			h.store.failTally = errors.New("database is locked")
			h.store.load(1, 5)
			h.agent(1, true, 1)
		}},
		{"paused", CausePaused, "paused", func(_ *house, c *campaigns.Campaign) { c.Status = campaigns.Paused }},
		{"stopped", CauseStopped, "stopped", func(_ *house, c *campaigns.Campaign) { c.Status = campaigns.Stopped }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, func(string) callee { return answers(5*time.Second, time.Hour) })
				h.run()
				c := h.campaign(1, nil)
				tc.setup(h, &c)
				h.apply(c)
				time.Sleep(20 * time.Second)
				if why := h.view(1).Why; why.Cause != tc.want || !strings.Contains(why.Text, tc.part) {
					t.Errorf("why: %+v, want %s with %q", why, tc.want, tc.part)
				}
				h.hard()
				h.stop()
			})
		})
	}
}

func TestTheLogSaysOnceWhyACampaignDoesNotDial(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(5*time.Second, 20*time.Second) })
		var lines strings.Builder
		h.engine.log = slog.New(slog.NewTextHandler(&lines, nil))
		h.store.load(1, 3)
		h.run()
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		time.Sleep(time.Minute)
		h.agent(1, true, 1)
		h.wrapUps(func() time.Duration { return time.Second })
		h.until(10*time.Minute, "all done", func() bool { return h.store.done() == 3 })
		time.Sleep(time.Minute)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status = campaigns.Paused }))
		h.until(time.Minute, "paused", func() bool { return !h.view(1).Active })
		h.stop()
		for cause, want := range map[Cause]int{CauseNoAgents: 1, CauseListEmpty: 1, CausePaused: 1} {
			n := 0
			for line := range strings.Lines(lines.String()) {
				if strings.Contains(line, "cause="+string(cause)) && strings.Contains(line, "campaign=1") && strings.Contains(line, "why=") {
					n++
				}
			}
			if n != want {
				t.Errorf("%s is logged %d times", cause, n)
			}
		}
		if strings.Contains(lines.String(), "+1555") || strings.Contains(lines.String(), "Person") {
			t.Error("a number or a name stands in the log")
		}
		if n := strings.Count(lines.String(), "what bounds dialing"); n > 10 {
			t.Errorf("%d lines for three calls:\n%s", n, lines.String())
		}
	})
}

func TestAClockThatTheStoreDoesNotTrustStopsNewCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 30, mixed(15, 0.4, 10*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(time.Minute, "some dialed", func() bool { return h.trunk.count() > 3 })
		h.store.set(func() {
			h.store.failBegin = fmt.Errorf("begin attempt 1: %w", fmt.Errorf("%w: it stands an hour from where it should", campaigns.ErrClock))
		})
		h.until(2*time.Minute, "clock jumped", func() bool { return h.view(1).Why.Cause == CauseClockJumped })
		if text := h.view(1).Why.Text; text != "the clock jumped: it stands an hour from where it should; when it is right, say so: forecall clock acknowledge" {
			t.Errorf("why: %s", text)
		}
		before := h.trunk.count()
		h.store.set(func() { h.store.failBegin = nil })
		if until := time.Until(h.view(1).Why.Until); until > clockSettle || until < 0 {
			t.Errorf("it rests for %s", until)
		}
		time.Sleep(50 * time.Second)
		if n := h.trunk.count() - before; n != 0 {
			t.Errorf("%d calls were placed before the clock had been steady for a minute", n)
		}
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 30 })
		h.stop()
	})
}
