package pacing

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world draws events of every kind, in any order, about few calls and agents, with a clock that may jump either way.
type world struct {
	t   *rapid.T
	now time.Time
}

func (w *world) event() Event {
	step := rapid.OneOf(rapid.Int64Range(0, 5000), rapid.Int64Range(-7_200_000, 7_200_000)).Draw(w.t, "step")
	if rapid.IntRange(0, 9).Draw(w.t, "jumps") > 0 {
		step = max(-3000, min(step, 5000))
	}
	w.now = w.now.Add(time.Duration(step) * time.Millisecond)
	return Event{
		At: w.now, Kind: Kind(rapid.IntRange(0, int(kinds)).Draw(w.t, "kind")),
		Call:  CallID(rapid.IntRange(0, 12).Draw(w.t, "call")),
		Agent: AgentID(rapid.IntRange(0, 5).Draw(w.t, "agent")),
		Odds:  rapid.SampledFrom([]float64{0, 1, 0.2, 1.8, -3, 1e9, math.NaN(), math.Inf(1)}).Draw(w.t, "odds"),
	}
}

func drawPolicy(t *rapid.T) Policy {
	p := Policy{
		Mode: Mode(rapid.IntRange(1, 3).Draw(t, "mode")), Cap: 0.03,
		MaxLines:    rapid.IntRange(0, 8).Draw(t, "lines"),
		MaxAtOnce:   rapid.IntRange(0, 8).Draw(t, "at once"),
		MaxPerAgent: rapid.SampledFrom([]float64{0, 0.5, 1, 3}).Draw(t, "per agent"),
		Cancel:      rapid.Bool().Draw(t, "cancel"),
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNoOrderOfEventsBreaksTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := drawPolicy(t)
		f := NewFloor(policy, Estimates{})
		if rapid.Bool().Draw(t, "warm") {
			f.answers.attempts = 100
			f.SetLedger(Ledger{Answered: 1000, Abandoned: 10})
		}
		w := &world{t: t, now: nine}
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			f.Apply(w.event())
			s := f.Snapshot(w.now)
			d := Decide(policy, s)
			checkSnapshot(t, f, s)
			checkDecision(t, policy, s, d)
		}
	})
}

func checkSnapshot(t *rapid.T, f *Floor, s Snapshot) {
	inAir, waiting := 0, 0
	for _, c := range f.calls {
		switch c.state {
		case callInAir:
			inAir++
		case callWaiting:
			waiting++
		}
	}
	if s.InAir != inAir || len(s.Attempts) != inAir || s.Waiting != waiting || s.Lines != len(f.calls) {
		t.Fatalf("in the air %d, waiting %d, lines %d; the calls say %d, %d, %d", s.InAir, s.Waiting, s.Lines, inAir, waiting, len(f.calls))
	}
	if s.Free < 0 || s.Agents != s.Free+len(s.Busy) || s.Agents > 5 {
		t.Fatalf("agents %d, free %d, busy %d", s.Agents, s.Free, len(s.Busy))
	}
	if l := s.Ledger; l.Abandoned < 0 || l.Abandoned > l.Answered {
		t.Fatalf("ledger %+v", l)
	}
	for _, a := range s.Attempts {
		if !(a.Age >= 0) || !(a.Odds > 0 && a.Odds <= maxOdds) {
			t.Fatalf("attempt %+v", a)
		}
	}
	for _, b := range s.Busy {
		if !(b.Age >= 0) {
			t.Fatalf("busy agent %+v", b)
		}
	}
}

