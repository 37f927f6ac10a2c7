package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// PutScore stores what a scorer thought of a call, in place of what they
// thought before.
func (db *DB) PutScore(ctx context.Context, s campaigns.Score, by string) error {
	answers, err := json.Marshal(s.Answers)
	if err != nil {
		return fmt.Errorf("put score: %w", err)
	}
	form, err := json.Marshal(s.Form)
	if err != nil {
		return fmt.Errorf("put score: %w", err)
	}
	err = db.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO scores (attempt, scorer, campaign, agent, called_at, at, share, fatal, comment, answers, form)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt, scorer) DO UPDATE SET at = excluded.at, share = excluded.share,
			fatal = excluded.fatal, comment = excluded.comment, answers = excluded.answers, form = excluded.form`,
			s.Attempt, s.Scorer, s.Campaign, s.Agent, micros(s.CalledAt), micros(s.At), s.Share, s.Fatal, s.Comment, string(answers), string(form))
		if err != nil {
			return err
		}
		return t.note("call.score", by, "attempt "+s.Attempt, fmt.Sprintf("%.3f of the points, fatal %t", s.Share, s.Fatal))
	})
	if err != nil {
		return fmt.Errorf("put score of attempt %s: %w", s.Attempt, err)
	}
	return nil
}

// Scores reads those of a call, the oldest first.
func (db *DB) Scores(ctx context.Context, attempt string) ([]campaigns.Score, error) {
	r, err := db.read.QueryContext(ctx, `SELECT attempt, scorer, campaign, agent, called_at, at, share, fatal, comment, answers, form
		FROM scores WHERE attempt = ? ORDER BY at, scorer`, attempt)
	if err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	var out []campaigns.Score
	err = eachRow(r, func(r *sql.Rows) error {
		var s campaigns.Score
		var called, at int64
		var answers, form string
		if err := r.Scan(&s.Attempt, &s.Scorer, &s.Campaign, &s.Agent, &called, &at, &s.Share, &s.Fatal, &s.Comment, &answers, &form); err != nil {
			return err
		}
		s.CalledAt, s.At, s.By = moment(called), moment(at), db.known.login(s.Scorer)
		if err := json.Unmarshal([]byte(answers), &s.Answers); err != nil {
			return err
		}
		out = append(out, s)
		return json.Unmarshal([]byte(form), &out[len(out)-1].Form)
	})
	if err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	return out, nil
}

const shiftColumns = `id, agent, from_at, to_at, kind, note, by, planned_at`

// PutShift stores a planned shift, new when its id is 0, and returns it.
func (db *DB) PutShift(ctx context.Context, s campaigns.PlannedShift, by string) (campaigns.PlannedShift, error) {
	err := db.do(ctx, func(t *tx) error {
		word := "shift.change"
		if s.ID == 0 {
			word = "shift.plan"
			if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM shifts`, nil, &s.ID); err != nil {
				return err
			}
		}
		s.PlannedAt = t.now
		_, err := t.exec(`INSERT INTO shifts (`+shiftColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET agent = excluded.agent,
			from_at = excluded.from_at, to_at = excluded.to_at, kind = excluded.kind, note = excluded.note, by = excluded.by, planned_at = excluded.planned_at`,
			s.ID, s.Agent, micros(s.From), micros(s.To), string(s.Kind), s.Note, s.By, micros(s.PlannedAt))
		if err != nil {
			return err
		}
		return t.note(word, by, subject("user", s.Agent), s.String())
	})
	if err != nil {
		return campaigns.PlannedShift{}, fmt.Errorf("put shift of agent %d: %w", s.Agent, err)
	}
	return s, nil
}

// Shift reads one planned shift.
func (db *DB) Shift(ctx context.Context, id int64) (campaigns.PlannedShift, error) {
	s, err := scanShift(db.read.QueryRowContext(ctx, `SELECT `+shiftColumns+` FROM shifts WHERE id = ?`, id))
	if err != nil {
		return s, fmt.Errorf("shift %d: %w", id, noRows(err))
	}
	return s, nil
}

// Shifts lists the planned shifts of an agent (0 = everybody's) that touch a
// period, the earliest first.
func (db *DB) Shifts(ctx context.Context, agent int64, from, to time.Time) ([]campaigns.PlannedShift, error) {
	var w where
	w.add("from_at < ? AND to_at > ?", micros(to), micros(from))
	w.equal("agent", agent)
	r, err := db.read.QueryContext(ctx, `SELECT `+shiftColumns+` FROM shifts`+w.text()+` ORDER BY from_at, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("shifts: %w", err)
	}
	var out []campaigns.PlannedShift
	err = eachRow(r, func(r *sql.Rows) error {
		s, err := scanShift(r)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("shifts: %w", err)
	}
	return out, nil
}

