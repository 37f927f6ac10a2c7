package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// PutPrompt stores what is known of a recorded message, by its file.
func (db *DB) PutPrompt(ctx context.Context, p campaigns.PromptFile) error {
	return db.noted(ctx, "prompt.put", p.By, "prompt "+p.File, p.Title, `INSERT INTO prompts (file, title, language, octets, length, by, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (file) DO UPDATE SET title = excluded.title, language = excluded.language, octets = excluded.octets, length = excluded.length,
		by = excluded.by, at = excluded.at`, p.File, p.Title, p.Language, p.Octets, p.Length.Microseconds(), p.By, micros(p.At))
}

// Prompts lists what is known of recorded messages, by file.
func (db *DB) Prompts(ctx context.Context) ([]campaigns.PromptFile, error) {
	r, err := db.read.QueryContext(ctx, `SELECT file, title, language, octets, length, by, at FROM prompts ORDER BY file`)
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	var out []campaigns.PromptFile
	err = eachRow(r, func(r *sql.Rows) error {
		var p campaigns.PromptFile
		var length, at int64
		err := r.Scan(&p.File, &p.Title, &p.Language, &p.Octets, &length, &p.By, &at)
		p.Length, p.At = time.Duration(length)*time.Microsecond, moment(at)
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return out, nil
}

// DeletePrompt forgets a recorded message.
func (db *DB) DeletePrompt(ctx context.Context, file, by string) error {
	return db.noted(ctx, "prompt.delete", by, "prompt "+file, "", `DELETE FROM prompts WHERE file = ?`, file)
}

// PutCallerID stores what is known of a number of ours.
func (db *DB) PutCallerID(ctx context.Context, c campaigns.CallerID, by string) error {
	return db.noted(ctx, "caller_id.put", by, "caller ID "+c.Number, c.Label, `INSERT INTO caller_ids (e164, label, region, area, pool, most, rest, blocked, profile, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (e164) DO UPDATE SET label = excluded.label, region = excluded.region, area = excluded.area, pool = excluded.pool,
		most = excluded.most, rest = excluded.rest, blocked = excluded.blocked, profile = excluded.profile, by = excluded.by, at = excluded.at`,
		e164(c.Number), c.Label, c.Region, c.Area, c.Pool, c.Most, flag(c.Rest), c.Blocked, c.Profile, by, micros(time.Now()))
}

// CallerIDs lists the numbers of ours that were entered.
func (db *DB) CallerIDs(ctx context.Context) ([]campaigns.CallerID, error) {
	r, err := db.read.QueryContext(ctx, `SELECT e164, label, region, area, pool, most, rest, blocked, profile, by, at FROM caller_ids ORDER BY e164`)
	if err != nil {
		return nil, fmt.Errorf("caller IDs: %w", err)
	}
	var out []campaigns.CallerID
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.CallerID
		var n, at int64
		err := r.Scan(&n, &c.Label, &c.Region, &c.Area, &c.Pool, &c.Most, &c.Rest, &c.Blocked, &c.Profile, &c.By, &at)
		c.Number, c.At = number(n), moment(at)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("caller IDs: %w", err)
	}
	return out, nil
}

// DeleteCallerID forgets a number of ours.
func (db *DB) DeleteCallerID(ctx context.Context, text, by string) error {
	return db.noted(ctx, "caller_id.delete", by, "caller ID "+text, "", `DELETE FROM caller_ids WHERE e164 = ?`, e164(text))
}

// CallsByCallerID counts the attempts since a time by the number that was shown.
func (db *DB) CallsByCallerID(ctx context.Context, since time.Time) (map[string]int64, error) {
	lo, hi, err := db.bounds(ctx, campaigns.CallFilter{From: since})
	if err != nil {
		return nil, fmt.Errorf("calls by caller ID: %w", err)
	}
	r, err := db.read.QueryContext(ctx, `SELECT caller_id, COUNT(*) FROM attempts WHERE seq BETWEEN ? AND ? AND mode <> 'inbound' GROUP BY 1`, lo, hi)
	if err != nil {
		return nil, fmt.Errorf("calls by caller ID: %w", err)
	}
	out := map[string]int64{}
	err = eachRow(r, func(r *sql.Rows) error {
		var id string
		var n int64
		err := r.Scan(&id, &n)
		out[id] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("calls by caller ID: %w", err)
	}
	return out, nil
}

// HouseValue reads a setting of the house; campaigns.ErrNotFound before it was set.
func (db *DB) HouseValue(ctx context.Context, name string) (value string, err error) {
	if err := db.read.QueryRowContext(ctx, `SELECT value FROM house WHERE name = ?`, name).Scan(&value); err != nil {
		return "", fmt.Errorf("house value %s: %w", name, noRows(err))
	}
	return value, nil
}

// SetHouseValue sets one.
func (db *DB) SetHouseValue(ctx context.Context, name, value, by string) error {
	return db.noted(ctx, "house.set", by, "house "+name, value, `INSERT INTO house (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

// noted runs one statement and writes down who asked for it; one that changes
// nothing is campaigns.ErrNotFound.
func (db *DB) noted(ctx context.Context, kind, by, subject, detail, statement string, args ...any) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(statement, args...)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note(kind, by, subject, detail)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}

// PutTestNumber stores a number that test calls may go to.
func (db *DB) PutTestNumber(ctx context.Context, n campaigns.TestNumber) error {
	return db.noted(ctx, "test_number.put", n.By, "test number "+n.Number, n.Label, `INSERT INTO test_numbers (e164, label, by, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (e164) DO UPDATE SET label = excluded.label, by = excluded.by, at = excluded.at`, e164(n.Number), n.Label, n.By, micros(n.At))
}

// TestNumbers lists them.
func (db *DB) TestNumbers(ctx context.Context) ([]campaigns.TestNumber, error) {
	r, err := db.read.QueryContext(ctx, `SELECT e164, label, by, at FROM test_numbers ORDER BY e164`)
	if err != nil {
		return nil, fmt.Errorf("test numbers: %w", err)
	}
	var out []campaigns.TestNumber
	err = eachRow(r, func(r *sql.Rows) error {
		var n campaigns.TestNumber
		var digits, at int64
		err := r.Scan(&digits, &n.Label, &n.By, &at)
		n.Number, n.At = number(digits), moment(at)
		out = append(out, n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("test numbers: %w", err)
	}
	return out, nil
}

// DeleteTestNumber takes one off the list.
func (db *DB) DeleteTestNumber(ctx context.Context, text, by string) error {
	return db.noted(ctx, "test_number.delete", by, "test number "+text, "", `DELETE FROM test_numbers WHERE e164 = ?`, e164(text))
}

// BeginTest writes a test call down; it is durable on return. A number that
// somebody listed is campaigns.ErrListed, a call that a stop meets
// campaigns.ErrStopped: judged in the transaction that would write it, like any
// other call.
func (db *DB) BeginTest(ctx context.Context, c campaigns.TestCall) error {
	err := db.do(ctx, func(t *tx) error {
		if err := t.mayTest(c); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO test_calls (id, trunk, e164, by, intent_at, ended_at, outcome, code, detail)
			VALUES (?, ?, ?, ?, ?, 0, '', 0, '')`, c.ID, c.Trunk, e164(c.Number), c.By, micros(c.At)); err != nil {
			return err
		}
		return t.note("trunk.test", c.By, "trunk "+c.Trunk, c.Number)
	})
	if err != nil {
		return fmt.Errorf("trunk.test: %w", err)
	}
	return nil
}

// mayTest judges a test call by the list, whoever an entry is of, and by stops.
func (t *tx) mayTest(c campaigns.TestCall) error {
	var listed bool
	if err := t.row(`SELECT EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?)`, []any{e164(c.Number)}, &listed); err != nil {
		return err
	}
	if listed {
		return campaigns.ErrListed
	}
	place := campaigns.Contact{}.Place(campaigns.Phone{Number: c.Number})
	held, err := stops(t, campaigns.Halted{CallerID: c.Shown, Jurisdictions: place.Jurisdictions})
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("%w: %s", campaigns.ErrStopped, held[0])
	}
	return nil
}

