package registry

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// from copies files of another shelf, a few bytes at a time.
func from(s *Shelf, list string, spoil func([]byte)) Fetcher {
	return func(_ context.Context, name string, w io.Writer) error {
		piece := make([]byte, 30000)
		for at := int64(0); ; {
			n, err := s.ReadHeld(list, name, piece, at)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			spoil(piece[:n])
			if _, err := w.Write(piece[:n]); err != nil {
				return err
			}
			if at += int64(n); err != nil {
				return nil
			}
		}
	}
}

func whole([]byte) {}

// take takes the last version of a list from the shelf of another.
func (l *ledger) take(of *ledger, list string, spoil func([]byte)) error {
	l.t.Helper()
	var last campaigns.RegisterVersion
	for _, v := range of.rows {
		if v.List == list {
			last = v
		}
	}
	files, err := of.shelf.Held(list, last.Version)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.shelf.Take(l.t.Context(), last, files, from(of.shelf, list, spoil))
}

func TestAShelfTakesWhatAnotherHolds(t *testing.T) {
	of, l := newLedger(t), newLedger(t)
	of.load("us-national", day(0), 12025550100, 12025550101)
	of.load("us-national", day(5), 12025550100, 12025550102)
	if err := l.take(of, "us-national", whole); err != nil {
		t.Fatal(err)
	}
	of.load("us-national", day(9), 12025550100, 12025550103)
	if err := l.take(of, "us-national", whole); err != nil { // what came and went before is here already
		t.Fatal(err)
	}
	for n := uint64(12025550099); n < 12025550105; n++ {
		if want, got := of.shelf.Look("us-national", n), l.shelf.Look("us-national", n); want != got {
			t.Errorf("%d: %+v, want %+v", n, got, want)
		}
		if want, got := of.shelf.Through("us-national", n), l.shelf.Through("us-national", n); !reflect.DeepEqual(want, got) {
			t.Errorf("%d through all versions: %+v, want %+v", n, got, want)
		}
	}
	l.mustLook("us-national", 12025550103, true, day(5))
	if checked, findings := l.shelf.Verify(t.Context(), "us-national", of.rows); checked != 3 || len(findings) > 0 {
		t.Errorf("%d versions checked: %q", checked, findings)
	}
	l.rows = of.rows
	l.open() // and it is still there after a start
	l.mustLook("us-national", 12025550103, true, day(5))
	before, err := os.ReadDir(filepath.Join(l.folder, "us-national"))
	if err != nil || len(before) != 6 { // two sets, what came and went with versions 2 and 3
		t.Errorf("%d files, %v", len(before), err)
	}
	if err := l.take(of, "us-national", func([]byte) { t.Error("a version that is here is fetched again") }); err != nil {
		t.Error(err)
	}
}

func TestAVersionThatIsSpoiledOnItsWayIsNotTaken(t *testing.T) {
	of, l := newLedger(t), newLedger(t)
	of.load("us-national", day(0), 12025550100)
	if err := l.take(of, "us-national", whole); err != nil {
		t.Fatal(err)
	}
	of.load("us-national", day(1), 12025550100, 12025550101)
	for _, at := range []int{10, headerSize - 1, headerSize + 5} {
		seen := 0
		err := l.take(of, "us-national", func(piece []byte) {
			if at >= seen && at < seen+len(piece) {
				piece[at-seen] ^= 1
			}
			seen += len(piece)
		})
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	l.mustLook("us-national", 12025550101, false, time.Time{})
	left, err := os.ReadDir(filepath.Join(l.folder, "us-national"))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestNoFileButThoseOfAListIsRead(t *testing.T) {
	of := newLedger(t)
	of.load("us-national", day(0), 12025550100)
	for _, name := range []string{"../us-national/000001.set", "x", "", "000001.set/..", "000002.set"} {
		if n, err := of.shelf.ReadHeld("us-national", name, make([]byte, 10), 0); err == nil {
			t.Errorf("%q: %d bytes", name, n)
		}
	}
	if _, err := of.shelf.Held("../us-national", 1); err == nil {
		t.Error("a list of another folder is read")
	}
	if _, err := of.shelf.Held("us-national", 2); !errors.Is(err, ErrNoVersion) {
		t.Errorf("a version that is not there: %v", err)
	}
}
