package records

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/forecall/forecall/campaigns/evidence"
)

// column draws what a column of a strict table can hold.
func column(t *rapid.T) any {
	switch rapid.IntRange(0, 4).Draw(t, "type") {
	case 0:
		return rapid.Int64().Draw(t, "integer")
	case 1:
		return rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) && f != 0 }).Draw(t, "real")
	case 2:
		return rapid.String().Draw(t, "text")
	case 3:
		return rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
	}
	return nil
}

func TestTwoRowsHaveOneCanonicalFormOnlyWhenTheyAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Custom(column), 0, 6).Draw(t, "x")
		y := rapid.SliceOfN(rapid.Custom(column), 0, 6).Draw(t, "y")
		same := len(x) == len(y)
		for i := range min(len(x), len(y)) {
			bx, okX := x[i].([]byte)
			by, okY := y[i].([]byte)
			if okX != okY {
				same = false
			} else if okX {
				same = same && bytes.Equal(bx, by)
			} else {
				same = same && x[i] == y[i]
			}
		}
		if got := bytes.Equal(evidence.Canonical(nil, x), evidence.Canonical(nil, y)); got != same {
			t.Fatalf("canonical forms equal: %t, rows equal: %t\n%#v\n%#v", got, same, x, y)
		}
	})
}

func TestTextMayNotMoveFromOneColumnToTheNext(t *testing.T) {
	if digest([]any{"ab", "c"}) == digest([]any{"a", "bc"}) {
		t.Fatal("two rows have one digest")
	}
}
