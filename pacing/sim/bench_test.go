package sim

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkShift is a whole shift of 8 h at p = 0.25 and 180 s of talk, on one core.
func BenchmarkShift(b *testing.B) {
	for _, agents := range []int{20, 100, 300} {
		b.Run(fmt.Sprint(agents), func(b *testing.B) {
			b.ReportAllocs()
			s := Default()
			s.Agents, s.Shifts = agents, 1
			for i := range b.N {
				r, err := Run(context.Background(), s, "predictive", Options{Workers: 1, Seed: uint64(i + 1)})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(r.Each[0].Decisions), "decisions")
			}
		})
	}
}

// BenchmarkWorld is the same shift without a thought: what the world costs by itself. The order of calls is as many as
// the controller's at 100 agents, two a second.
func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	s := Default()
	s.Agents, s.Shifts = 100, 1
	e := Entry{Named: Named{Name: "one"}, New: func(Setup) (Pacer, error) { return &steady{}, nil }}
	for i := range b.N {
		r, err := Run(context.Background(), s, "one", Options{Workers: 1, Seed: uint64(i + 1), Extra: []Entry{e}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Each[0].Decisions), "decisions")
		b.ReportMetric(float64(r.Dials), "dials")
	}
}

// steady places a call every half second.
type steady struct{ one }

func (s *steady) Decide(now time.Time, _ []float64) Order {
	if now.Sub(s.last) < 500*time.Millisecond {
		return Order{Again: 500*time.Millisecond - now.Sub(s.last)}
	}
	s.last = now
	return Order{Place: 1, Again: 500 * time.Millisecond}
}
