package rules

import (
	"slices"
	"time"
)

// Allowed tells whether no rule refuses.
func (d *Decision) Allowed() bool { return d.primary < 0 }

// At is the instant that was decided for.
func (d *Decision) At() time.Time { return d.now }

// Plan is what was applied.
func (d *Decision) Plan() *Plan { return d.plan }

// Final tells whether the number will not become callable under these terms by
// time or by what the house can do: it is listed, not dialable, of a forbidden
// kind or has no tries left. A list that is not loaded, a missing consent, a
// stop, a rate that is spent and settings that break a rule are not final.
func (d *Decision) Final() bool {
	for i := range d.results {
		if d.results[i].state == refuses && d.results[i].why.final() {
			return true
		}
	}
	return false
}

// ReservedOnly tells whether the number is refused, and would not be if an agent
// were reserved for the call: only guards and rates stand in the way.
func (d *Decision) ReservedOnly() bool {
	if d.Allowed() || d.facts.Reserved {
		return false
	}
	for i := range d.results {
		if d.results[i].state == refuses && !d.plan.rules[i].yieldsToReserved() {
			return false
		}
	}
	return true
}

func (b *bound) yieldsToReserved() bool {
	if b.kind == kindRate {
		return true
	}
	for i := range b.lifts {
		if b.lifts[i].kind == needReserved {
			return true
		}
	}
	return false
}

// Grants are the ids of the consents and relations that the decision stands on:
// those that satisfied a consent rule or lifted another. None is there twice.
func (d *Decision) Grants() []string {
	var out []string
	for i := range d.results {
		if g := d.results[i].grant; g >= 0 && !slices.Contains(out, d.facts.Consents[g].ID) {
			out = append(out, d.facts.Consents[g].ID)
		}
	}
	return out
}
