package demo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/pacing/sim"
)

// This file turns a scenario of the simulator into a demo: the same team, the
// same people, nobody called twice.

const (
	// lastWords is how long conversations may last when a shift is over.
	lastWords = 5 * time.Second
	// unbounded is the ring time where the scenario has no longest ringing.
	unbounded = 2 * time.Minute
	// plenty of calls a second and lines, where the scenario sets no limit
	plentyCPS, plentyLines = 1000, 2000
	// fictitiousPerArea are 555-0100 to 555-0199, kept for fiction in every area
	// of North America.
	fictitiousPerArea = 100
)

// validScenario says why a scenario cannot be lived.
func (s Settings) validScenario() error {
	c := s.Scenario
	if err := c.Validate(); err != nil {
		return err
	}
	switch {
	case !(s.Speed >= 1 && s.Speed <= 50):
		return fmt.Errorf("--speed %g: 1 to 50", s.Speed)
	case s.For < 0:
		return fmt.Errorf("--for %s: not less than 0", s.For)
	case c.Agents > 200:
		return fmt.Errorf("scenario %s: %d agents; 200 robots at most", c.Name, c.Agents)
	case c.Hold <= 0 || c.Hold > campaigns.MaxHold:
		return fmt.Errorf("scenario %s: hold %s; a campaign's is more than 0 and at most %s", c.Name, c.Hold, campaigns.MaxHold)
	case c.Odds.Known:
		return fmt.Errorf("scenario %s: odds.known; nobody tells a live service who will answer", c.Name)
	}
	return nil
}

// fill draws what follows from the scenario: the length of the shift, the team
// and how many people it takes, which is asked of the simulator.
func (s *Settings) fill(ctx context.Context) error {
	c := *s.Scenario
	if limit := time.Duration(float64(s.For) * s.Speed); limit > 0 {
		c.Shift = min(c.Shift, limit)
	}
	s.Scenario, s.Agents = &c, c.Agents
	trial, err := sim.Run(ctx, c, "predictive", sim.Options{Shifts: 2, Seed: s.Seed})
	if err != nil {
		return err
	}
	s.Contacts = trial.Dials + 500 // twice a shift's, and what is in the air
	if most := len(areas()) * fictitiousPerArea; s.Contacts > most {
		return fmt.Errorf("scenario %s: a shift of %s may call %d people, and there are %d fictitious numbers; shorten it with --for", c.Name, c.Shift, s.Contacts, most)
	}
	return nil
}

// stage makes campaign and trunk those of the scenario.
func (s Settings) stage(trunk *config.Trunk, campaign *config.Campaign) {
	c := s.Scenario
	trunk.MaxChannels, trunk.MaxCPS = plentyLines, plentyCPS
	if c.CPS > 0 {
		trunk.MaxCPS = c.CPS * s.Speed
	}
	campaign.Cap, campaign.Hold, campaign.MaxLines = c.Cap, c.Hold, c.Lines
	campaign.RingTime, campaign.MaxAttempts = longestRing(c), 1
	campaign.WrapUp = time.Hour // robots end it themselves
}

// longestRing is a ring time that ends nobody's ringing before the people of
// the scenario do.
func longestRing(c *sim.Scenario) time.Duration {
	longest := max(campaigns.MinRingTime, c.Ring.Max, c.NoAnswer.Max)
	for _, d := range []sim.Dist{c.Ring, c.NoAnswer} {
		if d.Shape == sim.Constant {
			longest = max(longest, d.Mean)
		} else if d.Max == 0 {
			longest = max(longest, unbounded)
		}
	}
	return longest + 10*time.Second // the slowest machine answers within them, whatever the speed
}

// absences are the breaks of each robot, and who vanishes: shares of the whole
// team, drawn anew for each time.
func (s Settings) absences() [][]robot.Absence {
	away := make([][]robot.Absence, s.Agents)
	if s.Scenario == nil {
		return away
	}
	for i, b := range s.Scenario.Breaks {
		for _, n := range s.drawn(b.Share, i) {
			away[n] = append(away[n], robot.Absence{At: b.At, For: b.For, Label: "break"})
		}
	}
	for i, v := range s.Scenario.Vanish {
		for _, n := range s.drawn(v.Share, i+len(s.Scenario.Breaks)) {
			away[n] = append(away[n], robot.Absence{At: v.At, Gone: true})
		}
	}
	for _, a := range away {
		slices.SortStableFunc(a, func(x, y robot.Absence) int { return cmp.Compare(x.At, y.At) })
	}
	return away
}

func (s Settings) drawn(share float64, which int) []int {
	r := rand.New(rand.NewPCG(s.Seed, uint64(which)))
	return r.Perm(s.Agents)[:int(math.Round(share*float64(s.Agents)))]
}

// fictitious is a list of n people with numbers that belong to nobody.
func fictitious(n int) []byte {
	var out bytes.Buffer
	out.WriteString("customer_id,name,phone\n")
	codes := areas()
	for i := range n {
		fmt.Fprintf(&out, "S-%05d,Person %d,+1%d55501%02d\n", i+1, i+1, codes[i%len(codes)], i/len(codes))
	}
	return out.Bytes()
}

// areas are the area codes of North America under which people can be called:
// toll-free ones, for one, are nobody's home.
func areas() []int {
	var codes []int
	for code := 200; code < 1000; code++ {
		number, err := numbers.Parse(fmt.Sprintf("+1%d5550100", code), "US")
		if err == nil && number.Kind == numbers.FixedOrMobile && len(number.Zones) > 0 {
			codes = append(codes, code)
		}
	}
	return codes
}
