package tape

import (
	"math"
	"time"

	"github.com/forecall/forecall/pacing"
)

// version is that of the format. A reader refuses others.
const version = 1

// Header says which minute of which floor a tape is.
type Header struct {
	// Version is that of the format.
	Version int `json:"tape"`
	// Run names the floor: the instant of its start in ns since 1970.
	Run int64 `json:"run"`
	// Number counts the tapes of a run from 1; where it jumps, minutes are missing.
	Number int `json:"n"`
	// From is the instant of the first line.
	From time.Time `json:"from"`
}

// Floor is what a floor begins with, or, of a keyframe, what stands on it.
type Floor struct {
	Policy  pacing.Policy    `json:"policy"`
	Learned pacing.Estimates `json:"learned"`
	Ledger  pacing.Ledger    `json:"ledger"`
	// Keyframe is true when the floor did not begin here: Standing are then the events that made
	// its calls and agents what they are.
	Keyframe bool           `json:"keyframe,omitempty"`
	Standing []pacing.Event `json:"-"`
}

// Look is a decision. Place, Why and Picks are those of every decision; Whole
// is the decision with all its figures, once a second, else nil.
type Look struct {
	NextOdds []float64 // of the contacts that could be placed; nil = the campaign does not use odds
	Place    int
	Why      pacing.Reason
	Picks    []int
	Whole    *pacing.Decision
}

// Line is one line of a tape; one of its pointers is set.
type Line struct {
	At     time.Time
	Header *Header
	Floor  *Floor
	Policy *pacing.Policy
	Ledger *pacing.Ledger
	Event  *pacing.Event
	Look   *Look
	// Missing says why a line could not be written, "" of all that could.
	Missing string
}

// record is a line as it is written. Kinds of events and reasons stand in
// words: their numbers are free to change.
type record struct {
	T int64 `json:"t"`
	fact
	Floor    *floorRecord     `json:"floor,omitempty"`
	Policy   *pacing.Policy   `json:"policy,omitempty"`
	Ledger   *pacing.Ledger   `json:"ledger,omitempty"`
	NextOdds *[]float64       `json:"odds,omitempty"` // nil = as in the look before
	Place    *int             `json:"p,omitempty"`    // of a look, and only there
	Why      string           `json:"w,omitempty"`
	Picks    []int            `json:"i,omitempty"`
	Whole    *pacing.Decision `json:"d,omitempty"`
	Missing  string           `json:"missing,omitempty"`
}

// fact is a pacing.Event as it is written.
type fact struct {
	Kind  string        `json:"e,omitempty"`
	Call  pacing.CallID `json:"c,omitempty"`
	Agent uint64        `json:"a,omitempty"`
	Odds  float64       `json:"o,omitempty"`
	Until *time.Time    `json:"u,omitempty"`
	Step  pacing.StepID `json:"s,omitempty"`
}

type floorRecord struct {
	Floor
	Standing []standingFact `json:"standing,omitempty"`
}

type standingFact struct {
	T int64 `json:"t"`
	fact
}

func factOf(e pacing.Event) fact {
	f := fact{Kind: e.Kind.String(), Call: e.Call, Agent: uint64(e.Agent), Odds: finite(e.Odds), Step: e.Step}
	if !e.Until.IsZero() {
		f.Until = &e.Until
	}
	return f
}

// event is the fact again; false when its kind is not known here.
func (f fact) event(at time.Time) (pacing.Event, bool) {
	e := pacing.Event{At: at, Kind: kindOf(f.Kind), Call: f.Call, Agent: pacing.AgentID(f.Agent), Odds: f.Odds, Step: f.Step}
	if f.Until != nil {
		e.Until = *f.Until
	}
	return e, e.Kind != 0
}

// kindOf is the kind of that name, 0 when there is none.
func kindOf(name string) pacing.Kind {
	unknown := pacing.Kind(0).String()
	for k := pacing.Kind(1); k.String() != unknown; k++ {
		if k.String() == name {
			return k
		}
	}
	return 0
}

// reasonOf is the reason in those words, 0 when they were changed since.
func reasonOf(text string) pacing.Reason {
	none := pacing.Reason(0).String()
	for r := pacing.Reason(1); r.String() != none; r++ {
		if r.String() == text {
			return r
		}
	}
	return 0
}

// finite is x as JSON can say it.
func finite(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return 0
	case math.IsInf(x, 0):
		return math.Copysign(math.MaxFloat64, x)
	}
	return x
}
