package parity

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/forecall/forecall/cmd/internal/demo"
)

// Print writes the report for people or for programs.
func (r Report) Print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(w, "%s: %d agents, shifts of %s, lived %d times at %gx speed, simulated %d times; intervals of 95 %%\n\n",
		r.Scenario, r.Agents, r.Shift, len(r.Live), r.Speed, r.Simulated.Shifts)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tlive\tsimulated\tdifference\t")
	r.Occupancy.row(t, "occupancy")
	r.Abandonment.row(t, "abandonment")
	plain := func(name, format string, live func(*demo.Shift) float64, simulated float64) {
		fmt.Fprintf(t, "%s\t"+format+"\t"+format+"\t\t\n", name, r.mean(live), simulated)
	}
	plain("wait, mean s", "%.2f", func(s *demo.Shift) float64 { return s.WaitMean }, r.Simulated.WaitMean)
	plain("calls a connect", "%.2f", func(s *demo.Shift) float64 { return s.DialsPer }, r.Simulated.DialsPer)
	plain("lines, mean", "%.1f", func(s *demo.Shift) float64 { return s.LinesMean }, r.Simulated.LinesMean)
	plain("connects a shift", "%.1f", func(s *demo.Shift) float64 { return float64(s.Connects) }, float64(r.Simulated.Connects)/float64(r.Simulated.Shifts))
	if err := t.Flush(); err != nil {
		return err
	}
	late := func(f func(demo.Lateness) float64) float64 {
		return r.mean(func(s *demo.Shift) float64 { return f(s.Late) })
	}
	_, err := fmt.Fprintf(w, `
live, later than drawn, in seconds of the shift: answer %.2f, answer to agent %.2f (median), talk %.2f, wrap-up %.2f
for the record: told that dialing ends with the shift, the simulator gives occupancy %.2f %%, abandonment %.2f %%
`,
		late(func(l demo.Lateness) float64 { return l.Ring }), late(func(l demo.Lateness) float64 { return l.Connect }),
		late(func(l demo.Lateness) float64 { return l.Talk }), late(func(l demo.Lateness) float64 { return l.Wrap }),
		100*r.Closing.Occupancy, 100*r.Closing.Abandonment)
	return err
}

// row is one figure with its intervals, in percent.
func (p Pair) row(w io.Writer, name string) {
	verdict := "overlap"
	if !p.Overlap {
		verdict = "APART"
	}
	fmt.Fprintf(w, "%s, %%\t%s\t%s\t%+.2f (%+.2f to %+.2f)\t%s\n", name, p.Live, p.Simulated,
		100*p.Difference.Mean, 100*p.Difference.Low, 100*p.Difference.High, verdict)
}

// String is the interval in percent.
func (i Interval) String() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", 100*i.Mean, 100*i.Low, 100*i.High)
}

func (r Report) mean(of func(*demo.Shift) float64) float64 {
	sum := 0.0
	for _, s := range r.Live {
		sum += of(s)
	}
	return sum / float64(len(r.Live))
}
