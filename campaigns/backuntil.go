package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// BackUntil says what becomes of a contact whose call was refused: when it is
// judged again; the zero time when neither time nor the house can change the
// verdict, as for a number on a do-not-call list. A cause that somebody can mend
// (a list too old, a consent that is missing, a stop) ends no contact: it is
// judged again by itself.
func BackUntil(d *rules.Decision, now time.Time) time.Time {
	if d.Final() {
		return time.Time{}
	}
	if next, ok := d.Next(); ok && next.After(now) {
		return next
	}
	return waits(d, now.Add(BusyWait), now, "")
}

// HeldBy says when a contact whose call was refused could be called but for kill
// switches, as BackUntil says it of the other rules. The zero value: none holds it up,
// or it would wait as long without them. It has no ids: a decision does not know them.
func HeldBy(d *rules.Decision, now time.Time) Held {
	stopped := false
	for _, v := range d.Verdicts() {
		stopped = stopped || v.Rule == rules.Stopped && !v.OK && !v.Advisory
	}
	if !stopped || d.Final() {
		return Held{}
	}
	due := waits(d, now, now, rules.Stopped)
	if !due.Before(BackUntil(d, now)) {
		return Held{}
	}
	return Held{Due: due}
}

// waits is the latest time that a rule lets a call wait for, but for one rule; it is
// least when none does.
func waits(d *rules.Decision, least, now time.Time, but rules.ID) time.Time {
	until := least
	for _, v := range d.Verdicts() {
		switch {
		case v.OK || v.Advisory || v.Rule == but:
		case v.Next.After(until):
			until = v.Next
		case v.Next.IsZero() && v.Rule == rules.Live && until.Before(now.Add(BusyWait)):
			until = now.Add(BusyWait)
		case v.Next.IsZero() && v.Rule != rules.Live && until.Before(now.Add(FixWait)):
			until = now.Add(FixWait)
		}
	}
	return until
}
