package report

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing/sim"
)

// FitOptions say how recorded calls are read.
type FitOptions struct {
	// Campaign is whose calls they are; its cap, hold, ring time and lines go into the scenario.
	Campaign campaigns.Campaign
	// Zone is where the agents sit: its days and hours are those of the shift. Nil means time.Local.
	Zone *time.Location
	// Days bounds the days that count, the newest ones on which somebody was dialed; 0 means all.
	Days int
	// NewestFirst says that the calls come so: reading ends when the days are full.
	NewestFirst bool
	// Speed is how many times faster than life the calls ran, as in a demo, whose settings are in the time of life; 0 means 1.
	Speed float64
}

// Fit is a scenario drawn from recorded calls, and what stands behind its figures.
type Fit struct {
	Scenario sim.Scenario
	From, To time.Time // begin of the first and of the last call
	Days     int       // on which somebody was dialed
	People   int       // agents who talked
	// How many calls stand behind each part of the scenario.
	Attempts, Answered, Rings, NoAnswers, FastFails, Talks, Wraps int
	// What really happened, for comparison with the simulation.
	Occupancy   float64       // talk and wrap-up over the time between an agent's first and last call of a day, long gaps left out
	Wait        time.Duration // mean, between the end of wrap-up and the next conversation
	Abandonment float64       // abandoned over answered
	// Notes are sentences about what had to be assumed.
	Notes []string
}

// What a fit needs at least: fewer would give figures that mean nothing.
const (
	leastAttempts = 200
	leastAnswered = 30
	leastTalks    = 20
	leastWraps    = 20
)

// ErrTooFew is wrapped by the error of FitScenario for calls that are too few to learn from.
var ErrTooFew = errors.New("too few recorded calls")

// FitScenario reads calls and returns the scenario whose simulated shifts resemble them: answer share by the hour, times of
// ringing, talk and wrap-up by mean and coefficient of variation, the team and the length of its day. The error wraps
// ErrTooFew, or is that of the calls.
func FitScenario(calls iter.Seq2[campaigns.Call, error], o FitOptions) (Fit, error) {
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	f := newFitter(o)
	for c, err := range calls {
		if err != nil {
			return Fit{}, fmt.Errorf("read the recorded calls: %w", err)
		}
		if !f.take(&c) {
			break
		}
	}
	t := f.total()
	if err := t.enough(); err != nil {
		return Fit{}, err
	}
	return f.fit(t), nil
}

// fitter gathers what the calls tell.
type fitter struct {
	o    FitOptions
	days map[string]*fitDay // by local date
}

// fitDay is what happened on one day.
type fitDay struct {
	tally
	begun                 time.Time        // the first call
	newest                time.Time        // begin of the last call
	last                  time.Time        // end of the last
	attemptsAt, answersAt [24]int          // by the hour there
	work                  map[int64][]work // by agent
}

// tally counts and measures calls.
type tally struct {
	ring, noAnswer, fastFail, talk, wrap               sample
	attempts, answered, abandoned, cancelled, oneByOne int
}

// work is one conversation and its wrap-up.
type work struct{ began, ended, free time.Time }

func newFitter(o FitOptions) *fitter { return &fitter{o: o, days: map[string]*fitDay{}} }

// take adds a call; false says that no more are wanted.
func (f *fitter) take(c *campaigns.Call) bool {
	if c.SentAt.IsZero() || c.Outcome == "" || c.Outcome == campaigns.Lost {
		return true // no phone rang, or nobody knows what became of it
	}
	local := c.SentAt.In(f.o.Zone)
	day := f.day(local.Format(time.DateOnly))
	if day == nil {
		return !f.o.NewestFirst
	}
	day.begun, day.newest, day.last = earlier(day.begun, c.SentAt), later(day.newest, c.SentAt), later(day.last, c.EndedAt)
	f.count(c, day, local.Hour())
	return true
}

