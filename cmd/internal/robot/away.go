package robot

import (
	"context"
	"time"
)

// Absence is a time at which a robot leaves its desk: after the present call,
// for a while, or at once and for ever.
type Absence struct {
	At    time.Duration
	For   time.Duration // ignored by one who vanishes
	Gone  bool          // in the middle of the call, and the phone with it
	Label string        // reason of the pause, as the house shows it
}

// walk asks for each break when its time has come, and vanishes at an end.
func (r *Robot) walk(ctx context.Context, vanish context.CancelFunc) {
	if len(r.settings.Away) == 0 {
		return
	}
	select {
	case <-r.settings.Begins:
	case <-ctx.Done():
		return
	}
	began := time.Now()
	for _, a := range r.settings.Away {
		if !r.rest(ctx, time.Until(began.Add(r.real(a.At)))) {
			return
		}
		if a.Gone {
			vanish()
			return
		}
		r.away <- a // there is room for all
		if err := r.desk.Post(ctx, "/v1/agent/pause", map[string]string{"reason": a.Label}, nil); err != nil && ctx.Err() == nil {
			r.settings.Log.Warn("robot cannot go on a break", "login", r.settings.Login, "error", err)
		}
	}
}

// stayAway is the break that has just begun, if the robot asked for one. Who
// was paused by the house takes calls again at once.
func (r *Robot) stayAway(ctx context.Context) {
	select {
	case a := <-r.away:
		r.rest(ctx, time.Until(r.since.Add(r.real(a.For))))
	default:
	}
}
