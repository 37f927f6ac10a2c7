package tape

import (
	"time"

	"github.com/forecall/forecall/pacing"
)

const (
	// wholeEvery is how often a decision is kept with all its figures.
	wholeEvery = time.Second
	// keyEvery is how often a keyframe tells what stands on the floor.
	keyEvery = time.Hour
)

// Recorder is a pacing.Floor whose whole life goes to tape. Nobody else may
// touch that floor, or a replay would not be the same. It has one owner and
// touches memory only.
type Recorder struct {
	floor    *pacing.Floor
	policy   pacing.Policy
	mute     bool
	writer   Writer
	standing standing
	wholeAt  time.Time
	keyAt    time.Time
}

// NewRecorder opens a floor at an instant, with what earlier shifts learned and
// the account of the legal period. A mute one records nothing and is the floor
// alone. Instants lose their monotonic reading, on the floor as on tape.
func NewRecorder(at time.Time, p pacing.Policy, learned pacing.Estimates, l pacing.Ledger, mute bool) *Recorder {
	at = at.Round(0)
	r := &Recorder{floor: pacing.NewFloor(p, learned), policy: p, mute: mute, keyAt: at}
	r.floor.SetLedger(l)
	if !mute {
		r.writer.Floor(at, Floor{Policy: p, Learned: learned, Ledger: l})
	}
	return r
}

// Apply tells the floor a fact.
func (r *Recorder) Apply(e pacing.Event) {
	e.At, e.Until = e.At.Round(0), e.Until.Round(0)
	r.floor.Apply(e)
	if !r.mute {
		r.writer.Event(e)
		r.standing.note(e)
	}
}

// SetLedger replaces the account of the legal period.
func (r *Recorder) SetLedger(at time.Time, l pacing.Ledger) {
	l.Until = l.Until.Round(0)
	r.floor.SetLedger(l)
	if !r.mute {
		r.writer.Ledger(at.Round(0), l)
	}
}

// Decide looks at the floor and decides by a policy, which holds from now on.
// Next are the odds of the contacts that could be placed, nil when the campaign
// does not use them. The slices of both results belong to the floor.
func (r *Recorder) Decide(at time.Time, p pacing.Policy, next []float64) (pacing.Snapshot, pacing.Decision) {
	at = at.Round(0)
	if p != r.policy {
		r.policy = p
		r.floor.SetPolicy(p)
	}
	s := r.floor.Snapshot(at)
	s.NextOdds = next
	d := pacing.Decide(p, s)
	if r.mute {
		return s, d
	}
	r.writer.Policy(at, p)
	whole := at.Sub(r.wholeAt) >= wholeEvery || at.Before(r.wholeAt)
	if whole {
		r.wholeAt = at
	}
	r.writer.Decision(at, next, d, whole)
	return s, d
}

// Ledger returns the account of the legal period.
func (r *Recorder) Ledger() pacing.Ledger { return r.floor.Ledger() }

// Estimates returns what was learned so far.
func (r *Recorder) Estimates(now time.Time) pacing.Estimates { return r.floor.Estimates(now) }

// Take ends the tape at an instant and returns it with the instant of its
// start; nil when there is nothing on it. Once an hour the next one begins with
// a keyframe.
func (r *Recorder) Take(at time.Time) (from time.Time, tape []byte) {
	from, tape = r.writer.Take()
	if at = at.Round(0); !r.mute && at.Sub(r.keyAt) >= keyEvery {
		r.keyAt = at
		r.writer.Floor(at, Floor{
			Policy: r.policy, Learned: r.floor.Estimates(at), Ledger: r.floor.Ledger(), Keyframe: true, Standing: r.standing.events(),
		})
	}
	return from, tape
}
