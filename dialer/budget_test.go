package dialer

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// hard is a limit that holds at every moment.
func hard(limit float64) abandonment.Rule {
	return abandonment.Rule{
		ID: "test.hard", Max: limit, Formula: abandonment.US, Window: abandonment.ThirtyDays, Group: abandonment.ByCampaign,
		Start: abandonment.FromConnected, Act: abandonment.AtOnce,
	}
}

// storm runs a predictive campaign with a team whose people come and go, against a
// list that answers all at once.
func storm(t *testing.T, contacts int, before campaigns.Tally, rates ...abandonment.Rule) *house {
	t.Helper()
	h := newHouse(t, mixed(11, 0.7, 40*time.Second))
	h.store.tally, h.store.rates = before, rates
	h.store.load(1, contacts)
	h.run()
	h.wrapUps(func() time.Duration { return 3 * time.Second })
	for id := range int64(12) {
		h.agent(id+1, true, 1)
	}
	h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
	return h
}

func abandonedOf(rows []campaigns.Attempt) (n int) {
	for _, a := range rows {
		if a.Outcome.Abandoned() {
			n++
		}
	}
	return n
}

func TestWithNothingLeftOfTheBudgetNobodyIsAbandonedInAStorm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := storm(t, 600, campaigns.Tally{Live: 100, Abandoned: 30}, hard(0.03))
		pauses := 0
		h.until(2*time.Hour, "through", func() bool {
			// Agents come and go while their calls ring.
			if pauses++; pauses%40 == 0 {
				id := int64(pauses/40%12 + 1)
				_ = h.engine.Pause(t.Context(), id, "coffee")
				time.AfterFunc(20*time.Second, func() { _ = h.engine.Ready(t.Context(), id) })
			}
			return h.store.done() >= 600
		})
		h.stop()
		rows := h.store.rows()
		if n := abandonedOf(rows); n != 0 {
			t.Errorf("%d people were abandoned", n)
		}
		talked := 0
		for _, a := range rows {
			if !a.Reserved || a.Agent == 0 {
				t.Fatalf("placed without an agent kept for it: %+v", a)
			}
			if a.Outcome == campaigns.Connected {
				talked++
			}
		}
		if talked < 300 {
			t.Errorf("only %d conversations", talked)
		}
	})
}

func TestABudgetThatIsSpentIsShownInWordsAndFigures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := storm(t, 600, campaigns.Tally{Live: 100, Abandoned: 30}, hard(0.03))
		h.until(time.Minute, "budget spent", func() bool { return h.view(1).Why.Cause == CauseBudgetSpent })
		v := h.view(1)
		if !strings.Contains(v.Why.Text, "test.hard") || !strings.Contains(v.Why.Text, "30 of ") {
			t.Errorf("why: %s", v.Why.Text)
		}
		if len(v.Budgets) != 2 || v.Budgets[0].Rule != campaigns.OwnLimitID || v.Budgets[1].Left >= 0 || v.Budgets[1].Max != 0.03 {
			t.Errorf("budgets: %+v", v.Budgets)
		}
		h.hard()
		h.stop()
	})
}

func TestABudgetThatRecoversLetsCallsBePlacedAheadAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		// 3 % of 40 is one, and it is gone; at 67 answers there is another.
		h := storm(t, 900, campaigns.Tally{Live: 40, Abandoned: 1}, hard(0.03))
		h.until(2*time.Hour, "through", func() bool { return h.store.done() >= 900 })
		h.stop()
		answered, ahead := 40, 0
		for _, a := range h.store.rows() {
			if !a.Reserved {
				ahead++
				if answered < 50 { // rows are in the order of placing, answers come later
					t.Fatalf("placed ahead when about %d had answered", answered)
				}
			}
			if a.Outcome.Live() {
				answered++
			}
		}
		if ahead < 100 {
			t.Errorf("%d calls were placed ahead of agents", ahead)
		}
	})
}

func TestALimitThatIsTurnedHardInMidShiftAbandonsNobodySoonAfter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := storm(t, 1500, campaigns.Tally{Live: 3000, Abandoned: 5})
		h.until(time.Hour, "dials ahead", func() bool { return h.view(1).Totals.Answered > 100 })
		h.store.set(func() { h.store.rates, h.store.tally.Abandoned = []abandonment.Rule{hard(0.001)}, 50 })
		turned := time.Now()
		h.until(4*time.Hour, "through", func() bool { return h.store.done() >= 1500 })
		h.stop()
		// The loop hears of it within ten seconds; what rings then may ring on for its least time.
		safe := turned.Add(refreshEvery + campaigns.MinRingTime + 10*time.Second)
		calls := 0
		for _, a := range h.store.rows() {
			if a.IntentAt.After(turned.Add(refreshEvery + time.Second)) {
				if calls++; !a.Reserved {
					t.Fatalf("placed ahead %s after", a.IntentAt.Sub(turned))
				}
			}
			if a.Outcome.Abandoned() && a.AnsweredAt.After(safe) {
				t.Errorf("abandoned %s after the limit was turned hard: %+v", a.AnsweredAt.Sub(turned), a)
			}
		}
		if calls < 300 {
			t.Errorf("only %d calls after it", calls)
		}
	})
}

