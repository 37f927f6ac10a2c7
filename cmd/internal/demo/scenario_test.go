package demo

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing/sim"
)

func TestTheListOfAScenarioHoldsEverybodyOnceAndNobodyReal(t *testing.T) {
	seen := map[string]bool{}
	lines := strings.Split(strings.TrimSpace(string(fictitious(5000))), "\n")[1:]
	for _, line := range lines {
		number := line[strings.LastIndexByte(line, ',')+1:]
		if len(number) != 12 || number[5:10] != "55501" {
			t.Fatalf("%s is not kept for fiction", number)
		}
		seen[number] = true
	}
	if len(lines) != 5000 || len(seen) != 5000 {
		t.Errorf("%d people with %d numbers, want 5000 of each", len(lines), len(seen))
	}
}

func TestAScenarioThatCannotBeLivedIsRefusedBeforeAnythingStarts(t *testing.T) {
	for want, change := range map[string]func(*sim.Scenario){
		"hold":       func(s *sim.Scenario) { s.Hold = 0 },
		"odds.known": func(s *sim.Scenario) { s.Odds = sim.Odds{Spread: 0.5, Known: true} },
		"200 robots": func(s *sim.Scenario) { s.Agents = 300 },
		"answer":     func(s *sim.Scenario) { s.Answer = sim.Always(2) },
	} {
		s := sim.Default()
		change(&s)
		if err := (Settings{Scenario: &s, Speed: 10}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one about %s", err, want)
		}
	}
	s := sim.Default()
	if err := (Settings{Scenario: &s, Speed: 10}).Validate(); err != nil {
		t.Errorf("the default scenario is refused: %v", err)
	}
	if err := (Settings{Scenario: &s, Speed: 0.5}).Validate(); err == nil {
		t.Error("a speed of 0.5 is taken")
	}
}

func TestNobodyIsGivenUpBeforeTheScenarioEndsTheRinging(t *testing.T) {
	s := sim.Default()
	if got := longestRing(&s); got <= 30*time.Second {
		t.Errorf("ring time %s, and people ring up to 30 s", got)
	}
	s.NoAnswer = sim.Dist{Shape: sim.Constant, Mean: 50 * time.Second}
	if got := longestRing(&s); got <= 50*time.Second {
		t.Errorf("ring time %s, and people ring for 50 s", got)
	}
}

// A whole shift over real SIP and RTP: its people are the scenario's, its laws
// hold, its figures add up, one of its agents takes a break and one vanishes.
func TestAShiftIsLived(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some ten seconds")
	}
	s := sim.Default()
	s.Name, s.Agents, s.Shift, s.Answer = "lived", 4, 4*time.Minute, sim.Always(0.5)
	s.Talk = sim.AlwaysDist(sim.Dist{Shape: sim.Constant, Mean: 20 * time.Second})
	s.Breaks = []sim.Break{{At: time.Minute, Share: 0.25, For: time.Minute}}
	s.Vanish = []sim.Vanish{{At: 2 * time.Minute, Share: 0.25}}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	sum, err := Run(ctx, ctx, Settings{
		Scenario: &s, Seed: 3, Speed: 40, Exit: true, JSON: true, Data: filepath.Join(t.TempDir(), "data"), Listen: "127.0.0.1:0",
		Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	shift := sum.Shift
	if shift == nil || !sum.Clean {
		t.Fatalf("no shift was measured, or a law was broken: %+v", sum)
	}
	if got := shift.To.Sub(shift.From); got != 6*time.Second {
		t.Errorf("the shift lasted %s, want 240 s / 40", got)
	}
	if shift.Dials < 8 || shift.Answered < 4 || shift.Connects+shift.Abandoned > shift.Answered {
		t.Errorf("%d dials, %d answered, %d connects, %d abandoned", shift.Dials, shift.Answered, shift.Connects, shift.Abandoned)
	}
	if !(shift.Occupancy > 0 && shift.Occupancy < 1) || shift.LinesMean <= 0 {
		t.Errorf("occupancy %g, lines %g", shift.Occupancy, shift.LinesMean)
	}
	// One of four is gone at half-time, one is away for a quarter, though not
	// before the call at hand is done with. A second of a busy machine is forty of
	// theirs.
	if shift.LoggedIn > 4*240-120+60 || shift.LoggedIn < 4*240-120-60-60 {
		t.Errorf("the agents were there for %.0f s of 960", shift.LoggedIn)
	}
	if l := shift.Late; l.Ring < 0 || l.Connect < 0 || l.Wrap < 0 {
		t.Errorf("something happened earlier than it was drawn: %+v", l)
	}
}
