package rules

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// A book is asked by the writer, the hoppers, imports and pages at once.
func TestManyAskOneBookAtOnceAndGetWhatOneWouldGet(t *testing.T) {
	h := holidaysOf(t, someHolidays)
	rng := rand.New(rand.NewPCG(8, 8))
	type question struct {
		facts  Facts
		terms  Terms
		at     time.Time
		answer []byte
	}
	alone := book(t, h, set(t, rich, richHead))
	var asked []question
	for i := range 300 {
		q := question{at: utc(t, "2026-10-20 00:00:00").Add(time.Duration(rng.Int64N(int64(60 * 24 * time.Hour)))), terms: always()}
		q.facts = randomFacts(rng, q.at)
		q.facts.Place.Regions = [][]string{nil, {"ES-CT"}, {"ES-MD"}}[i%3]
		q.terms.Campaign = int64(i % 5)
		var d Decision
		alone.Plan(q.terms, q.facts.Place).Decide(&q.facts, q.at, &d)
		q.answer = d.AppendRecord(nil)
		asked = append(asked, q)
	}
	together := book(t, h, set(t, rich, richHead))
	var wg sync.WaitGroup
	for offset := range 8 {
		wg.Go(func() {
			var d Decision
			for i := range asked {
				q := &asked[(i+offset*37)%len(asked)]
				together.Plan(q.terms, q.facts.Place).Decide(&q.facts, q.at, &d)
				if !slices.Equal(d.AppendRecord(nil), q.answer) {
					t.Errorf("question %d was answered otherwise", i)
				}
				d.Next()
			}
		})
	}
	wg.Wait()
}
