package odds

import (
	"math"
	"testing"
	"time"
)

func TestPredictionsComeTrueAsOftenAsTheySay(t *testing.T) {
	manyCalls(t)
	for name, p := range map[string]population{"everything matters": varied(), "nothing matters": flat(0.2), "rare answers": flat(0.02)} {
		t.Run(name, func(t *testing.T) {
			r := dice(1)
			m := p.taught(r, 3000)
			var predicted []float64
			var came []bool
			for range 20_000 { // and goes on learning, as it does at work
				f, yes := p.call(r)
				answer, _ := m.Answer(f)
				predicted, came = append(predicted, answer), append(came, yes)
				m.Learn(f, yes)
			}
			reliability(t, predicted, came)
		})
	}
}

func TestWhoIsChosenByTheseOddsDoesNotBendThem(t *testing.T) {
	manyCalls(t)
	p, r := varied(), dice(2)
	m := New()
	for i := range 10_000 { // of ten contacts the likeliest is called, or, when there is slack, the least likely
		best, bestOdds := p.draw(r), math.Inf(-1)
		for range 10 {
			f := p.draw(r)
			_, o := m.Answer(f)
			if i%4 == 0 {
				o = -o
			}
			if o > bestOdds {
				best, bestOdds = f, o
			}
		}
		m.Learn(best, r.Float64() < p.chance(best))
	}
	var predicted []float64
	var came []bool
	for range 20_000 { // judged on everybody
		f, yes := p.call(r)
		answer, _ := m.Answer(f)
		predicted, came = append(predicted, answer), append(came, yes)
	}
	reliability(t, predicted, came)
}

// losses runs n calls through a model and returns the log loss of the model, of
// the mean known so far, and of the truth.
func losses(p population, seed uint64, n int) (model, mean, truth float64) {
	r := dice(seed)
	m := New()
	yeses, calls := 5.0, 20.0 // the prior
	for range n {
		f, yes := p.call(r)
		answer, _ := m.Answer(f)
		model += logLoss(answer, yes)
		mean += logLoss(yeses/calls, yes)
		truth += logLoss(p.chance(f), yes)
		m.Learn(f, yes)
		calls++
		if yes {
			yeses++
		}
	}
	return model / float64(n), mean / float64(n), truth / float64(n)
}

func TestWhatMattersIsFoundAndWhatDoesNotCostsNextToNothing(t *testing.T) {
	manyCalls(t)
	// What learning may cost where there is nothing to learn, per call in nats:
	// 0.003 over the first 2,000 calls, 0.0008 over 20,000.
	for _, tc := range []struct {
		calls   int
		epsilon float64
	}{{2000, 0.003}, {20_000, 0.0008}} {
		for _, share := range []float64{0.05, 0.25, 0.6} {
			model, mean, _ := losses(flat(share), 3, tc.calls)
			t.Logf("flat %.2f, %d calls: model %.4f, mean %.4f", share, tc.calls, model, mean)
			if model > mean+tc.epsilon {
				t.Errorf("flat %.2f, %d calls: model %.4f is worse than the mean %.4f by more than %g", share, tc.calls, model, mean, tc.epsilon)
			}
		}
	}
	model, mean, truth := losses(varied(), 4, 20_000)
	t.Logf("varied: model %.4f, mean %.4f, truth %.4f", model, mean, truth)
	if won := (mean - model) / (mean - truth); won < 0.85 {
		t.Errorf("of what could be known, %.0f %% is known", 100*won)
	}
	model, mean, truth = losses(varied(), 5, 2000)
	t.Logf("varied, the first 2,000 calls: model %.4f, mean %.4f, truth %.4f", model, mean, truth)
	if won := (mean - model) / (mean - truth); won < 0.5 {
		t.Errorf("of what could be known after 2,000 calls, %.0f %% is known", 100*won)
	}
}

