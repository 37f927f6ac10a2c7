package api

import (
	"context"
	"iter"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CallQuery chooses calls (exported for the same reason as ByID). There is no number among it: addresses end in logs.
type CallQuery struct {
	Campaign    int64     `query:"campaign" minimum:"0"`
	Contact     int64     `query:"contact" minimum:"0"`
	Agent       int64     `query:"agent" minimum:"0"`
	From        time.Time `query:"from" doc:"Calls begun at or after."`
	To          time.Time `query:"to" doc:"Calls begun before."`
	Outcomes    []string  `query:"outcome" doc:"One or more, with commas."`
	Disposition string    `query:"disposition" maxLength:"64"`
	Sold        bool      `query:"sold" doc:"Only calls with an order."`
}

func (q CallQuery) filter() campaigns.CallFilter {
	f := campaigns.CallFilter{
		Campaign: q.Campaign, Contact: q.Contact, Agent: q.Agent, From: q.From, To: q.To,
		Disposition: q.Disposition, Sold: q.Sold,
	}
	for _, o := range q.Outcomes {
		f.Outcomes = append(f.Outcomes, campaigns.Outcome(o))
	}
	return f
}

type callsInput struct {
	CallQuery
	Cursor int64 `query:"cursor" minimum:"0" doc:"The next_cursor of the page before."`
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Newest bool  `query:"newest" doc:"Newest first."`
}

// Call is one call of the log.
type Call struct {
	ID           string            `json:"attempt_id"`
	Seq          int64             `json:"seq"`
	Campaign     string            `json:"campaign"`
	CampaignID   int64             `json:"campaign_id"`
	List         string            `json:"list"`
	ContactID    int64             `json:"contact_id"`
	Contact      string            `json:"contact_name"`
	External     string            `json:"external_id,omitempty"`
	Called       string            `json:"called_number"`
	CallerID     string            `json:"cli_number"`
	Mode         campaigns.Mode    `json:"mode"`
	Agent        string            `json:"agent,omitempty"`
	AgentID      int64             `json:"agent_id,omitempty"`
	Try          int               `json:"attempt_no"`
	Outcome      campaigns.Outcome `json:"outcome,omitempty" doc:"Absent while the call goes on."`
	Trunk        string            `json:"trunk,omitempty"`
	Code         int               `json:"sip_final_code,omitempty"`
	Q850         int               `json:"q850,omitempty"`
	EndedBy      string            `json:"ended_by,omitempty"`
	Zones        []string          `json:"contact_zones"`
	IntentAt     time.Time         `json:"intent_at"`
	SentAt       time.Time         `json:"dialed_at,omitzero"`
	RingingAt    time.Time         `json:"ring_started_at,omitzero"`
	AnsweredAt   time.Time         `json:"answered_at,omitzero"`
	BridgedAt    time.Time         `json:"agent_bridged_at,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	ConnectDelay Duration          `json:"connect_delay"`
	OptOut       bool              `json:"opt_out_key"`
	MOS          float64           `json:"mos,omitempty"`
	Disposition  *Disposed         `json:"disposition,omitempty"`
	Hash         string            `json:"hash"`
}

func callOf(c campaigns.Call) Call {
	out := Call{
		ID: c.ID, Seq: c.Seq, Campaign: c.CampaignName, CampaignID: c.Campaign, List: c.ListName, ContactID: c.Contact,
		Contact: c.ContactName, External: c.External, Called: c.Number, CallerID: c.CallerID, Mode: c.Mode,
		Agent: c.AgentLogin, AgentID: c.Agent, Try: c.Try, Outcome: c.Outcome, Trunk: c.Trunk, Code: c.Code, Q850: c.Q850,
		EndedBy: c.EndedBy, Zones: notNil(c.Zones), IntentAt: c.IntentAt.UTC(), SentAt: c.SentAt.UTC(),
		RingingAt: c.RingingAt.UTC(), AnsweredAt: c.AnsweredAt.UTC(), BridgedAt: c.BridgedAt.UTC(), EndedAt: c.EndedAt.UTC(),
		ConnectDelay: Duration(c.ConnectDelay), OptOut: c.OptOut, MOS: c.MOS, Hash: c.Hash,
	}
	if c.Disposition != nil {
		d := disposedOf(*c.Disposition)
		out.Disposition = &d
	}
	return out
}

type callsOutput struct {
	Body struct {
		Calls []Call `json:"calls"`
		Next  int64  `json:"next_cursor,omitempty" doc:"For the page after; absent on the last."`
	}
}

func (s *Server) calls(ctx context.Context, in *callsInput) (*callsOutput, error) {
	f := in.filter()
	f.After, f.Limit, f.Newest = in.Cursor, in.Limit+1, in.Newest
	calls, err := s.CallLog.Calls(ctx, who(ctx), f)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(calls, in.Limit, callOf)
	if err != nil {
		return nil, err
	}
	out := &callsOutput{}
	out.Body.Calls, out.Body.Next = page, next
	return out, nil
}

// pageOf collects at most limit calls; one more than that means that there is
// a page after, whose cursor is the last call's place in the ledger.
func pageOf[T any](calls iter.Seq2[campaigns.Call, error], limit int, view func(campaigns.Call) T) (page []T, next int64, err error) {
	page = []T{}
	var last int64
	for c, err := range calls {
		if err != nil {
			return nil, 0, err
		}
		if len(page) == limit {
			return page, last, nil
		}
		page, last = append(page, view(c)), c.Seq
	}
	return page, 0, nil
}

// Result is what came of a call, for whoever works on with it.
type Result struct {
	Attempt   string    `json:"attempt_id"`
	Campaign  string    `json:"campaign"`
	ContactID int64     `json:"contact_id"`
	External  string    `json:"external_id,omitempty"`
	Contact   string    `json:"contact_name"`
	Number    string    `json:"called_number"`
	Agent     string    `json:"agent"`
	CalledAt  time.Time `json:"called_at"`
	Disposed
}

type resultsInput struct {
	CallQuery
	Cursor int64  `query:"cursor" minimum:"0" doc:"The next_cursor of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Kind   string `query:"kind" enum:"sale,appointment,answers" doc:"Only those; all when absent."`
}

type resultsOutput struct {
	Body struct {
		Outcomes []Result `json:"outcomes"`
		Next     int64    `json:"next_cursor,omitempty"`
	}
}

func (s *Server) outcomes(ctx context.Context, in *resultsInput) (*resultsOutput, error) {
	f := in.filter()
	f.After, f.Sold = in.Cursor, in.Sold || in.Kind == "sale"
	calls, err := s.CallLog.Calls(ctx, who(ctx), f)
	if err != nil {
		return nil, err
	}
	out := &resultsOutput{}
	out.Body.Outcomes, out.Body.Next, err = pageOf(ofKind(calls, in.Kind), in.Limit, resultOf)
	return out, err
}

// ofKind passes the calls on that have a result of the kind.
func ofKind(calls iter.Seq2[campaigns.Call, error], kind string) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for c, err := range calls {
			if err == nil && !isKind(c.Disposition, kind) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func isKind(d *campaigns.Disposition, kind string) bool {
	switch {
	case d == nil:
		return false
	case kind == "sale":
		return d.Sale != nil
	case kind == "appointment":
		return d.Appointment != nil
	case kind == "answers":
		return len(d.Answers) > 0
	}
	return true
}

func resultOf(c campaigns.Call) Result {
	return Result{
		Attempt: c.ID, Campaign: c.CampaignName, ContactID: c.Contact, External: c.External, Contact: c.ContactName,
		Number: c.Number, Agent: c.AgentLogin, CalledAt: c.IntentAt.UTC(), Disposed: disposedOf(*c.Disposition),
	}
}
