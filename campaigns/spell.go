package campaigns

import (
	"context"
	"time"
)

// Spell is a stretch of time that an agent spent in one state. The spells of
// an agent follow each other from sign-in to sign-out; between shifts there
// are none.
type Spell struct {
	Agent    int64      `json:"agent_id"`
	State    AgentState `json:"state"`
	Reason   string     `json:"reason,omitempty"` // of a pause
	Campaign int64      `json:"campaign_id,omitempty"`
	Attempt  string     `json:"attempt_id,omitempty"` // of the call at hand
	From     time.Time  `json:"from"`
	To       time.Time  `json:"to,omitzero"` // zero = it goes on
}

// LongestSpell is how long one spell lasts at most: a longer stay in a state
// is written as several, so that a period can be read without what was long
// before it.
const LongestSpell = 24 * time.Hour

// Within is how much of the spell lies between two instants; one that goes on
// counts until now.
func (s Spell) Within(from, to, now time.Time) time.Duration {
	end := s.To
	if end.IsZero() {
		end = now
	}
	if end.After(to) {
		end = to
	}
	if s.From.After(from) {
		from = s.From
	}
	return max(0, end.Sub(from))
}

// SpellFilter chooses spells that touch a period; From and To are needed.
type SpellFilter struct {
	Agent    int64 // 0 = everybody
	Campaign int64 // 0 = any
	From, To time.Time
}

// SpellTotal is how long an agent was in a state, for a campaign and a reason,
// within a period.
type SpellTotal struct {
	Agent    int64         `json:"agent_id"`
	Campaign int64         `json:"campaign_id,omitempty"`
	State    AgentState    `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	Duration time.Duration `json:"duration"`
	Count    int64         `json:"count"`
}

// SpellReader reads how agents spent their time.
type SpellReader interface {
	Spells(ctx context.Context, f SpellFilter) ([]Spell, error)
	SpellTotals(ctx context.Context, f SpellFilter, now time.Time) ([]SpellTotal, error)
}
