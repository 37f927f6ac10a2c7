package pacing

import (
	"math"
	"math/rand/v2"
	"testing"
)

// talkers returns a floor of one busy agent whose campaign has seen many conversations of 60 to 600 s, in which the
// closing step comes 3 to 9 s before the end and the opening at once.
func talkers(t *testing.T) *Floor {
	t.Helper()
	f := NewFloor(predictive, Estimates{})
	r := rand.New(rand.NewPCG(4, 4))
	now := 0.0
	for range 400 {
		talk := 60 + 540*r.Float64()
		f.Apply(Event{At: at(now), Kind: AgentReady, Agent: 1})
		f.Apply(Event{At: at(now + 1), Kind: AgentTalking, Agent: 1})
		f.Apply(Event{At: at(now + 1), Kind: AgentStep, Agent: 1, Step: opening})
		f.Apply(Event{At: at(now + 1 + talk - 3 - 6*r.Float64()), Kind: AgentStep, Agent: 1, Step: closing})
		f.Apply(Event{At: at(now + 1 + talk - 1 - 4*r.Float64()), Kind: AgentFinishing, Agent: 1})
		f.Apply(Event{At: at(now + 1 + talk), Kind: AgentWrapUp, Agent: 1})
		now += talk + 6
	}
	f.Apply(Event{At: at(now), Kind: AgentReady, Agent: 1})
	f.Apply(Event{At: at(now + 1), Kind: AgentTalking, Agent: 1})
	f.Snapshot(at(now + 1))
	return f
}

const (
	opening StepID = 7
	closing StepID = 9
)

// soon is the expected number of releases within 20 s, at s seconds after the last event.
func (f *Floor) soon(s float64) float64 {
	return Decide(predictive, f.Snapshot(at(f.clock.last+s))).ExpectedReleases[2]
}

func TestAnAgentAtTheClosingStepIsAboutToComeFree(t *testing.T) {
	f := talkers(t)
	f.Apply(Event{At: at(f.clock.last + 100), Kind: AgentStep, Agent: 1, Step: opening})
	before := f.soon(1)
	f.Apply(Event{At: at(f.clock.last + 1), Kind: AgentStep, Agent: 1, Step: closing})
	if after := f.soon(1); before > 0.2 || after < 0.7 {
		t.Errorf("expected free within 20 s: %.2f at the opening, %.2f at the closing step", before, after)
	}
}

func TestTheFinishingKeySaysThatAConversationEnds(t *testing.T) {
	f := talkers(t)
	before := f.soon(60)
	f.Apply(Event{At: at(f.clock.last), Kind: AgentFinishing, Agent: 1})
	if after := f.soon(1); after < 0.8 || after < before+0.5 {
		t.Errorf("expected free within 20 s: %.2f before the key, %.2f after it", before, after)
	}
	f.Apply(Event{At: at(f.clock.last + 1), Kind: AgentWrapUp, Agent: 1})
	f.Apply(Event{At: at(f.clock.last + 1), Kind: AgentReady, Agent: 1})
	f.Apply(Event{At: at(f.clock.last + 1), Kind: AgentTalking, Agent: 1})
	if next := f.soon(60); next > before+0.05 {
		t.Errorf("the key of the call before still counts: %.2f, without it %.2f", next, before)
	}
}

func TestAResterIsFreeWhenTheRestIsOver(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	f.Apply(Event{At: at(0), Kind: AgentResting, Agent: 1, Until: at(30)})
	if s := f.Snapshot(at(1)); s.Agents != 1 || s.Free != 0 || len(s.Busy) != 1 || s.Busy[0].State != BusyResting || s.Busy[0].FreeIn != 29 {
		t.Fatalf("%+v", s)
	}
	if early, late := f.soon(0), f.soon(15); early != 0 || late != 1 {
		t.Errorf("expected free within 20 s: %.2f with 29 s of rest left, %.2f with 14", early, late)
	}
}

func TestWhoLeavesSoonIsNotCountedOnForLaterAnswers(t *testing.T) {
	f, policy := busyFloor(20, 0)
	f.SetLedger(Ledger{Answered: 1000, Abandoned: 5})
	stays := Decide(policy, f.Snapshot(at(500)))
	for i := range 20 {
		f.Apply(Event{At: at(500), Kind: AgentLeavesAt, Agent: AgentID(i + 1), Until: at(505)})
	}
	leaves := Decide(policy, f.Snapshot(at(500)))
	if stays.Place == 0 || leaves.Place > 0 {
		t.Errorf("places %d when all stay, %d when all leave in 5 s and answers take 12", stays.Place, leaves.Place)
	}
	for i := range 20 {
		f.Apply(Event{At: at(500), Kind: AgentLeavesAt, Agent: AgentID(i + 1)})
	}
	if back := Decide(policy, f.Snapshot(at(500))); back.Place != stays.Place {
		t.Errorf("places %d after the plan was taken back, %d before it", back.Place, stays.Place)
	}
}

