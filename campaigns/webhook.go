package campaigns

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// EventKind names what a webhook is told.
type EventKind string

// The events. What they carry is described where they are written, in
// EventData.
const (
	EventCallCompleted     EventKind = "call.completed"
	EventDisposition       EventKind = "disposition.recorded"
	EventSale              EventKind = "sale.recorded"
	EventAppointment       EventKind = "appointment.booked"
	EventCallbackScheduled EventKind = "callback.scheduled"
	EventComplaint         EventKind = "complaint.recorded"
	EventDoNotCall         EventKind = "do_not_call.added"
	EventCampaignChanged   EventKind = "campaign.changed"
	EventTest              EventKind = "webhook.test" // when somebody asks for one
)

// EventKinds lists those that can be chosen.
func EventKinds() []EventKind {
	return []EventKind{
		EventCallCompleted, EventDisposition, EventSale, EventAppointment, EventCallbackScheduled, EventComplaint, EventDoNotCall, EventCampaignChanged,
	}
}

// Webhook is an address of the customer's that is told of events, signed by
// the rules of Standard Webhooks.
type Webhook struct {
	ID        int64       `json:"id"`
	Name      string      `json:"name"`
	URL       string      `json:"url"`
	Secret    string      `json:"-"` // whsec_ and base64
	OldSecret string      `json:"-"` // signs as well until OldUntil
	OldUntil  time.Time   `json:"old_secret_until,omitzero"`
	Events    []EventKind `json:"events"`      // none = all
	Campaign  int64       `json:"campaign_id"` // 0 = all
	Enabled   bool        `json:"enabled"`
	FailingAt time.Time   `json:"failing_since,omitzero"` // nothing arrived since; zero = the last did
	Alert     string      `json:"alert,omitempty"`        // why it was switched off by itself
	By        string      `json:"by"`
	CreatedAt time.Time   `json:"created_at"`
}

// Wants tells whether the webhook is told of an event of a campaign.
func (w Webhook) Wants(kind EventKind, campaign int64) bool {
	return w.Enabled && (w.Campaign == 0 || w.Campaign == campaign) && (len(w.Events) == 0 || slices.Contains(w.Events, kind))
}

// Validate says what is wrong with a webhook.
func (w Webhook) Validate() error {
	if strings.TrimSpace(w.Name) == "" || len([]rune(w.Name)) > 64 {
		return errors.New("webhook: a name of 1 to 64 characters")
	}
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || len(w.URL) > 2000 || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "":
		return errors.New("webhook: url: an address as https://example.com/hook")
	case u.User != nil:
		return errors.New("webhook: url: no user or password in it; deliveries are signed")
	case u.Fragment != "":
		return errors.New("webhook: url: nothing after a #, which is never sent")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.Zone() != "" {
		return errors.New("webhook: url: an address without a zone")
	}
	for _, k := range w.Events {
		if !slices.Contains(EventKinds(), k) {
			return fmt.Errorf("webhook: %q is not an event; there are %v", k, EventKinds())
		}
	}
	return nil
}

// CloudEvent is the envelope of every event (CloudEvents 1.0, JSON format).
type CloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"` // com.forecall. and the kind
	Time            time.Time       `json:"time"`
	Subject         string          `json:"subject"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// Fact is an entry of the ledger that webhooks may be told of.
type Fact struct {
	Seq     int64 // place in the chain
	Hash    string
	Kind    FactKind
	Attempt string            // of an outcome or a disposition
	Added   []DoNotCallChange // of do-not-call
	Audit   AuditEntry
}

// FactKind is what sort of entry a fact is.
type FactKind string

// The kinds of facts; others are skipped.
const (
	FactOutcome     FactKind = "outcome"
	FactDisposition FactKind = "disposition"
	FactDoNotCall   FactKind = "do_not_call"
	FactAudit       FactKind = "audit"
)

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states. A delivery that was given up can be replayed.
const (
	DeliveryPending DeliveryState = "pending"
	Delivered       DeliveryState = "delivered"
	DeliveryGivenUp DeliveryState = "given_up"
)

// Delivery is one event on its way to one webhook, and what came of the last try.
type Delivery struct {
	ID        int64         `json:"id"`
	Webhook   int64         `json:"webhook_id"`
	Event     string        `json:"event_id"`
	Kind      EventKind     `json:"kind"`
	Body      string        `json:"body"`
	State     DeliveryState `json:"state"`
	Tries     int           `json:"tries"`
	NextAt    time.Time     `json:"next_at,omitzero"`
	CreatedAt time.Time     `json:"created_at"`
	TriedAt   time.Time     `json:"tried_at,omitzero"`
	Status    int           `json:"status"` // HTTP; 0 = no answer came
	Took      time.Duration `json:"took"`
	Error     string        `json:"error,omitempty"`
	Answer    string        `json:"answer,omitempty"` // its first kilobyte
}

// Trial is one try to deliver.
type Trial struct {
	At     time.Time
	Status int
	Took   time.Duration
	Error  string
	Answer string
}

// Arrived tells that the other side took the event: any status of 200 to 299.
func (t Trial) Arrived() bool { return t.Error == "" && t.Status >= 200 && t.Status < 300 }

// deliveryWaits are the waits before the second, third, ... try, a day in all.
func deliveryWaits() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 10 * time.Hour,
	}
}

// GivesUpAfter is how long an event is tried, and how long a webhook may fail
// before it is switched off.
const GivesUpAfter = 24 * time.Hour

// After is the delivery as a try leaves it: delivered, waiting for the next
// one, or given up. Jitter is 0 to 1: waits are stretched by up to a fifth, so
// that what failed together does not come back together.
func (d Delivery) After(t Trial, jitter float64) Delivery {
	d.Tries++
	d.TriedAt, d.Status, d.Took, d.Error, d.Answer = t.At, t.Status, t.Took, t.Error, t.Answer
	waits := deliveryWaits()
	switch {
	case t.Arrived():
		d.State, d.NextAt = Delivered, time.Time{}
	case d.Tries > len(waits):
		d.State, d.NextAt = DeliveryGivenUp, time.Time{}
	default:
		wait := waits[d.Tries-1]
		d.State, d.NextAt = DeliveryPending, t.At.Add(wait+time.Duration(jitter*float64(wait)/5))
	}
	return d
}
