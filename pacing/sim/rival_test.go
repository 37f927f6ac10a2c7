package sim

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

// stage plays events to a board.
type stage struct {
	*board
	rule  rule
	calls pacing.CallID
}

func newStage(r rule) *stage { return &stage{board: newBoard(startOfShift), rule: r} }

func (s *stage) tell(at float64, k pacing.Kind, call pacing.CallID, agent pacing.AgentID) {
	seen := s.apply(pacing.Event{At: startOfShift.Add(seconds(at)), Kind: k, Call: call, Agent: agent})
	if s.rule != nil {
		s.rule.see(s.board, seen)
	}
}

// team brings agents to work, each at the start of the shift but in the state given.
func (s *stage) team(ready, talking, wrapUp, paused int) {
	id := pacing.AgentID(0)
	for range ready {
		id++
		s.tell(0, pacing.AgentReady, 0, id)
	}
	for range talking {
		id++
		s.calls++
		s.tell(0, pacing.AgentReady, 0, id)
		s.tell(0, pacing.CallPlaced, s.calls, 0)
		s.tell(0, pacing.CallAnswered, s.calls, 0)
		s.tell(0, pacing.CallBridged, s.calls, id)
	}
	for range wrapUp {
		id++
		s.tell(0, pacing.AgentWrapUp, 0, id)
	}
	for range paused {
		id++
		s.tell(0, pacing.AgentPaused, 0, id)
	}
}

// air places calls of which some have been answered and wait.
func (s *stage) air(ringing, waiting int) {
	for i := range ringing + waiting {
		s.calls++
		s.tell(s.now, pacing.CallPlaced, s.calls, 0)
		if i >= ringing {
			s.tell(s.now, pacing.CallAnswered, s.calls, 0)
		}
	}
}

func asked(t *testing.T, r rule, b *board) int {
	t.Helper()
	n, _ := r.place(b)
	return n
}

func TestTheBoardFollowsACallAndItsAgent(t *testing.T) {
	s := newStage(nil)
	check := func(what string, ready, talking, wrapUp, inAir, waiting, lines int) {
		t.Helper()
		got := [6]int{s.ready(), s.board.talking(), s.wrapUp(), s.inAir, s.waiting, s.lines()}
		if want := [6]int{ready, talking, wrapUp, inAir, waiting, lines}; got != want {
			t.Errorf("%s: ready, talking, wrap-up, in the air, waiting, lines are %v, want %v", what, got, want)
		}
	}
	s.tell(0, pacing.AgentReady, 0, 1)
	s.tell(0, pacing.CallPlaced, 7, 0)
	s.tell(0, pacing.CallPlaced, 8, 0)
	s.tell(1, pacing.CallRinging, 7, 0)
	check("two calls", 1, 0, 0, 2, 0, 2)
	s.tell(9, pacing.CallAnswered, 7, 0)
	check("one answers", 1, 0, 0, 1, 1, 2)
	s.tell(9, pacing.CallBridged, 7, 1)
	check("and meets the agent", 0, 1, 0, 1, 0, 2)
	s.tell(12, pacing.CallAnswered, 8, 0)
	s.tell(14, pacing.CallAbandoned, 8, 0)
	check("the other meets nobody", 0, 1, 0, 0, 0, 2)
	s.tell(14, pacing.CallEnded, 8, 0)
	s.tell(69, pacing.CallEnded, 7, 0)
	s.tell(69, pacing.AgentWrapUp, 0, 1)
	check("over", 0, 0, 1, 0, 0, 0)
	s.tell(80, pacing.AgentGone, 0, 1)
	check("gone", 0, 0, 0, 0, 0, 0)
	if s.loggedIn() != 0 {
		t.Errorf("%d agents are left", s.loggedIn())
	}
}

func TestTheBoardTellsHowLongThingsTook(t *testing.T) {
	b := newBoard(startOfShift)
	see := func(at float64, k pacing.Kind, call pacing.CallID, agent pacing.AgentID) sight {
		return b.apply(pacing.Event{At: startOfShift.Add(seconds(at)), Kind: k, Call: call, Agent: agent})
	}
	see(0, pacing.AgentReady, 0, 1)
	see(2, pacing.CallPlaced, 5, 0)
	if got := see(13, pacing.CallAnswered, 5, 0).took; math.Abs(got-11) > 1e-6 {
		t.Errorf("the answer took %v s, want 11", got)
	}
	see(13, pacing.CallBridged, 5, 1)
	if got := see(73, pacing.CallEnded, 5, 0); !got.talked || math.Abs(got.lasted-60) > 1e-6 {
		t.Errorf("the conversation: %+v, want 60 s", got)
	}
	if got := see(73, pacing.AgentWrapUp, 0, 1).lasted; math.Abs(got-60) > 1e-6 {
		t.Errorf("the agent talked for %v s, want 60", got)
	}
	if got := see(85, pacing.AgentReady, 0, 1).lasted; math.Abs(got-12) > 1e-6 {
		t.Errorf("the wrap-up took %v s, want 12", got)
	}
}

