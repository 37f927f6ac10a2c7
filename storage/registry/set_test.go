package registry

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestANumberIsFoundExactlyWhereverItStands(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		size  int
		space uint64
	}{
		"nobody": {0, 1e15}, "one": {1, 1e15}, "all over the world": {5000, 1e15}, "a plain block": {mostPlain, blockSpan},
		"a block in buckets": {mostPlain + 1000, blockSpan}, "the largest block in buckets": {mostBuckets, blockSpan},
		"a block of bits": {mostBuckets + 5000, blockSpan}, "a block a tenth full": {1_000_000, blockSpan}, "several blocks": {300_000, 5 * blockSpan},
	} {
		t.Run(name, func(t *testing.T) {
			b, want := NewBuilder(nil), map[uint64]bool{}
			for range c.size {
				n := random.Uint64N(c.space)
				want[n] = true
				b.Add(n)
			}
			h := Header{Part: partSet}
			path := filepath.Join(t.TempDir(), "set")
			if err := b.save(path, &h); err != nil {
				t.Fatal(err)
			}
			s, err := openSet(path, true)
			if err != nil || s.Count != int64(len(want)) {
				t.Fatalf("%d numbers of %d, %v", s.Count, len(want), err)
			}
			for n := range want {
				if !s.Has(n) {
					t.Fatalf("%d is gone", n)
				}
			}
			for range 100_000 {
				if n := random.Uint64N(c.space); s.Has(n) != want[n] {
					t.Fatalf("%d: %t", n, s.Has(n))
				}
			}
			all := make([]uint64, 0, s.Count)
			s.Each(func(n uint64) bool { all = append(all, n); return true })
			if len(all) != len(want) || !slices.IsSorted(all) {
				t.Errorf("each: %d numbers, sorted %t", len(all), slices.IsSorted(all))
			}
			for _, n := range []uint64{endOfE164, 1 << 63, 1<<64 - 1} {
				if s.Has(n) {
					t.Errorf("%d, which is no number, is listed", n)
				}
			}
		})
	}
}

// It compares changes on top of changes with a map.
func TestABuilderKeepsWhatIsAddedAndLosesWhatIsDropped(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var base *Set
	have := map[uint64]bool{}
	for round := range 12 {
		b, before := NewBuilder(base), maps.Clone(have)
		for range 200_000 {
			n := 4_920_000_000 + random.Uint64N(1<<uint(8+round*2%20))
			if random.IntN(3) == 0 {
				b.Drop(n)
				delete(have, n)
			} else {
				b.Add(n)
				have[n] = true
			}
		}
		added, removed := b.Diff(base)
		next, err := b.memory()
		if err != nil || next.Count != int64(len(have)) || b.Count() != next.Count {
			t.Fatalf("round %d: %d numbers, want %d, %v", round, next.Count, len(have), err)
		}
		up, down := 0, 0
		for n := range have {
			if !next.Has(n) {
				t.Fatalf("round %d: %d is gone", round, n)
			}
			if !before[n] {
				up++
			}
		}
		for n := range before {
			if !have[n] {
				down++
			}
		}
		if added.Count() != int64(up) || removed.Count() != int64(down) {
			t.Fatalf("round %d: %d came and %d went, want %d and %d", round, added.Count(), removed.Count(), up, down)
		}
		base = next
	}
}

// FuzzFile opens files that anybody could have written: what is not refused
// must be answered from without a panic.
func FuzzFile(f *testing.F) {
	b := NewBuilder(nil)
	for i := range uint64(100) {
		b.Add(12020000000 + i*i)
	}
	h := Header{Part: partSet}
	path := filepath.Join(f.TempDir(), "seed")
	if err := b.save(path, &h); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed[headerSize:], 16, int64(100))
	f.Fuzz(func(t *testing.T, body []byte, slots int, count int64) {
		s, err := newSet(Header{Slots: slots, Count: count, Bytes: int64(len(body))}, append(make([]byte, headerSize), body...))
		if err != nil {
			return
		}
		for n := uint64(0); n < endOfE164; n = n*3 + 17 {
			s.Has(n)
		}
		n := 0
		s.Each(func(uint64) bool { n++; return n < 1000 })
	})
}
