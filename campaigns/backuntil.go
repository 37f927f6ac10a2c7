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
	until := now.Add(BusyWait)
	for _, v := range d.Verdicts() {
		switch {
		case v.OK || v.Advisory:
		case v.Next.After(until):
			until = v.Next
		case v.Next.IsZero() && v.Rule != rules.Live && until.Before(now.Add(FixWait)):
			until = now.Add(FixWait)
		}
	}
	return until
}