func TestBeforeEnoughCallsEverybodyHasTheMean(t *testing.T) {
	p, r := varied(), dice(6)
	m := New()
	for i := range enough {
		f, yes := p.call(r)
		c := m.Chance(f)
		if c.Odds != 1 || c.Answer != c.Mean || len(c.Why) != 1 || c.Why[0].Name != NotEnough || c.Trials > float64(i) {
			t.Fatalf("after %d calls: %+v", i, c)
		}
		if _, known := m.Hourly(f.Weekday, f.Hour, f.Mobile); known {
			t.Fatal("an hour is known")
		}
		m.Learn(f, yes)
	}
	for m.Trials() < enough {
		f, yes := p.call(r)
		m.Learn(f, yes)
	}
	f := p.draw(r)
	if c := m.Chance(f); c.Why[0].Name == NotEnough || c.Odds == 1 {
		t.Errorf("after enough: %+v", c)
	}
}

func TestAContactOfAnUnknownListGetsWhatTheRestOfItSays(t *testing.T) {
	m := varied().taught(dice(7), 5000)
	f := Facts{List: 99, Region: "JP", Zone: "Asia/Tokyo", Hour: 18, Weekday: time.Tuesday}
	answer, odds := m.Answer(f)
	if math.IsNaN(answer) || odds < 0.5 || odds > 3 {
		t.Errorf("answer %.3f, odds %.2f", answer, odds)
	}
}

func TestAPopulationThatChangesIsFollowed(t *testing.T) {
	manyCalls(t)
	p, r := varied(), dice(8)
	m := p.taught(r, 20_000)
	slicesReverse(p.lists) // the good list is the bad one now
	p.base += 0.5          // and everybody is likelier to answer
	for range 12_000 {
		f, yes := p.call(r)
		m.Learn(f, yes)
	}
	var predicted []float64
	var came []bool
	for range 20_000 {
		f, yes := p.call(r)
		answer, _ := m.Answer(f)
		predicted, came = append(predicted, answer), append(came, yes)
		m.Learn(f, yes)
	}
	reliability(t, predicted, came)
}

func slicesReverse(s []float64) {
	for i := range len(s) / 2 {
		s[i], s[len(s)-1-i] = s[len(s)-1-i], s[i]
	}
}

func TestTheBestHourIsFound(t *testing.T) {
	manyCalls(t)
	p, r := varied(), dice(9)
	m := p.taught(r, 20_000)
	best := 9
	for h := 9; h < 21; h++ {
		add, known := m.Hourly(time.Wednesday, h, true)
		if most, _ := m.Hourly(time.Wednesday, best, true); known && add > most {
			best = h
		}
	}
	if best < 16 || best > 20 {
		t.Errorf("the best hour is %d, not about 18", best)
	}
	if _, known := m.Hourly(time.Wednesday, 3, true); known {
		t.Error("nobody was called at night, and the hour is known")
	}
}

func TestTheReasonsMultiplyToTheAnswer(t *testing.T) {
	p, r := varied(), dice(10)
	m := p.taught(r, 3000)
	for range 1000 {
		f := p.draw(r)
		c := m.Chance(f)
		product := c.Mean
		for i, w := range c.Why {
			product *= w.Times
			if i > 0 && math.Abs(math.Log(w.Times)) > math.Abs(math.Log(c.Why[i-1].Times))+1e-12 {
				t.Fatalf("not what matters most first: %+v", c.Why)
			}
		}
		if math.Abs(product-c.Answer) > 1e-9 || math.Abs(c.Odds*c.Mean-c.Answer) > 1e-12 {
			t.Fatalf("%g is not %g: %+v", product, c.Answer, c)
		}
	}
	c := m.Chance(Facts{List: 1, Region: "ES", Zone: "Europe/Madrid", Hour: 18, Weekday: time.Saturday, Mobile: true})
	if c.Odds < 1.5 {
		t.Errorf("the best of all has odds %.2f", c.Odds)
	}
	var list Factor
	for _, w := range c.Why {
		if w.Name == "list" {
			list = w
		}
	}
	if list.Value != "1" || list.Times < 1.2 || list.Trials < 500 {
		t.Errorf("the good list: %+v", list)
	}
}

