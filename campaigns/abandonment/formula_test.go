package abandonment

import (
	"math"
	"testing"
)

func TestFormulasGiveTheFiguresOfTheirSources(t *testing.T) {
	for _, c := range []struct {
		name           string
		formula        Formula
		counts         Counts
		falsePositives float64
		above, below   float64
	}{
		{"16 CFR 310.4(b)(4)(i): 3 of 100 answered", US, Counts{Met: 90, Told: 2, Silent: 1, HungUp: 7}, 0, 3, 100},
		{"16 CFR 310.4(b)(4)(i): a late connection is abandoned though they talked", US, Counts{Met: 99, Late: 1}, 0, 1, 100},
		{"47 CFR 64.1200(a)(7): a message that begins late abandons as well", US, Counts{Met: 98, Told: 1, ToldLate: 1}, 0, 2, 100},
		{"compliance 0.9: false positives stand above and below", US, Counts{Met: 95, Told: 1, Machine: 400}, 4, 5, 100},
		{"never more false positives than machines", US, Counts{Met: 99, Told: 1, Machine: 2}, 50, 3, 102},
		{"CRTC Part IV: the same share", CA, Counts{Met: 95, Told: 5}, 0, 5, 100},
		{"Ofcom 2010 without a detector: who hung up does not dilute", UK2010, Counts{Met: 97, Told: 3, HungUp: 900}, 0, 3, 100},
		{"Ofcom 2010 4.70-4.73: with the estimate", UKAMD, Counts{Met: 96, Told: 2, Machine: 100}, 2, 4, 100},
		{"Ofcom 2010 / VICIdial vector D=29 H=9 M=7", UKAdjusted, Counts{Met: 16, AgentMachine: 7, Told: 29}, 0, 16.3125, 25.3125},
		{"adjusted without a machine met", UKAdjusted, Counts{Met: 97, Told: 3}, 0, 3, 100},
		{"nothing", US, Counts{}, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.formula.Rate(c.counts, c.falsePositives)
			if math.Abs(got.Above-c.above) > 1e-9 || math.Abs(got.Below-c.below) > 1e-9 {
				t.Errorf("%v / %v, want %v / %v", got.Above, got.Below, c.above, c.below)
			}
		})
	}
	vector := UKAdjusted.Rate(Counts{Met: 16, AgentMachine: 7, Told: 29}, 0)
	if got := math.Round(vector.Share()*1e4) / 1e2; got != 64.44 {
		t.Errorf("the vector is %v %%, want 64.44", got)
	}
}

func TestTheBudgetIsTheFloorOfTheLaw(t *testing.T) {
	for _, c := range []struct {
		above, below float64
		limit        float64
		want         int64
	}{
		{0, 33, 0.03, 0}, // compliance 4: one abandoned in fewer than 34 answers exceeds 3 %
		{0, 34, 0.03, 1},
		{1, 34, 0.03, 0},
		{1, 33, 0.03, -1},
		{0, 100, 0.03, 3}, // 0.03 x 100 is 2.9999... to a machine
		{2.2, 100, 0.03, 0},
		{5, 100, 0.05, 0},
		{0, 0, 0.03, 0},
	} {
		if got := (Rate{c.above, c.below}).Budget(c.limit); got != c.want {
			t.Errorf("budget of %v of %v at %v: %d, want %d", c.above, c.below, c.limit, got, c.want)
		}
	}
}

func FuzzNoRateLeavesItsBoundsAndNoBudgetPromisesTooMuch(f *testing.F) {
	f.Add(int64(16), int64(0), int64(29), int64(0), int64(0), int64(0), int64(7), int64(0), 0.03)
	f.Add(int64(90), int64(1), int64(2), int64(1), int64(1), int64(7), int64(3), int64(400), 0.03)
	f.Fuzz(func(t *testing.T, met, late, told, toldLate, silent, hungUp, agentMachine, machine int64, limit float64) {
		small := func(n int64) int64 { return max(0, n%1_000_000) }
		n := Counts{
			Met: small(met), Late: small(late), Told: small(told), ToldLate: small(toldLate), Silent: small(silent), HungUp: small(hungUp),
			Machine: small(machine), AgentMachine: small(agentMachine),
		}
		limit = math.Abs(math.Mod(limit, 1))
		if math.IsNaN(limit) {
			limit = 0.03
		}
		for _, formula := range Formulas() {
			for _, falsePositives := range []float64{0, 0.5, float64(n.Machine), math.Inf(1), math.NaN(), -1} {
				r := formula.Rate(n, falsePositives)
				if s := r.Share(); !(s >= 0 && s <= 1) || r.Above > r.Below+1e-6 {
					t.Fatalf("%s of %+v: %+v is %v", formula, n, r, s)
				}
				if left := r.Budget(limit); left > 0 && r.Above+float64(left) > limit*(r.Below+float64(left))+1e-6+limit {
					t.Fatalf("%s: a budget of %d leads %+v over %v", formula, left, r, limit)
				}
			}
		}
	})
}

func TestTheSampleBoundsFalsePositives(t *testing.T) {
	for _, c := range []struct {
		sample Sample
		want   float64
	}{
		{Sample{300, 0}, 0.00994}, // compliance 3: 0 of 300 is 1 %
		{Sample{150, 0}, 0.01977}, // 0 of 150 is 2 %
		{Sample{100, 3}, 0.07571}, // Clopper-Pearson tables
		{Sample{1, 0}, 0.95},
		{Sample{20, 20}, 1},
		{Sample{0, 0}, 1},
	} {
		if got := c.sample.Upper(); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("%+v: %.5f, want %.5f", c.sample, got, c.want)
		}
	}
	if got := (Sample{300, 0}).FalsePositives(1000); got != 10 {
		t.Errorf("0 of 300 and 1000 machines: %d false positives, want 10", got)
	}
	if got := (Sample{}).FalsePositives(7); got != 7 {
		t.Errorf("nobody has listened: %d of 7 count as people, want all", got)
	}
	if got := (Sample{10, 0}).FalsePositives(0); got != 0 {
		t.Errorf("no machine: %d", got)
	}
}

func TestMoreLabelsNarrowTheBoundAndMorePeopleWidenIt(t *testing.T) {
	for n := int64(1); n < 400; n += 57 {
		if a, b := (Sample{n, 0}).Upper(), (Sample{n + 57, 0}).Upper(); b >= a {
			t.Fatalf("0 of %d: %v, 0 of %d: %v", n, a, n+57, b)
		}
		for k := int64(0); k < min(n, 12); k++ {
			p := (Sample{n, k}).Upper()
			if p < float64(k)/float64(n) || p < (Sample{n, k - 1}).Upper() {
				t.Fatalf("%d of %d: %v", k, n, p)
			}
		}
	}
}
