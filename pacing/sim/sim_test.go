package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestTheDrawsHaveTheMeanTheyPromise(t *testing.T) {
	for _, d := range []Dist{
		{Shape: Lognormal, Mean: 60 * time.Second, CV: 1},
		{Shape: Exponential, Mean: 60 * time.Second},
		{Shape: Uniform, Min: 40 * time.Second, Max: 80 * time.Second},
		{Shape: Constant, Mean: 60 * time.Second},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		sum := 0.0
		const n = 200_000
		for range n {
			sum += d.Draw(r).Seconds()
		}
		if mean := sum / n; math.Abs(mean-60) > 1 {
			t.Errorf("%s: mean %.2f s over %d draws, want 60", d.Shape, mean, n)
		}
	}
}

func TestNoDrawLeavesItsBounds(t *testing.T) {
	d := Dist{Shape: Lognormal, Mean: 12 * time.Second, CV: 0.5, Min: 2 * time.Second, Max: 25 * time.Second}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		if x := d.Draw(r); x < d.Min || x > d.Max {
			t.Fatalf("drew %s outside %s to %s", x, d.Min, d.Max)
		}
	}
}

func TestThePopulationHasTheSharesItNames(t *testing.T) {
	c := Everyday()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	const n = 200_000
	count := map[Kind]int{}
	for range n {
		count[c.Draw(r).Kind]++
	}
	for kind, share := range map[Kind]float64{Person: c.Person, Hasty: c.Hasty, Machine: c.Machine, Busy: c.Busy, Unknown: c.Unknown, Congest: c.Congest} {
		if got := float64(count[kind]) / n; math.Abs(got-share) > 0.005 {
			t.Errorf("%s: %.3f of the draws, want %.3f", kind, got, share)
		}
	}
}

func TestTheSameSeedGivesTheSamePeople(t *testing.T) {
	a, b := rand.New(rand.NewPCG(7, 8)), rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		if x, y := Everyday().Draw(a), Everyday().Draw(b); x != y {
			t.Fatalf("%+v and %+v", x, y)
		}
	}
}

func TestWrongPopulationsAreRefused(t *testing.T) {
	for name, c := range map[string]Callees{
		"shares over one": {Person: 0.8, Busy: 0.5},
		"negative share":  {Person: -0.1},
		"odd shape":       {Ring: Dist{Shape: "gamma"}},
		"bounds reversed": {Talk: Dist{Shape: Uniform, Min: 2, Max: 1}},
	} {
		if c.Validate() == nil {
			t.Errorf("%s passes", name)
		}
	}
}
