package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// MeetingStore keeps calendars and the meetings in them. MoveBooking and HoldSlot
// answer ErrSlotTaken for a slot that somebody else has.
type MeetingStore interface {
	Calendars
	PutSalesperson(ctx context.Context, s Salesperson, by string) (Salesperson, error)
	Booking(ctx context.Context, id int64) (Booking, error)
	MoveBooking(ctx context.Context, b Booking, by string) (Booking, error)
	CancelBooking(ctx context.Context, id int64, reason, by string) (Booking, error)
}

// agreedIn finds the call in which a meeting was agreed.
type agreedIn interface {
	Attempt(ctx context.Context, id string) (Call, error)
}

// Meetings is the calendars of the salespeople and the appointments in them.
type Meetings struct {
	store     MeetingStore
	campaigns CampaignReader
	attempts  agreedIn
	host      string // of invitations
	version   string
}

// NewMeetings returns the service; host and version stand in invitations.
func NewMeetings(store MeetingStore, campaigns CampaignReader, attempts agreedIn, host, version string) *Meetings {
	return &Meetings{store: store, campaigns: campaigns, attempts: attempts, host: host, version: version}
}

// maySee allows agents and those who see campaigns.
func maySee(u User) error {
	if u.Allow(SeeCampaigns) == nil {
		return nil
	}
	return u.Allow(DoCalls)
}

// Salespeople lists those whom people of a campaign may meet; 0 = everybody.
func (m *Meetings) Salespeople(ctx context.Context, by User, campaign int64) ([]Salesperson, error) {
	if err := maySee(by); err != nil {
		return nil, err
	}
	return m.store.Salespeople(ctx, campaign)
}

// Salesperson returns one.
func (m *Meetings) Salesperson(ctx context.Context, by User, id int64) (Salesperson, error) {
	if err := maySee(by); err != nil {
		return Salesperson{}, err
	}
	s, err := m.store.Salesperson(ctx, id)
	return s, missing("salesperson", err)
}

// Put adds a calendar (id 0) or changes one. Meetings that stand in it stay.
func (m *Meetings) Put(ctx context.Context, by User, s Salesperson) (Salesperson, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return Salesperson{}, err
	}
	if err := s.Validate(); err != nil {
		return Salesperson{}, invalid("salesperson_invalid", err)
	}
	if s.Campaign != 0 {
		if _, err := m.campaigns.Campaign(ctx, s.Campaign); err != nil {
			return Salesperson{}, missing("campaign", err)
		}
	}
	stored, err := m.store.PutSalesperson(ctx, s, by.Login)
	return stored, missing("salesperson", err)
}

// Slots lists the free slots of everybody whom people of a campaign may meet
// that begin in [from, to), by time.
func (m *Meetings) Slots(ctx context.Context, by User, campaign int64, from, to time.Time) ([]Slot, error) {
	if err := maySee(by); err != nil {
		return nil, err
	}
	if !to.After(from) || to.Sub(from) > longestSearch {
		return nil, problem(KindInvalid, "period_invalid", "Ask for slots of a period of at most %d days.", int(longestSearch.Hours()/24))
	}
	slots, err := freeSlots(ctx, m.store, campaign, from, to, time.Now())
	if err != nil {
		return nil, fmt.Errorf("free slots of campaign %d: %w", campaign, err)
	}
	return slots, nil
}

// Bookings lists appointments: an agent's own, or everybody's for those who see
// campaigns.
func (m *Meetings) Bookings(ctx context.Context, by User, f BookingFilter) ([]Booking, error) {
	if err := maySee(by); err != nil {
		return nil, err
	}
	if by.Allow(SeeCampaigns) != nil {
		f.Agent = by.ID
	}
	return m.store.Bookings(ctx, f)
}

