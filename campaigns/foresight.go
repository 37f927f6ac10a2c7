package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bar is a rule that forbids calling somebody and that no hour of the day
// changes: a do-not-call list, a consent that is missing, an unknown place.
type Bar struct {
	Rule   string `json:"rule"`             // empty = nothing stands in the way
	Cite   string `json:"cite,omitempty"`   // of the law
	Detail string `json:"detail,omitempty"` // what is missing, in words
}

// Foresight says of people, before they are stored, what will keep a campaign
// from calling them: one Bar for each, by the phone that would be called first.
type Foresight interface {
	Foresee(ctx context.Context, campaign int64, people []Contact) ([]Bar, error)
}

// BarCount is how many people one rule bars.
type BarCount struct {
	Rule string `json:"rule"`
	Cite string `json:"cite,omitempty"`
	N    int64  `json:"contacts"`
	// Detail is that of the first of them, as an example.
	Detail string `json:"detail,omitempty"`
}

// Bars counts people by the rule that bars them. The zero value counts.
type Bars struct {
	Judged int64      `json:"judged"`       // people that were looked at
	Barred int64      `json:"not_dialable"` // of them
	Rules  []BarCount `json:"rules,omitempty"`
}

// Add counts one person.
func (b *Bars) Add(bar Bar) {
	b.Judged++
	if bar.Rule == "" {
		return
	}
	b.Barred++
	i := slices.IndexFunc(b.Rules, func(c BarCount) bool { return c.Rule == bar.Rule })
	if i < 0 {
		b.Rules = append(b.Rules, BarCount{Rule: bar.Rule, Cite: bar.Cite, Detail: bar.Detail})
		i = len(b.Rules) - 1
	}
	b.Rules[i].N++
	for ; i > 0 && cmp.Compare(b.Rules[i].N, b.Rules[i-1].N) > 0; i-- { // most first
		b.Rules[i], b.Rules[i-1] = b.Rules[i-1], b.Rules[i]
	}
}

// String says it in a sentence: 12,431 of 100,000 not dialable: 9,870
// us.dnc.national, 2,561 dnc.internal.
func (b Bars) String() string {
	if b.Barred == 0 {
		return fmt.Sprintf("all %s dialable", thousands(b.Judged))
	}
	parts := make([]string, len(b.Rules))
	for i, c := range b.Rules {
		parts[i] = thousands(c.N) + " " + c.Rule
	}
	return fmt.Sprintf("%s of %s not dialable: %s", thousands(b.Barred), thousands(b.Judged), strings.Join(parts, ", "))
}

// thousands writes a count with its thousands apart.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
