package records

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Heard reads who played or took away the recording of an attempt, oldest first.
func (db *DB) Heard(ctx context.Context, attempt string) ([]campaigns.AuditEntry, error) {
	r, err := db.read.QueryContext(ctx, heardQuery, "attempt "+attempt)
	if err != nil {
		return nil, fmt.Errorf("who heard attempt %s: %w", attempt, err)
	}
	var out []campaigns.AuditEntry
	err = eachRow(r, func(r *sql.Rows) error {
		var e campaigns.AuditEntry
		var at int64
		err := r.Scan(&e.Seq, &at, &e.Kind, &e.By, &e.Subject, &e.Detail)
		e.At = moment(at)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who heard attempt %s: %w", attempt, err)
	}
	return out, nil
}

const heardQuery = `SELECT seq, at, kind, by, subject, detail FROM audit WHERE subject = ? AND kind LIKE 'recording.%' ORDER BY seq`

// LinksOf finds the links of an attempt's records in the chain, in their order,
// each with the first signed checkpoint after it. The chain has no index by
// record: intents stand in it in the order of the ledger and are found by
// halves, and what was added to a call stands a call's length further on. A
// record that came more than a million links later is not found.
func (db *DB) LinksOf(ctx context.Context, seq int64) ([]campaigns.ChainLink, error) {
	var out []campaigns.ChainLink
	err := db.look(ctx, func(q querier) error {
		at, err := intentLink(q, seq)
		if err != nil || at == 0 {
			return err
		}
		return q.rows(linksQuery, []any{at, at + linksWithin, seq, kindAttempt, kindOutcome, kindDisposition}, func(r *sql.Rows) error {
			var l campaigns.ChainLink
			var hash []byte
			var checkpoint sql.NullInt64
			if err := r.Scan(&l.Seq, &l.Kind, &hash, &checkpoint); err != nil {
				return err
			}
			l.Hash, l.Checkpoint = hex.EncodeToString(hash), checkpoint.Int64
			out = append(out, l)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("links of call %d: %w", seq, err)
	}
	for i, l := range out {
		if l.Checkpoint == 0 {
			continue
		}
		var at int64
		if err := db.read.QueryRowContext(ctx, `SELECT at, key FROM checkpoints WHERE size = ?`, l.Checkpoint).Scan(&at, &out[i].Key); err != nil {
			return nil, fmt.Errorf("checkpoint over call %d: %w", seq, err)
		}
		out[i].CheckpointAt = moment(at)
	}
	return out, nil
}

// linksWithin is how far behind its intent a record of a call is sought.
const linksWithin = 1_000_000

const linksQuery = `SELECT seq, kind, hash, (SELECT MIN(size) FROM checkpoints WHERE size >= chain.seq) FROM chain
	WHERE seq BETWEEN ? AND ? AND ref = ? AND kind IN (?, ?, ?) ORDER BY seq LIMIT 3`

const intentQuery = `SELECT seq, ref FROM chain WHERE seq >= ? AND kind = ? ORDER BY seq LIMIT 1`

// intentLink finds the link of an attempt's intent; 0 when there is none.
func intentLink(q querier, ref int64) (int64, error) {
	var hi int64
	if err := q.row(`SELECT COALESCE(MAX(seq), 0) + 1 FROM chain`, nil, &hi); err != nil {
		return 0, err
	}
	lo := ref // an intent has at least as many links before it as intents
	for lo < hi {
		mid := lo + (hi-lo)/2
		var at, have int64
		err := q.row(intentQuery, []any{mid, kindAttempt}, &at, &have)
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && have > ref:
			hi = mid
		case err != nil:
			return 0, err
		case have == ref:
			return at, nil
		default:
			lo = at + 1
		}
	}
	return 0, nil
}

// RefusalRows counts refusals by day, campaign and rule: the newest day first,
// and of a day what refused most.
func (db *DB) RefusalRows(ctx context.Context, f campaigns.RefusalFilter) ([]campaigns.RefusalRow, error) {
	r, err := db.read.QueryContext(ctx, refusalRowsQuery, micros(f.From)/minuteMicros, micros(f.To)/minuteMicros, f.Campaign, f.Rule)
	if err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	var out []campaigns.RefusalRow
	err = eachRow(r, func(r *sql.Rows) error {
		var row campaigns.RefusalRow
		var day int64
		err := r.Scan(&day, &row.Campaign, &row.Rule, &row.N)
		row.Day = time.Unix(day*24*60*60, 0).UTC()
		out = append(out, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	return out, nil
}

const minuteMicros = 60 * 1_000_000

const refusalRowsQuery = `SELECT minute / 1440, campaign, rule, SUM(n) FROM refusals WHERE minute >= ?1 AND minute < ?2
	AND (?3 = 0 OR campaign = ?3) AND (?4 = '' OR rule = ?4) GROUP BY minute / 1440, campaign, rule ORDER BY 1 DESC, 4 DESC`

// Denials lists refusals, the newest first. A refusal stands once for a number,
// a campaign, a rule and the time until which it holds.
func (db *DB) Denials(ctx context.Context, f campaigns.RefusalFilter) ([]campaigns.Denied, error) {
	var w where
	w.add("at >= ? AND at < ?", micros(f.From), micros(f.To))
	if f.Campaign != 0 {
		w.add("campaign = ?", f.Campaign)
	}
	if f.Rule != "" {
		w.add("rule = ?", f.Rule)
	}
	if f.Before != 0 {
		w.add("seq < ?", f.Before)
	}
	r, err := db.read.QueryContext(ctx, `SELECT seq, id, at, campaign, contact, e164, rule, next_at FROM denials`+w.text()+` ORDER BY seq DESC LIMIT ?`, append(w.args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	var out []campaigns.Denied
	err = eachRow(r, func(r *sql.Rows) error {
		var d campaigns.Denied
		var at, num, next int64
		err := r.Scan(&d.Seq, &d.ID, &at, &d.Campaign, &d.Contact, &num, &d.Rule, &next)
		d.At, d.Number, d.Next = moment(at), number(num), moment(next)
		out = append(out, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list refusals: %w", err)
	}
	return out, nil
}
