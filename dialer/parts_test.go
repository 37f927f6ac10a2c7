package dialer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestTheWallClockIsWatchedAgainstTheMonotonicOne(t *testing.T) {
	start := time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)
	for _, tc := range []struct {
		name string
		step time.Duration // of the wall clock, in one second of the other
		jump time.Duration
	}{
		{"as it should", time.Second, 0},
		{"slewed", 1500 * time.Millisecond, 0},
		{"an hour on", time.Hour, time.Hour - time.Second},
		{"a day back", -24 * time.Hour, -24*time.Hour - time.Second},
		{"three seconds back", -3 * time.Second, -4 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c clockWatch
			c.look(start, 0)
			rest, jump := c.look(start.Add(tc.step), time.Second)
			if jump != tc.jump || (rest > 0) != (tc.jump != 0) {
				t.Errorf("jump %s, rest %s", jump, rest)
			}
			later := start.Add(tc.step).Add(clockSettle)
			if rest, jump := c.look(later, time.Second+clockSettle); rest != 0 || jump != 0 {
				t.Errorf("a minute later: jump %s, rest %s", jump, rest)
			}
		})
	}
}

func TestARatePerMinuteForgetsAfterAMinute(t *testing.T) {
	r := perMinute{speed: 1}
	at := time.Unix(1_800_000_000, 0)
	for i := range 30 {
		r.add(at.Add(time.Duration(i) * time.Second))
	}
	for _, tc := range []struct {
		after time.Duration
		want  float64
	}{{29 * time.Second, 30}, {59 * time.Second, 30}, {69 * time.Second, 20}, {2 * time.Minute, 0}} {
		if got := r.value(at.Add(tc.after)); got != tc.want {
			t.Errorf("after %s: %g, want %g", tc.after, got, tc.want)
		}
	}
}

func TestFailuresOfTheTrunkBecomeOutcomes(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		name      string
		err       error
		withdrawn bool
		want      campaigns.Outcome
		by        string
	}{
		{"busy", &CallError{Outcome: campaigns.Busy, Code: 486}, false, campaigns.Busy, "callee"},
		{"no answer", &CallError{Outcome: campaigns.NoAnswer, Code: 487}, false, campaigns.NoAnswer, "us"},
		{"route", &CallError{Outcome: campaigns.RouteFailed, Code: 503}, false, campaigns.RouteFailed, "carrier"},
		{"wrapped", errors.Join(errors.New("dial"), &CallError{Outcome: campaigns.Invalid, Code: 404, Q850: 1}), false, campaigns.Invalid, "carrier"},
		{"something else", errors.New("no socket"), false, campaigns.Failed, "us"},
		{"no outcome", &CallError{Code: 500}, false, campaigns.Failed, "carrier"},
		{"withdrawn", &CallError{Outcome: campaigns.Cancelled, Code: 487}, true, campaigns.Cancelled, "us"},
		{"withdrawn, no words", errors.New("context canceled"), true, campaigns.Cancelled, "us"},
		{"answered while withdrawn", &CallError{Outcome: campaigns.Cancelled, AnsweredAt: now}, true, campaigns.AbandonedSilent, "us"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dial, withdraw := context.WithCancelCause(context.Background())
			defer withdraw(nil)
			if tc.withdrawn {
				withdraw(errWithdrawnNobody)
			}
			a := &attempt{row: &campaigns.Attempt{}}
			a.unanswered(dial, tc.err)
			if a.row.Outcome != tc.want || a.row.EndedBy != tc.by {
				t.Errorf("%s by %s, want %s by %s", a.row.Outcome, a.row.EndedBy, tc.want, tc.by)
			}
			if tc.withdrawn && a.row.Error != errWithdrawnNobody.Error() {
				t.Errorf("reason %q", a.row.Error)
			}
		})
	}
}

func TestAPanicInACallIsOneOutcomeAndNotTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(n string) callee {
			if n == "+15550000001" {
				panic("a bug in the trunk")
			}
			return answers(2*time.Second, 5*time.Second)
		})
		h.store.load(1, 2)
		h.run()
		h.wrapUps(func() time.Duration { return time.Second })
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(time.Minute, "both done", func() bool { return h.store.done() == 2 })
		h.trunk.free("+15550000001") // it had seized the line
		h.stop()
		if out := h.store.outcomes(); out[campaigns.Failed] != 1 || out[campaigns.Connected] != 1 {
			t.Errorf("outcomes: %v", out)
		}
	})
}

func TestCallerIDsAreUsedInTurnFromTheFirstOnAndAcrossAPause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return callee{fate: campaigns.Busy, ring: time.Second} })
		h.store.load(1, 4)
		h.run()
		h.agent(1, true, 1)
		pool := []string{"+15551230001", "+15551230002", "+15551230003"}
		c := h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.CallerIDs, c.Retry = campaigns.Progressive, pool, nil })
		h.apply(c)
		h.until(time.Minute, "four done", func() bool { return h.store.done() == 4 })
		c.Status = campaigns.Paused
		h.apply(c)
		h.until(time.Minute, "paused", func() bool { return !h.view(1).Active })
		h.store.load(1, 4)
		c.Status = campaigns.Running
		h.apply(c)
		h.until(time.Minute, "all done", func() bool { return h.store.done() == 8 })
		h.stop()
		for i, a := range h.store.rows() {
			if want := pool[i%3]; a.CallerID != want {
				t.Errorf("call %d shows %s, not %s", i, a.CallerID, want)
			}
		}
	})
}

func TestACampaignWithoutCallerIDsShowsThatOfTheTrunkAndWritesItDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, callee{fate: campaigns.Busy, ring: time.Second})
		h.until(time.Minute, "done", func() bool { return h.store.done() == 1 })
		h.stop()
		a := h.only()
		if begun := h.store.begun[a.ID]; begun.CallerID != "+15550009999" || h.trunk.request[0].CallerID != begun.CallerID {
			t.Errorf("the ledger says %q, the trunk was told %q", begun.CallerID, h.trunk.request[0].CallerID)
		}
	})
}

func BenchmarkPublishingAFloorOf500Agents(b *testing.B) {
	show := newShowcase()
	for id := range int64(500) {
		show.putAgent(AgentState{AgentInfo: AgentInfo{ID: id}})
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = show.snapshot(time.Time{})
	}
}
