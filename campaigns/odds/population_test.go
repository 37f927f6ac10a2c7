package odds

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// population draws contacts and knows the chance of each: what a model is to
// find out.
type population struct {
	base    float64 // log-odds
	hours   [24]float64
	weekend float64
	tries   [6]float64
	lists   []float64
	regions []float64
	mobile  float64
}

var regionNames = []string{"ES", "FR", "DE", "IT", "PT", "US", "GB", "PL", "CZ", "HU"}

// varied is a population whose every factor matters.
func varied() population {
	p := population{base: logit(0.2), weekend: 0.3, tries: [6]float64{0.3, 0, -0.2, -0.4, -0.6, -0.9}, mobile: 0.4}
	for h := range p.hours {
		p.hours[h] = 0.8 * math.Cos(float64(h-18)/24*2*math.Pi)
	}
	p.lists = []float64{0.9, 0, -0.9}
	p.regions = []float64{0.5, -0.4, 0.1, 0, -0.2, 0.3, 0, 0, -0.6, 0.2}
	return p
}

// flat is a population in which nothing matters.
func flat(p float64) population {
	return population{base: logit(p), lists: []float64{0, 0, 0}, regions: make([]float64, len(regionNames))}
}

func (p population) draw(r *rand.Rand) Facts {
	f := Facts{
		List: int64(r.IntN(len(p.lists))) + 1, Region: regionNames[r.IntN(len(p.regions))], Zone: "Europe/Madrid",
		Weekday: time.Weekday(r.IntN(7)), Hour: 9 + r.IntN(12), Tries: r.IntN(6), Phone: r.IntN(2), Mobile: r.IntN(2) == 0,
	}
	if f.Tries > 0 {
		f.Last = []string{"no_answer", "busy", "machine"}[r.IntN(3)]
		f.SinceLast = time.Duration(r.IntN(72)) * time.Hour
	}
	return f
}

func (p population) chance(f Facts) float64 {
	z := p.base + p.hours[f.Hour] + p.tries[min(f.Tries, 5)] + p.lists[f.List-1] + p.regions[slices.Index(regionNames, f.Region)]
	if f.Weekday == time.Saturday || f.Weekday == time.Sunday {
		z += p.weekend
	}
	if f.Mobile {
		z += p.mobile
	}
	return sigmoid(z)
}

// call draws a contact, calls it, and tells how it ended.
func (p population) call(r *rand.Rand) (Facts, bool) {
	f := p.draw(r)
	return f, r.Float64() < p.chance(f)
}

// taught is a model that has seen n calls of a population.
func (p population) taught(r *rand.Rand, n int) *Model {
	m := New()
	for range n {
		f, yes := p.call(r)
		m.Learn(f, yes)
	}
	return m
}

// manyCalls skips what plays tens of thousands of calls under the race detector:
// one goroutine plays them, ten times slower, and there is nothing to race.
func manyCalls(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("one goroutine and many calls: not under the race detector")
	}
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func logLoss(p float64, yes bool) float64 {
	if yes {
		return -math.Log(p)
	}
	return -math.Log(1 - p)
}

// reliability compares, tenth by tenth of the predictions, what was promised
// with what came.
func reliability(t *testing.T, predicted []float64, came []bool) {
	t.Helper()
	order := make([]int, len(predicted))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if predicted[a] < predicted[b] {
			return -1
		}
		return 1
	})
	const tenths = 10
	for k := range tenths {
		part := order[k*len(order)/tenths : (k+1)*len(order)/tenths]
		var want, variance, got float64
		for _, i := range part {
			want += predicted[i]
			variance += predicted[i] * (1 - predicted[i])
			if came[i] {
				got++
			}
		}
		n := float64(len(part))
		// Binomial noise, 4 standard deviations, and 1.5 points for what is
		// not learned yet and for what is remembered and not true any more.
		band := 4*math.Sqrt(variance) + 0.015*n
		t.Logf("tenth %2d: predicted %.4f, came %.4f, band %.4f", k+1, want/n, got/n, band/n)
		if math.Abs(got-want) > band {
			t.Errorf("tenth %d: predicted %.4f, came %.4f", k+1, want/n, got/n)
		}
	}
}
