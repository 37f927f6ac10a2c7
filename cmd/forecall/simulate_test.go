package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// smallTeam is a scenario that is simulated in a moment.
const smallTeam = `name: small
shift: 30m
shifts: 3
agents: 4
answer: 0.4
talk: {dist: lognormal, mean: 60s, cv: 1}
`

func TestASimulationPrintsARowForEachPolicy(t *testing.T) {
	out := must(t, "simulate", write(t, "small.yaml", smallTeam))
	lines := strings.Split(out, "\n")
	if lines[0] != "small: 4 agents, 3 shifts of 30m, cap 3.0 %" || len(lines) != 6 {
		t.Fatalf("printed\n%s", out)
	}
	if fields := strings.Fields(lines[2]); fields[0] != "predictive" || fields[3] != "±" {
		t.Errorf("first row %q", lines[2])
	}
	if fields := strings.Fields(lines[3]); fields[0] != "progressive" {
		t.Errorf("second row %q", lines[3])
	}
	if wide(lines[1]) != wide(lines[2]) || wide(lines[2]) > 150 {
		t.Errorf("the columns do not stand under their names:\n%s", out)
	}
}

func wide(line string) int { return utf8.RuneCountInString(line) }

func TestTheSameSeedGivesTheSameFiguresAndTheKeysAreThoseThatAreDocumented(t *testing.T) {
	file := write(t, "small.yaml", smallTeam)
	var runs [2][]map[string]any
	for i := range runs {
		out := must(t, "simulate", file, "--json", "--policy", "progressive,predictive", "--seeds", "2", "--seed", "9")
		for line := range strings.Lines(out) {
			var r map[string]any
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			runs[i] = append(runs[i], r)
		}
	}
	if len(runs[0]) != 2 {
		t.Fatalf("%d lines", len(runs[0]))
	}
	for i, r := range runs[0] {
		for _, key := range strings.Fields("scenario policy agents shifts seed occupancy occupancy_sd wait_mean_s wait_p95_s abandonment abandonment_max shifts_over_cap dials_per_connect lines_mean lines_max worst_half_hour connects run_s") {
			if _, ok := r[key]; !ok {
				t.Errorf("no key %s in %v", key, r)
			}
		}
		delete(r, "run_s")
		delete(runs[1][i], "run_s")
		if fmt.Sprint(r) != fmt.Sprint(runs[1][i]) {
			t.Errorf("two runs with one seed:\n%v\n%v", r, runs[1][i])
		}
		if r["shifts"] != 2.0 || r["seed"] != 9.0 {
			t.Errorf("--seeds 2 --seed 9 ran %v shifts from %v", r["shifts"], r["seed"])
		}
	}
}

func TestAScenarioComesFromStandardInputToo(t *testing.T) {
	status, out, errOut := forecallWith(smallTeam, "simulate", "-", "--policy", "progressive")
	if status != exitOK || !strings.HasPrefix(out, "small: 4 agents") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
}

func TestSizesAreDrawnAsOneLineForEachPolicy(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "teams.svg")
	out := must(t, "simulate", write(t, "small.yaml", smallTeam), "--sizes", "1,2,4", "--seeds", "1", "--policy", "predictive,progressive,known-releases", "--chart", svg)
	if n := strings.Count(out, "1 shift of 30m"); n != 3 {
		t.Errorf("%d tables\n%s", n, out)
	}
	drawing := read(t, svg)
	for _, want := range []string{">Occupancy by team size<", ">predictive<", ">progressive<", "known-releases", "Dotted: bounds", "occupancy: predictive from "} {
		if !strings.Contains(drawing, want) {
			t.Errorf("the chart lacks %q", want)
		}
	}
	status, _, errOut := forecall("simulate", write(t, "a.yaml", smallTeam), write(t, "b.yaml", smallTeam), "--chart", svg, "--seeds", "1")
	if status != exitUsage || !strings.Contains(errOut, "two scenarios have 4 agents") {
		t.Errorf("two teams of one size: status %d, %s", status, errOut)
	}
}

