package pacing

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func story(f *Floor, events ...Event) {
	for _, e := range events {
		f.Apply(e)
	}
}

func TestRepeatedAndLateEventsCountOnce(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	for range 3 {
		story(f,
			Event{At: at(0), Kind: AgentReady, Agent: 1},
			Event{At: at(0), Kind: CallPlaced, Call: 1},
			Event{At: at(9), Kind: CallAnswered, Call: 1},
			Event{At: at(11), Kind: CallAbandoned, Call: 1},
			Event{At: at(11), Kind: CallAbandoned, Call: 1},
			Event{At: at(15), Kind: CallEnded, Call: 1},
		)
	}
	s := f.Snapshot(at(20))
	if s.Ledger.Answered != 1 || s.Ledger.Abandoned != 1 || s.Lines != 0 || s.Free != 1 {
		t.Errorf("after three tellings of one abandoned call: %+v", s)
	}
}

func TestAnEndingImpliesWhatMustHaveComeBefore(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	story(f,
		Event{At: at(0), Kind: CallBridged, Call: 1, Agent: 7}, // neither placed nor answered was told
		Event{At: at(1), Kind: CallAbandoned, Call: 2},
	)
	s := f.Snapshot(at(2))
	if s.Ledger.Answered != 2 || s.Ledger.Abandoned != 1 || s.Waiting != 0 || s.Lines != 2 || len(s.Busy) != 1 || s.Resolved != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAPersonWhoHangsUpBeforeAnAgentComesIsNotAbandoned(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	story(f, Event{At: at(0), Kind: CallPlaced, Call: 1}, Event{At: at(9), Kind: CallAnswered, Call: 1})
	if s := f.Snapshot(at(9)); s.Waiting != 1 {
		t.Fatalf("waiting %d", s.Waiting)
	}
	f.Apply(Event{At: at(10), Kind: CallEnded, Call: 1})
	if s := f.Snapshot(at(10)); s.Waiting != 0 || s.Ledger.Answered != 1 || s.Ledger.Abandoned != 0 {
		t.Errorf("%+v", s.Ledger)
	}
}

func TestCallsWhoseEndWasLostAreForgotten(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	story(f, Event{At: at(0), Kind: CallPlaced, Call: 1}, Event{At: at(0), Kind: CallPlaced, Call: 2}, Event{At: at(5), Kind: CallAnswered, Call: 2})
	if s := f.Snapshot(at(100)); s.InAir != 1 || s.Waiting != 1 {
		t.Fatalf("in the air %d, waiting %d", s.InAir, s.Waiting)
	}
	if s := f.Snapshot(at(400)); s.InAir != 0 || s.Waiting != 0 || s.Lines != 0 {
		t.Errorf("in the air %d, waiting %d, lines %d", s.InAir, s.Waiting, s.Lines)
	}
}

func TestAClockSetBackLeavesEveryAgeAsItWas(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	story(f, Event{At: at(3600), Kind: AgentReady, Agent: 1}, Event{At: at(3600), Kind: CallPlaced, Call: 1})
	f.Snapshot(at(3610))
	f.Apply(Event{At: at(0), Kind: AgentReady, Agent: 2}) // an hour back
	if s := f.Snapshot(at(5)); math.Abs(s.Attempts[0].Age-15) > 1e-9 {
		t.Errorf("age %v, want 15", s.Attempts[0].Age)
	}
}

func TestAClockSetForwardTeachesNoLongRinging(t *testing.T) {
	f, _ := busyFloor(5, 40)
	before := f.answers.exposure[answerBins-1]
	for id := CallID(401); id <= 440; id++ {
		f.Apply(Event{At: at(500 + 3*365*24*3600), Kind: CallNoAnswer, Call: id})
	}
	if s := f.Snapshot(at(500 + 3*365*24*3600)); s.InAir != 0 || f.answers.exposure[answerBins-1] != before || !(f.answers.rho > 0.1) {
		t.Errorf("in the air %d, exposure %v (was %v), rho %v", s.InAir, f.answers.exposure[answerBins-1], before, f.answers.rho)
	}
}

func TestALunchWithoutAgentsDoesNotMakeTheAfternoonLookEmpty(t *testing.T) {
	f, _ := busyFloor(5, 0)
	f.SetLedger(Ledger{Until: at(8 * 3600)})
	before := f.Snapshot(at(500)).ToCome
	for i := range 5 {
		f.Apply(Event{At: at(500), Kind: AgentPaused, Agent: AgentID(i + 1)})
	}
	for lunch := range 3600 {
		f.Snapshot(at(500 + float64(lunch)))
	}
	for i := range 5 {
		f.Apply(Event{At: at(4100), Kind: AgentReady, Agent: AgentID(i + 1)})
	}
	if after := f.Snapshot(at(4100)).ToCome; before == 0 || after < before/2 {
		t.Errorf("answers to come %.0f before, %.0f after an hour without agents", before, after)
	}
}

func TestAgentsWhoLeaveAfterTheirCallAreNoReleases(t *testing.T) {
	f, policy := busyFloor(20, 0)
	before := Decide(policy, f.Snapshot(at(500)))
	for i := range 20 {
		f.Apply(Event{At: at(500), Kind: AgentLeavingAfterCall, Agent: AgentID(i + 1)})
	}
	after := Decide(policy, f.Snapshot(at(500)))
	if before.ExpectedReleases[2] == 0 || after.ExpectedReleases[2] != 0 || after.Why != ReasonNoAgents || after.Free != 0 {
		t.Errorf("releases %v, then %v because %v", before.ExpectedReleases, after.ExpectedReleases, after.Why)
	}
}

func TestAllAgentsGoneStopsDialingAtOnceAndWithdrawsWhatMayBe(t *testing.T) {
	f, policy := busyFloor(20, 0)
	policy.Cancel = true
	f.SetLedger(Ledger{Answered: 1000})
	for i, rings := range []float64{480, 490, 0} { // 20 s, 10 s, not yet
		id := CallID(5000 + i)
		f.Apply(Event{At: at(478), Kind: CallPlaced, Call: id})
		if rings > 0 {
			f.Apply(Event{At: at(rings), Kind: CallRinging, Call: id})
		}
	}
	for i := range 20 {
		f.Apply(Event{At: at(500), Kind: AgentGone, Agent: AgentID(i + 1)})
	}
	d := Decide(policy, f.Snapshot(at(500)))
	if d.Place != 0 || d.Why != ReasonNoAgents || !reflect.DeepEqual(d.Cancel, []CallID{5000, 5002}) {
		t.Errorf("%+v", d)
	}
}

func TestOnlyAttemptsThatWouldBeLostAreWithdrawn(t *testing.T) {
	withdrawn := func(attempts int) int {
		f, policy := busyFloor(3, 0)
		policy.Cancel, policy.MinRing = true, 5*time.Second // busyFloor's list answers after 12 s
		for i := range 3 {
			f.Apply(Event{At: at(499), Kind: AgentTalking, Agent: AgentID(i + 1)})
		}
		for i := range attempts {
			f.Apply(Event{At: at(490), Kind: CallPlaced, Call: CallID(7000 + i)})
			f.Apply(Event{At: at(491), Kind: CallRinging, Call: CallID(7000 + i)})
		}
		f.Apply(Event{At: at(499.5), Kind: AgentReady, Agent: 1})
		return len(Decide(policy, f.Snapshot(at(500))).Cancel)
	}
	if n := withdrawn(1); n != 0 {
		t.Errorf("one attempt for one free agent: %d withdrawn", n)
	}
	if n := withdrawn(12); n == 0 || n > 11 {
		t.Errorf("twelve attempts for one free agent: %d withdrawn", n)
	}
}

func TestTheReasonNamesWhatBoundTheDecision(t *testing.T) {
	for _, c := range []struct {
		why    Reason
		change func(*Floor, *Policy)
	}{
		{ReasonLines, func(f *Floor, p *Policy) { p.MaxLines = 2 }},
		{ReasonAtOnce, func(f *Floor, p *Policy) { p.MaxAtOnce = 1 }},
		{ReasonPerAgent, func(f *Floor, p *Policy) { p.MaxPerAgent = 0.2 }},
		{ReasonLossOverTheta, func(f *Floor, p *Policy) {}},
		{ReasonBudgetSpent, func(f *Floor, p *Policy) { f.SetLedger(Ledger{}) }},
		{ReasonColdStart, func(f *Floor, p *Policy) { f.answers.attempts = coldStart - 1 }},
		{ReasonEveryFreeAgentHasACall, func(f *Floor, p *Policy) { p.Mode = Preview }},
		{ReasonNoRelease, func(f *Floor, p *Policy) {
			for i := range 20 {
				f.Apply(Event{At: at(480), Kind: AgentPaused, Agent: AgentID(i + 1)})
			}
			f.Apply(Event{At: at(499), Kind: AgentTalking, Agent: 1})
			for i := range 9 {
				f.Apply(Event{At: at(499), Kind: CallPlaced, Call: CallID(8000 + i)})
			}
		}},
	} {
		f, policy := busyFloor(20, 0)
		f.SetLedger(Ledger{Answered: 1000})
		c.change(f, &policy)
		if d := Decide(policy, f.Snapshot(at(500))); d.Why != c.why {
			t.Errorf("%v, want %v: %+v", d.Why, c.why, d)
		}
	}
}

func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	for _, agents := range []int{20, 100} {
		f, policy := busyFloor(agents, 3*agents)
		f.SetLedger(Ledger{Answered: 1000, Abandoned: 20})
		policy.Cancel = true
		id, now := CallID(100_000), 500.0
		cycle := func() {
			for i := range 50 {
				id++
				now += 0.25
				agent := AgentID(1 + i%agents)
				story(f,
					Event{At: at(now), Kind: CallPlaced, Call: id},
					Event{At: at(now), Kind: CallAnswered, Call: id},
					Event{At: at(now), Kind: CallBridged, Call: id, Agent: agent},
					Event{At: at(now + 0.1), Kind: CallEnded, Call: id},
					Event{At: at(now + 0.1), Kind: AgentWrapUp, Agent: agent},
					Event{At: at(now + 0.2), Kind: AgentReady, Agent: agent},
				)
				Decide(policy, f.Snapshot(at(now)))
			}
		}
		for range 40 {
			cycle() // grow to size
		}
		if n := testing.AllocsPerRun(20, cycle); n > 0 {
			t.Errorf("%d agents: %v allocations in 50 calls", agents, n)
		}
	}
}

