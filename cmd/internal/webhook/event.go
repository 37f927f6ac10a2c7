package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// event is something that happened, before it is wrapped.
type event struct {
	id      string
	kind    campaigns.EventKind
	at      time.Time
	subject string
	data    json.RawMessage
}

func (e event) envelope() campaigns.CloudEvent {
	return campaigns.NewEvent(e.id, e.kind, e.at, e.subject, e.data)
}

// CallData is what every event of a call carries.
type CallData struct {
	Attempt    string            `json:"attempt_id"`
	CampaignID int64             `json:"campaign_id"`
	Campaign   string            `json:"campaign"`
	List       string            `json:"list"`
	ContactID  int64             `json:"contact_id"`
	External   string            `json:"external_id,omitempty"`
	Contact    string            `json:"contact_name"`
	Number     string            `json:"called_number"`
	CallerID   string            `json:"cli_number"`
	Agent      string            `json:"agent,omitempty"`
	Outcome    campaigns.Outcome `json:"outcome,omitempty"`
	StartedAt  time.Time         `json:"started_at"`
	AnsweredAt time.Time         `json:"answered_at,omitzero"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	TalkMS     int64             `json:"talk_ms"`
	EndedBy    string            `json:"ended_by,omitempty"`

	// Disposition and what follows are absent from call.completed: an agent may
	// say later what came of a call.
	Disposition string `json:"disposition,omitempty"`
	Note        string `json:"note,omitempty"`
	// Detail is the sale, the appointment, the callback or the complaint that
	// the event is about; answers of a survey stand in disposition.recorded.
	Detail  any                `json:"detail,omitempty"`
	Answers []campaigns.Answer `json:"answers,omitempty"`
}

func dataOf(c campaigns.Call) CallData {
	d := CallData{
		Attempt: c.ID, CampaignID: c.Campaign, Campaign: c.CampaignName, List: c.ListName, ContactID: c.Contact, External: c.External,
		Contact: c.ContactName, Number: c.Number, CallerID: c.CallerID, Agent: c.AgentLogin, Outcome: c.Outcome,
		StartedAt: c.IntentAt.UTC(), AnsweredAt: c.AnsweredAt.UTC(), EndedAt: c.EndedAt.UTC(), EndedBy: c.EndedBy,
	}
	if !c.BridgedAt.IsZero() && c.EndedAt.After(c.BridgedAt) {
		d.TalkMS = c.EndedAt.Sub(c.BridgedAt).Milliseconds()
	}
	return d
}

// events are what a fact means to others, and the campaign it is of.
func (f *Feeder) events(ctx context.Context, fact campaigns.Fact) (out []event, campaign int64, err error) {
	switch fact.Kind {
	case campaigns.FactOutcome, campaigns.FactDisposition:
		call, err := f.ledger.Attempt(ctx, fact.Attempt)
		if errors.Is(err, campaigns.ErrUnknownAttempt) {
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if fact.Kind == campaigns.FactOutcome {
			return f.completed(fact, call)
		}
		return f.disposed(fact, call)
	case campaigns.FactDoNotCall:
		return f.doNotCall(fact)
	case campaigns.FactAudit:
		return f.changed(fact)
	}
	return nil, 0, nil
}

// made adds an event of a fact.
func made(out []event, fact campaigns.Fact, kind campaigns.EventKind, at time.Time, subject string, data any) ([]event, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("event %s of record %d: %w", kind, fact.Seq, err)
	}
	id := fmt.Sprintf("evt_%.32s_%d", fact.Hash, len(out))
	return append(out, event{id, kind, at, subject, body}), nil
}

func (f *Feeder) completed(fact campaigns.Fact, c campaigns.Call) ([]event, int64, error) {
	at := c.EndedAt
	if at.IsZero() {
		at = c.IntentAt
	}
	out, err := made(nil, fact, campaigns.EventCallCompleted, at, "call/"+c.ID, dataOf(c))
	return out, c.Campaign, err
}

func (f *Feeder) disposed(fact campaigns.Fact, c campaigns.Call) (out []event, campaign int64, err error) {
	d := c.Disposition
	if d == nil {
		return nil, 0, nil
	}
	about := func(detail any) CallData {
		data := dataOf(c)
		data.Disposition, data.Note, data.Detail = d.Code, d.Note, detail
		return data
	}
	all := about(nil)
	all.Answers = d.Answers
	out, err = made(out, fact, campaigns.EventDisposition, d.At, "call/"+c.ID, all)
	for _, part := range details(d) {
		if err == nil {
			out, err = made(out, fact, part.kind, d.At, "call/"+c.ID, about(part.detail))
		}
	}
	return out, c.Campaign, err
}

// detail is a part of a disposition that has an event of its own.
type detail struct {
	kind   campaigns.EventKind
	detail any
}

// SaleData is an order with its total, which is in the smallest unit of its
// currency as all its prices are.
type SaleData struct {
	*campaigns.Sale
	Total int64 `json:"total"`
}

func details(d *campaigns.Disposition) []detail {
	var out []detail
	if d.Sale != nil {
		out = append(out, detail{campaigns.EventSale, SaleData{d.Sale, d.Sale.Total()}})
	}
	if d.Appointment != nil {
		out = append(out, detail{campaigns.EventAppointment, d.Appointment})
	}
	if d.Callback != nil {
		out = append(out, detail{campaigns.EventCallbackScheduled, d.Callback})
	}
	if d.Complaint != nil {
		out = append(out, detail{campaigns.EventComplaint, d.Complaint})
	}
	return out
}

// DoNotCallData is the numbers that were put on the list together.
type DoNotCallData struct {
	Numbers []string `json:"numbers"` // E.164
	Channel string   `json:"channel"`
	By      string   `json:"by,omitempty"`
	Attempt string   `json:"attempt_id,omitempty"`
}

func (f *Feeder) doNotCall(fact campaigns.Fact) ([]event, int64, error) {
	if len(fact.Added) == 0 {
		return nil, 0, nil
	}
	first := fact.Added[0]
	data := DoNotCallData{Channel: first.Channel, By: first.By, Attempt: first.Attempt}
	for _, c := range fact.Added {
		data.Numbers = append(data.Numbers, c.Number)
	}
	out, err := made(nil, fact, campaigns.EventDoNotCall, first.At, "do-not-call", data)
	return out, first.Campaign, err
}

// CampaignData is who changed what of a campaign.
type CampaignData struct {
	CampaignID int64  `json:"campaign_id"`
	Change     string `json:"change"` // create, update, status, recycle
	By         string `json:"by"`
	Status     string `json:"status,omitempty"` // as "draft to running"
}

func (f *Feeder) changed(fact campaigns.Fact) ([]event, int64, error) {
	word, ok := strings.CutPrefix(fact.Audit.Kind, "campaign.")
	id, named := strings.CutPrefix(fact.Audit.Subject, "campaign ")
	campaign, err := strconv.ParseInt(id, 10, 64)
	if !ok || !named || err != nil {
		return nil, 0, nil // something else of the house, or nothing that has a number
	}
	data := CampaignData{CampaignID: campaign, Change: word, By: fact.Audit.By}
	if word == "status" {
		data.Status = fact.Audit.Detail
	}
	out, err := made(nil, fact, campaigns.EventCampaignChanged, fact.Audit.At, "campaign/"+id, data)
	return out, campaign, err
}
