package report

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing/sim"
)

// office is a team that calls one person after the other, each agent alone, and what it is like.
type office struct {
	agents int
	days   int
	hours  int
	answer func(hour int) float64 // by the hour of the clock
	ring   sim.Dist
	talk   sim.Dist
	wrap   sim.Dist
}

func spring() office {
	return office{
		agents: 6, days: 4, hours: 8, answer: func(int) float64 { return 0.3 },
		ring: sim.Dist{Shape: sim.Lognormal, Mean: 12 * time.Second, CV: 0.5, Max: 25 * time.Second},
		talk: sim.Dist{Shape: sim.Lognormal, Mean: 90 * time.Second, CV: 1},
		wrap: sim.Dist{Shape: sim.Lognormal, Mean: 20 * time.Second, CV: 0.4},
	}
}

// calls are what the office records, newest first as the store gives them.
func (o office) calls(seed uint64) []campaigns.Call {
	r := rand.New(rand.NewPCG(seed, 1))
	var all []campaigns.Call
	for day := range o.days {
		opens := time.Date(2026, 11, 16+day, 9, 0, 0, 0, time.UTC)
		for agent := range o.agents {
			at := opens.Add(time.Duration(r.IntN(60)) * time.Second)
			for at.Before(opens.Add(time.Duration(o.hours) * time.Hour)) {
				c, free := o.call(r, at, int64(agent+1))
				all = append(all, c)
				at = free
			}
		}
	}
	slices.SortFunc(all, func(a, b campaigns.Call) int { return b.SentAt.Compare(a.SentAt) })
	return all
}

// call is one, and when the agent is free again.
func (o office) call(r *rand.Rand, at time.Time, agent int64) (campaigns.Call, time.Time) {
	c := campaigns.Call{Attempt: campaigns.Attempt{Mode: campaigns.Predictive, IntentAt: at, SentAt: at, Outcome: campaigns.NoAnswer}}
	switch u := r.Float64(); {
	case u < o.answer(at.Hour()):
		c.Outcome, c.Agent = campaigns.Connected, agent
		c.AnsweredAt = at.Add(o.ring.Draw(r))
		c.BridgedAt = c.AnsweredAt.Add(300 * time.Millisecond)
		c.EndedAt = c.BridgedAt.Add(o.talk.Draw(r))
		said := c.EndedAt.Add(o.wrap.Draw(r))
		c.Disposition = &campaigns.Disposition{Code: "sale", At: said}
		return c, said
	case u > 0.9:
		c.Outcome = campaigns.Busy
		c.EndedAt = at.Add(time.Duration(500+r.IntN(3000)) * time.Millisecond)
	default:
		c.EndedAt = at.Add(26*time.Second + time.Duration(r.IntN(4000))*time.Millisecond)
	}
	return c, c.EndedAt
}

func streamed(all []campaigns.Call) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// fitted is the fit of an office's calls.
func fitted(t *testing.T, o office, opts FitOptions) Fit {
	t.Helper()
	opts.Zone = time.UTC
	if opts.Campaign.Name == "" {
		opts.Campaign = campaigns.NewCampaign("Spring")
		opts.Campaign.WrapUp = 0
	}
	f, err := FitScenario(streamed(o.calls(7)), opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Scenario.Validate(); err != nil {
		t.Fatalf("the fitted scenario is not valid: %v", err)
	}
	return f
}

// near wants a figure within a share of what it should be.
func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within*want {
		t.Errorf("%s %.3f, want %.3f within %.0f %%", what, got, want, 100*within)
	}
}

