package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/pacing/sim"
)

// yardstick is the cells of the table that are asked for.
func (s *simulating) yardstick() ([]sim.Cell, error) {
	var cells []sim.Cell
	for _, c := range sim.Table() {
		if s.wanted(c.Scenario.Name) {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 {
		return nil, usage("--cells %s: there is no such cell; they are named as n20-p25-t60 (20 agents, 25 %% answer, 60 s of talk)", s.cells)
	}
	return cells, nil
}

// wanted tells whether --cells names a cell: n5-p10 names all cells that have both parts.
func (s *simulating) wanted(name string) bool {
	parts := strings.Split(name, "-")
	return s.cells == "" || slices.ContainsFunc(strings.Split(s.cells, ","), func(some string) bool {
		return !slices.ContainsFunc(strings.Split(strings.TrimSpace(some), "-"), func(part string) bool { return !slices.Contains(parts, part) })
	})
}

// tabled is a result with what the notes report of the same cell.
type tabled struct {
	sim.Result
	Notes *noted `json:"notes,omitempty"`
}

// noted is a figure of the notes: shares, as in a result.
type noted struct {
	Occupancy   float64  `json:"occupancy"`
	Abandonment *float64 `json:"abandonment,omitempty"`
	OverCap     *float64 `json:"share_over_cap,omitempty"`
}

func notedOf(c sim.Cell, policy string) *noted {
	f, ok := c.Notes(policy)
	if !ok {
		return nil
	}
	n := &noted{Occupancy: round(f.Occupancy)}
	if f.Abandonment >= 0 {
		n.Abandonment = new(round(f.Abandonment))
	}
	if f.OverCap >= 0 {
		n.OverCap = new(round(f.OverCap))
	}
	return n
}

// runTable runs the cells and prints each row as it comes, the notes' figure beside ours, and at the end what they come to.
func (s *simulating) runTable(c *cobra.Command) error {
	cells, err := s.yardstick()
	if err != nil {
		return err
	}
	scenarios := make([]sim.Scenario, len(cells))
	for i, cell := range cells {
		scenarios[i] = cell.Scenario
	}
	r := s.runner(c, scenarios)
	defer r.hide()
	t := yardTable{out: c.OutOrStdout(), asJSON: s.asJSON, sums: map[string]*yardSum{}}
	for _, cell := range cells {
		for _, policy := range s.policies {
			result, err := r.run(c.Context(), cell.Scenario, policy)
			if err != nil {
				return stoppedEarly(c.Context(), err)
			}
			r.hide()
			if err := t.add(cell, policy, result); err != nil {
				return err
			}
		}
	}
	if err := t.end(s.policies); err != nil {
		return err
	}
	return s.drawTeams(r)
}

// yardTable prints the rows of --table and adds them up.
type yardTable struct {
	out    io.Writer
	asJSON bool
	rows   int
	sums   map[string]*yardSum // by policy
}

// yardSum is one policy over all cells.
type yardSum struct {
	cells, shifts, over int
	gain                float64 // points against the notes, added up
	low                 int     // cells lower than the notes by more than two standard errors
	lowest              float64
	lowestCell          string
}

var yardHead = []string{"cell", "policy", "occupancy", "notes", "difference", "abandoned", "notes", "over cap", "wait", "dials/connect"}

// yardWidths are those of the columns, since rows are printed before the next one is known.
var yardWidths = []int{13, 20, 14, 7, 10, 9, 7, 9, 8, 13}

func (t *yardTable) add(cell sim.Cell, policy string, r sim.Result) error {
	note := notedOf(cell, r.Policy)
	t.sum(cell, policy, r, note)
	if t.asJSON {
		return printJSON(t.out, tabled{r, note})
	}
	if t.rows++; t.rows == 1 {
		if err := printRow(t.out, yardHead, yardWidths, 2); err != nil {
			return err
		}
	}
	occupancy, difference, abandoned := "-", "-", "-"
	if note != nil {
		occupancy, difference = share(note.Occupancy, 1), fmt.Sprintf("%+.2f", 100*(r.Occupancy-note.Occupancy))
		if note.Abandonment != nil {
			abandoned = share(*note.Abandonment, 1)
		}
	}
	return printRow(t.out, []string{
		cell.Scenario.Name, policy, fmt.Sprintf("%s ± %.2f", share(r.Occupancy, 1), 100*standardError(r)), occupancy, difference,
		share(r.Abandonment, 2), abandoned, fmt.Sprintf("%d of %d", r.ShiftsOverCap, r.Shifts), fmt.Sprintf("%.1f s", r.WaitMean), fmt.Sprintf("%.2f", r.DialsPer),
	}, yardWidths, 2)
}

func (t *yardTable) sum(cell sim.Cell, policy string, r sim.Result, note *noted) {
	s := t.sums[policy]
	if s == nil {
		s = &yardSum{lowest: math.Inf(1)}
		t.sums[policy] = s
	}
	s.shifts, s.over = s.shifts+r.Shifts, s.over+r.ShiftsOverCap
	if note == nil {
		return
	}
	points := 100 * (r.Occupancy - note.Occupancy)
	s.cells, s.gain = s.cells+1, s.gain+points
	if points < -200*standardError(r) {
		s.low++
	}
	if points < s.lowest {
		s.lowest, s.lowestCell = points, cell.Scenario.Name
	}
}

// end prints what the rows come to.
func (t *yardTable) end(policies []string) error {
	if t.asJSON {
		return nil
	}
	for _, policy := range policies {
		s := t.sums[policy]
		line := fmt.Sprintf("%s: %d of %d shifts over the cap", policy, s.over, s.shifts)
		if s.cells > 0 {
			line += fmt.Sprintf("; against the notes %+.2f points on average over %d cells, %d cells lower by more than two standard errors, lowest %+.2f at %s",
				s.gain/float64(s.cells), s.cells, s.low, s.lowest, s.lowestCell)
		}
		if _, err := fmt.Fprintln(t.out, line); err != nil {
			return err
		}
	}
	return nil
}
