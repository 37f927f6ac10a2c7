package campaigns

import (
	"context"
	"fmt"
)

// BrowsedCalls is the calls as a page of them asks: streamed, and which of them
// have a recording.
type BrowsedCalls interface {
	CallReader
	Recorded(ctx context.Context, attempts []string) (map[string]bool, error)
}

// CallBrowser shows the calls a page at a time, to who may see them.
type CallBrowser struct{ calls BrowsedCalls }

// NewCallBrowser returns the service.
func NewCallBrowser(calls BrowsedCalls) *CallBrowser { return &CallBrowser{calls} }

// SeenCall is a call in a list of them.
type SeenCall struct {
	Call
	Recorded bool
}

// CallPage is some calls, the newest first.
type CallPage struct {
	Calls []SeenCall
	Next  int64 // After of the filter for the page after; 0 = this is the last
}

// longestPage is how many calls a page has at most.
const longestPage = 200

// Page returns the newest calls of a filter. Who may not export calls sees the
// last digits of numbers alone.
func (b *CallBrowser) Page(ctx context.Context, by User, f CallFilter) (CallPage, error) {
	if err := by.Allow(SeeCalls); err != nil {
		return CallPage{}, err
	}
	for _, o := range f.Outcomes {
		if !o.Known() {
			return CallPage{}, problem(KindInvalid, "outcome_unknown", "%q is not an outcome.", o)
		}
	}
	if f.Limit <= 0 || f.Limit > longestPage {
		f.Limit = longestPage
	}
	room := f.Limit
	f.Limit, f.Newest = room+1, true // one more tells that there is a page after
	var page CallPage
	for c, err := range b.calls.Calls(ctx, f) {
		if err != nil {
			return CallPage{}, err
		}
		if len(page.Calls) == room {
			page.Next = page.Calls[room-1].Seq
			break
		}
		page.Calls = append(page.Calls, SeenCall{Call: c})
	}
	if err := b.mark(ctx, page.Calls); err != nil {
		return CallPage{}, err
	}
	if by.Allow(ExportCalls) != nil {
		for i := range page.Calls {
			page.Calls[i].Number = Mask(page.Calls[i].Number)
		}
	}
	return page, nil
}

// mark tells which calls have a recording.
func (b *CallBrowser) mark(ctx context.Context, calls []SeenCall) error {
	ids := make([]string, len(calls))
	for i, c := range calls {
		ids[i] = c.ID
	}
	recorded, err := b.calls.Recorded(ctx, ids)
	if err != nil {
		return fmt.Errorf("which calls are recorded: %w", err)
	}
	for i, c := range calls {
		calls[i].Recorded = recorded[c.ID]
	}
	return nil
}
