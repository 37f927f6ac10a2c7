package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

// transcript writes down what happens, as one would tell it.
type transcript struct {
	Pacer
	text  strings.Builder
	names map[pacing.CallID]int
}

func (t *transcript) Apply(e pacing.Event) {
	fmt.Fprintf(&t.text, "%9.3f s  %s", e.At.Sub(startOfShift).Seconds(), e.Kind)
	if e.Call != 0 {
		if t.names[e.Call] == 0 {
			t.names[e.Call] = len(t.names) + 1
		}
		fmt.Fprintf(&t.text, " #%d", t.names[e.Call])
	}
	if e.Agent != 0 {
		fmt.Fprintf(&t.text, " agent %d", e.Agent)
	}
	if !e.Until.IsZero() {
		fmt.Fprintf(&t.text, " at %.3f s", e.Until.Sub(startOfShift).Seconds())
	}
	t.text.WriteString("\n")
	t.Pacer.Apply(e)
}

func (t *transcript) Decide(now time.Time, next []float64) Order {
	o := t.Pacer.Decide(now, next)
	if o.Place > 0 || len(o.Cancel) > 0 {
		fmt.Fprintf(&t.text, "%9.3f s  -> place %d, withdraw %d\n", now.Sub(startOfShift).Seconds(), o.Place, len(o.Cancel))
	}
	return o
}

// rush dials three for each agent who is free, so that something goes wrong, and withdraws the first of what rings when
// an agent leaves.
type rush struct {
	free, air, cancel int
	first             pacing.CallID
}

func (r *rush) Apply(e pacing.Event) {
	switch e.Kind {
	case pacing.AgentReady:
		r.free++
	case pacing.CallBridged:
		r.free--
	case pacing.CallPlaced:
		r.air++
		r.first = e.Call
	case pacing.CallAnswered, pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled:
		r.air--
	case pacing.AgentPaused:
		r.cancel++
	}
}

func (r *rush) Decide(time.Time, []float64) Order {
	o := Order{Place: 3*r.free - r.air}
	if r.cancel > 0 {
		o.Cancel, r.cancel = []pacing.CallID{r.first}, 0
	}
	return o
}

func TestAShortShiftReadsLikeATranscript(t *testing.T) {
	s := Default()
	s.Name, s.Agents, s.Shift, s.Answer = "short", 3, 3*time.Minute, Always(0.5)
	s.FastFail.Share = 0.3
	s.Talk = AlwaysDist(Dist{Shape: Lognormal, Mean: 30 * time.Second, CV: 1})
	s.Breaks = []Break{{At: time.Minute, Share: 0.34, For: 30 * time.Second}}
	s.Vanish = []Vanish{{At: 2 * time.Minute, Share: 0.34}}
	w := &transcript{Pacer: &rush{}, names: map[pacing.CallID]int{}}
	shift, err := newWorld(s, Entry{Releases: true}, w, 1, time.Second).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s\n%s\n%d dials, %d answered, %d connects, %d abandoned, %d cut off, %d withdrawn; busy for %.3f s of %.3f s\n",
		s.YAML(), w.text.String(), shift.Dials, shift.Answered, shift.Connects, shift.Abandoned, shift.Cut, shift.Cancelled, shift.Worked, shift.LoggedIn)
	file := filepath.Join("testdata", "transcript.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the shift is now (-update)\n%s", got)
	}
}
