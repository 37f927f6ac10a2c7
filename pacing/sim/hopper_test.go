package sim

import (
	"testing"

	"pgregory.net/rapid"
)

func told(seed uint64) *hopper {
	return &hopper{people: newPeople(seed, 0.8), tell: func(c contact) float64 { return c.odds }}
}

func TestAHopperWithoutPicksKeepsTheOrderOfTheList(t *testing.T) {
	h := told(1)
	next := uint64(0)
	for _, n := range []int{1, 5, 0, 99, 100, 130, 7, 300} {
		h.look()
		h.take(n, nil, func(c contact, odds float64) {
			if c.index != next {
				t.Fatalf("contact %d, want %d", c.index, next)
			}
			next++
			if odds != c.odds {
				t.Fatalf("contact %d of odds %g is told as %g", c.index, c.odds, odds)
			}
		})
	}
}

func TestAHopperGivesWhoIsPickedAndNobodyTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := told(rapid.Uint64().Draw(t, "seed"))
		gone := map[uint64]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			h.look()
			picks := rapid.SliceOfN(rapid.IntRange(-2, Window+2), 0, 12).Draw(t, "picks")
			want := map[uint64]bool{}
			for _, p := range picks {
				if p >= 0 && p < Window {
					want[h.window[p].index] = true
				}
			}
			n := 0
			h.take(len(picks), picks, func(c contact, _ float64) {
				if gone[c.index] {
					t.Fatalf("contact %d is called twice", c.index)
				}
				gone[c.index] = true
				delete(want, c.index)
				n++
			})
			if n != len(picks) {
				t.Fatalf("%d placed for %d picks", n, len(picks))
			}
			if len(want) > 0 && len(gone) < overdue {
				t.Fatalf("%v were picked and not placed", want)
			}
		}
	})
}

func TestWhoWasPassedOverFourHundredTimesGoesNext(t *testing.T) {
	h := told(2)
	for i := range overdue {
		h.look()
		h.take(1, []int{Window - 1}, func(c contact, _ float64) {
			if c.index < Window-1 {
				t.Fatalf("placement %d: contact %d", i, c.index)
			}
		})
	}
	for want := range uint64(Window - 1) {
		h.look()
		h.take(1, []int{Window - 1}, func(c contact, _ float64) {
			if c.index != want {
				t.Fatalf("contact %d goes, want %d who was passed over", c.index, want)
			}
		})
	}
}

func TestEachHalfOfTheListIsUsedUpEvenlyOverAShiftWhoeverIsPreferred(t *testing.T) {
	h := told(4)
	taken := map[bool]int{}
	const n = 20_000
	for range n {
		odds := h.look()
		best := 0
		for i, o := range odds {
			if o > odds[best] {
				best = i
			}
		}
		h.take(1, []int{best}, func(c contact, _ float64) { taken[c.odds > 1]++ })
	}
	// The window of 100 may hold back a hundred of the unlikely half and no more.
	if share := float64(taken[true]) / n; share < 0.49 || share > 0.515 {
		t.Errorf("%.3f of those called are of the likely half", share)
	}
}