// DeleteShift takes a planned shift back.
func (db *DB) DeleteShift(ctx context.Context, id int64, by string) error {
	err := db.do(ctx, func(t *tx) error {
		var s campaigns.PlannedShift
		found := false
		err := t.returning(`DELETE FROM shifts WHERE id = ? RETURNING `+shiftColumns, []any{id}, func(r *sql.Rows) (err error) {
			found = true
			s, err = scanShift(r)
			return err
		})
		if err == nil && !found {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note("shift.cancel", by, subject("user", s.Agent), s.String())
	})
	if err != nil {
		return fmt.Errorf("delete shift %d: %w", id, err)
	}
	return nil
}

func scanShift(r scanner) (campaigns.PlannedShift, error) {
	var s campaigns.PlannedShift
	var from, to, planned int64
	err := r.Scan(&s.ID, &s.Agent, &from, &to, &s.Kind, &s.Note, &s.By, &planned)
	s.From, s.To, s.PlannedAt = moment(from), moment(to), moment(planned)
	return s, err
}

// AddMessage stores a line to one desk, or to all, and returns it with its id.
func (db *DB) AddMessage(ctx context.Context, m campaigns.Message) (campaigns.Message, error) {
	err := db.do(ctx, func(t *tx) error {
		m.At = t.now
		err := t.returning(`INSERT INTO messages (at, by, agent, text) VALUES (?, ?, ?, ?) RETURNING id`,
			[]any{micros(m.At), m.By, m.Agent, m.Text}, func(r *sql.Rows) error { return r.Scan(&m.ID) })
		if err != nil {
			return err
		}
		return t.note("message.send", m.By, subject("user", m.Agent), fmt.Sprintf("message %d, %d characters", m.ID, len([]rune(m.Text)))) // what it says may be about a person
	})
	if err != nil {
		return campaigns.Message{}, fmt.Errorf("add message: %w", err)
	}
	return m, nil
}

// Unread lists the messages to an agent, or to all, since a time, that the
// agent has not read, the oldest first, a hundred at most.
func (db *DB) Unread(ctx context.Context, agent int64, since time.Time) ([]campaigns.Message, error) {
	return db.messages(ctx, `SELECT id, at, by, agent, text FROM messages WHERE agent IN (0, ?1) AND at >= ?2
		AND id NOT IN (SELECT message FROM message_reads WHERE agent = ?1) ORDER BY id LIMIT 100`, agent, micros(since))
}

// Messages lists the last ones, the newest first.
func (db *DB) Messages(ctx context.Context, limit int) ([]campaigns.Message, error) {
	return db.messages(ctx, `SELECT id, at, by, agent, text FROM messages ORDER BY id DESC LIMIT ?`, limit)
}

func (db *DB) messages(ctx context.Context, query string, args ...any) ([]campaigns.Message, error) {
	r, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	var out []campaigns.Message
	err = eachRow(r, func(r *sql.Rows) error {
		var m campaigns.Message
		var at int64
		err := r.Scan(&m.ID, &at, &m.By, &m.Agent, &m.Text)
		m.At = moment(at)
		out = append(out, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	return out, nil
}

// ReadMessage notes that an agent has read a message to them, or to all; again
// changes nothing.
func (db *DB) ReadMessage(ctx context.Context, agent, message int64) error {
	err := db.do(ctx, func(t *tx) error {
		var there bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM messages WHERE id = ? AND agent IN (0, ?))`, []any{message, agent}, &there); err != nil {
			return err
		}
		if !there {
			return campaigns.ErrNotFound
		}
		_, err := t.exec(`INSERT INTO message_reads (agent, message, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, agent, message, micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("read message %d: %w", message, err)
	}
	return nil
}
