package api

import (
	"context"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Salesperson is somebody whom people may meet.
type Salesperson struct {
	ID       int64               `json:"id,omitempty" readOnly:"true"`
	Campaign int64               `json:"campaign_id,omitempty" minimum:"0" doc:"Absent: for every campaign."`
	Name     string              `json:"name" minLength:"1" maxLength:"200"`
	Email    string              `json:"email,omitempty" maxLength:"320"`
	Zone     string              `json:"zone" maxLength:"64" doc:"IANA zone of the hours."`
	Hours    map[string][]string `json:"hours" doc:"As {\"mon-fri\": [\"09:00-13:00\", \"15:00-18:00\"]}."`
	Slot     Duration            `json:"slot" doc:"Length of a meeting."`
	Buffer   Duration            `json:"buffer,omitempty" doc:"That stays free between meetings."`
	Notice   Duration            `json:"notice,omitempty" doc:"No meeting begins sooner than that."`
	Holidays []string            `json:"holidays,omitempty" maxItems:"1000" doc:"Days off, as 2026-12-24."`
	Away     []Away              `json:"away,omitempty" maxItems:"1000"`
	Place    string              `json:"place,omitempty" maxLength:"1000" doc:"Where to meet; absent: at the contact's."`
	Phone    bool                `json:"phone,omitempty" doc:"Meets by phone as well."`
	Active   bool                `json:"active" required:"false" default:"true"`
}

// Away is a time without meetings.
type Away struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Note string    `json:"note,omitempty" maxLength:"200"`
}

func salespersonOf(s campaigns.Salesperson) Salesperson {
	return Salesperson{
		ID: s.ID, Campaign: s.Campaign, Name: s.Name, Email: s.Email, Zone: s.Zone, Hours: s.Hours.Days(), Slot: Duration(s.Slot), Buffer: Duration(s.Buffer),
		Notice: Duration(s.Notice), Holidays: s.Holidays, Away: each(s.Away, func(a campaigns.Away) Away { return Away(a) }), Place: s.Place, Phone: s.Phone, Active: s.Active,
	}
}

func (s Salesperson) domain(id int64) (campaigns.Salesperson, error) {
	hours, err := rules.ParseWeek(s.Hours)
	if err != nil {
		return campaigns.Salesperson{}, &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "hours_invalid", Text: err.Error()}
	}
	return campaigns.Salesperson{
		ID: id, Campaign: s.Campaign, Name: s.Name, Email: s.Email, Zone: s.Zone, Hours: hours, Slot: time.Duration(s.Slot), Buffer: time.Duration(s.Buffer),
		Notice: time.Duration(s.Notice), Holidays: s.Holidays, Away: each(s.Away, func(a Away) campaigns.Away { return campaigns.Away(a) }), Place: s.Place, Phone: s.Phone, Active: s.Active,
	}, nil
}

type salespeopleInput struct {
	Campaign int64 `query:"campaign" minimum:"0" doc:"Those whom people of it may meet; absent: everybody."`
}

type salespeopleOutput struct {
	Body struct {
		Salespeople []Salesperson `json:"salespeople"`
	}
}

func (s *Server) salespeople(ctx context.Context, in *salespeopleInput) (*salespeopleOutput, error) {
	list, err := s.Meetings.Salespeople(ctx, who(ctx), in.Campaign)
	if err != nil {
		return nil, err
	}
	out := &salespeopleOutput{}
	out.Body.Salespeople = each(list, salespersonOf)
	return out, nil
}

type salespersonOutput struct{ Body Salesperson }

