package campaigns

import (
	"errors"
	"fmt"
	"time"
)

// FilterCount is whom a filter chooses of the contacts of a campaign.
type FilterCount struct {
	Contacts  int64 `json:"contacts"`  // of the campaign
	Passing   int64 `json:"passing"`   // the filter
	Remaining int64 `json:"remaining"` // of those, not done yet
	Ready     int64 `json:"ready"`     // of those, to be called next
	AllReady  int64 `json:"all_ready"` // ready, whether or not they pass
}

// ListFigures is how far the calling of a list has come.
type ListFigures struct {
	List      List                   `json:"list"`
	Contacts  int64                  `json:"contacts"`
	Remaining int64                  `json:"remaining"` // not done
	Ready     int64                  `json:"ready"`
	Retry     int64                  `json:"in_retry"`  // tried, and waiting for the next try
	Callbacks int64                  `json:"callbacks"` // waiting for an agreed time
	Live      int64                  `json:"live"`      // in a call, or in the hopper
	Done      int64                  `json:"done"`
	Tried     int64                  `json:"tried"`        // at least once
	Attempts  int64                  `json:"attempts"`     // calls that have ended
	Callable  int64                  `json:"callable_now"` // ready, passing the filter, in an open calling window, on a list that is on
	Outcomes  map[Outcome]int64      `json:"outcomes"`     // of the attempts
	Said      map[string]int64       `json:"dispositions"` // of the attempts, by code
	Last      map[Outcome]int64      `json:"last"`         // contacts by the outcome of their last attempt
	States    map[ContactState]int64 `json:"states"`
}

// Penetration is the share of contacts that were tried at least once, 0 to 1.
func (f ListFigures) Penetration() float64 { return ratio(f.Tried, f.Contacts) }

// PerContact is how many attempts each contact that was tried had.
func (f ListFigures) PerContact() float64 { return ratio(f.Attempts, f.Tried) }

func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// ZoneCount is how many ready contacts of a list that pass the filter of the
// campaign live by the same clocks.
type ZoneCount struct {
	List  int64
	Zones []string
	Count int64
}

// RecycleOrder says which finished contacts become callable again.
type RecycleOrder struct {
	Campaign     int64
	List         int64         // 0 = all lists
	Outcomes     []Outcome     // of the last attempt
	Dispositions []string      // codes of the last attempt that has one
	OlderThan    time.Duration // since the last attempt began; 0 = whenever
}

// Validate says what is wrong with an order.
func (o RecycleOrder) Validate(c Campaign) error {
	if len(o.Outcomes) == 0 && len(o.Dispositions) == 0 {
		return errors.New("recycle: say which outcomes or dispositions")
	}
	if o.OlderThan < 0 {
		return fmt.Errorf("recycle: older than %s: not less than 0", o.OlderThan)
	}
	for _, outcome := range o.Outcomes {
		if !outcome.Known() {
			return fmt.Errorf("recycle: %q is not an outcome", outcome)
		}
		if outcome == Invalid || outcome == Refused {
			return fmt.Errorf("recycle: contacts that ended %s are not called again: their numbers do not exist, or a rule forbids them", outcome)
		}
	}
	for _, code := range o.Dispositions {
		if t, ok := c.Type(code); ok && t.Effect == EffectDNC {
			return fmt.Errorf("recycle: who said %q is never called again", code)
		}
	}
	return nil
}

// String is the order for the audit.
func (o RecycleOrder) String() string {
	return fmt.Sprintf("list %d, outcomes %v, dispositions %v, older than %s", o.List, o.Outcomes, o.Dispositions, o.OlderThan)
}
