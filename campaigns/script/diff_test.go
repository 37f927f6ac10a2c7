package script

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestADiffTellsWhatCameAndWent(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"a\nb\nc", "a\nb\nc", " a| b| c"},
		{"a\nb\nc", "a\nx\nc", " a|-b|+x| c"},
		{"", "a", "+a"},
		{"a\nb", "b\na", "-a| b|+a"},
		{"a\r\nb  ", "a\nb", " a| b"},
		{"a\nb\nc\nd", "a\nc\nd\ne", " a|-b| c| d|+e"},
	} {
		var got []string
		for _, l := range Diff(c.before, c.after) {
			got = append(got, map[Change]string{Same: " ", Added: "+", Gone: "-"}[l.Change]+l.Text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%q to %q: %s, want %s", c.before, c.after, s, c.want)
		}
	}
}

func TestADiffLeadsFromOneVersionToTheOther(t *testing.T) {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "x"}), 1, 12)
	rapid.Check(t, func(t *rapid.T) {
		before, after := lines.Draw(t, "before"), lines.Draw(t, "after")
		var a, b []string
		for _, l := range Diff(strings.Join(before, "\n"), strings.Join(after, "\n")) {
			if l.Change != Added {
				a = append(a, l.Text)
				if l.Old != len(a) {
					t.Fatalf("line %+v is the %dth", l, len(a))
				}
			}
			if l.Change != Gone {
				b = append(b, l.Text)
			}
		}
		if strings.Join(a, "\n") != strings.Join(before, "\n") || strings.Join(b, "\n") != strings.Join(after, "\n") {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func TestHunksKeepTheChangesAndALittleAround(t *testing.T) {
	var a []string
	for i := range 40 {
		a = append(a, fmt.Sprint(i))
	}
	b := append([]string{}, a...)
	b[5], b[8], b[30] = "five", "eight", "thirty"
	h := Hunks(Diff(strings.Join(a, "\n"), strings.Join(b, "\n")), 2)
	if len(h) != 2 || h[0].Lines[0].Text != "3" || len(h[0].Lines) != 10 || h[1].Lines[len(h[1].Lines)-1].Text != "32" {
		t.Errorf("%+v", h)
	}
	if h := Hunks(Diff("a", "a"), 3); len(h) != 0 {
		t.Errorf("nothing changed: %+v", h)
	}
}

func TestAHugeChangeIsToldInABoundedTime(t *testing.T) {
	a, b := strings.Repeat("x\ny\n", 20_000), strings.Repeat("y\nz\n", 20_000)
	if got := len(Diff("1\n"+a+"2", "1\n"+b+"2")); got != 80_002 {
		t.Errorf("%d lines", got)
	}
}
