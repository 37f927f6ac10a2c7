package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Disposition is what the agent says of a call, with what was sold, agreed or
// answered.
type Disposition struct {
	Attempt     string       `json:"attempt_id,omitempty" maxLength:"64" doc:"The call; the one at hand when absent. Give it, so that a late request never lands on the next call."`
	Code        string       `json:"code" minLength:"1" maxLength:"64" doc:"One of the dispositions on the card."`
	Note        string       `json:"note,omitempty" maxLength:"10000"`
	Sale        *Sale        `json:"sale,omitempty"`
	Appointment *Appointment `json:"appointment,omitempty"`
	Answers     []Answer     `json:"answers,omitempty" maxItems:"500"`
	Callback    *Callback    `json:"callback,omitempty"`
}

// Sale is an order taken during a call.
type Sale struct {
	Currency string      `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217."`
	Lines    []OrderLine `json:"lines" minItems:"1" maxItems:"500"`
	Total    int64       `json:"total,omitempty" readOnly:"true" doc:"Sum of the lines, in the smallest unit."`
}

// OrderLine is one product of an order.
type OrderLine struct {
	Product   string `json:"product" minLength:"1" maxLength:"500"`
	Quantity  int    `json:"quantity" minimum:"1" maximum:"1000000"`
	UnitPrice int64  `json:"unit_price" minimum:"0" maximum:"1000000000000" doc:"In the smallest unit of the currency (cents)."`
}

// Appointment is a meeting agreed during a call.
type Appointment struct {
	At     time.Time `json:"at"`
	Zone   string    `json:"zone" maxLength:"64" doc:"IANA zone it was agreed in."`
	Place  string    `json:"place,omitempty" maxLength:"1000"`
	Person string    `json:"person" minLength:"1" maxLength:"500" doc:"Whom the contact will meet."`
	Note   string    `json:"note,omitempty" maxLength:"10000"`
}

// Answer is a contact's answer to a question of the script.
type Answer struct {
	Question string `json:"question" minLength:"1" maxLength:"1000"`
	Value    string `json:"value" maxLength:"10000"`
}

// Callback is a call agreed with the person.
type Callback struct {
	At   time.Time `json:"at"`
	Mine bool      `json:"mine,omitempty" doc:"For you alone; otherwise for anybody of the campaign."`
	Note string    `json:"note,omitempty" maxLength:"10000"`
}

type disposeInput struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" doc:"Yours, new for each call; the same again brings the first answer again."`
	Body Disposition
}

// Disposed is a disposition as it was recorded.
type Disposed struct {
	Disposition
	At time.Time `json:"at"`
}

type disposeOutput struct{ Body Disposed }

func (s *Server) agentDispose(ctx context.Context, in *disposeInput) (*disposeOutput, error) {
	u := who(ctx)
	d, err := s.Desk.Dispose(ctx, u, in.Body.domain(u, in.Key))
	if err != nil {
		return nil, err
	}
	return &disposeOutput{disposedOf(d)}, nil
}

// domain is the disposition as package campaigns knows it.
func (d Disposition) domain(u campaigns.User, key string) campaigns.Disposition {
	out := campaigns.Disposition{Attempt: d.Attempt, Key: key, Code: d.Code, Note: d.Note}
	if d.Sale != nil {
		out.Sale = &campaigns.Sale{Currency: d.Sale.Currency}
		for _, l := range d.Sale.Lines {
			out.Sale.Lines = append(out.Sale.Lines, campaigns.OrderLine(l))
		}
	}
	if a := d.Appointment; a != nil {
		out.Appointment = &campaigns.Appointment{At: a.At.UTC(), Zone: a.Zone, Place: a.Place, Person: a.Person, Note: a.Note}
	}
	for _, a := range d.Answers {
		out.Answers = append(out.Answers, campaigns.Answer(a))
	}
	if c := d.Callback; c != nil {
		out.Callback = &campaigns.Callback{At: c.At.UTC(), Note: c.Note}
		if c.Mine {
			out.Callback.Agent = u.ID
		}
	}
	return out
}

func disposedOf(d campaigns.Disposition) Disposed {
	out := Disposed{At: d.At.UTC(), Disposition: Disposition{Attempt: d.Attempt, Code: d.Code, Note: d.Note}}
	if d.Sale != nil {
		out.Sale = &Sale{Currency: d.Sale.Currency, Total: d.Sale.Total(), Lines: make([]OrderLine, len(d.Sale.Lines))}
		for i, l := range d.Sale.Lines {
			out.Sale.Lines[i] = OrderLine(l)
		}
	}
	if a := d.Appointment; a != nil {
		out.Appointment = &Appointment{At: a.At.UTC(), Zone: a.Zone, Place: a.Place, Person: a.Person, Note: a.Note}
	}
	for _, a := range d.Answers {
		out.Answers = append(out.Answers, Answer(a))
	}
	if c := d.Callback; c != nil {
		out.Callback = &Callback{At: c.At.UTC(), Mine: c.Agent != 0, Note: c.Note}
	}
	return out
}