func TestAFittedScenarioResemblesTheOfficeThatRecordedIt(t *testing.T) {
	o := spring()
	f := fitted(t, o, FitOptions{})
	s := f.Scenario
	if s.Agents != 6 || f.People != 6 || f.Days != 4 || len(s.Answer) != 1 || s.Name != "Spring, fitted" {
		t.Errorf("agents %d of %d people, %d days, answers %v, name %q", s.Agents, f.People, f.Days, s.Answer, s.Name)
	}
	near(t, "shift in hours", s.Shift.Hours(), 8, 0.02)
	near(t, "answer", s.Answer[0].Is, 0.3, 0.05)
	near(t, "ring mean", s.Ring.Mean.Seconds(), 12, 0.05)
	near(t, "ring cv", s.Ring.CV, 0.5, 0.1)
	near(t, "talk mean", s.Talk[0].Mean.Seconds(), 90, 0.06)
	near(t, "talk cv", s.Talk[0].CV, 1, 0.15)
	near(t, "wrap mean", s.Wrap.Mean.Seconds(), 20, 0.05)
	near(t, "wrap cv", s.Wrap.CV, 0.4, 0.1)
	near(t, "no answer mean", s.NoAnswer.Mean.Seconds(), 28, 0.03)
	near(t, "fast fail share", s.FastFail.Share, 0.1/0.7, 0.15)
	near(t, "fast fail mean", s.FastFail.Mean.Seconds(), 2, 0.1)
	// one call after the other: (talk + wrap) over (dialing + talk + wrap) of each connect, 110 s of 110 + 20.7/0.3
	near(t, "occupancy", f.Occupancy, 0.614, 0.03)
	if f.Talks != f.Answered || f.Rings != f.Answered || f.Wraps != f.Answered || f.Attempts != f.Answered+f.NoAnswers+f.FastFails {
		t.Errorf("the counts do not add up: %+v", f)
	}
}

func TestSimulatedProgressivelyAFittedScenarioHasTheOccupancyThatWasRecorded(t *testing.T) {
	f := fitted(t, spring(), FitOptions{})
	f.Scenario.Shifts = 6
	r, err := sim.Run(t.Context(), f.Scenario, "progressive", sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "occupancy", r.Occupancy, f.Occupancy, 0.05)
}

func TestHoursThatAnswerOtherwiseAreToldApartAndChanceIsNot(t *testing.T) {
	o := spring()
	o.answer = func(hour int) float64 {
		if hour >= 14 {
			return 0.5
		}
		return 0.15
	}
	s := fitted(t, o, FitOptions{}).Scenario
	if len(s.Answer) < 8 || s.Answer[0].From != 0 {
		t.Fatalf("answers %v", s.Answer)
	}
	morning, _ := s.Answer.At(2 * time.Hour)
	evening, _ := s.Answer.At(7 * time.Hour)
	near(t, "morning", morning, 0.15, 0.25)
	near(t, "evening", evening, 0.5, 0.15)
	mistaken := 0
	for seed := range uint64(20) {
		f, err := FitScenario(streamed(spring().calls(seed)), FitOptions{Campaign: campaigns.NewCampaign("Spring"), Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Scenario.Answer) > 1 {
			mistaken++
		}
	}
	if mistaken > 3 { // one in forty is what chance brings
		t.Errorf("chance is taken for a difference with %d of 20 seeds", mistaken)
	}
}

func TestOnlyTheNewestDaysCount(t *testing.T) {
	for _, newestFirst := range []bool{true, false} {
		onlyNewest(t, newestFirst)
	}
}

func onlyNewest(t *testing.T, newestFirst bool) {
	calls := spring().calls(7)
	if !newestFirst {
		slices.Reverse(calls)
	}
	f, err := FitScenario(streamed(calls), FitOptions{Campaign: campaigns.NewCampaign("Spring"), Zone: time.UTC, Days: 2, NewestFirst: newestFirst})
	if err != nil {
		t.Fatal(err)
	}
	if f.Days != 2 || f.From.Day() != 18 || f.To.Day() != 19 {
		t.Errorf("%d days from %s to %s", f.Days, f.From, f.To)
	}
}

func TestADemoThatRanFasterIsReadInTheTimeOfLife(t *testing.T) {
	o := spring()
	o.days, o.hours = 1, 1
	slow := fitted(t, o, FitOptions{})
	calls := o.calls(7)
	begin := calls[len(calls)-1].SentAt
	fast := func(at time.Time) time.Time {
		if at.IsZero() {
			return at
		}
		return begin.Add(at.Sub(begin) / 10)
	}
	for i := range calls {
		c := &calls[i]
		c.SentAt, c.AnsweredAt, c.BridgedAt, c.EndedAt = fast(c.SentAt), fast(c.AnsweredAt), fast(c.BridgedAt), fast(c.EndedAt)
		if c.Disposition != nil {
			c.Disposition.At = fast(c.Disposition.At)
		}
	}
	campaign := campaigns.NewCampaign("Spring")
	f, err := FitScenario(streamed(calls), FitOptions{Campaign: campaign, Zone: time.UTC, Speed: 10})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "talk mean", f.Scenario.Talk[0].Mean.Seconds(), slow.Scenario.Talk[0].Mean.Seconds(), 0.02)
	near(t, "occupancy", f.Occupancy, slow.Occupancy, 0.02)
	near(t, "ring mean", f.Scenario.Ring.Mean.Seconds(), slow.Scenario.Ring.Mean.Seconds(), 0.05)
	if f.Scenario.Agents != slow.Scenario.Agents {
		t.Errorf("%d agents, want %d", f.Scenario.Agents, slow.Scenario.Agents)
	}
}

