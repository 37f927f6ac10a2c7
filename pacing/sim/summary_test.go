package sim

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

func equal(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestTheSummaryAddsUpTheShifts(t *testing.T) {
	waits := make([]float64, 60)
	for i := range waits {
		waits[i] = float64(60 - i)
	}
	r := sum([]Shift{
		{Occupancy: 0.8, Answered: 100, Connects: 96, Abandoned: 4, Dials: 400, LinesMean: 10, LinesMax: 30, WorstHalfHour: 0.1, waits: waits[:30]},
		{Occupancy: 0.9, Answered: 200, Connects: 195, Abandoned: 5, Dials: 700, LinesMean: 20, LinesMax: 25, WorstHalfHour: 0.05, Cancelled: 7, waits: waits[30:]},
		{Occupancy: 0.7, Answered: 100, Connects: 97, Abandoned: 3, Dials: 300, LinesMean: 0, LinesMax: 40},
	}, 0.03)
	for name, pair := range map[string][2]float64{
		"occupancy": {r.Occupancy, 0.8}, "occupancy_sd": {r.OccupancySD, 0.1},
		"wait_mean": {r.WaitMean, 30.5}, "wait_p95": {r.WaitP95, 57},
		"abandonment": {r.Abandonment, 0.03}, "abandonment_max": {r.AbandonmentMax, 0.04},
		"shifts_over_cap": {float64(r.ShiftsOverCap), 1}, "dials_per_connect": {r.DialsPer, 1400.0 / 388},
		"lines_mean": {r.LinesMean, 10}, "lines_max": {float64(r.LinesMax), 40}, "worst": {r.WorstHalfHour, 0.1},
		"connects": {float64(r.Connects), 388}, "cancelled": {float64(r.Cancelled), 7},
	} {
		if !equal(pair[0], pair[1]) {
			t.Errorf("%s is %g, want %g", name, pair[0], pair[1])
		}
	}
}

func TestTheResultHasTheKeysOfTheManual(t *testing.T) {
	text, err := json.Marshal(Result{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("occupancy occupancy_sd wait_mean_s wait_p95_s abandonment abandonment_max shifts_over_cap " +
		"dials_per_connect lines_mean lines_max worst_half_hour connects run_s") {
		if !strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("%s is not in %s", key, text)
		}
	}
}

// one places one call at the start and another every ten seconds, whoever is free.
type one struct{ last time.Time }

func (o *one) Apply(pacing.Event) {}
func (o *one) Decide(now time.Time, _ []float64) Order {
	if now.Sub(o.last) < 10*time.Second {
		return Order{}
	}
	o.last = now
	return Order{Place: 1, Again: 10 * time.Second}
}

func fixed() (Scenario, Entry) {
	constant := func(d time.Duration) Dist { return Dist{Shape: Constant, Mean: d} }
	s := Default()
	s.Name, s.Shifts, s.Shift, s.Agents = "fixed", 1, time.Hour, 1
	s.Answer, s.Ring, s.Talk, s.Wrap = Always(1), constant(5*time.Second), AlwaysDist(constant(14*time.Second)), constant(5*time.Second)
	return s, Entry{Named: Named{Name: "one"}, New: func(Setup) (Pacer, error) { return &one{}, nil }}
}

// With a call every 10 s, all answered after 5 s, and 19 s for each conversation, the agent takes one call, at 5 s, and
// the next that comes when it is free or within the hold of 2 s: that of 15 s waits to 17 s in vain, that of 25 s finds
// the agent free for a second. So every 20 s there is one conversation of 19 s and one person lost.
func TestAShiftThatCanBeReckonedByHandIsReckonedSo(t *testing.T) {
	s, e := fixed()
	r, err := Run(context.Background(), s, "one", Options{Extra: []Entry{e}})
	if err != nil {
		t.Fatal(err)
	}
	// Answers at 5, 15 ... 3595 s: 360, every other one met, from 5 s to 3585 s; the last conversation has 15 s of 19
	// before the end. Nobody waits at the end: that of 3595 s was given up at 3597 s.
	want := Shift{
		Worked: 179*19 + 15, LoggedIn: 3600, Answered: 360, Connects: 180, Abandoned: 180, Dials: 360,
		LinesMax: 2, WorstHalfHour: 0.5,
	}
	got := r.Each[0]
	// Lines: 5 s of ringing each, 14 s of talk for one half and 2 s of waiting for the other; the last
	// conversation, of 3585 s, is over at 3599 s.
	lines := (360*5 + 180*14 + 180*2) / 3600.0
	if !equal(got.LinesMean, lines) {
		t.Errorf("%g lines on average, want %g", got.LinesMean, lines)
	}
	if got.Worked != want.Worked || got.LoggedIn != want.LoggedIn || got.Answered != want.Answered || got.Connects != want.Connects ||
		got.Abandoned != want.Abandoned || got.Dials != want.Dials || got.WorstHalfHour != want.WorstHalfHour || got.Cut != 0 {
		t.Errorf("%+v", got)
	}
	if got.LinesMax != want.LinesMax { // talking, and ringing or waiting
		t.Errorf("%d lines at most", got.LinesMax)
	}
	if !equal(r.WaitMean, (5+179*1.0)/180) || r.WaitP95 != 1 {
		t.Errorf("agents wait %g s on average and %g s at the 95th percentile", r.WaitMean, r.WaitP95)
	}
	if !equal(r.Occupancy, want.Worked/3600) || r.ShiftsOverCap != 1 || r.Abandonment != 0.5 {
		t.Errorf("%+v", r)
	}
}

func TestNobodyWaitsWithoutAHold(t *testing.T) {
	s, e := fixed()
	s.Hold = 0
	a := newAudit(s, &one{})
	shift, err := newWorld(s, e, a, 1, time.Second).run(context.Background())
	if err != nil || shift.Abandoned != 180 {
		t.Errorf("%d abandoned, %v", shift.Abandoned, err)
	}
	if a.books(shift); len(a.faults) > 0 {
		t.Errorf("%q", a.faults)
	}
}

func TestWhoIsAwayIsNotLoggedIn(t *testing.T) {
	s, e := fixed()
	s.Agents = 10
	s.Breaks = []Break{{At: 10 * time.Minute, Share: 0.4, For: 10 * time.Minute}}
	s.Vanish = []Vanish{{At: 45 * time.Minute, Share: 0.3}}
	a := newAudit(s, &one{})
	shift, err := newWorld(s, e, a, 1, time.Second).run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if n := a.count[pacing.AgentPaused]; n != 4 {
		t.Errorf("%d agents went on the break, want 4", n)
	}
	if n := a.count[pacing.AgentGone]; n != 3 {
		t.Errorf("%d agents vanished, want 3", n)
	}
	// Each on break is away for 10 min, whenever the present call let them go; the vanished for the last 15 min.
	if want := 10*3600 - 4*600 - 3*900.0; !equal(shift.LoggedIn, want) {
		t.Errorf("logged in for %g s, want %g", shift.LoggedIn, want)
	}
}

func TestATunedPolicyRunsWithWhatItWasTunedTo(t *testing.T) {
	s, e := fixed()
	tuned := 0
	e.Tune = func(context.Context, Scenario, Options) (string, error) { tuned++; return "level=3", nil }
	var got []string
	e.New = func(s Setup) (Pacer, error) { got = append(got, s.Settings); return &one{}, nil }
	o := Options{Extra: []Entry{e}, Workers: 1, Shifts: 2}
	r, err := Run(context.Background(), s, "one", o)
	if err != nil || r.Settings != "level=3" || tuned != 1 {
		t.Errorf("tuned %d times to %q, %v", tuned, r.Settings, err)
	}
	if r, err = Run(context.Background(), s, "one:level=4", o); err != nil || r.Settings != "level=4" || tuned != 1 {
		t.Errorf("tuned %d times to %q, %v", tuned, r.Settings, err)
	}
	if want := []string{"level=3", "level=3", "level=4", "level=4"}; !slices.Equal(got, want) {
		t.Errorf("settings %q, want %q", got, want)
	}
}

func TestAWarmShiftBeginsWithWhatTheDayBeforeTaught(t *testing.T) {
	s := Default()
	s.Agents, s.Shift, s.Shifts = 5, time.Hour, 2
	var cold, warmed []pacing.Estimates
	e := predictive()
	e.Name = "watched"
	inner := e.New
	e.New = func(s Setup) (Pacer, error) {
		if s.Learned.Version == 0 {
			cold = append(cold, s.Learned)
		} else {
			warmed = append(warmed, s.Learned)
		}
		return inner(s)
	}
	o := Options{Extra: []Entry{e}, Workers: 1}
	if _, err := Run(context.Background(), s, "watched", o); err != nil || len(cold) != 2 || len(warmed) != 0 {
		t.Errorf("%d cold and %d warm shifts, %v", len(cold), len(warmed), err)
	}
	if _, err := Run(context.Background(), s, "watched:warm", o); err != nil || len(cold) != 4 || len(warmed) != 2 {
		t.Fatalf("%d cold and %d warm shifts, %v", len(cold), len(warmed), err)
	}
	// About 5 agents x 3600 s / 195 s x occupancy 0.8 / share 0.25 = 300 attempts, less what a night takes.
	for _, l := range warmed {
		if l.Attempts < 100 || l.Attempts > 500 || !l.SavedAt.Equal(startOfShift.Add(24*time.Hour)) {
			t.Errorf("the day before taught %g attempts, saved at %s", l.Attempts, l.SavedAt)
		}
	}
}

func TestProgressIsToldOncePerShift(t *testing.T) {
	s, e := fixed()
	var seen []int
	_, err := Run(context.Background(), s, "one", Options{Extra: []Entry{e}, Shifts: 5, Workers: 3, Progress: func(done, total int) {
		seen = append(seen, done*10+total)
	}})
	if err != nil || !slices.Equal(seen, []int{15, 25, 35, 45, 55}) {
		t.Errorf("%v, %v", seen, err)
	}
}

func TestACancelledRunEndsWithTheContextsError(t *testing.T) {
	s, e := fixed()
	s.Shift = longest
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, s, "one", Options{Extra: []Entry{e}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	e.New = func(Setup) (Pacer, error) { return &canceller{cancel: cancel}, nil }
	if _, err := Run(ctx, s, "one", Options{Extra: []Entry{e}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v in the middle of a shift", err)
	}
}

type canceller struct {
	one
	cancel context.CancelFunc
}

func (c *canceller) Decide(now time.Time, next []float64) Order {
	c.cancel()
	return c.one.Decide(now, next)
}

func TestPoliciesAreSplitAtCommasThatAreNotInTheirSettings(t *testing.T) {
	_, extra := fixed()
	for list, want := range map[string][]string{
		"predictive":                             {"predictive"},
		"predictive, progressive":                {"predictive", "progressive"},
		"one:a=1,b,c=2,predictive":               {"one:a=1,b,c=2", "predictive"},
		"one:a=1,b=2,one:b=3,known-releases,one": {"one:a=1,b=2", "one:b=3", "known-releases", "one"},
	} {
		got, err := SplitPolicies(list, extra)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gives %q, %v", list, got, err)
		}
	}
	all, err := SplitPolicies("all")
	if err != nil || len(all) != len(Policies()) || all[0] != "progressive" {
		t.Errorf("all is %q, %v", all, err)
	}
	for _, list := range []string{"", "predictiv", "predictive,b=1", "predictive,,progressive"} {
		if got, err := SplitPolicies(list, extra); !errors.Is(err, ErrPolicy) {
			t.Errorf("%q gives %q, %v", list, got, err)
		}
	}
}

func TestARunRefusesWhatItCannotRun(t *testing.T) {
	s, _ := fixed()
	if _, err := Run(context.Background(), s, "nobody", Options{}); !errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), "progressive") {
		t.Errorf("error %v", err)
	}
	if _, err := Run(context.Background(), s, "predictive:fast", Options{}); !errors.Is(err, ErrPolicy) {
		t.Errorf("error %v", err)
	}
	if _, err := Run(context.Background(), s, "progressive:warm", Options{}); !errors.Is(err, ErrPolicy) {
		t.Errorf("error %v", err)
	}
	bad := s
	bad.Agents = 0
	if _, err := Run(context.Background(), bad, "predictive", Options{}); !errors.Is(err, ErrScenario) {
		t.Errorf("error %v", err)
	}
	none := s
	none.Cap = 0
	if _, err := Run(context.Background(), none, "predictive", Options{}); !errors.Is(err, pacing.ErrPolicy) {
		t.Errorf("error %v", err)
	}
}