func TestAPlanFarAheadDoesNotMoveTheClock(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	f.Apply(Event{At: at(0), Kind: AgentReady, Agent: 1})
	f.Apply(Event{At: at(1), Kind: AgentLeavesAt, Agent: 1, Until: at(8 * 3600)})
	f.Apply(Event{At: at(10), Kind: AgentTalking, Agent: 1})
	if s := f.Snapshot(at(40)); len(s.Busy) != 1 || s.Busy[0].Age != 30 || s.Busy[0].LeavesIn != 8*3600-40 {
		t.Errorf("%+v", s.Busy)
	}
}

func TestReadyAfterALeaveEndsThePlan(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	f.Apply(Event{At: at(0), Kind: AgentReady, Agent: 1})
	f.Apply(Event{At: at(1), Kind: AgentLeavesAt, Agent: 1, Until: at(100)})
	f.Apply(Event{At: at(101), Kind: AgentPaused, Agent: 1})
	f.Apply(Event{At: at(900), Kind: AgentReady, Agent: 1})
	if s := f.Snapshot(at(901)); s.Free != 1 || len(s.Busy) != 0 {
		t.Errorf("free %d, busy %+v", s.Free, s.Busy)
	}
}

func TestAKnownEndIsKnown(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	f.Apply(Event{At: at(0), Kind: AgentTalking, Agent: 1})
	f.Apply(Event{At: at(0), Kind: AgentFreeAt, Agent: 1, Until: at(60)})
	f.Apply(Event{At: at(50), Kind: AgentWrapUp, Agent: 1})
	if early, late := f.soon(-15), f.soon(0); early != 0 && late != 1 {
		t.Errorf("expected free within 20 s: %.2f at 35 s, %.2f at 50 s", early, late)
	}
	f.Apply(Event{At: at(60), Kind: AgentReady, Agent: 1})
	f.Apply(Event{At: at(61), Kind: AgentTalking, Agent: 1})
	if s := f.Snapshot(at(62)); s.Busy[0].FreeIn >= 0 {
		t.Errorf("the end of the call before is taken for this one's: %+v", s.Busy[0])
	}
}

func TestWhatIsKnownIsNotLearnedAway(t *testing.T) {
	taught := NewFloor(predictive, Estimates{})
	dialList(taught, 0, 3000, 0.4, func() float64 { return 10 }, rand.New(rand.NewPCG(8, 8)))
	e := taught.Estimates(at(3100))
	f := NewFloor(predictive, Estimates{})
	f.Know(e)
	before := f.answers.share()
	dialList(f, 0, 1000, 0.05, func() float64 { return 10 }, rand.New(rand.NewPCG(9, 9)))
	f.Snapshot(at(1100))
	if after := f.answers.share(); before != after || before < 0.3 {
		t.Errorf("share %.3f known, %.3f after a thousand attempts of another kind", before, after)
	}
}

func TestTheLikeliestContactIsPlacedFirst(t *testing.T) {
	f, policy := busyFloor(20, 0)
	f.SetLedger(Ledger{Answered: 1000, Abandoned: 5})
	s := f.Snapshot(at(500))
	s.NextOdds = []float64{0.5, 1.5, 0.5, 2, 1.5}
	d := Decide(policy, s)
	want := []int{3, 1, 4, 0, 2}
	if d.Place == 0 || len(d.Picks) != min(d.Place, 5) {
		t.Fatalf("%+v", d)
	}
	for i, pick := range d.Picks {
		if pick != want[i] {
			t.Errorf("picks %v, want the first %d of %v", d.Picks, len(d.Picks), want)
		}
	}
}

func TestWhatADayTaughtOfStepsIsKept(t *testing.T) {
	e := talkers(t).Estimates(at(0)).Decayed(at(24 * 3600))
	f := NewFloor(predictive, e)
	f.Apply(Event{At: at(0), Kind: AgentTalking, Agent: 1})
	f.Apply(Event{At: at(1), Kind: AgentStep, Agent: 1, Step: closing})
	if kept := f.soon(1); kept < 0.7 || len(e.Steps) != 3 {
		t.Errorf("expected free within 20 s of the closing step, the day after: %.2f; %d steps kept", kept, len(e.Steps))
	}
}

func TestOddsThatMakeNoSenseAreTheMean(t *testing.T) {
	place := func(odds float64) int {
		f, policy := busyFloor(20, 0)
		f.SetLedger(Ledger{Answered: 1000, Abandoned: 5})
		s := f.Snapshot(at(500))
		for range 100 {
			s.NextOdds = append(s.NextOdds, odds)
		}
		return Decide(policy, s).Place
	}
	want := place(1)
	for _, odds := range []float64{0, -3, math.NaN(), math.Inf(-1)} {
		if got := place(odds); got != want {
			t.Errorf("odds %v place %d, the mean places %d", odds, got, want)
		}
	}
}

func TestWithoutAgentsEveryFigureIsANumber(t *testing.T) {
	f := NewFloor(predictive, Estimates{})
	f.SetLedger(Ledger{Until: at(3600)})
	for now := range 100 {
		if d := Decide(predictive, f.Snapshot(at(float64(now)))); !(d.Theta >= 0) || !(d.MarginalLoss >= 0) || d.Place != 0 {
			t.Fatalf("after %d s: %+v", now, d)
		}
	}
}
