package sim

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options are how much of a scenario is run, and how. The zero Options run what the scenario says on all cores.
type Options struct {
	Shifts  int    // 0 = as many as the scenario says
	Workers int    // shifts at once; 0 = one for each core
	Seed    uint64 // 0 = the scenario's
	// Tick is how long a policy is left unasked at most; 0 = 1 s. Live it is 250 ms.
	Tick time.Duration
	// Progress, if set, is called after each shift, by one goroutine at a time.
	Progress func(done, total int)
	// Extra are policies beyond Policies.
	Extra []Entry
}

// Run plays the scenario's shifts under a policy, such as "predictive" or "ratio:2.5", and returns what came of them. The
// Result depends on the scenario, the policy, the shifts and the seed, bit for bit, and on nothing else but for its
// Seconds. The error wraps ErrScenario, ErrPolicy or the context's.
func Run(ctx context.Context, s Scenario, policy string, o Options) (Result, error) {
	e, settings, err := find(policy, o.Extra)
	if err != nil {
		return Result{}, err
	}
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	o = o.filled(s)
	begun := time.Now()
	if e.Tune != nil && settings == "" {
		quiet := o
		quiet.Progress = nil
		if settings, err = e.Tune(ctx, s, quiet); err != nil {
			return Result{}, fmt.Errorf("tune policy %s for scenario %s: %w", e.Name, s.Name, err)
		}
	}
	each, err := play(ctx, s, e, settings, o)
	if err != nil {
		return Result{}, fmt.Errorf("simulate scenario %s with policy %s: %w", s.Name, policy, err)
	}
	r := sum(each, s.Cap)
	r.Scenario, r.Policy, r.Settings, r.Agents, r.Seed = s.Name, e.Name, settings, s.Agents, o.Seed
	r.Seconds = time.Since(begun).Seconds()
	return r, nil
}

func (o Options) filled(s Scenario) Options {
	if o.Shifts <= 0 {
		o.Shifts = s.Shifts
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Seed == 0 {
		o.Seed = s.Seed
	}
	if o.Tick <= 0 {
		o.Tick = time.Second
	}
	return o
}

// play runs every shift, several at a time, and returns them in the order of their seeds.
func play(ctx context.Context, s Scenario, e Entry, settings string, o Options) ([]Shift, error) {
	each := make([]Shift, o.Shifts)
	var progress sync.Mutex
	done := 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.Workers)
	for i := range each {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var err error
			each[i], err = day(ctx, s, e, settings, mix(o.Seed^mix(uint64(i))), o.Tick)
			if err != nil || o.Progress == nil {
				return err
			}
			progress.Lock()
			defer progress.Unlock()
			done++
			o.Progress(done, len(each))
			return nil
		})
	}
	return each, g.Wait()
}

// day plays one shift, after the day before where the policy begins with what that taught.
func day(ctx context.Context, s Scenario, e Entry, settings string, seed uint64, tick time.Duration) (Shift, error) {
	now := Setup{Scenario: s, Settings: settings, Start: startOfShift, Seed: seed}
	if e.Warm != "" && settings == e.Warm {
		before := now
		before.Seed = mix(seed ^ yesterday)
		p, _, err := playOne(ctx, before, e, tick)
		if err != nil {
			return Shift{}, err
		}
		if l, learns := p.(learner); learns {
			now.Learned = l.Learned(before.End()).Decayed(now.Start.Add(24 * time.Hour))
		}
	}
	_, shift, err := playOne(ctx, now, e, tick)
	return shift, err
}

// yesterday, xored into a shift's seed, gives other people.
const yesterday = 0x79657374

func playOne(ctx context.Context, now Setup, e Entry, tick time.Duration) (Pacer, Shift, error) {
	p, err := e.New(now)
	if err != nil {
		return nil, Shift{}, err
	}
	shift, err := newWorld(now.Scenario, e, p, now.Seed, tick).run(ctx)
	return p, shift, err
}
