package campaigns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Background reads what is known of a person beside their earlier calls.
type Background interface {
	Cases(ctx context.Context, f CaseFilter) ([]Case, error)
	Bookings(ctx context.Context, f BookingFilter) ([]Booking, error)
	Callbacks(ctx context.Context, f CallbackFilter) ([]Callback, error)
	IsDoNotCall(ctx context.Context, number string) (bool, error)
	LoadColumns(ctx context.Context, load int64) ([]string, error)
	User(ctx context.Context, id int64) (User, error)
}

// Known is what a card tells of a person beside who they are and the calls
// before.
type Known struct {
	Fields    []Field          // every further column of the list, in the order of its file
	Orders    []Order          // newest first
	Meetings  []Booking        // by time, those to come and those that were
	Cases     []Case           // complaints, newest first
	Callback  *Callback        // agreed and open
	DoNotCall bool             // the number must not be called
	Names     map[int64]string // of the agents that are named here
}

// Field is one column of a list with its value.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// known gathers what there is to know for a card.
func (d *Desk) known(ctx context.Context, c CurrentCall, history []Call) (k Known, err error) {
	k.Names = map[int64]string{}
	for _, call := range history {
		if call.Disposition != nil && call.Disposition.Sale != nil {
			said := call.Disposition
			k.Orders = append(k.Orders, Order{At: said.At, Agent: said.Agent, Attempt: call.ID, Sale: *said.Sale})
		}
	}
	if d.Past == nil || c.Contact.ID == 0 {
		k.Fields = ordered(c.Contact.Fields, nil)
		return k, nil
	}
	for _, read := range []func(context.Context, CurrentCall, *Known) error{d.fields, d.agreed} {
		if err := read(ctx, c, &k); err != nil {
			return Known{}, err
		}
	}
	return k, d.nameAll(ctx, history, &k)
}

// fields puts the columns of the contact's list into their order.
func (d *Desk) fields(ctx context.Context, c CurrentCall, k *Known) error {
	columns, err := d.Past.LoadColumns(ctx, c.Contact.Load)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("columns of load %d: %w", c.Contact.Load, err)
	}
	k.Fields = ordered(c.Contact.Fields, columns)
	return nil
}

// ordered lists fields by their columns; what no column names comes after, by
// name.
func ordered(fields map[string]string, columns []string) []Field {
	out, done := make([]Field, 0, len(fields)), map[string]bool{}
	for _, name := range append(slices.Clone(columns), slices.Sorted(maps.Keys(fields))...) {
		if value, there := fields[name]; there && !done[name] {
			out, done[name] = append(out, Field{name, value}), true
		}
	}
	return out
}

// agreed reads appointments, complaints, the open callback, and whether the
// number may be called at all.
func (d *Desk) agreed(ctx context.Context, c CurrentCall, k *Known) (err error) {
	if c.Contact.ID != 0 {
		if k.Meetings, err = d.Past.Bookings(ctx, BookingFilter{Contact: c.Contact.ID, Cancelled: true, Limit: cardOrders}); err != nil {
			return fmt.Errorf("appointments of contact %d: %w", c.Contact.ID, err)
		}
		if k.Cases, err = d.Past.Cases(ctx, CaseFilter{Contact: c.Contact.ID, Limit: cardOrders}); err != nil {
			return fmt.Errorf("complaints of contact %d: %w", c.Contact.ID, err)
		}
		open, err := d.Past.Callbacks(ctx, CallbackFilter{Contact: c.Contact.ID, Open: true, Limit: 1})
		if err != nil {
			return fmt.Errorf("callbacks of contact %d: %w", c.Contact.ID, err)
		}
		if len(open) > 0 {
			k.Callback = &open[0]
		}
	}
	if c.Number != "" {
		k.DoNotCall, err = d.Past.IsDoNotCall(ctx, c.Number)
	}
	return err
}

