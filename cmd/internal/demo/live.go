package demo

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errListTooShort marks a shift that ran out of people: not what was to be seen.
var errListTooShort = errors.New("the list was done before the shift was over; give the simulator's estimate more room")

const (
	// lookEvery is how often the agents' states are read. A state that is shorter
	// is not seen; its time counts for the one before.
	lookEvery = 20 * time.Millisecond
	// drawEvery is how often progress is shown and the list is looked after.
	drawEvery = 500 * time.Millisecond
	// overtime covers the time from the start of the campaign to its first call.
	overtime = 500 * time.Millisecond
)

// length is how long the shift of the scenario lasts here.
func (r *run) length() time.Duration {
	return time.Duration(float64(r.Scenario.Shift) / r.Speed)
}

// live follows the shift of a scenario to its end; then, unless the demo is to
// exit, the page stays.
func (r *run) live(ctx context.Context, campaign int64) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	draw := time.NewTicker(drawEvery)
	defer draw.Stop()
	over := time.NewTimer(time.Until(r.began.Add(r.length() + overtime)))
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over.C:
			if r.Exit {
				return nil
			}
			r.watch.say("the shift is over; the page stays at %s until Ctrl-C", r.node.URL())
		case <-look.C:
			r.seats.look(r.node.Snapshot())
		case <-draw.C:
			r.watch.show(r.node.Snapshot(), campaign, time.Since(r.began))
			if left, err := r.left(ctx, campaign); err == nil && left == 0 {
				return errListTooShort
			}
		}
	}
}

// wraps is how much later than they meant to the robots were done with their
// calls.
type wraps struct {
	speed float64

	mu   sync.Mutex // guards what follows
	late []float64  // seconds of the shift
}

func (w *wraps) add(planned, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, took.Seconds()*w.speed-planned.Seconds())
}

func (w *wraps) all() []float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.late
}
