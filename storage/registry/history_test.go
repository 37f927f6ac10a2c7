package registry

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

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

func TestAVersionThatSomebodyTookAwayIsFound(t *testing.T) {
	l := newLedger(t)
	for i := range 6 {
		l.load("us", day(i), 12025550001, uint64(12025550010+i))
	}
	for _, part := range []string{partAdd, partDel} {
		if err := os.Remove(filepath.Join(l.folder, "us", partName(4, part))); err != nil {
			t.Fatal(err)
		}
	}
	l.open()
	if through := l.shelf.Through("us", 12025550013); len(through) != 3 || through[2].Version.Version != 4 || !through[2].Listed {
		t.Errorf("%+v", through)
	}
	n, findings := l.shelf.Verify(t.Context(), "us", l.rows)
	if n != 3 || len(findings) != 1 || !strings.Contains(findings[0], "3 versions of us before version 4") {
		t.Errorf("%d, %v", n, findings)
	}
	if _, err := l.shelf.Export(t.Context(), "us", 3, &bytes.Buffer{}); !errors.Is(err, ErrNoVersion) {
		t.Errorf("version 3: %v", err)
	}
	l.mustLook("us", 12025550015, true, day(4))
}
