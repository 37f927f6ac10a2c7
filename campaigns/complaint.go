package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Complaint is what a person was not content with, as the agent took it down.
type Complaint struct {
	Department string `json:"department,omitempty"` // one of the campaign's; empty where it has none
	Text       string `json:"text"`
}

func (p *Complaint) validate(c Campaign) error {
	switch {
	case p == nil:
		return nil
	case strings.TrimSpace(p.Text) == "" || len(p.Text) > 10_000:
		return fmt.Errorf("complaint: what is it about? 1 to 10000 characters")
	case len(c.Complaints) == 0 && p.Department == "":
		return nil
	case !slices.Contains(c.Complaints, p.Department):
		return fmt.Errorf("complaint: department %q is not one of campaign %s: %s", p.Department, c.Name, strings.Join(c.Complaints, ", "))
	}
	return nil
}

// asked says what a disposition lacks of what its type asks for. A campaign
// that sells from a list wants order lines with a sale; one that has reasons
// wants one.
func (d Disposition) asked(c Campaign, t DispositionType) error {
	if d.Reason != "" && len(c.Reasons) > 0 && !slices.Contains(c.Reasons, d.Reason) {
		return fmt.Errorf("reason %q is not one of campaign %s: %s", d.Reason, c.Name, strings.Join(c.Reasons, ", "))
	}
	if len(d.Reason) > 200 {
		return fmt.Errorf("the reason has at most 200 characters")
	}
	switch asks := t.shown().Asks; {
	case asks == AsksSale && d.Sale == nil && len(c.Products) > 0:
		return fmt.Errorf("%s: which products? Add an order line", t.Label)
	case asks == AsksReason && d.Reason == "" && len(c.Reasons) > 0:
		return fmt.Errorf("%s: why? One of: %s", t.Label, strings.Join(c.Reasons, ", "))
	case asks == AsksComplaint && d.Complaint == nil:
		return fmt.Errorf("%s: what is it about?", t.Label)
	}
	return nil
}

// ComplaintState is how far a complaint has come.
type ComplaintState string

// The states of a complaint; a closed one can be opened again.
const (
	ComplaintOpen   ComplaintState = "open"
	ComplaintClosed ComplaintState = "closed"
)

// Case is a complaint with what became of it.
type Case struct {
	ID        int64          `json:"id"`
	Attempt   string         `json:"attempt_id"`
	Campaign  int64          `json:"campaign_id"`
	Contact   int64          `json:"contact_id"`
	Name      string         `json:"contact_name"`
	Agent     int64          `json:"agent_id"`
	Login     string         `json:"agent"`
	At        time.Time      `json:"at"`
	State     ComplaintState `json:"state"`
	Answer    string         `json:"answer,omitempty"` // what was done
	ChangedBy string         `json:"changed_by,omitempty"`
	ChangedAt time.Time      `json:"changed_at,omitzero"`
	Complaint
}

// CaseFilter chooses complaints; the zero filter chooses all of them.
type CaseFilter struct {
	State    ComplaintState // empty = any
	Campaign int64
	Contact  int64
	Before   int64 // only those with a lesser id
	Limit    int   // 0 = 100
}
