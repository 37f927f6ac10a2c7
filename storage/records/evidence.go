package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
)

// WriteEvidence writes the selection as it stands at one instant: the stretch
// of the chain from its first to its last record, on to the next checkpoint,
// the records, their decisions and rules. The caller has begun the writer, and
// closes it. Memory grows with the calls of the selection, not with the ledger.
func (db *DB) WriteEvidence(ctx context.Context, s evidence.Selection, w *evidence.Writer) error {
	if s.Number != "" && e164(s.Number) == 0 {
		return fmt.Errorf("write evidence: %w", rules.ErrNumber) // it would choose everybody
	}
	ctx = db.complete(ctx)
	err := db.look(ctx, func(q querier) error {
		x := &exporter{ctx: ctx, q: q, w: w, s: s, from: micros(s.From), to: micros(s.To), num: e164(s.Number)}
		for _, step := range []func() error{x.choose, x.bound, x.chain, x.records, x.checkpoints, x.decisions, x.rules} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if db.failed(ctx, err) != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	return nil
}

// exporter is one export under way.
type exporter struct {
	ctx context.Context
	q   querier
	w   *evidence.Writer
	s   evidence.Selection

	from, to, num int64
	all           bool
	attempts      map[int64]bool // of the selection; nil = all
	first, last   int64          // links
}

// choose finds the attempts.
func (x *exporter) choose() error {
	x.all = x.s.Campaign == 0 && x.num == 0 && x.from == 0 && x.to == 0
	if x.all {
		return nil
	}
	x.attempts = make(map[int64]bool)
	var w where
	if x.num != 0 {
		w.add("e164 = ?", x.num)
	}
	w.equal("campaign", x.s.Campaign)
	if x.from != 0 {
		w.add("intent_at >= ?", x.from)
	}
	if x.to != 0 {
		w.add("intent_at < ?", x.to)
	}
	return x.q.rows(`SELECT seq FROM attempts`+w.text(), w.args, func(r *sql.Rows) error {
		var seq int64
		err := r.Scan(&seq)
		x.attempts[seq] = true
		return err
	})
}

// walk gives every link from a first to a last to f, oldest first.
func (x *exporter) walk(first, last int64, f func(l evidence.Link, kind string, ref int64, d evidence.Digest) error) error {
	const page = 5000
	for at := first; at <= last; {
		end := min(last, at+page-1)
		err := x.q.rows(`SELECT seq, kind, ref, digest, hash FROM chain WHERE seq BETWEEN ? AND ? ORDER BY seq`, []any{at, end}, func(r *sql.Rows) error {
			var l evidence.Link
			var kind string
			var ref int64
			var digest, hash sql.RawBytes
			if err := r.Scan(&l.Seq, &kind, &ref, &digest, &hash); err != nil {
				return err
			}
			var d evidence.Digest
			copy(d[:], digest)
			copy(l.Hash[:], hash)
			return f(l, kind, ref, d)
		})
		if err != nil {
			return err
		}
		if err := x.ctx.Err(); err != nil {
			return err
		}
		at = end + 1
	}
	return nil
}

// bound finds the stretch: from the first record of the selection to the first
// checkpoint at or after its last.
func (x *exporter) bound() error {
	var head int64
	if err := x.q.row(`SELECT COALESCE(MAX(size), 0) FROM checkpoints`, nil, &head); err != nil {
		return err
	}
	if head == 0 {
		return campaigns.ErrNoCheckpoint
	}
	x.first, x.last = head, head
	if x.all {
		x.first = 1
		return nil
	}
	found := false
	last := int64(0)
	err := x.walk(1, head, func(l evidence.Link, kind string, ref int64, _ evidence.Digest) error {
		in, err := x.stretches(kind, ref)
		if err != nil || !in {
			return err
		}
		if !found {
			found, x.first = true, l.Seq
		}
		last = l.Seq
		return nil
	})
	if err != nil || !found {
		return err
	}
	return x.q.row(`SELECT MIN(size) FROM checkpoints WHERE size >= ?`, []any{last}, &x.last)
}

// stretches tells whether a record belongs to the selection so closely that
// the stretch must reach it.
func (x *exporter) stretches(kind string, ref int64) (bool, error) {
	switch kind {
	case kindAttempt, kindOutcome, kindDisposition, kindRecording:
		return x.attempts[ref], nil
	case kindDoNotCall:
		return x.any(`SELECT EXISTS (SELECT 1 FROM do_not_call_changes WHERE batch = ?1 AND (e164 = ?2 AND ?2 <> 0
			OR ?2 = 0 AND (?3 = 0 OR campaign = ?3) AND recorded_at >= ?4 AND (?5 = 0 OR recorded_at < ?5)))`, ref)
	case kindConsent:
		return x.any(`SELECT EXISTS (SELECT 1 FROM consent_events WHERE batch = ?1 AND (e164 = ?2 AND ?2 <> 0
			OR ?2 = 0 AND (?3 = 0 OR campaign = ?3) AND recorded_at >= ?4 AND (?5 = 0 OR recorded_at < ?5)))`, ref)
	case kindEvents:
		return x.ofAttempts(`SELECT DISTINCT attempt FROM call_events WHERE batch = ?`, ref)
	}
	return false, nil
}

func (x *exporter) any(query string, ref int64) (there bool, err error) {
	return there, x.q.row(query, []any{ref, x.num, x.s.Campaign, x.from, x.to}, &there)
}

func (x *exporter) ofAttempts(query string, ref int64) (in bool, err error) {
	err = x.q.rows(query, []any{ref}, func(r *sql.Rows) error {
		var seq int64
		err := r.Scan(&seq)
		in = in || x.attempts[seq]
		return err
	})
	return in, err
}

// chosen tells whether a record of the stretch is shown.
func (x *exporter) chosen(kind string, ref int64) (bool, error) {
	switch {
	case x.all, kind == kindErasure:
		return true, nil
	case kind == kindAudit:
		return x.audited(ref)
	}
	return x.stretches(kind, ref)
}

// audited chooses entries of the audit: those about the campaign, and what was
// done to rules, registers, keys, holds and exports. They hold no number.
func (x *exporter) audited(ref int64) (in bool, err error) {
	if x.s.Campaign == 0 && x.num == 0 {
		return true, nil
	}
	var kind, about string
	if err := x.q.row(`SELECT kind, subject FROM audit WHERE seq = ?`, []any{ref}, &kind, &about); err != nil {
		return false, err
	}
	if x.s.Campaign != 0 && about == subject("campaign", x.s.Campaign) {
		return true, nil
	}
	return slices.ContainsFunc([]string{"rules.", "register.", "evidence.", "hold.", "retention.", "clock.", "calls.stop"}, func(prefix string) bool {
		return len(kind) >= len(prefix) && kind[:len(prefix)] == prefix
	}), nil
}

// chain writes the stretch.
func (x *exporter) chain() error {
	before := evidence.Link{Seq: x.first - 1}
	if before.Seq > 0 {
		var hash []byte
		if err := x.q.row(`SELECT hash FROM chain WHERE seq = ?`, []any{before.Seq}, &hash); err != nil {
			return err
		}
		copy(before.Hash[:], hash)
	}
	if err := x.w.BeginChain(before); err != nil {
		return err
	}
	return x.walk(x.first, x.last, x.w.Link)
}

// records writes the records of the selection.
func (x *exporter) records() error {
	if err := x.w.BeginRecords(); err != nil {
		return err
	}
	return x.walk(x.first, x.last, func(l evidence.Link, kind string, ref int64, _ evidence.Digest) error {
		in, err := x.chosen(kind, ref)
		if err != nil || !in {
			return err
		}
		r := evidence.Record{Link: l.Seq, Kind: kind, Ref: ref}
		if r.Rows, err = x.rows(kind, ref); err != nil || len(r.Rows) == 0 {
			return err
		}
		return x.w.Record(r)
	})
}

// checkpoints writes those of the stretch; the last is that of the manifest.
func (x *exporter) checkpoints() error {
	if err := x.w.BeginLines(evidence.CheckpointsFile); err != nil {
		return err
	}
	return x.q.rows(`SELECT `+checkpointColumns+` FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size`, []any{x.first, x.last}, func(r *sql.Rows) error {
		var c evidence.Checkpoint
		var at int64
		if err := r.Scan(&c.Size, &c.Head, &at, &c.Key, &c.Zones, &c.Program, &c.Signature); err != nil {
			return err
		}
		c.At = moment(at)
		if c.Size == x.last {
			x.w.CoveredBy(c)
		}
		return x.w.Line(c)
	})
}

// decisions writes why the attempts were allowed.
func (x *exporter) decisions() error {
	if err := x.w.BeginLines(evidence.DecisionsFile); err != nil {
		return err
	}
	return x.q.rows(`SELECT d.attempt, b.hash, m.hash, m.body, d.record FROM decisions d JOIN books b ON b.id = d.book JOIN terms m ON m.id = d.terms
		WHERE d.attempt BETWEEN ? AND ? ORDER BY d.attempt`, x.seqs(), func(r *sql.Rows) error {
		var d evidence.Stored
		var book, terms []byte
		if err := r.Scan(&d.Attempt, &book, &terms, &d.Text, &d.Record); err != nil {
			return err
		}
		if d.Book, d.Terms = book, terms; !x.all && !x.attempts[d.Attempt] {
			return nil
		}
		return x.w.Line(d)
	})
}

// seqs are the first and the last attempt of the selection that the stretch
// holds.
func (x *exporter) seqs() []any {
	if x.all {
		var n int64
		if err := x.q.row(`SELECT COALESCE(MAX(ref), 0) FROM chain WHERE kind = 'attempt' AND seq BETWEEN ? AND ?`, []any{x.first, x.last}, &n); err != nil {
			return []any{0, -1}
		}
		return []any{0, n}
	}
	lo, hi := int64(0), int64(-1)
	for seq := range x.attempts {
		if hi < 0 || seq < lo {
			lo = seq
		}
		hi = max(hi, seq)
	}
	return []any{lo, hi}
}

// rules writes the rules by which it was decided, how they came into force and
// what versions of do-not-call registers there were.
func (x *exporter) rules() error {
	sets, holidays := map[string]bool{}, map[string]bool{}
	if err := x.w.BeginLines(evidence.BooksFile); err != nil {
		return err
	}
	err := x.q.rows(`SELECT hash, sets, holidays FROM books WHERE id IN (SELECT book FROM decisions WHERE attempt BETWEEN ? AND ?) ORDER BY id`, x.seqs(), func(r *sql.Rows) error {
		var b evidence.Book
		var hash []byte
		var own, days string
		if err := r.Scan(&hash, &own, &days); err != nil {
			return err
		}
		b.Hash = hash
		if err := errors.Join(json.Unmarshal([]byte(own), &b.Sets), json.Unmarshal([]byte(days), &b.Holidays)); err != nil {
			return err
		}
		for _, s := range b.Sets {
			sets[s] = true
		}
		for _, h := range b.Holidays {
			holidays[h] = true
		}
		return x.w.Line(b)
	})
	if err != nil {
		return err
	}
	err = errors.Join(x.documents(evidence.RuleSetsFolder, `SELECT source FROM rule_sets WHERE sha256 = unhex(?)`, sets),
		x.documents(evidence.HolidaysFolder, `SELECT source FROM holiday_files WHERE sha256 = unhex(?)`, holidays))
	if err != nil {
		return err
	}
	for name, table := range map[string]string{evidence.AdoptionsFile: "adoptions", evidence.ListsFile: "register_versions"} {
		if err := x.table(name, table); err != nil {
			return err
		}
	}
	return x.loosened()
}

// loosened writes what of the adoptions let calls through that were not before.
func (x *exporter) loosened() error {
	all, err := adoptions(x.q, `SELECT `+adoptionColumns+` FROM adoptions ORDER BY seq`)
	if err != nil {
		return fmt.Errorf("read adoptions: %w", err)
	}
	looser, err := campaigns.LooseningsOf(all, func(sum campaigns.Hash) (*rules.Set, error) { return ruleSet(x.q, sum) })
	if err != nil {
		return err
	}
	if err := x.w.BeginLines(evidence.LooseningsFile); err != nil {
		return err
	}
	lines := make([]string, 0, len(looser))
	for _, l := range looser {
		if err := x.w.Line(l); err != nil {
			return err
		}
		lines = append(lines, l.String())
	}
	x.w.Loosened(lines)
	return nil
}

// documents writes documents under the name of their SHA-256.
func (x *exporter) documents(folder, query string, sums map[string]bool) error {
	names := make([]string, 0, len(sums))
	for s := range sums {
		names = append(names, s)
	}
	slices.Sort(names)
	for _, s := range names {
		var source []byte
		if err := x.q.row(query, []any{s}, &source); err != nil {
			return fmt.Errorf("document %s: %w", s, err)
		}
		if err := x.w.File(folder+s+".yaml", source); err != nil {
			return err
		}
	}
	return nil
}

// table writes a table of facts that are public, as it stands.
func (x *exporter) table(name, table string) error {
	if err := x.w.BeginLines(name); err != nil {
		return err
	}
	return x.q.rows(`SELECT * FROM `+table+` ORDER BY 1`, nil, func(r *sql.Rows) error {
		names, row, err := scanAny(r)
		if err != nil {
			return err
		}
		line := make(map[string]any, len(names))
		for i, n := range names {
			if b, ok := row[i].([]byte); ok {
				row[i] = evidence.Hex(b)
			}
			if at, ok := row[i].(int64); ok && (n == "at" || n == "accessed_at" || n == "loaded_at") {
				row[i] = moment(at).Format(time.RFC3339Nano)
			}
			line[n] = row[i]
		}
		return x.w.Line(line)
	})
}

// scanAny reads a row whatever it holds.
func scanAny(r *sql.Rows) (names []string, row []any, err error) {
	if names, err = r.Columns(); err != nil {
		return nil, nil, err
	}
	row = make([]any, len(names))
	dest := make([]any, len(names))
	for i := range row {
		dest[i] = &row[i]
	}
	return names, row, r.Scan(dest...)
}
