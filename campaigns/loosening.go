package campaigns

import (
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Loosening is rules that were loosened: it is shown in every export, beside
// the calls that were begun while it held.
type Loosening struct {
	Adoption
	Changes []rules.Change `json:"changes"`
	// Until is when rules came into force that are no looser than those before
	// it; zero = it holds.
	Until time.Time `json:"until,omitzero"`

	before *rules.Set
}

// Holds tells whether the rules were looser at a time.
func (l Loosening) Holds(at time.Time) bool {
	return !at.Before(l.At) && (l.Until.IsZero() || at.Before(l.Until))
}

// During tells whether the rules were looser at any time of a stretch, which
// ends before to.
func (l Loosening) During(from, to time.Time) bool {
	return l.At.Before(to) && (l.Until.IsZero() || l.Until.After(from))
}

// String names rules, people and day, on one line: us-federal@8 us.hours us.cap
// (asked for by cora, approved by max, 2026-11-22: summer).
func (l Loosening) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s@%d", l.Set, l.Version)
	if l.Dropped {
		b.WriteString(" dropped:")
	}
	named := ""
	for _, c := range l.Changes {
		rule := string(c.Rule)
		if rule == "" {
			rule = c.Field // of the set as a whole
		}
		if rule != named {
			b.WriteString(" " + rule)
		}
		named = rule
	}
	fmt.Fprintf(&b, " (asked for by %s", l.By)
	if l.ApprovedBy != "" {
		fmt.Fprintf(&b, ", approved by %s", l.ApprovedBy)
	}
	fmt.Fprintf(&b, ", %s: %s)", l.At.UTC().Format(time.DateOnly), strings.Join(strings.Fields(l.Reason), " "))
	return b.String()
}

// LooseningsOf reads from all adoptions, oldest first, what was loosened and
// until when it held. A set that loosened the preset of its name when it came
// into force first was approved as such, and counts.
func LooseningsOf(all []Adoption, document func(Hash) (*rules.Set, error)) (out []Loosening, err error) {
	last := map[string]*rules.Set{}
	for _, a := range all {
		var set *rules.Set
		if !a.Dropped {
			if set, err = document(a.SHA256); err != nil {
				return nil, fmt.Errorf("read what was loosened: %w", err)
			}
			settle(out, a, set)
		}
		before, seen := last[a.Set]
		last[a.Set] = set
		if !seen && a.ApprovedBy != "" {
			before, _ = rules.Preset(a.Set)
		}
		if before == nil {
			continue // nothing was in force that could be loosened
		}
		if looser := Loosened(rules.Looser(before, set)); len(looser) > 0 {
			out = append(out, Loosening{Adoption: a, Changes: looser, before: before})
		}
	}
	return out, nil
}

// settle ends what does not hold any more by a set that came into force.
func settle(all []Loosening, a Adoption, set *rules.Set) {
	for i := range all {
		if l := &all[i]; l.Set == a.Set && l.Until.IsZero() && !rules.AnyLooser(rules.Looser(l.before, set)) {
			l.Until = a.At
		}
	}
}
