package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/forecall/forecall/cmd/internal/chart"
	"github.com/forecall/forecall/pacing/sim"
)

// overOften is the share of a policy's shifts over the cap from which on its point is marked.
const overOften = 0.1

// teamFigure draws occupancy against team size, a line for each policy. Scenarios that differ in more than their agents
// get panels of their own.
func teamFigure(runs []ran) (chart.Figure, error) {
	groups := groupsOf(runs)
	f := chart.Figure{Title: "Occupancy by team size"}
	for _, g := range groups {
		panel, err := teamPanel(g, len(groups) > 1)
		if err != nil {
			return f, err
		}
		f.Panels = append(f.Panels, panel)
	}
	f.Notes = teamNotes(runs)
	f.Desc = describe(f)
	return f, nil
}

// groupsOf puts scenarios together that are the same but for name, agents and the number of shifts.
func groupsOf(runs []ran) [][]ran {
	var groups [][]ran
	for _, r := range runs {
		i := slices.IndexFunc(groups, func(g []ran) bool { return sameButAgents(g[0].scenario, r.scenario) })
		if i < 0 {
			groups, i = append(groups, nil), len(groups)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

func sameButAgents(a, b sim.Scenario) bool {
	b.Name, b.Agents, b.Shifts = a.Name, a.Agents, a.Shifts
	return reflect.DeepEqual(a, b)
}

func teamPanel(runs []ran, named bool) (chart.Panel, error) {
	p := chart.Panel{
		X: chart.Axis{Label: "agents (logarithmic)", Log: true},
		Y: chart.Axis{Label: "occupancy", Suffix: " %", Lowest: 0, Highest: 100},
	}
	if named {
		p.Y.Label += ": " + peopleOf(runs[0].scenario)
	}
	seen := map[string]bool{}
	for _, r := range runs {
		key := fmt.Sprint(r.policy, r.scenario.Agents)
		if seen[key] {
			return p, usage("--chart: two scenarios have %d agents and the same people; draw one file, with --sizes", r.scenario.Agents)
		}
		seen[key] = true
		addPoint(&p, r.policy, chart.Point{X: float64(r.scenario.Agents), Y: 100 * r.result.Occupancy, Over: overTooOften(r.result)})
	}
	return p, nil
}

// addPoint adds a point to the line of a policy, which is made when it is not there.
func addPoint(p *chart.Panel, policy string, at chart.Point) {
	i := slices.IndexFunc(p.Lines, func(l chart.Line) bool { return l.Name == policy })
	if i < 0 {
		i = len(p.Lines)
		p.Lines = append(p.Lines, chart.Line{Name: policy, Strong: policy == "predictive", Bound: strings.HasPrefix(policy, "known-")})
	}
	p.Lines[i].Points = append(p.Lines[i].Points, at)
}

func overTooOften(r sim.Result) bool {
	return float64(r.ShiftsOverCap) > overOften*float64(r.Shifts)
}

// peopleOf says in a few words what a scenario's people are like.
func peopleOf(s sim.Scenario) string {
	answers := share(s.Answer[0].Is, 0)
	if len(s.Answer) > 1 {
		low := slices.MinFunc(s.Answer, func(a, b sim.Share) int { return cmp.Compare(a.Is, b.Is) }).Is
		high := slices.MaxFunc(s.Answer, func(a, b sim.Share) int { return cmp.Compare(a.Is, b.Is) }).Is
		answers = share(low, 0) + " to " + share(high, 0)
	}
	return fmt.Sprintf("%s answer, talk %s", answers, short(s.Talk[0].Mean))
}

func teamNotes(runs []ran) []string {
	s := runs[0].scenario
	notes := []string{fmt.Sprintf("%s; shifts of %s, at most %s of the answered calls abandoned in each.", peopleOf(s), short(s.Shift), share(s.Cap, 1))}
	if len(groupsOf(runs)) > 1 {
		notes[0] = fmt.Sprintf("Shifts of %s, at most %s of the answered calls abandoned in each.", short(s.Shift), share(s.Cap, 1))
	}
	if slices.ContainsFunc(runs, func(r ran) bool { return overTooOften(r.result) }) {
		notes = append(notes, "Dashed, with open circles: more than one shift in ten broke that cap.")
	}
	if slices.ContainsFunc(runs, func(r ran) bool { return strings.HasPrefix(r.policy, "known-") }) {
		notes = append(notes, "Dotted: bounds that would need to know the future.")
	}
	return notes
}

// describe tells in words what the lines show, for who cannot see them.
func describe(f chart.Figure) string {
	var parts []string
	for _, p := range f.Panels {
		for _, l := range p.Lines {
			first, last := l.Points[0], l.Points[len(l.Points)-1]
			parts = append(parts, fmt.Sprintf("%s: %s from %.1f at %g to %.1f at %g", p.Y.Label, l.Name, first.Y, first.X, last.Y, last.X))
		}
	}
	return strings.Join(parts, "; ") + "."
}
