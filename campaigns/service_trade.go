package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Calendars is what an agent's desk asks of the calendars of salespeople.
type Calendars interface {
	Salesperson(ctx context.Context, id int64) (Salesperson, error)
	Salespeople(ctx context.Context, campaign int64) ([]Salesperson, error)
	Bookings(ctx context.Context, f BookingFilter) ([]Booking, error)
	HoldSlot(ctx context.Context, b Booking) (Booking, error)
}

// Drafts keeps what an agent has filled in of a call. SaveDraft answers
// ErrDisposed for a call that was disposed of, Draft ErrNotFound when there is
// nothing.
type Drafts interface {
	SaveDraft(ctx context.Context, d CallDraft) error
	Draft(ctx context.Context, attempt string) (CallDraft, error)
}

// complete puts what the campaign's lists and calendars say into a disposition:
// prices and the words of the read-back, and whose calendar has which slot.
func (d *Desk) complete(ctx context.Context, c Campaign, call Call, in *Disposition) error {
	if in.Sale != nil {
		sale, err := c.quote(*in.Sale)
		if err != nil {
			return invalid("sale_invalid", err)
		}
		in.Sale = &sale
	}
	if in.Appointment == nil {
		return nil
	}
	a := *in.Appointment
	if a.Zone == "" && len(call.Zones) > 0 {
		a.Zone = call.Zones[0]
	}
	if err := d.intoSlot(ctx, c, &a, in.At); err != nil {
		return err
	}
	in.Appointment = &a
	return nil
}

// quote prices an order and reads it back, in the campaign's language unless it
// names another.
func (c Campaign) quote(s Sale) (Sale, error) {
	priced, err := c.Price(s)
	if err != nil {
		return Sale{}, err
	}
	if priced.Language == "" {
		priced.Language = c.Language
	}
	priced.ReadBack, priced.Language = priced.Words(priced.Language)
	return priced, nil
}

// intoSlot fills in what the calendar says of an appointment's slot.
func (d *Desk) intoSlot(ctx context.Context, c Campaign, a *Appointment, now time.Time) error {
	if a.Salesperson == 0 || d.Calendars == nil {
		a.Salesperson = 0
		return nil
	}
	s, err := d.Calendars.Salesperson(ctx, a.Salesperson)
	if err != nil {
		return missing("salesperson", err)
	}
	slot, ok := s.SlotAt(a.At, now)
	if !ok || s.Campaign != 0 && s.Campaign != c.ID {
		return problem(KindInvalid, "slot_invalid", "No slot of %s begins at that time; ask for the free ones again.", s.Name)
	}
	if a.How == ByPhone && !s.Phone {
		return problem(KindInvalid, "slot_invalid", "%s does not meet people by phone.", s.Name)
	}
	if a.How == "" {
		a.How = AtPlace
	}
	a.Person, a.To = s.Name, slot.To
	if a.Place == "" && a.How == AtPlace {
		a.Place = s.Place
	}
	return nil
}

// slotTaken is what an agent reads who was a moment late: who, and what is free
// instead.
func (d *Desk) slotTaken(ctx context.Context, campaign int64, a Appointment, cause error) error {
	text := "Somebody else has booked that time with " + a.Person + "."
	free, err := freeSlots(ctx, d.Calendars, campaign, a.At.Add(-24*time.Hour), a.At.Add(14*24*time.Hour), time.Now())
	if err != nil {
		return errors.Join(cause, err)
	}
	slices.SortStableFunc(free, func(x, y Slot) int { return int(x.From.Sub(a.At).Abs() - y.From.Sub(a.At).Abs()) })
	near := make([]string, 0, 3)
	for _, s := range free[:min(len(free), 3)] {
		near = append(near, thereAt(s.From, a.Zone)+" with "+s.Person)
	}
	if len(near) > 0 {
		text += " Free instead: " + strings.Join(near, ", ") + "."
	}
	return &Problem{Kind: KindConflict, Code: "slot_taken", Text: text, Cause: cause}
}

// mostSlots bounds one answer to a question for free slots.
const mostSlots = 1000

// freeSlots lists the free slots of everybody whom people of a campaign may
// meet, by time.
func freeSlots(ctx context.Context, store Calendars, campaign int64, from, to, now time.Time) ([]Slot, error) {
	people, err := store.Salespeople(ctx, campaign)
	if err != nil {
		return nil, err
	}
	var out []Slot
	for _, s := range people {
		taken, err := store.Bookings(ctx, BookingFilter{Salesperson: s.ID, From: from.Add(-s.Buffer), To: to.Add(s.Slot + s.Buffer), Held: true, Limit: 100_000})
		if err != nil {
			return nil, err
		}
		out = append(out, s.Free(from, to, now, taken)...)
	}
	slices.SortStableFunc(out, func(a, b Slot) int { return a.From.Compare(b.From) })
	return out[:min(len(out), mostSlots)], nil
}