// nameAll finds the names of the agents that the card tells of.
func (d *Desk) nameAll(ctx context.Context, history []Call, k *Known) error {
	ids := map[int64]bool{}
	for _, c := range history {
		ids[c.Agent], ids[c.SecondAgent] = true, true
		if c.Disposition != nil {
			ids[c.Disposition.Agent] = true
		}
	}
	for _, m := range k.Meetings {
		ids[m.Agent] = true
	}
	for _, c := range k.Cases {
		ids[c.Agent] = true
	}
	if k.Callback != nil {
		ids[k.Callback.Agent] = true
	}
	delete(ids, 0)
	for id := range ids {
		u, err := d.Past.User(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("name of agent %d: %w", id, err)
		}
		if k.Names[id] = u.Name; u.Name == "" {
			k.Names[id] = u.Login
		}
	}
	return nil
}

// CallbackCheck is what an agent should know before a callback is agreed.
type CallbackCheck struct {
	At      time.Time // asked for; zero = nothing was
	Zone    string    // of the person; empty = unknown
	Allowed bool
	Due     time.Time // when the call would be made; zero = never
	Why     string    // one sentence; empty when it is allowed
	Quick   []QuickPick
}

// QuickPick is a time that is often agreed.
type QuickPick struct {
	Name    string // as "Tomorrow morning"
	At      time.Time
	Allowed bool
	Due     time.Time
}

// CheckCallback says whether the person on the line may be called back at a
// time, when instead, and which times are often agreed, by the person's clock.
func (d *Desk) CheckCallback(ctx context.Context, u User, at time.Time) (CallbackCheck, error) {
	current, campaign, err := d.atHand(ctx, u)
	if err != nil {
		return CallbackCheck{}, err
	}
	zones := zonesOf(current)
	check := CallbackCheck{At: at, Allowed: true, Due: at}
	if len(zones) > 0 {
		check.Zone = zones[0]
	}
	check.Quick = quickPicks(campaign.Windows, zones, time.Now())
	if d.Past != nil && current.Number != "" {
		blocked, err := d.Past.IsDoNotCall(ctx, current.Number)
		if err != nil {
			return CallbackCheck{}, fmt.Errorf("look on the do-not-call list: %w", err)
		}
		if blocked {
			check.Allowed, check.Due, check.Quick = false, time.Time{}, nil
			check.Why = "The number stands on the do-not-call list; it will not be called."
			return check, nil
		}
	}
	switch {
	case at.IsZero():
	case !at.After(time.Now()):
		check.Allowed, check.Due, check.Why = false, time.Time{}, "That time is past."
	default:
		check.judge(campaign, zones)
	}
	return check, nil
}

// judge holds the time against the campaign's windows.
func (k *CallbackCheck) judge(c Campaign, zones []string) {
	k.Due, k.Allowed = callable(c.Windows, zones, k.At)
	if k.Allowed {
		return
	}
	k.Why = fmt.Sprintf("It is %s there then, outside the calling hours; the call is made %s.", thereAt(k.At, k.Zone), thereAt(k.Due, k.Zone))
	if k.Due.Equal(k.At) {
		k.Why = fmt.Sprintf("It is %s there then, outside the calling hours, and no allowed time follows within eight days.", thereAt(k.At, k.Zone))
	}
}

// atHand is the agent's call and its campaign.
func (d *Desk) atHand(ctx context.Context, u User) (CurrentCall, Campaign, error) {
	if err := u.Allow(DoCalls); err != nil {
		return CurrentCall{}, Campaign{}, err
	}
	current, ok := d.Line.Current(u.ID)
	if !ok {
		return CurrentCall{}, Campaign{}, errNoCall
	}
	campaign, err := d.Campaigns.Campaign(ctx, current.Campaign)
	if err != nil {
		return CurrentCall{}, Campaign{}, fmt.Errorf("campaign of the call at hand: %w", err)
	}
	return current, campaign, nil
}
