package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/pacing/sim"
)

// resultTable is the rows of one scenario, aligned when they are printed.
type resultTable struct {
	title string
	grid  grid
}

func newResultTable(s sim.Scenario, shifts int) *resultTable {
	return &resultTable{
		title: fmt.Sprintf("%s: %s, %s of %s, cap %s", s.Name, count(s.Agents, "agent"), count(shifts, "shift"), short(s.Shift), share(s.Cap, 1)),
		grid: grid{{
			"policy", "occupancy", "abandoned", "worst shift", "worst half hour", "over cap", "wait mean", "wait p95", "dials/connect", "lines mean", "max",
		}},
	}
}

func (t *resultTable) add(_ sim.Scenario, r sim.Result) {
	t.grid = append(t.grid, []string{
		policyOf(r), withError(r), share(r.Abandonment, 2), share(r.AbandonmentMax, 2),
		share(r.WorstHalfHour, 1), fmt.Sprintf("%d of %d", r.ShiftsOverCap, r.Shifts),
		connected(r, "%.1f s", r.WaitMean), connected(r, "%.1f s", r.WaitP95), connected(r, "%.2f", r.DialsPer), fmt.Sprintf("%.1f", r.LinesMean), fmt.Sprint(r.LinesMax),
	})
}

// flush prints the rows that there are.
func (t *resultTable) flush(w io.Writer, asJSON bool) error {
	if asJSON || len(t.grid) == 1 {
		return nil
	}
	if _, err := fmt.Fprintln(w, t.title); err != nil {
		return err
	}
	if err := t.grid.print(w); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// policyOf is the policy with the settings that it ran with.
func policyOf(r sim.Result) string {
	if r.Settings == "" || strings.Contains(r.Policy, ":") {
		return r.Policy
	}
	return r.Policy + ":" + r.Settings
}

// standardError is that of the mean occupancy over the shifts.
// withError is the occupancy with its standard error, which one shift does not have.
func withError(r sim.Result) string {
	if r.Shifts < 2 {
		return share(r.Occupancy, 1)
	}
	return fmt.Sprintf("%s ± %.2f", share(r.Occupancy, 1), 100*standardError(r))
}

// connected is a figure that nobody has where nobody was connected.
func connected(r sim.Result, format string, x float64) string {
	if r.Connects == 0 {
		return "-"
	}
	return fmt.Sprintf(format, x)
}

func standardError(r sim.Result) float64 { return r.OccupancySD / math.Sqrt(float64(max(1, r.Shifts))) }

// share writes a share as a percentage with so many decimals.
func share(v float64, decimals int) string { return fmt.Sprintf("%.*f %%", decimals, 100*v) }

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// short writes a duration without the zeros at its end: 8h and not 8h0m0s.
func short(d time.Duration) string { return api.Duration(d).String() }

func printJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// grid is a table of text; its first row is the head, its first column aligned left and the others right.
type grid [][]string

func (g grid) print(w io.Writer) error {
	widths := make([]int, len(g[0]))
	for _, row := range g {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range g {
		if err := printRow(w, row, widths, 1); err != nil {
			return err
		}
	}
	return nil
}

// printRow writes the first cells aligned left and the others right.
func printRow(w io.Writer, row []string, widths []int, left int) error {
	var line strings.Builder
	for i, cell := range row {
		pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
		if i < left {
			line.WriteString("  " + cell + pad)
		} else {
			line.WriteString("  " + pad + cell)
		}
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	return err
}