func checkDecision(t *rapid.T, p Policy, s Snapshot, d Decision) {
	if d.Place < 0 || d.Why == 0 {
		t.Fatalf("place %d because %v", d.Place, d.Why)
	}
	if s.Agents == 0 && d.Place > 0 {
		t.Fatalf("place %d without agents", d.Place)
	}
	oneToOne := max(0, s.Free-s.Waiting-s.InAir)
	if p.Mode != Predictive && d.Place > oneToOne {
		t.Fatalf("%v places %d, %d free agents have no call", p.Mode, d.Place, oneToOne)
	}
	if p.MaxLines > 0 && s.Lines+d.Place > max(s.Lines, p.MaxLines) {
		t.Fatalf("%d lines in use, place %d, limit %d", s.Lines, d.Place, p.MaxLines)
	}
	if p.MaxAtOnce > 0 && d.Place > p.MaxAtOnce {
		t.Fatalf("place %d, at once %d", d.Place, p.MaxAtOnce)
	}
	for _, x := range append([]float64{d.MarginalLoss, d.Theta, d.AnswerShare, d.ExpectedLosses}, append(d.ExpectedAnswers[:], d.ExpectedReleases[:]...)...) {
		if !(x >= 0) || math.IsInf(x, 0) {
			t.Fatalf("decision %+v", d)
		}
	}
	if d.MarginalLoss > 1 || d.AnswerShare > 1 {
		t.Fatalf("decision %+v", d)
	}
	if d.Why == ReasonBudgetSpent || d.Why == ReasonColdStart {
		p.Mode = Progressive
		if same := Decide(p, s); same.Place != d.Place {
			t.Fatalf("predictive held back places %d, progressive %d", d.Place, same.Place)
		}
	}
	if len(d.Cancel) > 0 && (!p.Cancel || len(d.Cancel) > s.InAir) {
		t.Fatalf("cancels %v of %d in the air", d.Cancel, s.InAir)
	}
	young := map[CallID]bool{}
	for _, a := range s.Attempts {
		young[a.Call] = a.Rung >= 0 && a.Rung < 15
	}
	for _, id := range d.Cancel {
		if isYoung, known := young[id]; !known || isYoung {
			t.Fatalf("cancels %d: known %v, rings less than 15 s %v", id, known, isYoung)
		}
	}
}

func TestPredictiveIsNeverBelowProgressive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := NewFloor(predictive, Estimates{})
		f.answers.attempts = 100
		f.SetLedger(Ledger{Answered: rapid.Float64Range(0, 2000).Draw(t, "answered"), Abandoned: rapid.Float64Range(0, 60).Draw(t, "abandoned")})
		w := &world{t: t, now: nine}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			f.Apply(w.event())
			s := f.Snapshot(w.now)
			ahead := Decide(predictive, s).Place
			if oneToOne := Decide(Policy{Mode: Progressive}, s).Place; ahead < oneToOne {
				t.Fatalf("predictive places %d, progressive %d", ahead, oneToOne)
			}
		}
	})
}

func TestAClonedSnapshotDecidesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := drawPolicy(t)
		f := NewFloor(policy, Estimates{})
		f.answers.attempts = 100
		f.SetLedger(Ledger{Answered: 1000, Abandoned: 10})
		w := &world{t: t, now: nine}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			f.Apply(w.event())
		}
		s := f.Snapshot(w.now)
		kept := s.Clone()
		want := Decide(policy, s)
		cancelled := append([]CallID(nil), want.Cancel...)
		for range 20 {
			f.Apply(w.event())
			f.Snapshot(w.now)
		}
		got := Decide(policy, kept)
		if got.Place != want.Place || got.Why != want.Why || got.MarginalLoss != want.MarginalLoss || len(got.Cancel) != len(cancelled) {
			t.Fatalf("the clone decides %+v, the original %+v", got, want)
		}
	})
}

func TestTheIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x index
		model := map[uint64]int{}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			id := uint64(rapid.IntRange(1, 90).Draw(t, "id"))
			if rapid.Bool().Draw(t, "set") {
				x.set(id, len(model))
				model[id] = len(model)
			} else {
				x.remove(id)
				delete(model, id)
			}
		}
		for id := uint64(1); id <= 90; id++ {
			want, held := model[id]
			if got, found := x.find(id); found != held || found && got != want {
				t.Fatalf("id %d: %d %v, want %d %v", id, got, found, want, held)
			}
		}
	})
}
