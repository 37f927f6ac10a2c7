package pacing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestExactLossIsThatOfCountingEveryCase(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		answers, releases := randomChances(r, 1+r.IntN(6)), randomChances(r, r.IntN(5))
		free := r.IntN(5) - 1
		var l loss
		l.reset(free, len(releases))
		for _, q := range releases {
			l.release(flat(q))
		}
		for _, q := range answers {
			l.answer(flat(q))
		}
		l.weigh()
		if want := byCases(answers, releases, free); math.Abs(l.full[0]-want) > 1e-9 {
			t.Fatalf("answers %v, releases %v, free %d: %v, want %v", answers, releases, free, l.full[0], want)
		}
	}
}

func randomChances(r *rand.Rand, n int) []float64 {
	q := make([]float64, n)
	for i := range q {
		q[i] = r.Float64() * maxChance
	}
	return q
}

func flat(q float64) *perHorizon {
	var h perHorizon
	for i := range h {
		h[i] = q
	}
	return &h
}

// byCases sums the chance of every case in which as many answer as are free or come free.
func byCases(answers, releases []float64, free int) float64 {
	sum := 0.0
	for mask := range 1 << (len(answers) + len(releases)) {
		chance, balance := 1.0, -free
		for i, q := range append(append([]float64(nil), answers...), releases...) {
			if mask>>i&1 == 0 {
				chance *= 1 - q
				continue
			}
			chance *= q
			if i < len(answers) {
				balance++
			} else {
				balance--
			}
		}
		if balance >= 0 {
			sum += chance
		}
	}
	return sum
}

func TestTheNormalFormAgreesWithTheExactOneForLargeTeams(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		var exact, normal loss
		free, busy := r.IntN(4), 55
		exact.reset(free, busy)
		normal.reset(free, busy)
		normal.exact = false
		for range busy {
			q := flat(0.3 * r.Float64())
			exact.release(q)
			normal.release(q)
		}
		for range 120 {
			q := flat(0.15 * r.Float64())
			exact.answer(q)
			normal.answer(q)
		}
		exact.weigh()
		normal.weigh()
		if d := math.Abs(exact.full[0] - normal.full[0]); d > 0.01 {
			t.Fatalf("exact %v, normal %v", exact.full[0], normal.full[0])
		}
	}
}

// dialList places n attempts, one a second, looking at the floor each second: a share is answered after ring(), the rest
// fails after 27 s.
func dialList(f *Floor, from float64, n int, share float64, ring func() float64, r *rand.Rand) {
	const longest = 30
	var due [longest][]Event
	for i := range n + longest {
		now := from + float64(i)
		for _, e := range due[i%longest] {
			f.Apply(e)
		}
		due[i%longest] = due[i%longest][:0]
		f.Snapshot(at(now))
		if i >= n {
			continue
		}
		id := CallID(from*10 + float64(i) + 1)
		f.Apply(Event{At: at(now), Kind: CallPlaced, Call: id})
		after, kind := 27.0, CallNoAnswer
		if r.Float64() < share {
			after, kind = ring(), CallAnswered
		}
		slot := (i + int(math.Ceil(after))) % longest
		due[slot] = append(due[slot], Event{At: at(now + after), Kind: kind, Call: id}, Event{At: at(now + after), Kind: CallEnded, Call: id})
	}
}

func TestTheAnswerModelLearnsHowManyAnswerAndWhen(t *testing.T) {
	for _, share := range []float64{0.05, 0.25, 0.6, 1} {
		r := rand.New(rand.NewPCG(1, 1))
		f := NewFloor(predictive, Estimates{})
		dialList(f, 0, 3000, share, func() float64 { return 7 + 4*r.Float64() }, r)
		f.Snapshot(at(3100))
		m := &f.answers
		if got := m.share(); math.Abs(got-share) > 0.04 {
			t.Errorf("share %.2f estimated as %.3f", share, got)
		}
		if early, due := m.chances(0, 1).at(6), m.chances(8, 1).at(3); early > 0.02 || due < share*0.4 {
			t.Errorf("share %.2f: chance within 6 s of placing %.3f, between 8 and 11 s %.3f", share, early, due)
		}
	}
}

func TestAFixedRingTimeIsLearnedAsWellAsASpreadOne(t *testing.T) {
	for _, ring := range []float64{8, 8.5, 8.999} {
		f := NewFloor(predictive, Estimates{})
		dialList(f, 0, 3000, 0.4, func() float64 { return ring }, rand.New(rand.NewPCG(7, 1)))
		if got := f.answers.share(); math.Abs(got-0.4) > 0.03 {
			t.Errorf("answers after %v s: share 0.40 estimated as %.3f", ring, got)
		}
	}
}

func TestQuickAnswersDoNotRaiseTheRateWhileTheRestStillRings(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	f := NewFloor(predictive, Estimates{})
	dialList(f, 0, 1000, 0.2, func() float64 { return 4 + 16*r.Float64() }, r)
	f.Snapshot(at(1100))
	before := f.answers.share()
	for i := range 400 { // 400 at once; after 8 s the quick quarter of the 20 % has answered, nobody else resolved
		f.Apply(Event{At: at(1200), Kind: CallPlaced, Call: CallID(50_000 + i)})
	}
	for i := range 20 {
		f.Apply(Event{At: at(1204 + 4*float64(i)/20), Kind: CallAnswered, Call: CallID(50_000 + i)})
	}
	f.Snapshot(at(1208))
	if after := f.answers.share(); math.Abs(after-before) > 0.2*before {
		t.Errorf("share went from %.3f to %.3f", before, after)
	}
}

