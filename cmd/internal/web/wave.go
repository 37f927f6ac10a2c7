package web

import (
	"math"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// The size of the drawing of a recording in its own units: above the middle is
// what the person said, below it what they heard.
const (
	waveBuckets = 600
	waveHeight  = 100
)

// wave is the sound of a call, drawn, with what happened on its time line.
type wave struct {
	Person, House string // of SVG paths
	Seconds       float64
	Length        string
	Marks         []waveMark
	Gaps          []waveGap
}

// waveMark is a moment on the drawing.
type waveMark struct {
	X    float64
	What string // a code
	Name string // of a step
}

// waveGap is a stretch that was not recorded.
type waveGap struct{ X, Width float64 }

// waveOf draws a recording.
func waveOf(person, house []float64, rec campaigns.Recording, line []callMoment) wave {
	w := wave{Seconds: rec.Duration.Seconds(), Length: elapsed(rec.Duration), Person: wavePath(person, -1), House: wavePath(house, 1)}
	if w.Seconds <= 0 {
		return w
	}
	scale := waveBuckets / w.Seconds
	for _, m := range line {
		switch campaigns.CallEventKind(m.What) {
		case campaigns.EventStep, campaigns.EventHold, campaigns.EventTransferAsked, campaigns.EventBargeBegun, campaigns.EventTakeOver, campaigns.EventHelp:
			if m.Sounds() {
				w.Marks = append(w.Marks, waveMark{X: m.Offset * scale, What: m.What, Name: m.Detail})
			}
		}
	}
	for _, g := range rec.Gaps {
		w.Gaps = append(w.Gaps, waveGap{X: g.From.Seconds() * scale, Width: (g.To - g.From).Seconds() * scale})
	}
	return w
}

// wavePath is the outline of the peaks, up (-1) or down (1) from the middle. A
// peak is drawn by its square root, so that quiet speech is seen beside loud.
func wavePath(peaks []float64, to float64) string {
	if len(peaks) == 0 {
		return ""
	}
	var path strings.Builder
	middle := float64(waveHeight) / 2
	path.WriteString("M0 " + strconv.FormatFloat(middle, 'f', 0, 64))
	step := float64(waveBuckets) / float64(len(peaks))
	for i, peak := range peaks {
		y := middle + to*loudness(peak)*(middle-2)
		path.WriteString("H" + strconv.FormatFloat(float64(i)*step, 'f', 0, 64) + "V" + strconv.FormatFloat(y, 'f', 1, 64))
	}
	path.WriteString("H" + strconv.Itoa(waveBuckets) + "V" + strconv.FormatFloat(middle, 'f', 0, 64) + "Z")
	return path.String()
}

func loudness(peak float64) float64 { return math.Sqrt(min(max(peak, 0), 1)) }