func TestWrapUpEndsAtTheLimitThatMakesAgentsReady(t *testing.T) {
	campaign := campaigns.NewCampaign("Spring")
	campaign.WrapUp = 10 * time.Second
	s := fitted(t, spring(), FitOptions{Campaign: campaign}).Scenario
	if s.Wrap.Mean > 10*time.Second || s.Wrap.Mean < 9*time.Second {
		t.Errorf("wrap-up of %s", s.Wrap.Mean)
	}
}

func TestTooFewCallsSaySo(t *testing.T) {
	few := spring()
	few.agents, few.days, few.hours = 1, 1, 1
	_, err := FitScenario(streamed(few.calls(7)), FitOptions{Zone: time.UTC})
	if !errors.Is(err, ErrTooFew) || !strings.Contains(err.Error(), "needs at least 200, 30 and 20") {
		t.Errorf("error %v", err)
	}
	if _, err := FitScenario(streamed(nil), FitOptions{}); !errors.Is(err, ErrTooFew) {
		t.Errorf("nothing at all: %v", err)
	}
	broken := errors.New("disk")
	_, err = FitScenario(func(yield func(campaigns.Call, error) bool) { yield(campaigns.Call{}, broken) }, FitOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestCallsThatToldNothingAreLeftOut(t *testing.T) {
	calls := spring().calls(7)
	want := fitted(t, spring(), FitOptions{})
	more := slices.Clone(calls)
	for i := range 500 {
		c := calls[i]
		c.Outcome = []campaigns.Outcome{campaigns.Cancelled, campaigns.Lost, ""}[i%3]
		more = append(more, c)
	}
	for range 100 { // refused before an INVITE left
		more = append(more, campaigns.Call{Attempt: campaigns.Attempt{Outcome: campaigns.Refused, IntentAt: calls[0].IntentAt}})
	}
	campaign := campaigns.NewCampaign("Spring")
	campaign.WrapUp = 0
	got, err := FitScenario(streamed(more), FitOptions{Campaign: campaign, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if got.Attempts != want.Attempts || got.Answered != want.Answered || !strings.Contains(fmt.Sprint(got.Notes), "withdrawn") {
		t.Errorf("%d attempts, %d answered, notes %v", got.Attempts, got.Answered, got.Notes)
	}
}

func TestTheCutIsTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := rapid.Float64Range(5, 18).Draw(t, "mean"), rapid.Float64Range(0.1, 0.8).Draw(t, "cv")
		const most = 25
		gotMean, gotCV := cut(m, c, most)
		backMean, backCV := uncut(gotMean, gotCV, most)
		againMean, againCV := cut(backMean, backCV, most)
		if math.Abs(againMean-gotMean) > 0.02*gotMean || math.Abs(againCV-gotCV) > 0.03*gotCV {
			t.Fatalf("mean %.3f cv %.3f are cut to %.3f %.3f; taken back %.3f %.3f they are cut to %.3f %.3f", m, c, gotMean, gotCV, backMean, backCV, againMean, againCV)
		}
	})
}
