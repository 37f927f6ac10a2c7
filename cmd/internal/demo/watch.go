package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/forecall/forecall/dialer"
)

// watch shows progress: a line that is redrawn on a terminal, a new one every
// five seconds elsewhere, nothing when the summary is all that is wanted.
type watch struct {
	out      io.Writer
	terminal bool
	shown    time.Time
	drawn    int // characters of the line that stands on the terminal

	busy, present float64 // agent-seconds of work and of presence, for occupancy
	last          time.Time
}

func newWatch(s Settings) *watch {
	w := &watch{out: s.Out, terminal: s.Terminal}
	if s.JSON {
		w.out = io.Discard
	}
	return w
}

// say writes a line of its own.
func (w *watch) say(format string, args ...any) {
	w.clear()
	fmt.Fprintf(w.out, format+"\n", args...)
}

func (w *watch) clear() {
	if w.drawn > 0 {
		fmt.Fprintf(w.out, "\r%s\r", strings.Repeat(" ", w.drawn))
		w.drawn = 0
	}
}

// show draws where things stand.
func (w *watch) show(s dialer.Snapshot, campaign int64, since time.Duration) {
	w.count(s)
	if !w.terminal && s.At.Sub(w.shown) < 5*time.Second {
		return
	}
	w.shown = s.At
	line := progressLine(s, campaign, since)
	if !w.terminal {
		fmt.Fprintln(w.out, line)
		return
	}
	w.clear()
	fmt.Fprint(w.out, line)
	w.drawn = len([]rune(line))
}

func progressLine(s dialer.Snapshot, campaign int64, since time.Duration) string {
	var c dialer.CampaignView
	for _, v := range s.Campaigns {
		if v.ID == campaign {
			c = v
		}
	}
	states := map[dialer.State]int{}
	for _, a := range s.Agents {
		states[a.State]++
	}
	share := 0.0
	if c.Totals.Answered > 0 {
		share = 100 * float64(c.Totals.Abandoned) / float64(c.Totals.Answered)
	}
	return fmt.Sprintf("%5s  placed %d  ringing %d  answered %d  bridged %d  abandoned %d (%.1f%%)  |  agents: talking %d  wrap-up %d  ready %d  |  %.0f calls/min%s",
		since.Round(time.Second), c.Totals.Placed, c.Ringing, c.Totals.Answered, c.Totals.Bridged, c.Totals.Abandoned, share,
		states[dialer.StateTalking], states[dialer.StateWrapUp], states[dialer.StateReady], c.PerMinute, held(c))
}

// held says why nothing is on its way, when nothing is.
func held(c dialer.CampaignView) string {
	if c.InAir > 0 || c.Talking > 0 || c.Why.Text == "" {
		return ""
	}
	return "  |  " + c.Why.Text
}

// count adds the time since the last look to what agents have worked.
func (w *watch) count(s dialer.Snapshot) {
	elapsed := s.At.Sub(w.last).Seconds()
	first := w.last.IsZero()
	w.last = s.At
	if first {
		return
	}
	for _, a := range s.Agents {
		switch a.State {
		case dialer.StateTalking, dialer.StateWrapUp:
			w.busy += elapsed
			w.present += elapsed
		case dialer.StateReady, dialer.StateReserved:
			w.present += elapsed
		}
	}
}

// occupancy is the share of the agents' presence in which they talked or wrote.
func (w *watch) occupancy() float64 {
	if w.present == 0 {
		return 0
	}
	return w.busy / w.present
}
