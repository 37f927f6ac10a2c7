package registry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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