func TestTheFixedRatioCountsWhatItSays(t *testing.T) {
	for _, c := range []struct {
		name                  string
		rule                  ratio
		ready, talking, wrap  int
		ringing, waits, wants int
	}{
		{"two lines for each idle agent", ratio{level: 2}, 3, 5, 1, 0, 0, 6},
		{"less those in the air and waiting", ratio{level: 2}, 3, 5, 1, 2, 1, 3},
		{"busy agents create none", ratio{level: 4}, 0, 9, 0, 0, 0, 0},
		{"half a line is a line", ratio{level: 2.5}, 1, 0, 0, 0, 0, 3},
		{"on all agents, busy ones create lines", ratio{level: 1.5, all: true}, 0, 8, 2, 0, 0, 7},
		{"on all agents, less all lines", ratio{level: 1.5, all: true}, 2, 6, 2, 3, 1, 5},
	} {
		s := newStage(nil)
		s.team(c.ready, c.talking, c.wrap, 3)
		s.air(c.ringing, c.waits)
		if got := asked(t, c.rule, s.board); got != c.wants {
			t.Errorf("%s: places %d, want %d", c.name, got, c.wants)
		}
	}
}

func TestOmnileadsPlacesAsItsFormulaSays(t *testing.T) {
	o := newOmnileads(0.03, 1, 0)
	o.answers = 0.25
	for _, c := range []struct {
		free, expected, ringing, gamma float64
		want                           int
	}{
		{2, 1.5, 4, 1, 10}, // (2 + 1.5 - 4 x .25) / .25
		{2, 1.5, 4, 0.2, 2},
		{1, 0, 4, 1, 0},
		{0, 0.5, 0, 1, 2},
		{0, 0, 9, 1, 0}, // never less than none
	} {
		if got := o.wanted(c.free, c.expected, c.ringing, c.gamma); got != c.want {
			t.Errorf("%+v: places %d", c, got)
		}
	}
	o.answers = 0.001 // read as .05
	if got := o.wanted(1, 0, 0, 1); got != 20 {
		t.Errorf("with hardly an answer it places %d, want 20", got)
	}
}

