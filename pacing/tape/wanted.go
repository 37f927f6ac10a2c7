package tape

import (
	"slices"
	"sort"

	"github.com/forecall/forecall/pacing"
)

// wanted is how many calls a policy would have in the air at an instant. When
// it would place more, those and the ones in the air. When there are too many
// already, the youngest are taken away until the last one would be placed.
func wanted(p pacing.Policy, s pacing.Snapshot, d *pacing.Decision) int {
	if d.Place > 0 || s.InAir == 0 {
		return s.InAir + d.Place
	}
	p.Cancel = false
	oldest := slices.Clone(s.Attempts)
	slices.SortFunc(oldest, func(a, b pacing.Attempt) int {
		switch {
		case a.Age > b.Age:
			return -1
		case a.Age < b.Age:
			return 1
		}
		return int(int64(a.Call) - int64(b.Call)) // which of those of one moment must not be left to chance
	})
	without := func(dropped int) int {
		left := s
		left.InAir, left.Lines = s.InAir-dropped, s.Lines-dropped
		left.Attempts = oldest[:left.InAir]
		return pacing.Decide(p, left).Place
	}
	dropped := 1 + sort.Search(s.InAir, func(i int) bool { return without(i+1) > 0 })
	if dropped > s.InAir {
		return 0
	}
	return s.InAir - dropped + min(dropped, without(dropped))
}