func TestEstimatesSurviveJSONAndShapeTheNextShift(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	f := NewFloor(predictive, Estimates{})
	dialList(f, 0, 1000, 0.4, func() float64 { return 8 }, r)
	saved := f.Estimates(at(1100))
	text, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	var read Estimates
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(saved, read) {
		t.Fatal("estimates changed on their way through JSON")
	}
	next := NewFloor(predictive, read.Decayed(at(24*3600)))
	s := next.Snapshot(at(24 * 3600))
	if s.Resolved < coldStart {
		t.Errorf("the next shift starts with %v attempts", s.Resolved)
	}
	if share := next.answers.share(); math.Abs(share-0.4) > 0.06 {
		t.Errorf("the next shift starts with %.3f answers an attempt, yesterday had 0.4", share)
	}
	if old := read.Decayed(at(365 * 24 * 3600)); old.Attempts > 1 {
		t.Errorf("after a year %v attempts are left", old.Attempts)
	}
}

func TestUnusableEstimatesAreIgnored(t *testing.T) {
	f, policy := busyFloor(20, 60)
	for name, spoil := range map[string]func(*Estimates){
		"empty":         func(e *Estimates) { *e = Estimates{} },
		"other version": func(e *Estimates) { e.Version++ },
		"short":         func(e *Estimates) { e.Live = e.Live[:3] },
		"not a number":  func(e *Estimates) { e.TalkEnds[4] = math.NaN() },
		"negative":      func(e *Estimates) { e.Exposure[0] = -1 },
		"infinite":      func(e *Estimates) { e.Attempts = math.Inf(1) },
	} {
		e := f.Estimates(at(500))
		spoil(&e)
		if got, want := NewFloor(policy, e), NewFloor(policy, Estimates{}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a floor with them differs from one without", name)
		}
	}
}

