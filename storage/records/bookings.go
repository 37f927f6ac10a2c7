package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// PutSalesperson stores a new calendar (id 0) or changes one, and returns it
// with its id.
func (db *DB) PutSalesperson(ctx context.Context, s campaigns.Salesperson, by string) (campaigns.Salesperson, error) {
	err := db.do(ctx, func(t *tx) error {
		body, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if s.ID == 0 {
			s.CreatedAt = t.now
			err := t.returning(`INSERT INTO salespeople (campaign, name, active, settings, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
				[]any{s.Campaign, s.Name, flag(s.Active), string(body), micros(t.now)}, func(r *sql.Rows) error { return r.Scan(&s.ID) })
			if err != nil {
				return err
			}
			return t.note("salesperson.create", by, subject("salesperson", s.ID), string(body))
		}
		n, err := t.exec(`UPDATE salespeople SET campaign = ?2, name = ?3, active = ?4, settings = ?5 WHERE id = ?1`,
			s.ID, s.Campaign, s.Name, flag(s.Active), string(body))
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note("salesperson.change", by, subject("salesperson", s.ID), string(body))
	})
	if err != nil {
		return campaigns.Salesperson{}, fmt.Errorf("store salesperson %d: %w", s.ID, err)
	}
	return s, nil
}

// Salesperson reads one calendar.
func (db *DB) Salesperson(ctx context.Context, id int64) (campaigns.Salesperson, error) {
	s, err := scanSalesperson(db.read.QueryRowContext(ctx, `SELECT id, settings, created_at FROM salespeople WHERE id = ?`, id))
	if err = noRows(err); err != nil {
		return campaigns.Salesperson{}, fmt.Errorf("salesperson %d: %w", id, err)
	}
	return s, nil
}

// Salespeople lists those of a campaign and those of the whole house, by name;
// campaign 0 lists everybody.
func (db *DB) Salespeople(ctx context.Context, campaign int64) ([]campaigns.Salesperson, error) {
	r, err := db.read.QueryContext(ctx, `SELECT id, settings, created_at FROM salespeople
		WHERE ?1 = 0 OR campaign IN (0, ?1) ORDER BY name, id`, campaign)
	if err != nil {
		return nil, fmt.Errorf("salespeople: %w", err)
	}
	var out []campaigns.Salesperson
	err = eachRow(r, func(r *sql.Rows) error {
		s, err := scanSalesperson(r)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("salespeople: %w", err)
	}
	return out, nil
}

func scanSalesperson(r scanner) (s campaigns.Salesperson, err error) {
	var id, created int64
	var body string
	if err := r.Scan(&id, &body, &created); err != nil {
		return s, err
	}
	err = json.Unmarshal([]byte(body), &s)
	s.ID, s.CreatedAt = id, moment(created)
	return s, err
}

// conflict tells whether somebody else than an attempt has a part of a slot,
// with the salesperson's buffer around it.
func (t *tx) conflict(salesperson int64, from, to time.Time, attempt string, except int64) error {
	s, err := t.salesperson(salesperson)
	if err != nil {
		return err
	}
	var taken bool
	err = t.row(`SELECT EXISTS (SELECT 1 FROM bookings WHERE salesperson = ?1 AND from_at < ?3 AND to_at > ?2 AND id <> ?5
		AND (state = 'booked' OR state = 'held' AND held_until > ?6 AND attempt <> ?4))`,
		[]any{salesperson, micros(from.Add(-s.Buffer)), micros(to.Add(s.Buffer)), attempt, except, micros(t.now)}, &taken)
	if err == nil && taken {
		err = campaigns.ErrSlotTaken
	}
	return err
}

func (t *tx) salesperson(id int64) (s campaigns.Salesperson, err error) {
	found := false
	err = t.rows(`SELECT id, settings, created_at FROM salespeople WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		found = true
		s, err = scanSalesperson(r)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("salesperson %d: %w", id, campaigns.ErrNotFound)
	}
	return s, err
}

// slotFree refuses an appointment in a slot that somebody else has, before
// anything is written.
func (t *tx) slotFree(attempt string, a *campaigns.Appointment) error {
	if a == nil || a.Salesperson == 0 {
		return nil
	}
	return t.conflict(a.Salesperson, a.At, a.Lasts(), attempt, 0)
}

const insertBooking = `INSERT INTO bookings (salesperson, person, from_at, to_at, state, held_until, attempt, campaign, contact, agent,
	zone, how, place, note, reason, sequence, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, 0) RETURNING id`

func (t *tx) insertBooking(b *campaigns.Booking) error {
	b.CreatedAt = t.now
	if b.How == "" {
		b.How = campaigns.AtPlace
	}
	err := t.returning(insertBooking, []any{
		b.Salesperson, b.Person, micros(b.From), micros(b.To), string(b.State), micros(b.HeldUntil), b.Attempt, b.Campaign, b.Contact, b.Agent,
		b.Zone, string(b.How), b.Place, b.Note, micros(b.CreatedAt),
	}, func(r *sql.Rows) error { return r.Scan(&b.ID) })
	if t.isTaken(err) {
		return campaigns.ErrSlotTaken
	}
	return err
}

// book turns a disposition's appointment into a booking, and lets go what was
// held in the call.
func (t *tx) book(p disposed, d campaigns.Disposition) error {
	if _, err := t.exec(`DELETE FROM bookings WHERE attempt = ? AND state = 'held'`, d.Attempt); err != nil {
		return err
	}
	a := d.Appointment
	if a == nil {
		return nil
	}
	b := campaigns.Booking{
		Salesperson: a.Salesperson, Person: a.Person, From: a.At, To: a.Lasts(), State: campaigns.BookingBooked, Attempt: d.Attempt,
		Campaign: p.campaign, Contact: p.contact, Agent: d.Agent, Zone: a.Zone, How: a.How, Place: a.Place, Note: a.Note,
	}
	if err := t.insertBooking(&b); err != nil {
		return fmt.Errorf("book the appointment: %w", err)
	}
	return nil
}

// HoldSlot keeps a slot for a call that goes on, until b.HeldUntil; one call
// holds one slot. A slot that somebody else has is campaigns.ErrSlotTaken.
func (db *DB) HoldSlot(ctx context.Context, b campaigns.Booking) (campaigns.Booking, error) {
	err := db.do(ctx, func(t *tx) error {
		if err := t.conflict(b.Salesperson, b.From, b.To, b.Attempt, 0); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM bookings WHERE state = 'held' AND (attempt = ? OR held_until < ?)`, b.Attempt, micros(t.now)); err != nil {
			return err
		}
		b.State = campaigns.BookingHeld
		return t.insertBooking(&b)
	})
	if err != nil {
		return campaigns.Booking{}, fmt.Errorf("hold a slot of salesperson %d: %w", b.Salesperson, err)
	}
	return b, nil
}

// MoveBooking puts a booked meeting into another slot, of the same or another
// salesperson: b says which booking, whose calendar, from when to when and
// where. A slot that somebody else has is campaigns.ErrSlotTaken, a meeting
// that is not booked campaigns.ErrNotFound.
func (db *DB) MoveBooking(ctx context.Context, b campaigns.Booking, by string) (campaigns.Booking, error) {
	var moved campaigns.Booking
	err := db.do(ctx, func(t *tx) error {
		if was, err := t.booking(b.ID); err != nil || was.State != campaigns.BookingBooked {
			return errors.Join(err, campaigns.ErrNotFound)
		}
		if b.Salesperson != 0 {
			if err := t.conflict(b.Salesperson, b.From, b.To, "", b.ID); err != nil {
				return err
			}
		}
		_, err := t.exec(`UPDATE bookings SET salesperson = ?2, person = ?3, from_at = ?4, to_at = ?5, how = ?6, place = ?7,
			sequence = sequence + 1, changed_at = ?8 WHERE id = ?1 AND state = 'booked'`,
			b.ID, b.Salesperson, b.Person, micros(b.From), micros(b.To), string(b.How), b.Place, micros(t.now))
		switch {
		case t.isTaken(err):
			return campaigns.ErrSlotTaken
		case err != nil:
			return err
		}
		if moved, err = t.booking(b.ID); err != nil {
			return err
		}
		return t.note("appointment.move", by, subject("appointment", b.ID), fmt.Sprintf("to %s with %s", b.From.UTC().Format(time.RFC3339), b.Person))
	})
	if err != nil {
		return campaigns.Booking{}, fmt.Errorf("move appointment %d: %w", b.ID, err)
	}
	return moved, nil
}

// CancelBooking frees the slot of a booked meeting; campaigns.ErrNotFound when
// it is not booked.
func (db *DB) CancelBooking(ctx context.Context, id int64, reason, by string) (campaigns.Booking, error) {
	var gone campaigns.Booking
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE bookings SET state = 'cancelled', reason = ?2, sequence = sequence + 1, changed_at = ?3
			WHERE id = ?1 AND state = 'booked'`, id, reason, micros(t.now))
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		if gone, err = t.booking(id); err != nil {
			return err
		}
		return t.note("appointment.cancel", by, subject("appointment", id), fmt.Sprintf("a reason of %d characters", len([]rune(reason)))) // what it says may be about a person
	})
	if err != nil {
		return campaigns.Booking{}, fmt.Errorf("cancel appointment %d: %w", id, err)
	}
	return gone, nil
}

const bookingColumns = `b.id, b.salesperson, b.person, b.from_at, b.to_at, b.state, b.held_until, b.attempt, b.campaign, b.contact,
	COALESCE(c.name, ''), b.agent, b.zone, b.how, b.place, b.note, b.reason, b.sequence, b.created_at, b.changed_at`

const bookingTables = ` FROM bookings b LEFT JOIN contacts c ON c.id = b.contact`

func scanBooking(r scanner) (b campaigns.Booking, err error) {
	var from, to, held, created, changed int64
	err = r.Scan(&b.ID, &b.Salesperson, &b.Person, &from, &to, &b.State, &held, &b.Attempt, &b.Campaign, &b.Contact,
		&b.ContactName, &b.Agent, &b.Zone, &b.How, &b.Place, &b.Note, &b.Reason, &b.Sequence, &created, &changed)
	b.From, b.To, b.HeldUntil, b.CreatedAt, b.ChangedAt = moment(from), moment(to), moment(held), moment(created), moment(changed)
	return b, err
}

func (t *tx) booking(id int64) (b campaigns.Booking, err error) {
	err = t.rows(`SELECT `+bookingColumns+bookingTables+` WHERE b.id = ?`, []any{id}, func(r *sql.Rows) error {
		b, err = scanBooking(r)
		return err
	})
	return b, err
}

// Booking reads one meeting.
func (db *DB) Booking(ctx context.Context, id int64) (campaigns.Booking, error) {
	b, err := scanBooking(db.read.QueryRowContext(ctx, `SELECT `+bookingColumns+bookingTables+` WHERE b.id = ?`, id))
	if err = noRows(err); err != nil {
		return campaigns.Booking{}, fmt.Errorf("appointment %d: %w", id, err)
	}
	return b, nil
}

// Bookings lists meetings by time. Those that are held count while they are.
func (db *DB) Bookings(ctx context.Context, f campaigns.BookingFilter) ([]campaigns.Booking, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	w := bookingsOf(f, time.Now())
	r, err := db.read.QueryContext(ctx, `SELECT `+bookingColumns+bookingTables+w.text()+` ORDER BY b.from_at, b.id LIMIT ?`, append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	var out []campaigns.Booking
	err = eachRow(r, func(r *sql.Rows) error {
		b, err := scanBooking(r)
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	return out, nil
}

// longestMeeting bounds the search for meetings that touch a period.
const longestMeeting = 24 * time.Hour

func bookingsOf(f campaigns.BookingFilter, now time.Time) where {
	var w where
	w.equal("b.salesperson", f.Salesperson)
	w.equal("b.campaign", f.Campaign)
	w.equal("b.contact", f.Contact)
	w.equal("b.agent", f.Agent)
	if f.Attempt != "" {
		w.add("b.attempt = ?", f.Attempt)
	}
	if !f.From.IsZero() {
		w.add("b.from_at > ?", micros(f.From.Add(-longestMeeting)))
		w.add("b.to_at > ?", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("b.from_at < ?", micros(f.To))
	}
	states := "b.state = 'booked'"
	if f.Cancelled {
		states += " OR b.state = 'cancelled'"
	}
	if f.Held {
		w.add("("+states+" OR b.state = 'held' AND b.held_until > ?)", micros(now))
	} else {
		w.add("(" + states + ")")
	}
	return w
}
