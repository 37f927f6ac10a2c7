package registry

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
)

var may = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

// day is the access of a version: the first of May and so many days.
func day(n int) time.Time { return may.AddDate(0, 0, n) }

// ledger is what the store would keep.
type ledger struct {
	t      *testing.T
	folder string
	shelf  *Shelf
	rows   []campaigns.RegisterVersion
}

func newLedger(t *testing.T) *ledger {
	l := &ledger{t: t, folder: t.TempDir()}
	l.open()
	return l
}

func (l *ledger) open() {
	l.t.Helper()
	s, err := Open(l.folder, l.rows, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	l.shelf = s
}

func (l *ledger) record(v campaigns.RegisterVersion) error {
	l.rows = append(l.rows, v)
	return nil
}

// load puts a full list in force.
func (l *ledger) load(list string, accessed time.Time, numbers ...uint64) campaigns.RegisterFound {
	l.t.Helper()
	return l.put(campaigns.RegisterVersion{List: list, Kind: campaigns.RegisterFull, AccessedAt: accessed}, func(b *Builder) {
		for _, n := range numbers {
			b.Add(n)
		}
	})
}

func (l *ledger) put(v campaigns.RegisterVersion, fill func(*Builder)) campaigns.RegisterFound {
	l.t.Helper()
	st, err := l.shelf.Stage(l.t.Context(), v, filler(fill))
	if err == nil {
		err = st.Publish(l.record)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return st.Found()
}

func filler(fill func(*Builder)) Reader {
	return func(_ context.Context, b *Builder) (campaigns.RegisterReport, error) {
		fill(b)
		return campaigns.RegisterReport{}, nil
	}
}

func (l *ledger) mustLook(list string, number uint64, listed bool, since time.Time) {
	l.t.Helper()
	got := l.shelf.Look(list, number)
	if got.Listed != listed || !got.Loaded || !got.RegisteredAt.Equal(since) {
		l.t.Errorf("%s %d: %+v, want listed %t since %s", list, number, got, listed, since)
	}
}

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

func TestAListThatIsNotLoadedSaysSo(t *testing.T) {
	l := newLedger(t)
	if got := l.shelf.Look("us-national", 12025550123); got.Loaded || got.Listed {
		t.Errorf("%+v", got)
	}
	l.load("uk-tps", day(0), 447700900123)
	if got := l.shelf.Look("us-national", 12025550123); got.Loaded {
		t.Errorf("another list: %+v", got)
	}
	got := l.shelf.Look("uk-tps", 447700900123)
	if !got.Listed || !got.Loaded || got.Version != "uk-tps@1" || got.SHA256 == [32]byte{} || !got.AccessedAt.Equal(day(0)) {
		t.Errorf("%+v", got)
	}
}

func TestAVersionSpeaksOnlyOfTheAreaCodesItCovers(t *testing.T) {
	l := newLedger(t)
	l.put(campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterFull, AccessedAt: day(0), Covers: []string{"1202", "44"}},
		func(b *Builder) { b.Add(12025550123); b.Add(447700900123) })
	for n, loaded := range map[uint64]bool{12025550123: true, 12025550199: true, 13055550199: false, 447700900123: true, 491234567: false, 44: true, 4: false} {
		if got := l.shelf.Look("us-national", n); got.Loaded != loaded {
			t.Errorf("%d: %+v", n, got)
		}
	}
	for _, bad := range []string{"", "0", "0202", "12x", "+1202", strings.Repeat("1", 16)} {
		if CheckCover([]string{bad}) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestSinceWhenANumberIsListedIsTheEarliestThatItCanBe(t *testing.T) {
	l := newLedger(t)
	const old, young, back, gone = 12025550001, 12025550002, 12025550003, 12025550004
	l.load("us", day(0), old, back, gone)
	l.load("us", day(10), old, young, gone)
	l.load("us", day(20), old, young, back)
	check := func() {
		t.Helper()
		l.mustLook("us", old, true, time.Time{}) // it stood in the first version: nobody knows since when
		l.mustLook("us", young, true, day(0))    // it came between the first and the second
		l.mustLook("us", back, true, day(10))    // it came back after the second
		l.mustLook("us", gone, false, time.Time{})
	}
	check()
	l.open() // from the files alone
	check()
	l.load("us", day(200), old, young, back, gone)
	l.mustLook("us", young, true, time.Time{}) // longer ago than any grace
	l.mustLook("us", gone, true, time.Time{})  // it may have come the day after the third
}

func TestANumberIsFollowedThroughAllVersions(t *testing.T) {
	l := newLedger(t)
	const n = 12025550001
	l.load("us", day(0), 1234567)
	l.load("us", day(1), n)
	l.load("us", day(2), n, 1234567)
	l.load("us", day(3), 1234567)
	l.put(campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterChange, AccessedAt: day(4)}, func(b *Builder) { b.Add(n) })
	l.open()
	want := []bool{true, false, true, true, false}
	through := l.shelf.Through("us", n)
	if len(through) != len(want) {
		t.Fatalf("%d versions", len(through))
	}
	for i, s := range through {
		if s.Version.Version != int64(5-i) || s.Listed != want[i] || !s.Version.AccessedAt.Equal(day(4-i)) {
			t.Errorf("version %d of %s: %t, want %t", s.Version.Version, s.Version.AccessedAt, s.Listed, want[i])
		}
	}
	for version, text := range map[int64]string{1: "+1234567\n", 2: "+12025550001\n", 3: "+1234567\n+12025550001\n", 4: "+1234567\n", 5: "+1234567\n+12025550001\n"} {
		var out bytes.Buffer
		if n, err := l.shelf.Export(t.Context(), "us", version, &out); err != nil || out.String() != text || int(n) != strings.Count(text, "\n") {
			t.Errorf("version %d: %q, %v", version, out.String(), err)
		}
	}
	for _, version := range []int64{0, 6} {
		if _, err := l.shelf.Export(t.Context(), "us", version, &bytes.Buffer{}); !errors.Is(err, ErrNoVersion) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

func TestEveryVersionIsBuiltAnewAndComparedWithTheLedger(t *testing.T) {
	l := newLedger(t)
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 6 {
		var all []uint64
		for range 20_000 {
			all = append(all, 12020000000+random.Uint64N(60_000))
		}
		l.load("us", day(i), all...)
	}
	if n, findings := l.shelf.Verify(t.Context(), "us", l.rows); n != 6 || len(findings) > 0 {
		t.Fatalf("%d versions, %v", n, findings)
	}
	swapped := slices.Clone(l.rows)
	swapped[2].SHA256 = swapped[3].SHA256
	if _, findings := l.shelf.Verify(t.Context(), "us", swapped); len(findings) != 1 || !strings.Contains(findings[0], "version 3 ") {
		t.Errorf("a ledger that has another: %v", findings)
	}
	for _, name := range []string{"000006.set", "000004.add", "000002.del"} {
		l.flip(filepath.Join(l.folder, "us", name), func() {
			if _, findings := l.shelf.Verify(t.Context(), "us", l.rows); len(findings) != 1 {
				t.Errorf("a bit of %s is another: %v", name, findings)
			}
		})
	}
	if n, findings := l.shelf.Verify(t.Context(), "us", l.rows); n != 6 || len(findings) > 0 {
		t.Fatalf("mended: %d versions, %v", n, findings)
	}
}

// flip turns one bit of a file while f runs.
func (l *ledger) flip(path string, f func()) {
	l.t.Helper()
	was, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	now := slices.Clone(was)
	now[len(now)-9] ^= 4
	for _, data := range [][]byte{now, was} {
		if err := os.WriteFile(path, data, private); err != nil {
			l.t.Fatal(err)
		}
		if f != nil {
			f()
		}
		f = nil
	}
}

func TestAFileThatIsNotTheLedgersIsNotLoaded(t *testing.T) {
	l := newLedger(t)
	l.load("us", day(0), 12025550001)
	l.load("us", day(1), 12025550001, 12025550002)
	path := filepath.Join(l.folder, "us", "000002.set")
	fails := func(what string) {
		t.Helper()
		l.open()
		if got := l.shelf.Look("us", 12025550001); got.Loaded || l.shelf.Faults()["us"] == nil {
			t.Errorf("%s: %+v, %v", what, got, l.shelf.Faults())
		}
	}
	l.flip(path, func() { fails("a bit is another") })
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	fails("it is missing")
	other, err := os.ReadFile(filepath.Join(l.folder, "us", "000001.set"))
	if err == nil {
		err = os.WriteFile(path, other, private)
	}
	if err != nil {
		t.Fatal(err)
	}
	fails("it is another version")
	if err := os.Truncate(path, headerSize+3); err != nil {
		t.Fatal(err)
	}
	fails("it is cut off")
	l.put(campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterFull, AccessedAt: day(2), Version: 2}, func(b *Builder) { b.Add(12025550003) })
	l.mustLook("us", 12025550003, true, time.Time{})
	if len(l.shelf.Faults()) != 0 || l.rows[2].Version != 3 {
		t.Errorf("loaded anew: %v, %+v", l.shelf.Faults(), l.rows[2])
	}
	l.open()
	l.mustLook("us", 12025550003, true, time.Time{})
}

func TestAVersionThatTheLedgerDoesNotTakeIsNotInForce(t *testing.T) {
	l := newLedger(t)
	l.load("us", day(0), 12025550001)
	st, err := l.shelf.Stage(t.Context(), campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterFull}, filler(func(b *Builder) { b.Add(12025550002) }))
	if err != nil {
		t.Fatal(err)
	}
	l.mustLook("us", 12025550002, false, time.Time{}) // made, and not in force
	full := errors.New("disk full")
	if err := st.Publish(func(campaigns.RegisterVersion) error { return full }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	l.mustLook("us", 12025550001, true, time.Time{})
	l.mustLook("us", 12025550002, false, time.Time{})
	l.load("us", day(1), 12025550003)
	l.mustLook("us", 12025550003, true, day(0))
}

func TestOfTwoLoadsAtOnceTheSecondIsToldSo(t *testing.T) {
	l := newLedger(t)
	l.load("us", day(0), 12025550001)
	v := campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterFull}
	st, err := l.shelf.Stage(t.Context(), v, filler(func(b *Builder) { b.Add(12025550002) }))
	if err != nil {
		t.Fatal(err)
	}
	l.load("us", day(1), 12025550003)
	if err := st.Publish(l.record); !errors.Is(err, ErrOvertaken) || len(l.rows) != 2 {
		t.Errorf("%v, %d rows", err, len(l.rows))
	}
	if err := errors.Join(st.Discard(), st.Discard()); err != nil {
		t.Error(err)
	}
	v.List, v.Kind = "uk-tps", campaigns.RegisterChange
	if _, err := l.shelf.Stage(t.Context(), v, filler(func(*Builder) {})); !errors.Is(err, ErrNoBase) {
		t.Errorf("a change of nothing: %v", err)
	}
	v.List = "../us"
	if _, err := l.shelf.Stage(t.Context(), v, filler(func(*Builder) {})); err == nil {
		t.Error("a list with a path for a name was taken")
	}
}

func TestWhatACrashLeavesIsPutAwayAtTheNextStart(t *testing.T) {
	l := newLedger(t)
	l.load("us", day(0), 12025550001)
	l.load("us", day(1), 12025550001, 12025550002)
	folder := filepath.Join(l.folder, "us")
	if err := os.MkdirAll(filepath.Join(folder, stageMark+"1"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"000003.set", "000003.add", "000003.del", "000002.set.new", stageMark + "1/000003.set"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("half"), private); err != nil {
			t.Fatal(err)
		}
	}
	l.open()
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	if want := []string{"000001.set", "000002.add", "000002.del", "000002.set"}; !slices.Equal(found, want) {
		t.Errorf("left: %v, want %v", found, want)
	}
	l.load("us", day(2), 12025550003)
	l.mustLook("us", 12025550003, true, day(1))
}

func TestOldVersionsArePutAwayByTheRuleOfRetentionOnly(t *testing.T) {
	l := newLedger(t)
	for i := range 6 {
		l.load("us", day(i), 12025550001, uint64(12025550010+i))
	}
	if n, findings := l.shelf.Verify(t.Context(), "us", l.rows); n != 6 || findings != nil {
		t.Fatalf("%d, %v", n, findings)
	}
	if n, err := l.shelf.Prune("us", 4); err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	l.open()
	if through := l.shelf.Through("us", 12025550013); len(through) != 3 || through[2].Version.Version != 4 || !through[2].Listed {
		t.Errorf("%+v", through)
	}
	if n, findings := l.shelf.Verify(t.Context(), "us", l.rows); n != 3 || findings != nil {
		t.Errorf("%d, %v", n, findings)
	}
	if _, err := l.shelf.Export(t.Context(), "us", 3, &bytes.Buffer{}); !errors.Is(err, ErrNoVersion) {
		t.Errorf("version 3: %v", err)
	}
	l.mustLook("us", 12025550015, true, day(4))
}

// TestALookUpSeesOneVersionWhole swaps versions under readers. Version v holds
// the numbers that are v modulo 7: every answer must be right of the version
// that it names.
func TestALookUpSeesOneVersionWholeWhileVersionsAreSwapped(t *testing.T) {
	l := newLedger(t)
	version := func(v int) {
		l.put(campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterFull, AccessedAt: day(v)}, func(b *Builder) {
			for n := v % 7; n < 70_000; n += 7 {
				b.Add(12020000000 + uint64(n))
			}
		})
	}
	version(1)
	var stop atomic.Bool
	var looked atomic.Int64
	g := errgroup.Group{}
	for i := range 4 {
		g.Go(func() error {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for !stop.Load() {
				n := random.Uint64N(70_000)
				got := l.shelf.Look("us", 12020000000+n)
				v, err := strconv.Atoi(strings.TrimPrefix(got.Version, "us@"))
				if err != nil || !got.Loaded || got.Listed != (n%7 == uint64(v%7)) {
					return errors.New("half a version: " + got.Version)
				}
				if looked.Add(1)%16 == 0 {
					runtime.Gosched() // the loader is to have its turn
				}
			}
			return nil
		})
	}
	for v := 2; v <= 15; v++ {
		version(v)
		runtime.GC() // mappings that nobody reads go
	}
	stop.Store(true)
	if err := g.Wait(); err != nil || looked.Load() == 0 {
		t.Errorf("%d look-ups: %v", looked.Load(), err)
	}
}

func TestAMappingIsGivenBackOnlyWhenNobodyCanReadIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc")
	}
	mapped := func() int {
		data, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), ".set")
	}
	l := newLedger(t)
	l.load("mapped", day(0), 12025550001)
	held := (*l.shelf.now.Load())["mapped"].set
	l.load("mapped", day(1), 12025550002)
	runtime.GC()
	if !held.Has(12025550001) || mapped() < 2 {
		t.Errorf("the mapping of a reader went: %d left", mapped())
	}
	runtime.KeepAlive(held)
	held = nil
	for range 100 { // cleanups run beside the program
		if runtime.GC(); mapped() <= 1 {
			runtime.KeepAlive(l)
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d mappings are left", mapped())
}

func TestALookUpAllocatesNothing(t *testing.T) {
	l := newLedger(t)
	for i := range 5 {
		l.load("us", day(i), 12025550001, uint64(12025550010+i))
	}
	for _, n := range []uint64{12025550001, 12025550014, 12025559999, 447700900123} {
		if a := testing.AllocsPerRun(100, func() { l.shelf.Look("us", n) }); a != 0 {
			t.Errorf("%d: %.0f allocations", n, a)
		}
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
