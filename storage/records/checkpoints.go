package records

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// Head is the last link of the chain; zero when there is none.
func (db *DB) Head(ctx context.Context) (evidence.Link, error) {
	var l evidence.Link
	var hash []byte
	err := db.read.QueryRowContext(ctx, `SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1`).Scan(&l.Seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("read the head of the chain: %w", err)
	}
	copy(l.Hash[:], hash)
	return l, nil
}

// lastKey is the name of the key that the house signs with; "" when it has none.
func (t *tx) lastKey() (id string, err error) {
	err = t.row(`SELECT id FROM evidence_keys ORDER BY seq DESC LIMIT 1`, nil, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// SaveCheckpoint keeps a checkpoint. Of one size there is one: the first stays. One
// that another than the last key signed is evidence.ErrReplaced.
func (db *DB) SaveCheckpoint(ctx context.Context, c evidence.Checkpoint) error {
	err := db.do(ctx, func(t *tx) error {
		if id, err := t.lastKey(); err != nil {
			return err
		} else if id != c.Key {
			return evidence.ErrReplaced
		}
		_, err := t.exec(`INSERT INTO checkpoints (size, head, at, key, tzdb, program, signature) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (size) DO NOTHING`, c.Size, c.Head, micros(c.At), c.Key, c.Zones, c.Program, c.Signature)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the checkpoint at %d: %w", c.Size, err)
	}
	return nil
}

const checkpointColumns = `size, head, at, key, tzdb, program, signature`

// Checkpoints reads those of a size from a first to a last, in order; last 0 =
// all.
func (db *DB) Checkpoints(ctx context.Context, first, last int64) (out []evidence.Checkpoint, err error) {
	if last == 0 {
		last = 1<<63 - 1
	}
	err = db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, `SELECT `+checkpointColumns+` FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size`, []any{first, last}, func(c *cells) error {
			out = append(out, readCheckpoint(c))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return out, nil
}

func readCheckpoint(c *cells) evidence.Checkpoint {
	return evidence.Checkpoint{
		Size: c.integer(), Head: c.text(), At: c.instant(), Key: c.text(), Zones: c.text(), Program: c.text(),
		Signature: append([]byte(nil), c.blob()...),
	}
}

// LastCheckpoint is the newest; the zero value when there is none.
func (db *DB) LastCheckpoint(ctx context.Context) (c evidence.Checkpoint, err error) {
	err = db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, `SELECT `+checkpointColumns+` FROM checkpoints ORDER BY size DESC LIMIT 1`, nil, func(row *cells) error {
			c = readCheckpoint(row)
			return nil
		})
	})
	if err != nil {
		return c, fmt.Errorf("read the last checkpoint: %w", err)
	}
	return c, nil
}

// AddKey keeps a public key of the house, and that it came, in the audit. One
// that is there already changes nothing; one that another than the last introduces
// is evidence.ErrReplaced.
func (db *DB) AddKey(ctx context.Context, k evidence.Key, by string) error {
	err := db.do(ctx, func(t *tx) error {
		if id, err := t.lastKey(); err != nil || id == k.ID {
			return err
		} else if id != "" && id != k.SignedBy {
			return evidence.ErrReplaced
		}
		n, err := t.exec(`INSERT INTO evidence_keys (id, public, at, signed_by, signature, accepted) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, k.ID, k.Public, micros(k.At), k.SignedBy, k.Signature, k.Accepted)
		if err != nil || n == 0 {
			return err
		}
		return t.note("evidence.key", by, "key "+k.ID, "public "+hex.EncodeToString(k.Public)+", introduced by "+k.SignedBy)
	})
	if err != nil {
		return fmt.Errorf("keep the key %s: %w", k.ID, err)
	}
	return nil
}

// Keys reads the public keys of the house in the order in which they came.
func (db *DB) Keys(ctx context.Context) (keys []evidence.Key, err error) {
	err = db.withDriver(ctx, func(q driver.QueryerContext) error {
		keys, err = readKeys(q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the keys of the house: %w", err)
	}
	return keys, nil
}

func readKeys(q driver.QueryerContext) (keys []evidence.Key, err error) {
	err = each(q, `SELECT id, public, at, signed_by, signature, accepted FROM evidence_keys ORDER BY seq`, nil, func(c *cells) error {
		keys = append(keys, evidence.Key{
			ID: c.text(), Public: bytes.Clone(c.blob()), At: c.instant(), SignedBy: c.text(), Signature: bytes.Clone(c.blob()), Accepted: bytes.Clone(c.blob()),
		})
		return nil
	})
	return keys, err
}

// witness holds the chain against the checkpoints as it is walked.
type witness struct {
	ring     evidence.Ring
	own      *stream               // checkpoints of the store, by size
	outside  []evidence.Checkpoint // of elsewhere, by size
	next     evidence.Checkpoint
	before   evidence.Checkpoint // the one before next
	any      bool
	checked  int64
	outsider int64
}

func newWitness(q driver.QueryerContext, trust campaigns.Trust) (*witness, error) {
	keys, err := readKeys(q)
	if err != nil {
		return nil, err
	}
	w := &witness{outside: trust.Outside}
	if w.ring, err = evidence.Trust(keys, trust.Key); err != nil {
		return w, err
	}
	if w.own, err = openStream(q, `SELECT `+checkpointColumns+` FROM checkpoints ORDER BY size`); err != nil {
		return nil, err
	}
	return w, w.step()
}

// step reads the next checkpoint of the store.
func (w *witness) step() error {
	row, ok, err := w.own.next()
	w.before = w.next
	if w.any = ok && err == nil; w.any {
		w.next = readCheckpoint(&cells{row: row})
	}
	return err
}

// seen holds a link against what was signed of it.
func (c *checker) seen(l link) error {
	w := c.witness
	for w.any && w.next.Size <= l.seq {
		c.signed(w.before, w.next, l, "")
		w.checked++
		if err := w.step(); err != nil {
			return err
		}
	}
	for len(w.outside) > 0 && w.outside[0].Size <= l.seq {
		c.signed(evidence.Checkpoint{}, w.outside[0], l, " kept elsewhere")
		w.outsider, w.outside = w.outsider+1, w.outside[1:]
	}
	return nil
}

// signed holds a link against a checkpoint, which follows another.
func (c *checker) signed(before, p evidence.Checkpoint, l link, where string) {
	if err := c.witness.ring.CheckAfter(before, p); err != nil {
		c.broken(campaigns.LawCheckpoint, "", p.Size, "%v%s", err, where)
		return
	}
	if p.Size == l.seq && p.Head != hex.EncodeToString(l.hash[:]) {
		c.broken(campaigns.LawCheckpoint, "", p.Size, "the checkpoint of %s%s says that link %d was another: the chain up to there was written anew",
			p.At.Format("2006-01-02 15:04:05 MST"), where, p.Size)
	}
}

// unreached names checkpoints beyond the end of the chain.
func (c *checker) unreached() error {
	w := c.witness
	for w.any {
		c.cut(w.next, "")
		if err := w.step(); err != nil {
			return err
		}
	}
	for _, p := range w.outside {
		c.cut(p, " kept elsewhere")
	}
	c.found.Checkpoints = w.checked + w.outsider
	return nil
}

func (c *checker) cut(p evidence.Checkpoint, where string) {
	c.broken(campaigns.LawCheckpoint, "", p.Size, "the checkpoint of %s%s counts %d links, there are %d: the end of the chain was cut off",
		p.At.Format("2006-01-02 15:04:05 MST"), where, p.Size, c.last.seq)
}

// CheckpointOver is the first checkpoint that covers a link; ok is false when
// none was signed since.
func (db *DB) CheckpointOver(ctx context.Context, link int64) (c evidence.Checkpoint, ok bool, err error) {
	err = db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, `SELECT `+checkpointColumns+` FROM checkpoints WHERE size >= ? ORDER BY size LIMIT 1`, []any{link}, func(row *cells) error {
			c, ok = readCheckpoint(row), true
			return nil
		})
	})
	if err != nil {
		return c, false, fmt.Errorf("read the checkpoint over link %d: %w", link, err)
	}
	return c, ok, nil
}

// ZoneEras tells from when to when checkpoints name which version of the time
// zones and of the program, oldest first.
func (db *DB) ZoneEras(ctx context.Context) (out []campaigns.ZoneEra, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT MIN(at), MAX(at), MIN(tzdb), MIN(program) FROM (SELECT at, tzdb, program, SUM(fresh) OVER (ORDER BY size) AS era
			FROM (SELECT size, at, tzdb, program, (LAG(tzdb) OVER w IS DISTINCT FROM tzdb OR LAG(program) OVER w IS DISTINCT FROM program) AS fresh
				FROM checkpoints WINDOW w AS (ORDER BY size)) told) eras GROUP BY era ORDER BY era`, nil, func(r *sql.Rows) error {
			var e campaigns.ZoneEra
			var from, to int64
			err := r.Scan(&from, &to, &e.Zones, &e.Program)
			e.From, e.To = moment(from), moment(to)
			out = append(out, e)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read which time zones there were: %w", err)
	}
	return out, nil
}
