package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
)

type bookingsInput struct {
	Salesperson int64     `query:"salesperson" minimum:"0"`
	Campaign    int64     `query:"campaign" minimum:"0"`
	Contact     int64     `query:"contact" minimum:"0"`
	Agent       int64     `query:"agent" minimum:"0"`
	Attempt     string    `query:"attempt" maxLength:"64"`
	From        time.Time `query:"from"`
	To          time.Time `query:"to"`
	Cancelled   bool      `query:"cancelled" doc:"Those too."`
	Held        bool      `query:"held" doc:"Slots held in calls that go on, too."`
	Limit       int       `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

type bookingsOutput struct {
	Body struct {
		Appointments []Booking `json:"appointments"`
	}
}

func (s *Server) appointments(ctx context.Context, in *bookingsInput) (*bookingsOutput, error) {
	list, err := s.Meetings.Bookings(ctx, who(ctx), campaigns.BookingFilter{
		Salesperson: in.Salesperson, Campaign: in.Campaign, Contact: in.Contact, Agent: in.Agent, Attempt: in.Attempt,
		From: in.From, To: in.To, Cancelled: in.Cancelled, Held: in.Held, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &bookingsOutput{}
	out.Body.Appointments = each(list, bookingOf)
	return out, nil
}

func (s *Server) appointment(ctx context.Context, in *ByID) (*bookingOutput, error) {
	i, err := s.Meetings.Invitation(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := bookingOf(i.Booking)
	out.Text = i.Text()
	return &bookingOutput{out}, nil
}

type cancelBookingInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s *Server) cancelAppointment(ctx context.Context, in *cancelBookingInput) (*bookingOutput, error) {
	b, err := s.Meetings.Cancel(ctx, who(ctx), in.ID, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &bookingOutput{bookingOf(b)}, nil
}

type moveBookingInput struct {
	ByID
	Body struct {
		At          time.Time `json:"at" doc:"The begin of a free slot."`
		Salesperson int64     `json:"salesperson_id,omitempty" minimum:"0" doc:"Absent: the same."`
	}
}

func (s *Server) moveAppointment(ctx context.Context, in *moveBookingInput) (*bookingOutput, error) {
	b, err := s.Meetings.Move(ctx, who(ctx), in.ID, in.Body.Salesperson, in.Body.At)
	if err != nil {
		return nil, err
	}
	return &bookingOutput{bookingOf(b)}, nil
}

// invitation answers the appointment for a calendar program.
func (s *Server) invitation(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	i, err := s.Meetings.Invitation(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	body := i.Calendar()
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/calendar; charset=utf-8")
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="appointment-%d.ics"`, i.ID))
		hc.SetHeader("Cache-Control", "no-store")
		_, _ = hc.BodyWriter().Write([]byte(body)) // the client may be gone
	}}, nil
}

// Case is a complaint with what became of it.
type Case struct {
	ID         int64                    `json:"id"`
	At         time.Time                `json:"at"`
	Department string                   `json:"department,omitempty"`
	Text       string                   `json:"text"`
	State      campaigns.ComplaintState `json:"state" enum:"open,closed"`
	Answer     string                   `json:"answer,omitempty" doc:"What was done."`
	ChangedBy  string                   `json:"changed_by,omitempty"`
	ChangedAt  time.Time                `json:"changed_at,omitzero"`
	Attempt    string                   `json:"attempt_id"`
	Campaign   int64                    `json:"campaign_id"`
	Contact    int64                    `json:"contact_id,omitempty"`
	Name       string                   `json:"contact_name,omitempty"`
	Agent      string                   `json:"agent,omitempty"`
}

func caseOf(c campaigns.Case) Case {
	return Case{
		ID: c.ID, At: c.At.UTC(), Department: c.Department, Text: c.Text, State: c.State, Answer: c.Answer, ChangedBy: c.ChangedBy,
		ChangedAt: utc(c.ChangedAt), Attempt: c.Attempt, Campaign: c.Campaign, Contact: c.Contact, Name: c.Name, Agent: c.Login,
	}
}

type casesInput struct {
	State    string `query:"state" enum:"open,closed"`
	Campaign int64  `query:"campaign" minimum:"0"`
	Contact  int64  `query:"contact" minimum:"0"`
	Before   int64  `query:"before" minimum:"0" doc:"The id of the last one of the page before."`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type casesOutput struct {
	Body struct {
		Complaints []Case `json:"complaints"`
	}
}

func (s *Server) complaints(ctx context.Context, in *casesInput) (*casesOutput, error) {
	list, err := s.Complaints.List(ctx, who(ctx), campaigns.CaseFilter{
		State: campaigns.ComplaintState(in.State), Campaign: in.Campaign, Contact: in.Contact, Before: in.Before, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &casesOutput{}
	out.Body.Complaints = each(list, caseOf)
	return out, nil
}

type caseInput struct {
	ByID
	Body struct {
		State  string `json:"state" enum:"open,closed"`
		Answer string `json:"answer,omitempty" maxLength:"10000" doc:"What was done; needed to close."`
	}
}

type caseOutput struct{ Body Case }

func (s *Server) changeComplaint(ctx context.Context, in *caseInput) (*caseOutput, error) {
	c, err := s.Complaints.Set(ctx, who(ctx), in.ID, campaigns.ComplaintState(in.Body.State), in.Body.Answer)
	if err != nil {
		return nil, err
	}
	return &caseOutput{caseOf(c)}, nil
}
