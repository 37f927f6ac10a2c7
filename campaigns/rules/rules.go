package rules

import (
	"fmt"
	"strings"
	"time"
)

// Rule names a rule in logs, exports and explanations.
type Rule string

// The rules of the ledger, in the order in which a refusal names them.
const (
	Number   Rule = "number.valid"    // E.164 that may be dialed at all
	Live     Rule = "number.live"     // not in another call, anywhere
	DNC      Rule = "dnc.internal"    // not on our own do-not-call list
	Zone     Rule = "zone.known"      // the place of the called person is known
	Hours    Rule = "hours"           // inside the calling window there, now
	Attempts Rule = "attempts.left"   // tries left for this contact
	Cooldown Rule = "cooldown.number" // long enough since the last try of this number
)

// Facts is what the ledger knows of a number at the moment of dialing.
type Facts struct {
	Number string   // E.164
	Zones  []string // candidate IANA zones of the called person; all must be open
	Week   Week     // calling windows in local time there
	// Margin is how long the call may still ring and be greeted: the window
	// must be open for that long yet.
	Margin   time.Duration
	DNC      bool      // the number is on the internal do-not-call list
	Live     bool      // an attempt to the number is open on any node
	Tries    int       // attempts that count so far for the contact
	MaxTries int       // 0 = no limit
	LastTry  time.Time // last attempt of this number by any campaign; zero = never
	Cooldown time.Duration
	Agreed   bool // a callback agreed with the person: cool-down and tries do not bind
}

// Verdict is what one rule says, with its inputs in words.
type Verdict struct {
	Rule   Rule      `json:"rule"`
	OK     bool      `json:"ok"`
	Detail string    `json:"detail,omitempty"`
	Next   time.Time `json:"next,omitzero"` // when this rule will allow it; zero = not by time alone
}

// Refusal is the error of a number that must not be called now: the first
// failing verdict and the rest of them.
type Refusal struct {
	Primary  Verdict
	Verdicts []Verdict
}

// Error says which rule refused and why; it holds no full number.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused by %s: %s", r.Primary.Rule, r.Primary.Detail)
}

// Evaluate runs every rule and returns all verdicts in order.
func Evaluate(f Facts, now time.Time) []Verdict {
	return []Verdict{
		numberRule(f), liveRule(f), dncRule(f), zoneRule(f), hoursRule(f, now), attemptsRule(f), cooldownRule(f, now),
	}
}

// Check runs every rule and returns nil when the number may be called now.
func Check(f Facts, now time.Time) *Refusal {
	verdicts := Evaluate(f, now)
	for _, v := range verdicts {
		if !v.OK {
			return &Refusal{Primary: v, Verdicts: verdicts}
		}
	}
	return nil
}

func numberRule(f Facts) Verdict {
	if err := Dialable(f.Number); err != nil {
		return Verdict{Rule: Number, Detail: err.Error()}
	}
	return Verdict{Rule: Number, OK: true}
}

func liveRule(f Facts) Verdict {
	if f.Live {
		return Verdict{Rule: Live, Detail: "the number is in a call that has not ended"}
	}
	return Verdict{Rule: Live, OK: true}
}

func dncRule(f Facts) Verdict {
	if f.DNC {
		return Verdict{Rule: DNC, Detail: "the number is on the internal do-not-call list"}
	}
	return Verdict{Rule: DNC, OK: true}
}

func zoneRule(f Facts) Verdict {
	if len(f.Zones) == 0 {
		return Verdict{Rule: Zone, Detail: "no time zone is known for the number; give the contact a zone"}
	}
	for _, name := range f.Zones {
		if _, err := Location(name); err != nil {
			return Verdict{Rule: Zone, Detail: err.Error()}
		}
	}
	return Verdict{Rule: Zone, OK: true, Detail: strings.Join(f.Zones, ", ")}
}

func attemptsRule(f Facts) Verdict {
	detail := fmt.Sprintf("%d of %d tries used", f.Tries, f.MaxTries)
	ok := f.MaxTries == 0 || f.Tries < f.MaxTries || f.Agreed
	return Verdict{Rule: Attempts, OK: ok, Detail: detail}
}

func cooldownRule(f Facts, now time.Time) Verdict {
	if f.Agreed || f.LastTry.IsZero() || f.Cooldown <= 0 {
		return Verdict{Rule: Cooldown, OK: true}
	}
	next := f.LastTry.Add(f.Cooldown)
	if now.Before(next) {
		detail := fmt.Sprintf("last tried %s ago, cool-down %s", now.Sub(f.LastTry).Round(time.Second), f.Cooldown)
		return Verdict{Rule: Cooldown, Detail: detail, Next: next}
	}
	return Verdict{Rule: Cooldown, OK: true}
}
