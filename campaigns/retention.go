package campaigns

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// The kinds of data that have a time.
const (
	KeepRecordings = "recordings" // the sound of calls
	KeepCalls      = "calls"      // who was called and what was said: number, notes, answers, events
	KeepContacts   = "contacts"   // people on lists who are done with
	KeepConsents   = "consents"   // from the last use, renewal, end
	KeepDecisions  = "decisions"  // why a call was placed
	KeepRefusals   = "refusals"   // why one was not
	KeepMessages   = "messages"   // lines to desks of agents
)

// year is the longest there is: nothing goes before its anniversary.
const year = 366 * 24 * time.Hour

// RetentionRule is how long a kind of data is kept, and why.
type RetentionRule struct {
	Kind    string        `json:"kind"`
	Keep    time.Duration `json:"keep"`
	Default time.Duration `json:"default"`
	Least   time.Duration `json:"least"` // by the rules in force; 0 = none
	Law     string        `json:"law"`   // that asks for the least, or for the default
	By      string        `json:"by,omitempty"`
	At      time.Time     `json:"at,omitzero"` // of the last change; zero = never
}

// DefaultRetention is the matrix of a house that nobody has changed.
func DefaultRetention() []RetentionRule {
	all := []RetentionRule{
		{Kind: KeepRecordings, Default: 90 * 24 * time.Hour, Law: "GDPR 5(1)(e): the shortest stated purpose"},
		{Kind: KeepCalls, Default: 5 * year, Law: "16 CFR 310.5(b)(1): five years"},
		{Kind: KeepContacts, Default: 5 * year, Law: "16 CFR 310.5(b)(1): five years"},
		{Kind: KeepConsents, Default: 5 * year, Law: "UWG 7a(2): five years from the grant and after each use"},
		{Kind: KeepDecisions, Default: 5 * year, Law: "16 CFR 310.5(b)(1): five years"},
		{Kind: KeepRefusals, Default: year, Law: "ours: a year of why nobody was called"},
		{Kind: KeepMessages, Default: year, Law: "ours: they may name people"},
	}
	for i := range all {
		all[i].Keep = all[i].Default
	}
	return all
}

// keepWords are what the rules call a kind.
var keepWords = map[string]string{
	KeepRecordings: "recordings", KeepCalls: "calls", KeepConsents: "consents", KeepDecisions: "calls",
}

// LeastKept is how long the rules of a book want a kind to be kept, and which
// of them wants it longest; 0 when none does. Rules that count the calls before
// want those for as far as they look back: a call that is forgotten would be one
// that nobody counts.
func LeastKept(b *rules.Book, kind string) (least time.Duration, law string) {
	word, ok := keepWords[kind]
	if b == nil || !ok {
		return 0, ""
	}
	for _, set := range b.Sets() {
		for _, r := range set.Rules {
			if back := looksBack(r); kind == KeepCalls && back > least {
				least, law = back, fmt.Sprintf("%s: %s", r.ID, r.Cite)
			}
			if r.Type != rules.TypeRecord {
				continue
			}
			for _, what := range r.Keep {
				if d := r.Hold.Duration(); string(what) == word && d > least {
					least, law = d, fmt.Sprintf("%s: %s", r.ID, r.Cite)
				}
			}
		}
	}
	return least, law
}

// looksBack is how far into the past a rule counts calls, with the days by which
// dates may begin before instants.
func looksBack(r rules.Rule) time.Duration {
	const dates = 48 * time.Hour
	switch r.Type {
	case rules.TypeCap:
		return r.Per.Duration() + dates
	case rules.TypeCooldown, rules.TypeGuard:
		return r.For.Duration() + dates
	default:
		return 0
	}
}