// EndTest writes down what came of it.
func (db *DB) EndTest(ctx context.Context, c campaigns.TestCall) error {
	detail, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("end test call: %w", err)
	}
	err = db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE test_calls SET ended_at = ?, outcome = ?, code = ?, detail = ? WHERE id = ?`, micros(c.EndedAt), c.Outcome, c.Code, string(detail), c.ID)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end test call %s: %w", c.ID, err)
	}
	return nil
}

// TestCalls lists the last ones, the newest first. One without an end was
// struck by a crash, or goes on.
func (db *DB) TestCalls(ctx context.Context, limit int) ([]campaigns.TestCall, error) {
	r, err := db.read.QueryContext(ctx, `SELECT id, trunk, e164, by, intent_at, detail FROM test_calls ORDER BY id DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("test calls: %w", err)
	}
	var out []campaigns.TestCall
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.TestCall
		var digits, at int64
		var detail string
		if err := r.Scan(&c.ID, &c.Trunk, &digits, &c.By, &at, &detail); err != nil {
			return err
		}
		c.Number, c.At, c.Steps = number(digits), moment(at), []campaigns.TestStep{}
		if detail != "" {
			if err := json.Unmarshal([]byte(detail), &c); err != nil {
				return err
			}
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("test calls: %w", err)
	}
	return out, nil
}