func TestAPolicyThatMakesNoSenseIsRefused(t *testing.T) {
	for name, p := range map[string]Policy{
		"no mode":            {},
		"unknown mode":       {Mode: 9, Cap: 0.03},
		"no cap":             {Mode: Predictive},
		"cap over 1":         {Mode: Predictive, Cap: 3},
		"cap not a number":   {Mode: Predictive, Cap: math.NaN()},
		"target over cap":    {Mode: Predictive, Cap: 0.03, Target: 0.04},
		"long hold":          {Mode: Progressive, Hold: time.Minute},
		"negative hold":      {Mode: Progressive, Hold: -1},
		"negative ring":      {Mode: Progressive, MinRing: -1},
		"negative lines":     {Mode: Progressive, MaxLines: -1},
		"negative per agent": {Mode: Progressive, MaxPerAgent: -1},
		"negative at once":   {Mode: Progressive, MaxAtOnce: -1},
	} {
		if err := p.Validate(); !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range []Policy{{Mode: Preview}, {Mode: Progressive}, predictive} {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
		if m, err := ParseMode(p.Mode.String()); err != nil || m != p.Mode {
			t.Errorf("%v reads back as %v, %v", p.Mode, m, err)
		}
	}
	if _, err := ParseMode("manual"); !errors.Is(err, ErrPolicy) {
		t.Error(err)
	}
}

func TestEveryKindAndReasonHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := range kinds {
		seen[k.String()] = true
	}
	for r := range reasons {
		seen[r.String()] = true
	}
	if len(seen) != int(kinds)+int(reasons) || seen[""] {
		t.Errorf("%d names for %d kinds and reasons", len(seen), int(kinds)+int(reasons))
	}
	if Kind(250).String() != Kind(0).String() || Reason(250).String() != Reason(0).String() || Mode(250).String() != "unknown" {
		t.Error("a value out of range has no name")
	}
}