func TestOmnileadsBelievesThatAnOverdueAgentIsFree(t *testing.T) {
	for _, c := range []struct{ ring, mean, elapsed, want float64 }{
		{20, 100, 60, 1 - math.Exp(-0.5)},
		{20, 100, 99.5, 1 - math.Exp(-20)},
		{20, 100, 4000, 1 - math.Exp(-20)},
		{20, 15, 5, 1 - math.Exp(-2)},
	} {
		if got := omnileadsSoon(c.ring, c.mean, c.elapsed); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestOmnileadsBrakesAndLatches(t *testing.T) {
	o := newOmnileads(0.03, 1, 0)
	for _, c := range []struct{ abandons, gamma float64 }{{0, 1}, {0.015, 1}, {0.0225, 0.6}, {0.03, 0.2}, {0.5, 0.2}} {
		o.abandons = c.abandons
		if got := o.brake(); math.Abs(got-c.gamma) > 1e-9 {
			t.Errorf("at %v abandoned gamma is %v, want %v", c.abandons, got, c.gamma)
		}
	}
	o.abandons = 0.1
	for tick := 1; tick <= 5; tick++ {
		if o.latched {
			t.Fatalf("latched before the fifth tick, at %d", tick)
		}
		o.latch()
	}
	if !o.latched {
		t.Error("not latched after five ticks over the limit")
	}
	o.abandons = 0.025
	if o.latch(); !o.latched {
		t.Error("the latch opens at .025, above 80 % of the limit")
	}
	o.abandons = 0.0239
	if o.latch(); o.latched {
		t.Error("the latch stays at .0239, below 80 % of the limit")
	}
}

func TestOmnileadsReadsOneAbandonedCallAsTenPercent(t *testing.T) {
	o := newOmnileads(0.03, 1, 0)
	s := newStage(o)
	s.team(1, 0, 0, 0)
	s.air(0, 1)
	s.tell(2, pacing.CallAbandoned, s.calls, 0)
	if math.Abs(o.abandons-0.1) > 1e-12 || math.Abs(o.answers-0.55) > 1e-12 {
		t.Errorf("abandoned %v, want .1; answers %v, want .55", o.abandons, o.answers)
	}
}

func TestOmnileadsWarmsUpOneToOne(t *testing.T) {
	o := newOmnileads(0.03, 1, 0)
	s := newStage(o)
	s.team(4, 3, 0, 0)
	s.air(1, 0)
	if got := asked(t, o, s.board); got != 3 {
		t.Errorf("cold it places %d, want 3", got)
	}
}

func TestIssabelPlacesAsItsPredictorSays(t *testing.T) {
	for _, c := range []struct {
		name            string
		overcommit      bool
		channels        int
		agents, ringing int
		seizure         float64
		want            int
	}{
		{"one call for each agent", false, 0, 4, 1, 0.25, 3},
		{"over-commit divides what is left", true, 0, 4, 1, 0.25, 12},
		{"by a fifth at least", true, 0, 4, 1, 0.02, 15},
		{"unknown share", true, 0, 4, 1, 0, 3},
		{"channels first, ringing calls then", false, 2, 4, 1, 0.25, 1},
		{"never less than none", true, 0, 1, 5, 0.25, 0},
	} {
		i := newIssabel(issabelQoS, c.overcommit, c.channels)
		if got := i.wanted(c.agents, c.ringing, c.seizure); got != c.want {
			t.Errorf("%s: places %d, want %d", c.name, got, c.want)
		}
	}
}

func TestIssabelCountsAnAgentAfterThreeAndAHalfMeanTalks(t *testing.T) {
	if got := issabelFree(342, 8, 100); got >= issabelQoS {
		t.Errorf("after 342 s of mean 100 it is %v certain", got)
	}
	if got := issabelFree(343, 8, 100); got < issabelQoS {
		t.Errorf("after 343 s of mean 100 it is only %v certain", got)
	}
	i := newIssabel(issabelQoS, false, 0)
	s := newStage(i)
	s.team(1, 2, 0, 0)
	for range issabelTalks {
		i.talk.add(100)
	}
	s.board.at(startOfShift.Add(seconds(345)))
	if got := i.soon(s.board); got != 2 {
		t.Errorf("%d agents must come free soon, want 2", got)
	}
	if got := asked(t, i, s.board); got != 3 {
		t.Errorf("places %d, want 3", got)
	}
}

func TestIssabelPadsItsRingTimes(t *testing.T) {
	i := newIssabel(issabelQoS, false, 0)
	s := newStage(i)
	for range 10 {
		s.calls++
		s.tell(s.now, pacing.CallPlaced, s.calls, 0)
		s.tell(s.now+18, pacing.CallAnswered, s.calls, 0)
	}
	if got := i.ring(); math.Abs(got-13) > 1e-6 {
		t.Errorf("ten answers after 18 s and ten defaults of 8 s make %v, want 13", got)
	}
}

func TestImpactTriesRatiosInItsSimulation(t *testing.T) {
	m := newImpact(0.03, 1)
	for range 60 {
		m.attempts = append(m.attempts, impactAttempt{live: true})
	}
	m.talks = []float64{60}
	// Dialed at 0, 75, 150 and 225, answered 10 s later: three conversations of 60 s and 5 s of a fourth.
	if use, abandoned := m.simulate(10, 1); math.Abs(use-185.0/240) > 1e-9 || abandoned != 0 {
		t.Errorf("one line each: used %v, abandoned %v; want %v and 0", use, abandoned, 185.0/240)
	}
	if use, abandoned := m.simulate(10, 2); math.Abs(use-185.0/240) > 1e-9 || abandoned != 0.5 {
		t.Errorf("two lines each when all answer: used %v, abandoned %v; want %v and half", use, abandoned, 185.0/240)
	}
}

func TestImpactFollowsItsBestRatio(t *testing.T) {
	for _, c := range []struct {
		name                string
		best                float64
		ready, talking      int
		ringing             int
		answered, abandoned int
		want                int
	}{
		{"the ratio less what rings", 3.2, 2, 4, 3, 0, 0, 3},
		{"three quarters over the limit", 3.2, 2, 4, 3, 100, 4, 1},
		{"within the limit", 3.2, 2, 4, 3, 100, 2, 3},
		{"never more than four lines a caller", 9, 5, 0, 2, 0, 0, 18},
	} {
		m := newImpact(0.03, 1)
		s := newStage(nil)
		s.team(c.ready, c.talking, 0, 0)
		s.air(c.ringing, 0)
		m.best, m.answered, m.abandoned = c.best, c.answered, c.abandoned
		if got := m.wanted(s.board); got != c.want {
			t.Errorf("%s: places %d, want %d", c.name, got, c.want)
		}
	}
	m, s := newImpact(0.03, 1), newStage(nil)
	s.team(2, 0, 0, 0)
	m.best = 3
	s.board.at(startOfShift.Add(11 * time.Minute))
	if got := m.wanted(s.board); got != 2 {
		t.Errorf("after eleven minutes without a call it places %d, want 2", got)
	}
}

func TestTheLedgerSteersTheRatio(t *testing.T) {
	l := &ledgerRatio{cap: 0.03, start: 2, end: 8 * 3600}
	s := newStage(l)
	s.team(1, 0, 0, 0)
	at := 0.0
	level := func(answers, lost int) float64 {
		for i := range answers {
			at += 10
			s.calls++
			s.tell(at, pacing.CallPlaced, s.calls, 0)
			s.tell(at, pacing.CallAnswered, s.calls, 0)
			if i < lost {
				s.tell(at, pacing.CallAbandoned, s.calls, 0)
			}
			s.tell(at, pacing.CallEnded, s.calls, 0)
		}
		return l.level(s.board)
	}
	if got := level(10, 0); got > 2 {
		t.Errorf("with the reserve still to be earned the level is %v, above the start", got)
	}
	rich := level(990, 0)
	if want := 0.98*0.03*1000 - 4; math.Abs(l.budget()-min(20, want)) > 1e-9 {
		t.Errorf("the budget is %v, want the clamp of %v", l.budget(), want)
	}
	if rich < 6 {
		t.Errorf("after a thousand answers without a loss the level is %v", rich)
	}
	if poor := level(25, 25); poor >= rich*3/4 {
		t.Errorf("25 losses take the level from %v only to %v", rich, poor)
	}
	l.abandoned = 100
	if got := l.level(s.board); got != 1 {
		t.Errorf("over the cap the level is %v, want 1", got)
	}
}

func TestSettingsAreReadAndWrongOnesExplained(t *testing.T) {
	for _, c := range []struct{ policy, wrong string }{
		{"ratio:2.5", ""},
		{"ratio:level=2.5", ""},
		{"vicidial-hard:max=8,available-only", ""},
		{"vicidial-best:method=average,max=4", ""},
		{"omnileads:boost=1.5,caps=2", ""},
		{"issabel:overcommit", ""},
		{"impact:limit=0.02", ""},
		{"ratio-ledger:start=3", ""},
		{"ratio:0", "level=0 is not a number from 0.1 to 100"},
		{"ratio:lines=3", `unknown setting "lines"; it takes level=2.5`},
		{"vicidial-hard:max=eight", "max=eight is not a number from 1 to 50"},
		{"vicidial-hard:available-only=maybe", "available-only=maybe is not yes or no"},
		{"vicidial-hard:method=average", `unknown setting "method"`},
		{"vicidial-best:method=strict", "method=strict is not hard, average, tapered"},
		{"vicidial-tapered:max=3,max=4", "max stands there twice"},
		{"issabel:qos=1", "qos=1 is not a number"},
	} {
		e, text, err := find(c.policy, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.New(Setup{Scenario: Default(), Settings: text, Start: startOfShift, Seed: 1})
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", c.policy, err)
		case c.wrong != "" && (!errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: %v, want %q", c.policy, err, c.wrong)
		}
	}
}

func TestEveryTriedSettingOfVicidialIsOne(t *testing.T) {
	all := vicidialTwenty()
	if len(all) != 20 {
		t.Errorf("%d settings, want 20", len(all))
	}
	seen := map[string]bool{}
	for _, text := range all {
		if _, err := readVicidial(Setup{Scenario: Default(), Settings: text}, vicidialHard, true); err != nil || seen[text] {
			t.Errorf("%s: %v, twice %v", text, err, seen[text])
		}
		seen[text] = true
	}
}

func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "2.5", "level=2", "max=8,available-only", "max=,=,,", "level=NaN", "level=1e309"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range rivals() {
			p, err := e.New(Setup{Scenario: Default(), Settings: text, Start: startOfShift, Seed: 1})
			if err != nil && !errors.Is(err, ErrPolicy) {
				t.Fatalf("%s:%s: %v", e.Name, text, err)
			}
			if err == nil && p == nil {
				t.Fatalf("%s:%s: neither a policy nor an error", e.Name, text)
			}
		}
	})
}
