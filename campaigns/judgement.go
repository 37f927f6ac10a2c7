package campaigns

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// How long a refused contact waits whose rule cannot say until when.
const (
	// BusyWait is for a number that is in another call.
	BusyWait = time.Minute
	// FixWait is for what a person has to mend: a list that is too old or not
	// loaded, a consent that is missing, a stop, a caller ID without a right. It is
	// judged again by itself.
	FixWait = 15 * time.Minute
	// ClosedWait is for windows that do not open within sight.
	ClosedWait = 24 * time.Hour
)

// Judgement is what the rules say of a contact's next call, and what becomes of
// the contact.
type Judgement struct {
	Allowed bool
	// Reserved: only a call with an agent reserved for it alone is allowed.
	Reserved bool
	Phone    int    // index of the phone that is called then
	Rule     string // that refuses first
	Detail   string // why, in words without a number or a name
	// Until is when the contact is judged again; zero = never, it is done.
	Until time.Time
	// Held says which kill switches keep it out until then.
	Held Held
}

// Judge judges contacts ahead of their calls by the facts and rules that the
// ledger will ask when the call is begun, and takes back who may not be called.
type Judge interface {
	Judge(ctx context.Context, campaign int64, people []Contact, now time.Time) ([]Judgement, error)
	PutBack(ctx context.Context, back []Back) error
}

// JudgementOf is what becomes of a contact by a decision about its next call.
// The caller ID is chosen only when the call is placed: rules about it keep
// nobody out before. Held has no stops: a decision does not know their ids.
func JudgementOf(d *rules.Decision, now time.Time) Judgement {
	if d.Allowed() {
		return Judgement{Allowed: true}
	}
	if d.ReservedOnly() {
		return Judgement{Allowed: true, Reserved: true}
	}
	first, ok := d.Primary()
	if ok && first.Type == rules.TypeCLI && onlyCLI(d) {
		return Judgement{Allowed: true}
	}
	return Judgement{Rule: string(first.Rule), Detail: first.Detail, Until: BackUntil(d, now), Held: HeldBy(d, now)}
}

func onlyCLI(d *rules.Decision) bool {
	for _, v := range d.Verdicts() {
		if !v.OK && !v.Advisory && v.Type != rules.TypeCLI {
			return false
		}
	}
	return true
}
