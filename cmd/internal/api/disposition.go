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
	Complaint   *Complaint   `json:"complaint,omitempty"`
	Reason      string       `json:"reason,omitempty" maxLength:"200" doc:"Why the person is not interested; one of the card's reasons, where it has any."`
}

// Complaint is what the person was not content with.
type Complaint struct {
	Department string `json:"department,omitempty" maxLength:"100" doc:"One of the card's, where it has any."`
	Text       string `json:"text" minLength:"1" maxLength:"10000"`
}

// Appointment is a meeting agreed during a call.
type Appointment struct {
	At     time.Time `json:"at"`
	Zone   string    `json:"zone" maxLength:"64" doc:"IANA zone it was agreed in."`
	Place  string    `json:"place,omitempty" maxLength:"1000"`
	Person string    `json:"person,omitempty" maxLength:"500" doc:"Whom the contact will meet; not needed with salesperson_id."`
	Note   string    `json:"note,omitempty" maxLength:"10000"`

	Salesperson int64             `json:"salesperson_id,omitempty" minimum:"0" doc:"Whose calendar it goes into: at must be the begin of one of the free slots."`
	To          time.Time         `json:"to,omitzero" required:"false" doc:"When it ends; a slot says so itself."`
	How         campaigns.Meeting `json:"how,omitempty" enum:"place,phone"`
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
	At          time.Time `json:"at"`
	CallbackDue time.Time `json:"callback_due,omitzero" doc:"The person may not be called at the agreed time; they are called then."`
	Booking     *Booking  `json:"booking,omitempty" doc:"The appointment in its calendar, with its invitation."`
}

type disposeOutput struct{ Body Disposed }

func (s *Server) agentDispose(ctx context.Context, in *disposeInput) (*disposeOutput, error) {
	u := who(ctx)
	d, err := s.Desk.Dispose(ctx, u, in.Body.domain(u, in.Key))
	if err != nil {
		return nil, err
	}
	out := disposedOf(d)
	if d.Appointment != nil {
		booked, err := s.Meetings.Bookings(ctx, u, campaigns.BookingFilter{Attempt: d.Attempt, Cancelled: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		for _, b := range booked {
			out.Booking = ptr(bookingOf(b))
		}
	}
	return &disposeOutput{out}, nil
}

// domain is the disposition as package campaigns knows it.
func (d Disposition) domain(u campaigns.User, key string) campaigns.Disposition {
	out := campaigns.Disposition{Attempt: d.Attempt, Key: key, Code: d.Code, Note: d.Note, Reason: d.Reason}
	if d.Sale != nil {
		out.Sale = ptr(d.Sale.domain())
	}
	if a := d.Appointment; a != nil {
		out.Appointment = &campaigns.Appointment{
			At: a.At.UTC(), Zone: a.Zone, Place: a.Place, Person: a.Person, Note: a.Note, Salesperson: a.Salesperson, To: utc(a.To), How: a.How,
		}
	}
	if p := d.Complaint; p != nil {
		out.Complaint = &campaigns.Complaint{Department: p.Department, Text: p.Text}
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
	out := Disposed{At: d.At.UTC(), Disposition: Disposition{Attempt: d.Attempt, Code: d.Code, Note: d.Note, Reason: d.Reason}}
	if d.Sale != nil {
		out.Sale = ptr(saleOf(*d.Sale))
	}
	if d.Appointment != nil {
		out.Appointment = ptr(appointmentOf(*d.Appointment))
	}
	if p := d.Complaint; p != nil {
		out.Complaint = &Complaint{Department: p.Department, Text: p.Text}
	}
	for _, a := range d.Answers {
		out.Answers = append(out.Answers, Answer(a))
	}
	if c := d.Callback; c != nil {
		out.Callback = &Callback{At: c.At.UTC(), Mine: c.Agent != 0, Note: c.Note}
		if !c.Due.IsZero() && !c.Due.Equal(c.At) {
			out.CallbackDue = c.Due.UTC()
		}
	}
	return out
}
