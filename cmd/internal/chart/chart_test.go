package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew; look at them")

// teams is what the README shows: occupancy by team size.
func teams() Figure {
	sizes := []float64{1, 2, 3, 5, 10, 20, 50, 100, 300}
	line := func(name string, over map[int]bool, ys ...float64) Line {
		l := Line{Name: name}
		for i, y := range ys {
			l.Points = append(l.Points, Point{X: sizes[i], Y: y, Over: over[i]})
		}
		return l
	}
	best := line("predictive", nil, 63.4, 67.4, 68, 68.6, 78.3, 85.6, 92.6, 95.9, 98.9)
	best.Strong = true
	bound := line("known-outcomes", nil, 80, 85, 88, 90, 91.5, 93.8, 96.8, 98.4, 99.7)
	bound.Bound = true
	all := map[int]bool{3: true, 4: true, 5: true, 6: true, 7: true, 8: true}
	return Figure{
		Title: "Occupancy <by> team size & policy", Desc: "predictive is highest",
		Notes: []string{"Dashed with open circles: more than 3 % abandoned."},
		Panels: []Panel{{
			X: Axis{Label: "agents", Log: true}, Y: Axis{Label: "occupancy", Suffix: " %", Lowest: 0, Highest: 100},
			Lines: []Line{
				best, bound,
				line("progressive", nil, 43.9, 44, 44, 44.1, 44.4, 44.5, 44.5, 44.5, 44.4),
				line("ratio", all, 45, 50, 60, 65.3, 75.1, 82, 87.9, 90.5, 93.2),
				line("vicidial-hard", all, 44, 44, 44.5, 44.8, 46.2, 47.9, 49.9, 51.8, 56.3),
			},
		}},
	}
}

// caps is what what-if shows: two panels over the cap.
func caps() Figure {
	curve := func(name string, ys ...float64) []Line {
		l := Line{Name: name, Strong: true}
		for i, x := range []float64{0.5, 1, 2, 3, 5} {
			l.Points = append(l.Points, Point{X: x, Y: ys[i]})
		}
		return []Line{l}
	}
	x := Axis{Label: "abandonment cap, %"}
	return Figure{Title: "What if", Desc: "two curves", Panels: []Panel{
		{X: x, Y: Axis{Label: "occupancy", Suffix: " %"}, Lines: curve("predictive", 80.2, 82, 84.4, 85.6, 87.1)},
		{X: x, Y: Axis{Label: "mean wait of an agent, s"}, Lines: curve("predictive", 18, 16.2, 13.1, 12, 10.8)},
	}}
}

func TestTheSameFigureGivesTheGoldenFile(t *testing.T) {
	for name, f := range map[string]Figure{"teams": teams(), "caps": caps()} {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s is drawn otherwise; look at it and run with -update", file)
		}
	}
}

func TestNamesNeverTouch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := make([]label, rapid.IntRange(1, 15).Draw(t, "lines"))
		at := 20.0
		for i := range labels {
			at += rapid.Float64Range(0, 30).Draw(t, "gap")
			labels[i] = label{i, min(at, 380), min(at, 380)}
		}
		spread(labels, 12, 380)
		for i := 1; i < len(labels); i++ {
			if labels[i].to-labels[i-1].to < apart-0.001 {
				t.Fatalf("names %d and %d are %.2f apart", i-1, i, labels[i].to-labels[i-1].to)
			}
		}
		if labels[0].to < 11.999 || labels[len(labels)-1].to > 380.001 {
			t.Fatalf("names leave the panel: %v", labels)
		}
	})
}

func TestEveryFigureIsWellFormedAndHoldsNoScript(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Figure{Title: rapid.String().Draw(t, "title"), Desc: "d", Panels: []Panel{{X: Axis{Log: rapid.Bool().Draw(t, "log")}}}}
		for range rapid.IntRange(1, 14).Draw(t, "lines") {
			l := Line{Name: rapid.String().Draw(t, "name"), Bound: rapid.Bool().Draw(t, "bound")}
			for range rapid.IntRange(1, 5).Draw(t, "points") {
				l.Points = append(l.Points, Point{X: rapid.Float64Range(0.001, 1e6).Draw(t, "x"), Y: rapid.Float64Range(-1e6, 1e6).Draw(t, "y"), Over: rapid.Bool().Draw(t, "over")})
			}
			f.Panels[0].Lines = append(f.Panels[0].Lines, l)
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, b.String())
	})
}

func wellFormed(t *rapid.T, svg string) {
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "script" {
			t.Fatal("a name became a script")
		}
		for _, a := range e.Attr {
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Fatalf("%s=%q", a.Name.Local, a.Value)
			}
		}
	}
}

func TestWhatCannotBeDrawnIsRefused(t *testing.T) {
	one := func(x, y float64, log bool) Figure {
		return Figure{Panels: []Panel{{X: Axis{Log: log}, Lines: []Line{{Name: "a", Points: []Point{{X: x, Y: y}}}}}}}
	}
	for name, f := range map[string]Figure{
		"no panel": {}, "no line": {Panels: []Panel{{}}},
		"a value that is none": one(1, math.NaN(), false), "no end": one(math.Inf(1), 1, false), "a logarithm of 0": one(0, 1, true),
	} {
		if err := f.Write(io.Discard); err == nil {
			t.Errorf("%s is drawn", name)
		}
	}
	if err := (Figure{}).Write(io.Discard); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty figure: %v", err)
	}
}

func TestStepsAreRound(t *testing.T) {
	for span, want := range map[float64]float64{100: 20, 56: 10, 30: 5, 7: 1, 0.03: 0.005, 0: 1} {
		if got := stepOf(span); math.Abs(got-want) > 1e-12 {
			t.Errorf("stepOf(%v) = %v, want %v", span, got, want)
		}
	}
}
