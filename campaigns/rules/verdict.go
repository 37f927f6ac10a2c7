package rules

import (
	"fmt"
	"time"
)

// Verdict is what one rule says, with its inputs in words.
type Verdict struct {
	Rule   ID     `json:"rule"`
	Type   Type   `json:"type,omitempty"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"` // one word for counting: closed, margin, holiday, listed, stale ...
	Detail string `json:"detail,omitempty"`
	// Advisory: the rule is not met, and because of its status that refuses nobody.
	Advisory bool   `json:"advisory,omitempty"`
	Lifted   string `json:"lifted,omitempty"` // what lifts it for this call
	Cite     string `json:"cite,omitempty"`
	Label    string `json:"label,omitempty"`
	Status   Status `json:"status,omitempty"`
	Set      string `json:"set,omitempty"`   // id and version: us-federal@3
	Zone     string `json:"zone,omitempty"`  // that decided
	Local    string `json:"local,omitempty"` // the time there
	Need     string `json:"need,omitempty"`  // what would have been allowed
	Used     int64  `json:"used,omitempty"`
	Max      int64  `json:"max,omitempty"`
	Version  string `json:"list_version,omitempty"` // of the register that was asked
	AgeDays  int64  `json:"age_d,omitempty"`        // of that version
	Grant    string `json:"grant,omitempty"`        // that it stands on
	// Next is when this rule alone will allow it; zero = now, or not by time alone.
	Next time.Time `json:"next,omitzero"`
}

// Refusal is the error of a number that must not be called now: the first
// failing verdict and the rest of them.
type Refusal struct {
	Primary  Verdict
	Verdicts []Verdict
}

// Error says which rule refused and why; it holds no number of the person.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused by %s: %s", r.Primary.Rule, r.Primary.Detail)
}