func TestTheYardstickStandsBesideItsNotes(t *testing.T) {
	out := must(t, "simulate", "--table", "--cells", "n5-p60-t180", "--seeds", "2", "--policy", "progressive,predictive")
	for _, want := range []string{"n5-p60-t180", "86.9 %", "89.1 %", "progressive: 0 of 2 shifts over the cap; against the notes ", "on average over 1 cells"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out = must(t, "simulate", "--table", "--cells", "n5-p60-t180", "--seeds", "1", "--policy", "progressive", "--json")
	var r tabled
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Notes == nil || r.Notes.Occupancy != 0.869 || r.Scenario != "n5-p60-t180" {
		t.Errorf("%v in %s", err, out)
	}
}

func TestCellsAreNamedByTheirParts(t *testing.T) {
	for cells, want := range map[string]int{"": 46, "n5": 8, "n50,n300": 14, "p25-t60": 6, "n20-p25-t60": 1, "n5-t60, n10-t60": 8} {
		s := simulating{cells: cells}
		if got, err := s.yardstick(); err != nil || len(got) != want {
			t.Errorf("--cells %q: %d cells, want %d; %v", cells, len(got), want, err)
		}
	}
	if _, err := (&simulating{cells: "n7"}).yardstick(); err == nil {
		t.Error("a cell that is not there")
	}
}

// TestAScenarioThatIsWrongIsNamedWithFileLineAndKey: before anything runs, and
// all of it at once.
func TestAScenarioThatIsWrongIsNamedWithFileLineAndKey(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an unknown key", "agents: 4\nanswers: 0.3\n", "answer"},
		{"a tab", "agents:\n\t4\n", "bad.yaml"},
		{"a share above one", "agents: 4\nanswer: 30\n", "answer"},
		{"a time without a unit", "agents: 4\nshift: 8\n", "shift"},
		{"a team of nobody", "agents: 0\n", "agents"},
		{"a distribution that is none", "agents: 4\ntalk: {dist: gauss, mean: 60s}\n", "lognormal"},
		{"no scenario at all", "[1, 2]\n", "bad.yaml"},
		{"a break after the shift", "shift: 1h\nbreaks: [{at: 2h, share: 0.4, for: 15m}]\n", "breaks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errOut := forecall("simulate", write(t, "bad.yaml", c.text), write(t, "good.yaml", smallTeam))
			if status != exitUsage || out != "" || !strings.Contains(errOut, "bad.yaml") || !strings.Contains(errOut, c.want) {
				t.Errorf("status %d, want 2\n%s%s\nwant bad.yaml and %s", status, out, errOut, c.want)
			}
		})
	}
}

func TestAnInterruptedSimulationKeepsWhatIsComplete(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs([]string{"simulate", write(t, "small.yaml", smallTeam), write(t, "long.yaml", "name: long\nagents: 100\nshifts: 200\n"), "--policy", "progressive"})
	root.SetOut(stopAfter{&out, "progressive", stop})
	root.SetErr(&out)
	err := root.ExecuteContext(ctx)
	if err == nil || !strings.Contains(err.Error(), "interrupted") || !strings.HasPrefix(out.String(), "small: ") {
		t.Errorf("error %v\n%s", err, out.String())
	}
}

// stopAfter calls stop when something has been written.
type stopAfter struct {
	*bytes.Buffer
	word string
	stop context.CancelFunc
}

func (s stopAfter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.word)) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

func TestSettingsThatAPolicyDoesNotKnowAreAskedWrongly(t *testing.T) {
	file := write(t, "small.yaml", smallTeam)
	for policy, want := range map[string]string{
		"ratio:abc":               "abc",
		"vicidial-hard:speed=3":   "speed",
		"progressive,ratio:much":  "much",
		"optimum":                 "talk",
		"predictive:whatever,ok?": "predictive",
	} {
		status, out, errOut := forecall("simulate", file, "--seeds", "1", "--policy", policy)
		if status != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("--policy %s: status %d, want 2\n%s%s\nwant %s", policy, status, out, errOut, want)
		}
	}
}

func TestTheOptimumRunsWhereItIsKnown(t *testing.T) {
	out := must(t, "simulate", write(t, "markov.yaml", `name: markov
shift: 1h
shifts: 2
agents: 2
answer: 0.4
hold: 0s
ring: {dist: exponential, mean: 20s}
no_answer: {dist: exponential, mean: 20s}
talk: {dist: exponential, mean: 60s}
wrap: {dist: exponential, mean: 15s}
`), "--policy", "optimum,progressive")
	if !strings.Contains(out, "\n  optimum ") || !strings.Contains(out, "\n  progressive ") {
		t.Errorf("printed\n%s", out)
	}
}
