package registry

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// held has a shelf hold what another is about to publish, and loses that one in the
// moment at which the ledger has it.
func (l *ledger) held(of *ledger, lost func() error, spoil func([]byte), numbers ...uint64) (campaigns.RegisterVersion, error) {
	l.t.Helper()
	var v campaigns.RegisterVersion
	st, err := of.shelf.Stage(l.t.Context(), campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterFull, AccessedAt: day(len(of.rows))}, filler(func(b *Builder) {
		for _, n := range numbers {
			b.Add(n)
		}
	}))
	if err != nil {
		l.t.Fatal(err)
	}
	err = st.Publish(func(found campaigns.RegisterVersion) error {
		v = found
		files, err := of.shelf.Held(v.List, v.Version)
		if err == nil {
			err = l.shelf.Hold(l.t.Context(), campaigns.RegisterVersion{List: v.List, Version: v.Version, SHA256: v.SHA256}, files, from(of.shelf, v.List, spoil))
		}
		if err != nil {
			return err
		}
		return lost()
	})
	if err == nil {
		of.rows = append(of.rows, v)
	}
	return v, err
}

func alive() error { return nil }

func TestAVersionThatAShelfHoldsComesIntoForceWithoutTheShelfItIsFrom(t *testing.T) {
	of, l := newLedger(t), newLedger(t)
	for _, numbers := range [][]uint64{{12025550100, 12025550101}, {12025550100, 12025550102}} {
		v, err := l.held(of, alive, whole, numbers...)
		if err != nil {
			t.Fatal(err)
		}
		if now, ok := l.shelf.Version(v.List); ok && now.Version == v.Version {
			t.Error("what is held is in force")
		}
		l.open() // its node starts again; the ledger has what it had
		if err := l.shelf.TakeHeld(v); err != nil {
			t.Fatal(err)
		}
		l.rows = of.rows
		if !l.shelf.Look(v.List, numbers[1]).Listed {
			t.Errorf("version %d is not in force", v.Version)
		}
	}
	if checked, findings := l.shelf.Verify(t.Context(), "us-national", l.rows); checked != 2 || len(findings) > 0 {
		t.Errorf("%d versions checked: %q", checked, findings)
	}
	if left, err := filepath.Glob(filepath.Join(l.folder, "us-national", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestOnlyWhatTheLedgerHasIsTakenOfWhatIsHeld(t *testing.T) {
	of, l := newLedger(t), newLedger(t)
	failed := errors.New("the ledger does not take it")
	v, err := l.held(of, func() error { return failed }, whole, 12025550100)
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	other := v
	if v, err = l.held(of, alive, whole, 12025550103); err != nil { // of the same number
		t.Fatal(err)
	}
	if err := l.shelf.TakeHeld(other); v.Version != other.Version || !errors.Is(err, ErrNoVersion) {
		t.Errorf("version %d is taken for another: %v", other.Version, err)
	}
	if err := l.shelf.TakeHeld(v); err != nil {
		t.Error(err)
	}
	if _, err := l.held(of, alive, func(b []byte) { b[len(b)/2] ^= 1 }, 12025550104); !errors.Is(err, ErrDamaged) {
		t.Errorf("a copy with another byte is held: %v", err)
	}
	if err := l.shelf.TakeHeld(campaigns.RegisterVersion{List: "us-national", Version: 9}); !errors.Is(err, ErrNoVersion) {
		t.Errorf("what is not held: %v", err)
	}
}

// TestAVersionThatTheLedgerDidNotTakeIsPublishedAgain: as when no other node could keep it.
func TestAVersionThatTheLedgerDidNotTakeIsPublishedAgain(t *testing.T) {
	l := newLedger(t)
	l.load("us-national", day(0), 12025550100)
	st, err := l.shelf.Stage(t.Context(), campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterFull, AccessedAt: day(1)}, filler(func(b *Builder) { b.Add(12025550101) }))
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no")
	if err := st.Publish(func(campaigns.RegisterVersion) error { return failed }); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if l.shelf.Look("us-national", 12025550101).Listed {
		t.Error("it is in force")
	}
	if _, err := os.Stat(l.shelf.path("us-national", 2, partSet)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it has a name: %v", err)
	}
	if err := st.Publish(l.record); err != nil {
		t.Fatal(err)
	}
	if !l.shelf.Look("us-national", 12025550101).Listed {
		t.Error("it is not in force")
	}
}
