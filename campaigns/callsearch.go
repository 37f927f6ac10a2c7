package campaigns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// ErrIndexing marks a search that cannot be answered in full yet: what calls are
// searched by is being made from the ledger, which takes some minutes.
var ErrIndexing = errors.New("the index of calls is being made")

// CallSearch chooses calls for whoever answers for them; the zero search
// chooses all. What is combined must all hold.
type CallSearch struct {
	Number      string    `json:"number,omitempty"`      // E.164, in full
	Digits      string    `json:"digits,omitempty"`      // last digits of the number, 3 to 15
	Campaign    int64     `json:"campaign_id,omitempty"` // 0 = any
	List        int64     `json:"list_id,omitempty"`     // 0 = any
	Agent       int64     `json:"agent_id,omitempty"`    // whoever had the person; 0 = any
	CallerID    string    `json:"cli_number,omitempty"`  // the number shown, E.164
	Outcomes    []Outcome `json:"outcomes,omitempty"`    // none = any, open attempts included
	Disposition string    `json:"disposition,omitempty"` // code
	Code        int       `json:"sip_final_code,omitempty"`
	From        time.Time `json:"from,omitzero"` // intent at or after
	To          time.Time `json:"to,omitzero"`   // intent before

	After int64 `json:"-"` // only calls before this place of the ledger: the page after
	Limit int   `json:"-"` // calls on a page
}

// FoundCalls is a page of what a search chooses, the newest first.
type FoundCalls struct {
	Calls []Call
	Next  int64 // After of the page after; 0 = this is the last
	Count int64 // of all that the search chooses
	// Behind is how many calls could not be searched, because what they are
	// searched by is being made, as after the first start of a new version on an
	// old data folder. They are the oldest. 0 = all were.
	Behind int64
}

// CallFinder searches calls, whatever is combined and however many there are.
type CallFinder interface {
	FindCalls(ctx context.Context, s CallSearch) (FoundCalls, error)
	Recorded(ctx context.Context, attempts []string) (map[string]bool, error)
}

// Fewest and most of the last digits of a number that are searched for.
const (
	fewestDigits = 3
	mostDigits   = 15
)

// Check says what is wrong with a search.
func (s CallSearch) Check() error {
	for _, o := range s.Outcomes {
		if !o.Known() {
			return problem(KindInvalid, "outcome_unknown", "%q is not an outcome.", o)
		}
	}
	if s.Number != "" && s.Digits != "" {
		return problem(KindInvalid, "number_twice", "Ask for a number or for its last digits, not for both.")
	}
	if s.Number != "" {
		if err := rules.Dialable(s.Number); err != nil {
			return invalid("number_invalid", err)
		}
	}
	if n := len(s.Digits); n > 0 && (n < fewestDigits || n > mostDigits || strings.Trim(s.Digits, "0123456789") != "") {
		return problem(KindInvalid, "digits_invalid", "Write %d to %d of the last digits of the number.", fewestDigits, mostDigits)
	}
	if !s.From.IsZero() && !s.To.IsZero() && s.To.Before(s.From) {
		return problem(KindInvalid, "period_invalid", "The period ends before it begins.")
	}
	return nil
}

// Words says what is searched without telling whose number it is, for the audit.
func (s CallSearch) Words() string {
	var out []string
	add := func(name, value string, given bool) {
		if given {
			out = append(out, name+" "+value)
		}
	}
	add("one", "number", s.Number != "") // whose it is could never be forgotten in the audit
	add("last", fmt.Sprintf("%d digits of a number", len(s.Digits)), s.Digits != "")
	add("campaign", fmt.Sprint(s.Campaign), s.Campaign != 0)
	add("list", fmt.Sprint(s.List), s.List != 0)
	add("agent", fmt.Sprint(s.Agent), s.Agent != 0)
	add("shown", s.CallerID, s.CallerID != "")
	add("outcomes", fmt.Sprint(s.Outcomes), len(s.Outcomes) > 0)
	add("disposition", fmt.Sprintf("%q", s.Disposition), s.Disposition != "")
	add("SIP", fmt.Sprint(s.Code), s.Code != 0)
	add("from", s.From.UTC().Format(time.RFC3339), !s.From.IsZero())
	add("to", s.To.UTC().Format(time.RFC3339), !s.To.IsZero())
	if len(out) == 0 {
		return "all calls"
	}
	return strings.Join(out, ", ")
}

// CallSearcher is the search of the compliance desk.
type CallSearcher struct {
	calls CallFinder
	audit Auditor
}

// NewCallSearcher returns the service.
func NewCallSearcher(calls CallFinder, audit Auditor) *CallSearcher {
	return &CallSearcher{calls: calls, audit: audit}
}

// SearchedCalls is a page of calls with what they have beside.
type SearchedCalls struct {
	FoundCalls
	Recorded map[string]bool // by the id of the attempt
}

// Find returns a page of the calls of a search. Who may not export calls sees
// the last digits of numbers alone. That somebody looked a person up, by number
// or by its digits, is written down with who it was, once for a search: its
// further pages are the same look.
func (c *CallSearcher) Find(ctx context.Context, by User, s CallSearch) (SearchedCalls, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return SearchedCalls{}, err
	}
	if err := s.Check(); err != nil {
		return SearchedCalls{}, err
	}
	if s.Limit <= 0 || s.Limit > longestPage {
		s.Limit = longestPage
	}
	if (s.Number != "" || s.Digits != "") && s.After == 0 {
		if err := c.audit.AddAudit(ctx, AuditEntry{Kind: "calls.search", By: by.Login, Subject: "calls", Detail: s.Words()}); err != nil {
			return SearchedCalls{}, fmt.Errorf("write a search down: %w", err)
		}
	}
	found, err := c.calls.FindCalls(ctx, s)
	if err != nil {
		return SearchedCalls{}, fmt.Errorf("search calls: %w", err)
	}
	ids := make([]string, len(found.Calls))
	for i, call := range found.Calls {
		ids[i] = call.ID
		if by.Allow(ExportCalls) != nil {
			found.Calls[i].Number = Mask(call.Number)
		}
	}
	out := SearchedCalls{FoundCalls: found}
	if out.Recorded, err = c.calls.Recorded(ctx, ids); err != nil {
		return SearchedCalls{}, fmt.Errorf("which calls are recorded: %w", err)
	}
	return out, nil
}