func (s *Server) salesperson(ctx context.Context, in *ByID) (*salespersonOutput, error) {
	p, err := s.Meetings.Salesperson(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &salespersonOutput{salespersonOf(p)}, nil
}

type newSalespersonInput struct{ Body Salesperson }

func (s *Server) createSalesperson(ctx context.Context, in *newSalespersonInput) (*salespersonOutput, error) {
	return s.putSalesperson(ctx, 0, in.Body)
}

type salespersonInput struct {
	ByID
	Body Salesperson
}

func (s *Server) changeSalesperson(ctx context.Context, in *salespersonInput) (*salespersonOutput, error) {
	return s.putSalesperson(ctx, in.ID, in.Body)
}

func (s *Server) putSalesperson(ctx context.Context, id int64, body Salesperson) (*salespersonOutput, error) {
	p, err := body.domain(id)
	if err != nil {
		return nil, err
	}
	stored, err := s.Meetings.Put(ctx, who(ctx), p)
	if err != nil {
		return nil, err
	}
	return &salespersonOutput{salespersonOf(stored)}, nil
}

// Slot is a free stretch of a calendar.
type Slot struct {
	Salesperson int64     `json:"salesperson_id"`
	Person      string    `json:"person"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Local       string    `json:"local,omitempty" doc:"The begin by the clock of the zone that was asked for, with its offset."`
	Place       string    `json:"place,omitempty"`
	Phone       bool      `json:"phone" doc:"May be by phone."`
}

// SlotPeriod is when slots are asked for.
type SlotPeriod struct {
	From time.Time `query:"from" doc:"Absent: now."`
	To   time.Time `query:"to" doc:"Absent: two weeks later."`
	Zone string    `query:"zone" maxLength:"64" doc:"IANA zone of the local times; absent: the contact's, where there is one."`
}

// slotsAhead is how far slots are shown when nobody says.
const slotsAhead = 14 * 24 * time.Hour

func (p SlotPeriod) bounds() (from, to time.Time) {
	from, to = p.From, p.To
	if from.IsZero() {
		from = time.Now()
	}
	if to.IsZero() {
		to = from.Add(slotsAhead)
	}
	return from, to
}

type slotsOutput struct {
	Body struct {
		Zone  string `json:"zone,omitempty"`
		Slots []Slot `json:"slots"`
	}
}

type slotsInput struct {
	ByID
	SlotPeriod
}

func (s *Server) slots(ctx context.Context, in *slotsInput) (*slotsOutput, error) {
	return s.slotsOf(ctx, in.ID, in.SlotPeriod, in.Zone)
}

type callSlotsInput struct{ SlotPeriod }

// callSlots are the slots for the call at hand, by the contact's clock.
func (s *Server) callSlots(ctx context.Context, in *callSlotsInput) (*slotsOutput, error) {
	campaign, zone, err := s.Desk.Place(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	if in.Zone != "" {
		zone = in.Zone
	}
	return s.slotsOf(ctx, campaign, in.SlotPeriod, zone)
}

func (s *Server) slotsOf(ctx context.Context, campaign int64, p SlotPeriod, zone string) (*slotsOutput, error) {
	from, to := p.bounds()
	list, err := s.Meetings.Slots(ctx, who(ctx), campaign, from, to)
	if err != nil {
		return nil, err
	}
	out := &slotsOutput{}
	out.Body.Zone, out.Body.Slots = zone, make([]Slot, len(list))
	for i, f := range list {
		out.Body.Slots[i] = Slot{Salesperson: f.Salesperson, Person: f.Person, From: f.From, To: f.To, Local: localTime(f.From, zone), Place: f.Place, Phone: f.Phone}
	}
	return out, nil
}

type holdInput struct {
	Body struct {
		Salesperson int64     `json:"salesperson_id" minimum:"1"`
		At          time.Time `json:"at" doc:"The begin of a free slot."`
	}
}

func (s *Server) holdSlot(ctx context.Context, in *holdInput) (*bookingOutput, error) {
	b, err := s.Desk.HoldSlot(ctx, who(ctx), in.Body.Salesperson, in.Body.At)
	if err != nil {
		return nil, err
	}
	return &bookingOutput{bookingOf(b)}, nil
}

// Booking is an appointment as it stands in a calendar.
type Booking struct {
	ID          int64                  `json:"id"`
	Salesperson int64                  `json:"salesperson_id,omitempty"`
	Person      string                 `json:"person"`
	From        time.Time              `json:"from"`
	To          time.Time              `json:"to"`
	Local       string                 `json:"local,omitempty" doc:"The begin by the contact's clock, with its offset."`
	Zone        string                 `json:"zone,omitempty"`
	State       campaigns.BookingState `json:"state" enum:"held,booked,cancelled"`
	HeldUntil   time.Time              `json:"held_until,omitzero"`
	Attempt     string                 `json:"attempt_id,omitempty"`
	Campaign    int64                  `json:"campaign_id"`
	Contact     int64                  `json:"contact_id,omitempty"`
	ContactName string                 `json:"contact_name,omitempty"`
	Agent       int64                  `json:"agent_id"`
	AgentName   string                 `json:"agent,omitempty"`
	How         campaigns.Meeting      `json:"how" enum:"place,phone"`
	Place       string                 `json:"place,omitempty"`
	Note        string                 `json:"note,omitempty"`
	Reason      string                 `json:"reason,omitempty" doc:"Of a cancellation."`
	Text        string                 `json:"invitation,omitempty" doc:"In words, for a letter; only of one appointment."`
	ICS         string                 `json:"ics,omitempty" doc:"Where calendar programs find it."`
}

func bookingOf(b campaigns.Booking) Booking {
	out := Booking{
		ID: b.ID, Salesperson: b.Salesperson, Person: b.Person, From: b.From.UTC(), To: b.To.UTC(), Local: localTime(b.From, b.Zone), Zone: b.Zone,
		State: b.State, HeldUntil: utc(b.HeldUntil), Attempt: b.Attempt, Campaign: b.Campaign, Contact: b.Contact, ContactName: b.ContactName,
		Agent: b.Agent, How: b.How, Place: b.Place, Note: b.Note, Reason: b.Reason,
	}
	if b.State != campaigns.BookingHeld {
		out.ICS = "/v1/appointments/" + strconv.FormatInt(b.ID, 10) + "/invitation.ics"
	}
	return out
}

type bookingOutput struct{ Body Booking }