// Booking returns one appointment that the user may see.
func (m *Meetings) Booking(ctx context.Context, by User, id int64) (Booking, error) {
	if err := maySee(by); err != nil {
		return Booking{}, err
	}
	b, err := m.store.Booking(ctx, id)
	if err == nil && by.Allow(SeeCampaigns) != nil && b.Agent != by.ID {
		err = ErrNotFound
	}
	return b, missing("appointment", err)
}

// change finds a booked appointment that the user may change: their own, or any
// for those who edit campaigns.
func (m *Meetings) change(ctx context.Context, by User, id int64) (Booking, error) {
	b, err := m.Booking(ctx, by, id)
	if err != nil {
		return Booking{}, err
	}
	if b.Agent != by.ID {
		if err := by.Allow(EditCampaigns); err != nil {
			return Booking{}, err
		}
	}
	if b.State != BookingBooked {
		return Booking{}, errNotBooked
	}
	return b, nil
}

var errNotBooked = problem(KindConflict, "not_booked", "The appointment is not booked any more.")

// Cancel frees an appointment's slot, for a reason.
func (m *Meetings) Cancel(ctx context.Context, by User, id int64, reason string) (Booking, error) {
	if _, err := m.change(ctx, by, id); err != nil {
		return Booking{}, err
	}
	gone, err := m.store.CancelBooking(ctx, id, reason, by.Login)
	if errors.Is(err, ErrNotFound) {
		return Booking{}, errNotBooked
	}
	return gone, err
}

// Move puts an appointment into another slot, of the same salesperson (0) or
// another.
func (m *Meetings) Move(ctx context.Context, by User, id, salesperson int64, at time.Time) (Booking, error) {
	b, err := m.change(ctx, by, id)
	if err != nil {
		return Booking{}, err
	}
	if salesperson != 0 {
		b.Salesperson = salesperson
	}
	length := b.To.Sub(b.From)
	b.From, b.To = at.UTC(), at.UTC().Add(length)
	if b.Salesperson != 0 {
		if err := m.intoSlot(ctx, &b, at); err != nil {
			return Booking{}, err
		}
	}
	moved, err := m.store.MoveBooking(ctx, b, by.Login)
	switch {
	case errors.Is(err, ErrSlotTaken):
		return Booking{}, &Problem{Kind: KindConflict, Code: "slot_taken", Text: "Somebody else has booked that time with " + b.Person + ".", Cause: err}
	case errors.Is(err, ErrNotFound):
		return Booking{}, errNotBooked
	}
	return moved, err
}

// intoSlot fills in the slot that an appointment is moved to.
func (m *Meetings) intoSlot(ctx context.Context, b *Booking, at time.Time) error {
	s, err := m.store.Salesperson(ctx, b.Salesperson)
	if err != nil {
		return missing("salesperson", err)
	}
	slot, ok := s.SlotAt(at, time.Now())
	if !ok {
		return problem(KindInvalid, "slot_invalid", "No slot of %s begins at that time; ask for the free ones again.", s.Name)
	}
	b.Person, b.To = s.Name, slot.To
	return nil
}

// Invitation is an appointment as calendar programs take it, with the seller who
// invites and, of a meeting by phone, the number.
func (m *Meetings) Invitation(ctx context.Context, by User, id int64) (Invitation, error) {
	b, err := m.Booking(ctx, by, id)
	if err != nil {
		return Invitation{}, err
	}
	i := Invitation{Booking: b, Host: m.host, Product: m.version}
	c, err := m.campaigns.Campaign(ctx, b.Campaign)
	if err != nil {
		return Invitation{}, fmt.Errorf("campaign of appointment %d: %w", id, err)
	}
	i.Seller = c.Seller
	if b.How == ByPhone && b.Attempt != "" {
		call, err := m.attempts.Attempt(ctx, b.Attempt)
		if err != nil {
			return Invitation{}, fmt.Errorf("call of appointment %d: %w", id, err)
		}
		i.Phone = call.Number
	}
	if _, err := rules.Location(i.Zone); err != nil {
		i.Zone = "UTC"
	}
	return i, nil
}
