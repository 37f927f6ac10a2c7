package campaigns

import (
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Meeting is how people meet.
type Meeting string

// The ways to meet. The empty one is at a place.
const (
	AtPlace Meeting = "place"
	ByPhone Meeting = "phone"
)

// Appointment is a meeting agreed during a call.
type Appointment struct {
	At     time.Time `json:"at"`
	Zone   string    `json:"zone"` // IANA zone it was agreed in: the contact's
	Place  string    `json:"place"`
	Person string    `json:"person"` // whom the contact will meet
	Note   string    `json:"note,omitempty"`
	// Salesperson is whose calendar it stands in; 0 = nobody's, the agent wrote
	// down whom to meet.
	Salesperson int64     `json:"salesperson_id,omitempty"`
	To          time.Time `json:"to,omitzero"` // end; zero = not said
	How         Meeting   `json:"how,omitempty"`
}

// Lasts is when an appointment ends; one whose end was not said takes an hour.
func (a Appointment) Lasts() time.Time {
	if a.To.IsZero() {
		return a.At.Add(time.Hour)
	}
	return a.To
}

func (a *Appointment) validate() error {
	if a == nil {
		return nil
	}
	if a.At.IsZero() || a.Person == "" && a.Salesperson == 0 {
		return errors.New("appointment: needs a time and the person to meet")
	}
	if _, err := rules.Location(a.Zone); err != nil {
		return fmt.Errorf("appointment: %q is not a time zone", a.Zone)
	}
	if !a.To.IsZero() && !a.To.After(a.At) {
		return errors.New("appointment: it ends before it begins")
	}
	if a.How != "" && a.How != AtPlace && a.How != ByPhone {
		return fmt.Errorf("appointment: %q: place or phone", a.How)
	}
	return nil
}

// BookingState is where a meeting stands.
//
//	held --> booked --> cancelled
//	  |        ^  |
//	  v        +--+ moved to another slot
//	(passes)
type BookingState string

// The states of a booking. A held slot is free again when its time has passed.
const (
	BookingHeld      BookingState = "held"
	BookingBooked    BookingState = "booked"
	BookingCancelled BookingState = "cancelled"
)

// Booking is a meeting as it stands in a calendar.
type Booking struct {
	ID          int64        `json:"id"`
	Salesperson int64        `json:"salesperson_id,omitempty"`
	Person      string       `json:"person"`
	From        time.Time    `json:"from"`
	To          time.Time    `json:"to"`
	State       BookingState `json:"state"`
	HeldUntil   time.Time    `json:"held_until,omitzero"`
	Attempt     string       `json:"attempt_id"` // in which it was agreed
	Campaign    int64        `json:"campaign_id"`
	Contact     int64        `json:"contact_id"`
	ContactName string       `json:"contact_name,omitempty"`
	Agent       int64        `json:"agent_id"`
	Zone        string       `json:"zone"` // the contact's
	How         Meeting      `json:"how"`
	Place       string       `json:"place,omitempty"`
	Note        string       `json:"note,omitempty"`
	Reason      string       `json:"reason,omitempty"` // of a cancellation
	Sequence    int          `json:"sequence"`         // how often it was changed
	CreatedAt   time.Time    `json:"created_at"`
	ChangedAt   time.Time    `json:"changed_at,omitzero"`
}

// BookingFilter chooses bookings; the zero filter chooses all that are booked.
type BookingFilter struct {
	Salesperson int64
	Campaign    int64
	Contact     int64
	Agent       int64
	Attempt     string
	From, To    time.Time // that touch the period; zero = any
	Cancelled   bool      // those too
	Held        bool      // those too
	Limit       int       // 0 = 1,000
}

// ErrSlotTaken marks a slot of a calendar that somebody else has.
var ErrSlotTaken = errors.New("the slot is taken")