// day finds or makes a day; nil means that it is older than those that count.
func (f *fitter) day(key string) *fitDay {
	if d := f.days[key]; d != nil {
		return d
	}
	if f.o.Days > 0 && len(f.days) == f.o.Days {
		oldest := slices.Min(slices.Collect(maps.Keys(f.days)))
		if key < oldest {
			return nil
		}
		delete(f.days, oldest)
	}
	d := &fitDay{work: map[int64][]work{}}
	f.days[key] = d
	return d
}

// count puts one call into every sample that it belongs to.
func (f *fitter) count(c *campaigns.Call, day *fitDay, hour int) {
	if c.Mode == campaigns.Inbound { // it says how agents spend their time, and nothing of dialing
		f.conversation(c, day)
		return
	}
	if c.Mode == campaigns.Preview || c.Manual {
		day.oneByOne++
	}
	if c.Outcome == campaigns.Cancelled {
		day.cancelled++ // nobody knows whether it would have been answered
		return
	}
	day.attempts++
	day.attemptsAt[hour]++
	switch {
	case c.Outcome.Live():
		day.answered++
		day.answersAt[hour]++
		if c.Outcome.Abandoned() {
			day.abandoned++
		}
		day.ring.add(f.life(c.SentAt, c.AnsweredAt))
		f.conversation(c, day)
	case rangOut(c.Outcome):
		day.noAnswer.add(f.life(c.SentAt, c.EndedAt))
	default:
		day.fastFail.add(f.life(c.SentAt, c.EndedAt))
	}
}

// rangOut tells outcomes that take as long as nobody answers from those that come at once.
func rangOut(o campaigns.Outcome) bool { return o == campaigns.NoAnswer || o == campaigns.Machine }

func (f *fitter) conversation(c *campaigns.Call, day *fitDay) {
	if c.BridgedAt.IsZero() || c.Agent == 0 {
		return
	}
	day.talk.add(f.life(c.BridgedAt, c.EndedAt))
	w := work{began: c.BridgedAt, ended: c.EndedAt, free: c.EndedAt}
	if d := c.Disposition; d != nil && !d.At.IsZero() {
		w.free = later(c.EndedAt, d.At)
		limit := time.Duration(float64(f.o.Campaign.WrapUp) / f.o.Speed)
		if limit > 0 && w.free.Sub(c.EndedAt) > limit {
			w.free = c.EndedAt.Add(limit) // the agent was made ready, and said it later
		}
		day.wrap.add(f.life(c.EndedAt, w.free))
	}
	day.work[c.Agent] = append(day.work[c.Agent], w)
}

// life is a length of time as people live it, in seconds.
func (f *fitter) life(from, to time.Time) float64 {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from).Seconds() * f.o.Speed
}

// total is all days together.
func (f *fitter) total() tally {
	var t tally
	for _, d := range f.days {
		for _, m := range []struct{ into, from *sample }{
			{&t.ring, &d.ring}, {&t.noAnswer, &d.noAnswer}, {&t.fastFail, &d.fastFail}, {&t.talk, &d.talk}, {&t.wrap, &d.wrap},
		} {
			m.into.join(m.from)
		}
		t.attempts, t.answered, t.abandoned = t.attempts+d.attempts, t.answered+d.answered, t.abandoned+d.abandoned
		t.cancelled, t.oneByOne = t.cancelled+d.cancelled, t.oneByOne+d.oneByOne
	}
	return t
}

func (t *tally) enough() error {
	if t.attempts >= leastAttempts && t.answered >= leastAnswered && t.talk.n() >= leastTalks {
		return nil
	}
	return fmt.Errorf("%w: %d attempts, %d answered, %d conversations; a scenario needs at least %d, %d and %d, or nothing it says would hold",
		ErrTooFew, t.attempts, t.answered, t.talk.n(), leastAttempts, leastAnswered, leastTalks)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