func TestTheFastTrackerSeesNoonWithinTwoMinutes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	f := NewFloor(predictive, Estimates{})
	ring := func() float64 { return 5 + 10*r.Float64() }
	dialList(f, 0, 4000, 0.1, ring, r)
	dialList(f, 4100, 120, 0.5, ring, r)
	if got := f.answers.share(); got < 0.25 {
		t.Errorf("120 attempts after the rate went from 0.1 to 0.5 the model says %.2f", got)
	}
}

func TestInstantFailuresTeachNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	f := NewFloor(predictive, Estimates{})
	dialList(f, 0, 500, 0.25, func() float64 { return 10 }, r)
	f.Snapshot(at(600))
	before := f.answers
	for i := range 5000 {
		f.Apply(Event{At: at(600), Kind: CallPlaced, Call: CallID(90_000 + i)})
		f.Apply(Event{At: at(600.3), Kind: CallFailed, Call: CallID(90_000 + i)})
	}
	s := f.Snapshot(at(601))
	if s.Ledger.Answered != f.Ledger().Answered || f.answers.live != before.live || f.answers.exposure != before.exposure || s.InAir != 0 {
		t.Errorf("5,000 failures within 0.3 s changed the answer model")
	}
}

func TestALongConversationIsNotTakenForOneAboutToEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var m releaseModel
	m.init()
	for range 2000 {
		m.talk.ended(&m, 0, draw(r, 180, 1))
		m.wrap.ended(&m, 0, draw(r, 15, 0.5))
	}
	m.refresh(0, nil, defaultHold)
	typical, long := m.chances(&Busy{Age: 120, FreeIn: -1, LeavesIn: -1}).at(20), m.chances(&Busy{Age: 600, FreeIn: -1, LeavesIn: -1}).at(20)
	if long >= typical {
		t.Errorf("free within 20 s: %.3f after 120 s of talk, %.3f after 600 s; this talk's hazard falls with age", typical, long)
	}
	if math.Abs(m.talk.mean-180) > 25 || math.Abs(m.wrap.mean-15) > 2 {
		t.Errorf("mean talk %.0f, wrap-up %.1f", m.talk.mean, m.wrap.mean)
	}
	fresh, done := m.chances(&Busy{State: BusyWrapUp, FreeIn: -1, LeavesIn: -1}).at(10), m.chances(&Busy{State: BusyWrapUp, FreeIn: -1, LeavesIn: -1, Age: 20}).at(10)
	if fresh >= done || done < 0.5 {
		t.Errorf("out of wrap-up within 10 s: %.3f from its start, %.3f after 20 s", fresh, done)
	}
}

func TestEveryReleaseBinHoldsItsAges(t *testing.T) {
	var m releaseModel
	m.init()
	for age := 0.0; age < 20000; age += 0.37 {
		b := m.bin(age)
		if age < m.edges[b] || b < releaseBins-1 && age >= m.edges[b+1] {
			t.Fatalf("age %v in bin %d from %v to %v", age, b, m.edges[b], m.edges[b+1])
		}
	}
}

func TestEveryChanceGrowsWithTheHorizon(t *testing.T) {
	f, _ := busyFloor(30, 90)
	s := f.Snapshot(at(500))
	rising := func(what string, h *perHorizon) {
		for i := range horizonCount {
			if h[i] < 0 || h[i] > 1 || i > 0 && h[i] < h[i-1]-1e-12 {
				t.Fatalf("%s: %v", what, h)
			}
		}
	}
	for _, a := range s.Attempts {
		q := s.answers.chances(a.Age, a.Odds)
		rising("attempt", q)
	}
	for i := range s.Busy {
		rising("agent", s.releases.chances(&s.Busy[i]))
	}
	for _, age := range []float64{0, 0.5, 35.9, 36, 60, 300, 1e7} {
		q := s.answers.chances(age, 3)
		rising("old attempt", q)
	}
}

func TestThetaFollowsTheBudget(t *testing.T) {
	var c control
	low, mid, high := c.rule(1, 1000, 0.03, 0.25, 10), c.rule(20, 1000, 0.03, 0.25, 10), c.rule(40, 1000, 0.03, 0.25, 10)
	if !(low < mid && mid < high) {
		t.Errorf("theta %v, %v, %v for 1, 20 and 40 calls left of the budget", low, mid, high)
	}
	if theta := c.rule(math.Inf(-1), 1000, 0.03, 0.25, 10); !(theta >= thetaMin) || theta > low {
		t.Errorf("an overspent budget leaves theta at %v", theta)
	}
}

func TestTheGuardHoldsWhenOneMoreAbandonedCallCouldBreakThePeriod(t *testing.T) {
	evening := nine.Add(8 * time.Hour)
	for _, c := range []struct {
		name   string
		ledger Ledger
		holds  bool
	}{
		{"nothing answered and no end known", Ledger{}, true},
		{"33 answered", Ledger{Answered: 33}, true},
		{"34 answered", Ledger{Answered: 34}, false},
		{"budget used up", Ledger{Answered: 1000, Abandoned: 30}, true},
		{"one left", Ledger{Answered: 1000, Abandoned: 29}, false},
		{"late at night", Ledger{Answered: 10, Until: nine.Add(501 * time.Second)}, true},
		{"the day still to come", Ledger{Answered: 10, Until: evening}, false},
		{"cap reached at 9:05, a day to come", Ledger{Answered: 10, Abandoned: 1, Until: evening}, false},
	} {
		f, policy := busyFloor(20, 0)
		f.SetLedger(c.ledger)
		d := Decide(policy, f.Snapshot(at(500)))
		if holds := d.Why == ReasonBudgetSpent; holds != c.holds {
			t.Errorf("%s: %v", c.name, d.Why)
		}
	}
}
