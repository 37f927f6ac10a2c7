package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/cmd/internal/demo"
	"github.com/forecall/forecall/pacing/sim"
)

// ErrApart marks that the live service and the simulator differ by more than
// chance explains.
var ErrApart = errors.New("live and simulated are apart")

// Settings are one comparison.
type Settings struct {
	Demo     demo.Settings // with its Scenario; Data is the folder of all runs
	Runs     int           // how often the scenario is lived
	Seeds    int           // how often it is simulated
	Progress io.Writer     // one line for each run; nil = silent
}

func (s Settings) validate() error {
	switch {
	case s.Demo.Scenario == nil:
		return errors.New("a comparison needs a scenario")
	case s.Runs < 2 || s.Runs > 100:
		return fmt.Errorf("--runs %d: 2 to 100", s.Runs)
	case s.Seeds < 2:
		return fmt.Errorf("--seeds %d: at least 2", s.Seeds)
	}
	return s.Demo.Validate()
}

// Report lays the lived shifts beside the simulated ones.
type Report struct {
	Scenario string        `json:"scenario"`
	Agents   int           `json:"agents"`
	Shift    time.Duration `json:"shift_ns"`
	Speed    float64       `json:"speed"`

	Occupancy   Pair          `json:"occupancy"`
	Abandonment Pair          `json:"abandonment"`
	Live        []*demo.Shift `json:"live"`      // each run
	Simulated   sim.Result    `json:"simulated"` // all shifts
	// Closing is the simulation of the policy "predictive", which knows that
	// dialing ends with the shift; for the record, not for the comparison.
	Closing sim.Result `json:"simulated_closing"`
}

// Pair is one figure of both worlds.
type Pair struct {
	Live       Interval `json:"live"`
	Simulated  Interval `json:"simulated"`
	Difference Interval `json:"difference"` // live - simulated
	Overlap    bool     `json:"overlap"`
}

// Agree tells whether both figures overlap.
func (r Report) Agree() bool { return r.Occupancy.Overlap && r.Abandonment.Overlap }

// Compare lives and simulates. A run whose ledger is broken is an error.
func Compare(soft, hard context.Context, s Settings) (Report, error) {
	if err := s.validate(); err != nil {
		return Report{}, err
	}
	scenario := *s.Demo.Scenario
	if limit := time.Duration(float64(s.Demo.For) * s.Demo.Speed); limit > 0 {
		scenario.Shift = min(scenario.Shift, limit)
	}
	s.Demo.Scenario, s.Demo.For = &scenario, 0
	r := Report{Scenario: scenario.Name, Agents: scenario.Agents, Shift: scenario.Shift, Speed: s.Demo.Speed}
	for i := range s.Runs {
		shift, err := s.live(soft, hard, i)
		if err != nil {
			return r, fmt.Errorf("run %d of %d: %w", i+1, s.Runs, err)
		}
		r.Live = append(r.Live, shift)
	}
	return r, r.simulate(hard, scenario, s)
}

// live is one run on a data folder of its own, with people of its own.
func (s Settings) live(soft, hard context.Context, i int) (*demo.Shift, error) {
	d := s.Demo
	d.Seed += uint64(i)
	d.Data = filepath.Join(s.Demo.Data, fmt.Sprintf("run-%d", i+1))
	d.Listen, d.Exit, d.JSON, d.Out = "127.0.0.1:0", true, true, io.Discard
	sum, err := demo.Run(soft, hard, d)
	if err != nil {
		return nil, err
	}
	if err := soft.Err(); err != nil {
		return nil, fmt.Errorf("stopped before the shift was over: %w", err)
	}
	if s.Progress != nil {
		sh := sum.Shift
		fmt.Fprintf(s.Progress, "run %d of %d: occupancy %.2f %%, abandoned %.2f %% of %d, %.2f calls a connect; late: answer %.2f s, agent %.2f s, talk %.2f s, wrap-up %.2f s\n",
			i+1, s.Runs, 100*sh.Occupancy, 100*sh.Abandonment, sh.Answered, sh.DialsPer, sh.Late.Ring, sh.Late.Connect, sh.Late.Talk, sh.Late.Wrap)
	}
	return sum.Shift, nil
}

const (
	// liveTick is how long the live loop goes without a look, on the shift's clock.
	liveTick = 250 * time.Millisecond
	// messageShare is the part of the hold that a live call keeps for the start of
	// the message: people wait for an agent so much less than the law allows.
	messageShare = 16
)

func (r *Report) simulate(ctx context.Context, scenario sim.Scenario, s Settings) (err error) {
	o := sim.Options{Shifts: s.Seeds, Tick: liveTick, Extra: []sim.Entry{open(s.Demo.Speed, scenario.Hold)}}
	same := scenario
	same.Hold -= same.Hold / messageShare
	if r.Simulated, err = sim.Run(ctx, same, policyName, o); err != nil {
		return err
	}
	if r.Closing, err = sim.Run(ctx, scenario, "predictive", o); err != nil {
		return err
	}
	var live, simulated figures
	for _, sh := range r.Live {
		live.add(sh.Occupancy, sh.Abandoned, sh.Answered)
	}
	for _, sh := range r.Simulated.Each {
		simulated.add(sh.Occupancy, sh.Abandoned, sh.Answered)
	}
	r.Occupancy = pair(meanOf(live.occupancy), meanOf(simulated.occupancy))
	r.Abandonment = pair(ratioOf(live.abandoned, live.answered), ratioOf(simulated.abandoned, simulated.answered))
	return nil
}

// figures are those of several shifts.
type figures struct{ occupancy, abandoned, answered []float64 }

func (f *figures) add(occupancy float64, abandoned, answered int) {
	f.occupancy = append(f.occupancy, occupancy)
	f.abandoned = append(f.abandoned, float64(abandoned))
	f.answered = append(f.answered, float64(answered))
}

func pair(live, simulated Interval) Pair {
	return Pair{Live: live, Simulated: simulated, Difference: difference(live, simulated), Overlap: live.Overlaps(simulated)}
}
