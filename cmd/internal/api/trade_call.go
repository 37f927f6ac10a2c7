package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CallDraft is what an agent has filled in of a call that is not disposed of yet.
type CallDraft struct {
	Attempt string          `json:"attempt_id"`
	SavedAt time.Time       `json:"saved_at,omitzero" doc:"Absent when nothing is kept."`
	Draft   json.RawMessage `json:"draft" doc:"As it was given; null when nothing is kept."`
}

type draftInput struct {
	Body struct {
		Draft map[string]any `json:"draft" doc:"Whatever the desk wants to find again after a reload; an object of at most 64 KiB. It is gone with the disposition."`
	}
}

type draftOutput struct{ Body CallDraft }

func (s *Server) saveDraft(ctx context.Context, in *draftInput) (*draftOutput, error) {
	body, err := json.Marshal(in.Body.Draft)
	if err != nil {
		return nil, err
	}
	d, err := s.Desk.SaveDraft(ctx, who(ctx), body)
	if err != nil {
		return nil, err
	}
	return &draftOutput{draftOf(d)}, nil
}

func (s *Server) draft(ctx context.Context, _ *struct{}) (*draftOutput, error) {
	d, _, err := s.Desk.Draft(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	return &draftOutput{draftOf(d)}, nil
}

func draftOf(d campaigns.CallDraft) CallDraft {
	out := CallDraft{Attempt: d.Attempt, SavedAt: utc(d.SavedAt), Draft: json.RawMessage("null")}
	if len(d.Body) > 0 {
		out.Draft = d.Body
	}
	return out
}

type quoteInput struct{ Body Sale }

type quoteOutput struct{ Body Sale }

func (s *Server) quote(ctx context.Context, in *quoteInput) (*quoteOutput, error) {
	quoted, err := s.Desk.Quote(ctx, who(ctx), in.Body.domain())
	if err != nil {
		return nil, err
	}
	return &quoteOutput{saleOf(quoted)}, nil
}

type checkInput struct {
	At time.Time `query:"at" doc:"With its offset; absent: only what is often agreed."`
}

// CallbackCheck is what to know before a callback is agreed.
type CallbackCheck struct {
	At      time.Time   `json:"at,omitzero"`
	Local   string      `json:"local,omitempty" doc:"The same by the person's clock, with its offset."`
	Zone    string      `json:"zone,omitempty" doc:"Of the person."`
	Allowed bool        `json:"allowed"`
	Due     time.Time   `json:"due,omitzero" doc:"When the call would be made; absent: never."`
	Why     string      `json:"why,omitempty" doc:"One sentence, when the person may not be called then."`
	Quick   []QuickPick `json:"quick"`
}

// QuickPick is a time that is often agreed.
type QuickPick struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Local   string    `json:"local"`
	Allowed bool      `json:"allowed"`
	Due     time.Time `json:"due,omitzero"`
}

type checkOutput struct{ Body CallbackCheck }

func (s *Server) checkCallback(ctx context.Context, in *checkInput) (*checkOutput, error) {
	c, err := s.Desk.CheckCallback(ctx, who(ctx), in.At)
	if err != nil {
		return nil, err
	}
	out := CallbackCheck{
		At: utc(c.At), Local: localTime(c.At, c.Zone), Zone: c.Zone, Allowed: c.Allowed, Due: utc(c.Due), Why: c.Why, Quick: make([]QuickPick, len(c.Quick)),
	}
	for i, p := range c.Quick {
		out.Quick[i] = QuickPick{Name: p.Name, At: p.At.UTC(), Local: localTime(p.At, c.Zone), Allowed: p.Allowed, Due: utc(p.Due)}
	}
	return &checkOutput{out}, nil
}

type dayInput struct {
	From time.Time `query:"from" doc:"Absent: the last midnight in the zone."`
	To   time.Time `query:"to" doc:"Absent: a day later."`
	Zone string    `query:"zone" maxLength:"64" doc:"IANA zone of the midnight; absent: that of the house."`
}

// Day is what an agent did in a period. Times are in seconds, money is by
// currency in its smallest unit.
type Day struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	Calls    int64   `json:"calls" doc:"Conversations that are over."`
	Talk     float64 `json:"talk_seconds"`
	Wait     float64 `json:"wait_seconds"`
	WrapUp   float64 `json:"wrap_up_seconds"`
	Paused   float64 `json:"paused_seconds"`
	SignedIn float64 `json:"signed_in_seconds"`

	Sales        int            `json:"sales"`
	Sold         []Money        `json:"sold" doc:"First bills."`
	Worth        []Money        `json:"worth" doc:"Until the subscriptions may end."`
	Appointments int            `json:"appointments"`
	Surveys      int            `json:"surveys"`
	Callbacks    int            `json:"callbacks"`
	Earned       []Money        `json:"earned" doc:"Commission by the rule of the campaigns."`
	Target       DayTarget      `json:"target"`
	Outcomes     map[string]int `json:"outcomes" doc:"Dispositions by code."`
}

// DayTarget is what a day should bring; 0 = no target.
type DayTarget struct {
	Sales        int `json:"sales,omitempty" minimum:"0" maximum:"100000"`
	Appointments int `json:"appointments,omitempty" minimum:"0" maximum:"100000"`
	Surveys      int `json:"surveys,omitempty" minimum:"0" maximum:"100000"`
	Calls        int `json:"calls,omitempty" minimum:"0" maximum:"100000"`
}

// Money is an amount of a currency in its smallest unit.
type Money struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
	Digits   int    `json:"digits" doc:"Decimals of the currency."`
}

type dayOutput struct{ Body Day }

func (s *Server) ownDay(ctx context.Context, in *dayInput) (*dayOutput, error) {
	u := who(ctx)
	from, to, err := in.period(time.Now())
	if err != nil {
		return nil, err
	}
	d, err := s.Days.Of(ctx, u, u.ID, from, to)
	if err != nil {
		return nil, err
	}
	return &dayOutput{dayOf(d)}, nil
}