func TestMemoryIsBoundedHoweverManyListsThereAre(t *testing.T) {
	manyCalls(t)
	m, r := New(), dice(11)
	for i := range 20_000 {
		f := Facts{List: int64(i), Region: regionNames[i%len(regionNames)], Hour: i % 24, Weekday: time.Weekday(i % 7)}
		if i%3 == 0 {
			f.List = -1 // the one that comes again and again keeps its place
		}
		m.Learn(f, r.Float64() < 0.2)
	}
	if n := len(m.list.keys); n != shapes[byList].values || len(m.list.index) != n {
		t.Errorf("%d lists are remembered, %d of them found", n, len(m.list.index))
	}
	place, ok := m.list.find(-1)
	if !ok || m.seen[firstList+place] < 3000 {
		t.Errorf("the list that comes every third time: found %t", ok)
	}
}

func TestAnsweringAllocatesNothing(t *testing.T) {
	p, r := varied(), dice(12)
	m := p.taught(r, 500)
	f := p.draw(r)
	if n := testing.AllocsPerRun(100, func() { m.Answer(f); m.Hourly(f.Weekday, f.Hour, f.Mobile); m.Learn(f, true) }); n != 0 {
		t.Errorf("%.0f allocations", n)
	}
}

func BenchmarkAnswer(b *testing.B) {
	p, r := varied(), dice(13)
	m := p.taught(r, 5000)
	f := p.draw(r)
	b.ReportAllocs()
	for b.Loop() {
		m.Answer(f)
	}
}

func BenchmarkLearn(b *testing.B) {
	p, r := varied(), dice(14)
	m := p.taught(r, 5000)
	f := p.draw(r)
	b.ReportAllocs()
	for b.Loop() {
		m.Learn(f, false)
	}
}

func TestTwoListsThatDifferAreToldApartWithinAnHour(t *testing.T) {
	manyCalls(t)
	for seed := range uint64(10) {
		r, m := dice(100+seed), New()
		facts := func(list int64) Facts { return Facts{List: list, Hour: 10, Region: "ES", Zone: "Europe/Madrid"} }
		for i := range 1800 {
			list := int64(1 + i%2)
			m.Learn(facts(list), r.Float64() < []float64{0.1, 0.5}[i%2])
		}
		first, _ := m.Answer(facts(1))
		second, _ := m.Answer(facts(2))
		if math.Abs(first-0.1) > 0.03 || math.Abs(second-0.5) > 0.06 {
			t.Errorf("seed %d: %.3f of the first, %.3f of the second", seed, first, second)
		}
	}
}

func TestAKindOfPhoneIsNotTakenForItsHour(t *testing.T) {
	r, m := dice(15), New()
	for range 2000 { // one hour; mobiles answer five times as often
		f := Facts{List: 1, Hour: 10, Mobile: r.IntN(2) == 0}
		p := 0.1
		if f.Mobile {
			p = 0.5
		}
		m.Learn(f, r.Float64() < p)
	}
	for _, mobile := range []bool{false, true} {
		for hour := range 24 {
			_, known := m.Hourly(time.Sunday, hour, mobile)
			if tried := hour == 10; known != tried {
				t.Errorf("hour %d known: %t", hour, known)
			}
		}
	}
	fixed, _ := m.Answer(Facts{List: 1, Hour: 10})
	mobile, _ := m.Answer(Facts{List: 1, Hour: 10, Mobile: true})
	if math.Abs(fixed-0.1) > 0.03 || math.Abs(mobile-0.5) > 0.06 {
		t.Errorf("fixed %.3f, mobile %.3f", fixed, mobile)
	}
}