func TestAGuardedContactIsCalledOnlyWithAnAgentKeptForTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(5, 0.6, 30*time.Second))
		h.store.load(1, 300)
		for id, c := range h.store.contacts {
			c.ReservedOnly = id%3 == 0
		}
		h.run()
		h.wrapUps(func() time.Duration { return 2 * time.Second })
		for id := range int64(6) {
			h.agent(id+1, true, 1)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(3*time.Hour, "through", func() bool { return h.store.done() >= 300 })
		h.stop()
		guarded := 0
		for _, a := range h.store.rows() {
			if a.Contact%3 != 0 {
				continue
			}
			if guarded++; !a.Reserved {
				t.Errorf("contact %d is called without an agent kept for it", a.Contact)
			}
			if a.Outcome.Abandoned() {
				t.Errorf("contact %d is abandoned again: %s", a.Contact, a.Outcome)
			}
		}
		if guarded != 100 {
			t.Errorf("%d of 100 guarded contacts were called", guarded)
		}
	})
}

func TestOnlyTheLossOfTheAgentAbandonsWhoeverAnAgentWasKeptFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(5*time.Second, time.Minute) })
		h.store.tally, h.store.rates = campaigns.Tally{Live: 100, Abandoned: 30}, []abandonment.Rule{hard(0.03)}
		h.store.load(1, 1)
		h.run()
		phone := h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(time.Minute, "rings", func() bool { return h.view(1).Ringing == 1 })
		phone.vanish()
		h.until(time.Minute, "over", func() bool { return h.store.done() == 1 })
		h.stop()
		if got := h.store.rows()[0]; got.Outcome != campaigns.AbandonedMsg && got.Outcome != campaigns.Cancelled {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheAccountCountsWhatTheStoreDoesNotHaveYet(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := campaigns.NewCampaign("c")
	own := c.OwnLimit()
	us := hard(0.02)
	us.ID, us.Countries = "us", []string{"US"}
	stand := func(met, silent int64) []abandonment.Standing {
		var out []abandonment.Standing
		for _, r := range []abandonment.Rule{own, us} {
			n := abandonment.Counts{Met: met, Silent: silent}
			out = append(out, r.Stand(now, r.Window.At(now, now, time.UTC), n, abandonment.Sample{}, n))
		}
		return out
	}
	a := newAccount(c, stand(98, 2), now)
	a.answer("ES")
	a.answer("US")
	a.abandon("US")
	if p := a.period(); p.Answered != 102 || p.Abandoned != 3 {
		t.Errorf("own: %+v", p)
	}
	if r := a.limits[1].rate(); r.Below != 101 || r.Above != 3 || a.bound().Rule.ID != "us" || a.spent() == nil {
		t.Errorf("us: %+v, binding %s", r, a.bound().Rule.ID)
	}
	a.take(stand(99, 3), []callCount{{"US", true}})
	if p := a.period(); p.Answered != 103 || p.Abandoned != 4 {
		t.Errorf("after the store was asked: %+v", p)
	}
	if a.turn(now.Add(24 * time.Hour)) {
		t.Error("the period is over after a day")
	}
	if !a.turn(now.Add(31*24*time.Hour)) || a.period().Answered != 0 || a.spent() == nil {
		t.Errorf("the next period begins with %+v", a.period())
	}
}

func TestAnAdvisoryLimitBindsNobody(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := campaigns.NewCampaign("c")
	r := hard(0.001)
	r.Status = "unverified"
	n := abandonment.Counts{Met: 90, Silent: 10}
	p := r.Window.At(now, now, time.UTC)
	a := newAccount(c, []abandonment.Standing{c.OwnLimit().Stand(now, p, abandonment.Counts{Met: 1000}, abandonment.Sample{}, n), r.Stand(now, p, n, abandonment.Sample{}, n)}, now)
	if a.spent() != nil || a.over() != nil || a.bound().Rule.ID != campaigns.OwnLimitID {
		t.Errorf("bound by %s", a.bound().Rule.ID)
	}
	if b := a.budgets(); !b[1].Advisory || !b[0].Binding || b[1].Left != -10 {
		t.Errorf("%+v", b)
	}
}
