package sim

import (
	"math"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

func TestTheChanceBelowAgreesWithTheDraws(t *testing.T) {
	for _, d := range []Dist{
		{Shape: Lognormal, Mean: 12 * time.Second, CV: 0.5, Max: 25 * time.Second},
		{Shape: Lognormal, Mean: 12 * time.Second, CV: 1, Min: 8 * time.Second},
		{Shape: Lognormal, Mean: 12 * time.Second},
		{Shape: Exponential, Mean: 12 * time.Second, Min: 3 * time.Second, Max: 20 * time.Second},
		{Shape: Uniform, Min: 4 * time.Second, Max: 30 * time.Second},
		{Shape: Uniform, Min: 9 * time.Second, Max: 9 * time.Second},
		{Shape: Constant, Mean: 12 * time.Second},
		{Shape: Constant, Mean: 12 * time.Second, Max: 8 * time.Second},
		{},
	} {
		r := newPeople(1, 0).stream(7, streamTalk)
		const n = 20_000
		for _, x := range []float64{0, 5, 8.5, 12.01, 18, 40} {
			below := 0
			for i := range n {
				if i%1000 == 0 {
					r = newPeople(1, 0).stream(uint64(i), streamTalk)
				}
				if d.Draw(r).Seconds() < x {
					below++
				}
			}
			if got := float64(below) / n; math.Abs(got-d.below(x)) > 0.015 {
				t.Errorf("%+v: %.3f of the draws are below %g s, want %.3f", d, got, x, d.below(x))
			}
		}
	}
}

func TestNothingPilesUpAtTheCut(t *testing.T) {
	d := Dist{Shape: Lognormal, Mean: 12 * time.Second, CV: 0.5, Max: 25 * time.Second}
	late := 0
	const n = 100_000
	for i := range n {
		if d.Draw(newPeople(3, 0).stream(uint64(i), streamRing)) > 24900*time.Millisecond {
			late++
		}
	}
	if share := float64(late) / n; share > 0.002 {
		t.Errorf("%.4f of the draws lie in the last 100 ms before the cut", share)
	}
}

// share is what a floor that was given estimates expects of a fresh attempt.
func expects(e pacing.Estimates, s Scenario) (answers float64, releases [3]float64) {
	p := livePolicy(s, pacing.Predictive)
	f := pacing.NewFloor(p, e)
	f.Apply(pacing.Event{At: startOfShift, Kind: pacing.AgentTalking, Agent: 1})
	d := pacing.Decide(p, f.Snapshot(startOfShift))
	return d.AnswerShare, d.ExpectedReleases
}

func TestTheTruthToldIsTheScenarios(t *testing.T) {
	s := Default()
	s.Talk = AlwaysDist(Dist{Shape: Exponential, Mean: 20 * time.Second})
	s.Wrap = Dist{Shape: Exponential, Mean: 10 * time.Second}
	for _, share := range []float64{0.05, 0.25, 0.6, 1} {
		e := truth(s, share, s.Talk[0].Dist, startOfShift)
		people, others := 0.0, 0.0
		for b := range e.Live {
			people += e.Live[b]
			others += e.Other[b]
			if e.Exposure[b] < 0 || e.OddsExposure[b] < 0 {
				t.Errorf("share %g: %g s of exposure at %d s", share, e.Exposure[b], b)
			}
		}
		if got := people / (people + others); math.Abs(got-share) > 1e-6 || math.Abs(people+others-truthAttempts) > 1 {
			t.Errorf("share %g: of %g attempts %g are answered", share, people+others, got)
		}
		// The floor takes it with limited weight beside its prior and with the caution for scarce data.
		if got, _ := expects(e, s); math.Abs(got-share) > 0.15*share+0.01 {
			t.Errorf("share %g: the floor expects %g", share, got)
		}
	}
	e := truth(s, 0.25, s.Talk[0].Dist, startOfShift)
	rate := func(ends, seconds []float64) float64 {
		n, at := 0.0, 0.0
		for b := range ends {
			n += ends[b]
			at += seconds[b]
		}
		return at / n
	}
	if mean := rate(e.TalkEnds, e.TalkSeconds); math.Abs(mean-20) > 0.1 {
		t.Errorf("a conversation of 20 s is told as %g s", mean)
	}
	if mean := rate(e.WrapEnds, e.WrapSeconds); math.Abs(mean-10) > 0.1 {
		t.Errorf("a wrap-up of 10 s is told as %g s", mean)
	}
	// Talk and wrap-up within 20 s of the start: 1 - 2 exp(-1) + exp(-2).
	if _, releases := expects(e, s); math.Abs(releases[2]-0.4) > 0.06 {
		t.Errorf("the floor expects %v releases", releases)
	}
}

func TestKnownOddsAreInTheTruth(t *testing.T) {
	s := Default()
	s.Odds = Odds{Spread: 0.8, Known: true}
	e := truth(s, 0.25, s.Talk[0].Dist, startOfShift)
	first := e.Live[10] / e.OddsExposure[10]
	s.Odds = Odds{}
	e = truth(s, 0.25, s.Talk[0].Dist, startOfShift)
	plain := e.Live[10] / e.Exposure[10]
	// Those who answer often have mostly left by then, so that a unit of odds weighs a little more than a mean contact.
	if first < 0.8*plain || first > 1.3*plain {
		t.Errorf("hazard %g per unit of odds, %g without odds", first, plain)
	}
}

func TestTheTruthIsToldAgainWhenItChanges(t *testing.T) {
	s := Default()
	s.Answer = Shares{{0, 0.1}, {time.Hour, 0.5}}
	s.Talk = Dists{{0, s.Talk[0].Dist}, {2 * time.Hour, s.Wrap}}
	p, err := knownDistributions().New(Setup{Scenario: s, Start: startOfShift})
	if err != nil {
		t.Fatal(err)
	}
	i := p.(*informed)
	for _, c := range []struct{ at, until time.Duration }{
		{0, time.Hour}, {time.Hour - 1, time.Hour}, {time.Hour, 2 * time.Hour}, {2*time.Hour + 1, s.Shift}, {s.Shift - 1, s.Shift},
	} {
		i.Decide(startOfShift.Add(c.at), nil)
		if got := i.until.Sub(startOfShift); got != c.until {
			t.Errorf("at %s the truth holds until %s, want %s", c.at, got, c.until)
		}
	}
}