// holdFor is how long a slot is kept for a call that goes on.
const holdFor = 15 * time.Minute

// HoldSlot keeps a slot for the call at hand, so that what was said on the phone
// still holds at its end: for a quarter of an hour, and in place of the slot
// that the call held before.
func (d *Desk) HoldSlot(ctx context.Context, u User, salesperson int64, at time.Time) (Booking, error) {
	current, campaign, err := d.atHand(ctx, u)
	if err != nil {
		return Booking{}, err
	}
	if current.Attempt == "" || d.Calendars == nil {
		return Booking{}, errNoCall
	}
	a := Appointment{At: at.UTC(), Salesperson: salesperson}
	if err := d.intoSlot(ctx, campaign, &a, time.Now()); err != nil {
		return Booking{}, err
	}
	if a.Salesperson == 0 {
		return Booking{}, problem(KindInvalid, "slot_invalid", "Say whose slot to hold.")
	}
	zones := zonesOf(current)
	if len(zones) > 0 {
		a.Zone = zones[0]
	}
	held, err := d.Calendars.HoldSlot(ctx, Booking{
		Salesperson: a.Salesperson, Person: a.Person, From: a.At, To: a.To, HeldUntil: time.Now().UTC().Add(holdFor), Attempt: current.Attempt,
		Campaign: current.Campaign, Contact: current.Contact.ID, Agent: u.ID, Zone: a.Zone, How: a.How, Place: a.Place,
	})
	if errors.Is(err, ErrSlotTaken) {
		return Booking{}, d.slotTaken(ctx, current.Campaign, a, err)
	}
	return held, err
}

// Quote prices an order of the call at hand, with its totals and the words to
// read back; nothing is recorded.
func (d *Desk) Quote(ctx context.Context, u User, s Sale) (Sale, error) {
	current, campaign, err := d.atHand(ctx, u)
	if err != nil {
		return Sale{}, err
	}
	if s.Language == "" {
		s.Language = current.Contact.Language
	}
	quoted, err := campaign.quote(s)
	return quoted, invalid("sale_invalid", err)
}

// SaveDraft keeps what the agent has filled in of the call at hand, a JSON
// object of at most MaxDraft bytes.
func (d *Desk) SaveDraft(ctx context.Context, u User, body []byte) (CallDraft, error) {
	if err := u.Allow(DoCalls); err != nil {
		return CallDraft{}, err
	}
	current, ok := d.Line.Current(u.ID)
	if !ok || current.Attempt == "" || d.Drafts == nil {
		return CallDraft{}, errNoCall
	}
	if len(body) > MaxDraft || !utf8.Valid(body) {
		return CallDraft{}, problem(KindInvalid, "draft_size", "A draft is text of at most %d bytes.", MaxDraft)
	}
	draft := CallDraft{Attempt: current.Attempt, Agent: u.ID, Body: body, SavedAt: time.Now().UTC()}
	err := d.Drafts.SaveDraft(ctx, draft)
	if errors.Is(err, ErrDisposed) {
		return CallDraft{}, &Problem{Kind: KindConflict, Code: "already_disposed", Text: "This call has been disposed of already.", Cause: err}
	}
	if err != nil {
		return CallDraft{}, fmt.Errorf("keep a draft: %w", err)
	}
	return draft, nil
}

// Draft returns what the agent has filled in of the call at hand; ok is false
// when nothing was.
func (d *Desk) Draft(ctx context.Context, u User) (draft CallDraft, ok bool, err error) {
	if err := u.Allow(DoCalls); err != nil {
		return CallDraft{}, false, err
	}
	current, has := d.Line.Current(u.ID)
	if !has || d.Drafts == nil {
		return CallDraft{}, false, errNoCall
	}
	draft, err = d.Drafts.Draft(ctx, current.Attempt)
	if errors.Is(err, ErrNotFound) {
		return CallDraft{Attempt: current.Attempt}, false, nil
	}
	return draft, err == nil, err
}

// Place is the campaign of the call at hand and the zone of the person in it;
// empty when that is not known.
func (d *Desk) Place(ctx context.Context, u User) (campaign int64, zone string, err error) {
	current, _, err := d.atHand(ctx, u)
	if err != nil {
		return 0, "", err
	}
	if zones := zonesOf(current); len(zones) > 0 {
		zone = zones[0]
	}
	return current.Campaign, zone, nil
}
