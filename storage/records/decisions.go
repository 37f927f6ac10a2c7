package records

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// storedTerms are the terms of a version of a campaign's settings, and where
// the store keeps them.
type storedTerms struct {
	id    int64
	hash  campaigns.Hash
	terms rules.Terms
}

// termsOf keeps the terms of a campaign, once for a version of its settings. C is
// the campaign as this transaction has it: settings that were read before may be
// of another version, and would be taken for this one by every call that follows.
func (t *tx) termsOf(c campaigns.Campaign, version int64) (storedTerms, error) {
	if s, ok := t.terms[version]; ok {
		return s, nil
	}
	s := storedTerms{terms: c.Terms()}
	body, err := json.Marshal(s.terms)
	if err != nil {
		return s, fmt.Errorf("terms of campaign %d: %w", c.ID, err)
	}
	sum := sha256.Sum256(body)
	s.hash = sum[:]
	err = t.row(`SELECT id FROM terms WHERE hash = ?`, []any{sum[:]}, &s.id)
	if errors.Is(err, sql.ErrNoRows) {
		t.writes++
		err = t.row(`INSERT INTO terms (hash, body) VALUES (?, ?) RETURNING id`, []any{sum[:], string(body)}, &s.id)
	}
	if err != nil {
		return s, fmt.Errorf("keep the terms of campaign %d: %w", c.ID, err)
	}
	t.terms[version] = s
	return s, nil
}

// seal writes into an attempt why it is allowed, before its row is written:
// what is chained there commits to the record.
func (t *tx) seal(a *campaigns.Attempt, c campaigns.Campaign, d *rules.Decision, terms storedTerms) {
	place := t.gate.facts.Place
	t.gate.record = d.AppendRecord(t.gate.record[:0])
	a.Ruleset = t.inForce().hash
	a.Decision = campaigns.DigestDecision(a.Ruleset, terms.hash, t.gate.record)
	a.Jurisdictions, a.ZoneSource, a.Zones = place.Jurisdictions, place.ZoneSource, place.Zones
	a.Consent, a.CLIAuthorization, a.PartyKind = strings.Join(d.Grants(), " "), t.gate.facts.CLI.ID, c.PartyKind()
}

// keepDecision writes the record of an attempt whose row was just written.
func (t *tx) keepDecision(a *campaigns.Attempt, d *rules.Decision, terms storedTerms) error {
	err := t.write(`INSERT INTO decisions (attempt, book, terms, at, record) VALUES (?, ?, ?, ?, ?)`,
		a.Seq, t.inForce().id, terms.id, micros(t.now), t.gate.record)
	if err != nil {
		return fmt.Errorf("keep the decision: %w", err)
	}
	if used := d.Grants(); len(used) > 0 {
		return t.useGrants(a, used)
	}
	return nil
}

// deny counts a refusal, and keeps its record when the number was not refused
// for the same reason until the same time before.
func (t *tx) deny(a *campaigns.Attempt, d *rules.Decision, terms storedTerms, first rules.Verdict) error {
	const minute = 60 * 1_000_000
	_, err := t.exec(`INSERT INTO refusals (minute, campaign, rule, n) VALUES (?, ?, ?, 1)
		ON CONFLICT (minute, campaign, rule) DO UPDATE SET n = refusals.n + 1`, micros(t.now)/minute, a.Campaign, string(first.Rule))
	if err != nil {
		return fmt.Errorf("count a refusal: %w", err)
	}
	t.gate.record = d.AppendRecord(t.gate.record[:0])
	_, err = t.exec(`INSERT INTO denials (id, e164, contact, campaign, rule, next_at, settings, book, terms, at, record)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (e164, campaign, rule, next_at) WHERE e164 <> 0 DO NOTHING`,
		uuid.Must(uuid.NewV7()).String(), e164(a.Number), a.Contact, a.Campaign, string(first.Rule), micros(first.Next), a.Settings,
		t.inForce().id, terms.id, micros(t.now), t.gate.record)
	if err != nil {
		return fmt.Errorf("keep a refusal: %w", err)
	}
	return nil
}

// KeepRefusal counts and keeps a refusal that came before an attempt was begun,
// as of a number that an agent typed: d is what Weigh said of it. Rules or
// settings that were changed in that moment make another decision, and nothing is
// kept.
func (db *DB) KeepRefusal(ctx context.Context, c campaigns.Campaign, p campaigns.Contact, number string, d *rules.Decision) error {
	first, refused := d.Primary()
	if !refused {
		return nil
	}
	err := db.do(ctx, func(t *tx) error {
		a := campaigns.Attempt{Campaign: c.ID, Contact: p.ID, Number: number}
		if d.Plan().Book().Hash() != t.inForce().book.Hash() {
			return nil
		}
		if err := t.row(`SELECT version FROM campaigns WHERE id = ?`, []any{c.ID}, &a.Settings); err != nil {
			return noRows(err)
		}
		stored, ok := t.settings(c.ID)
		if !ok {
			return campaigns.ErrNotFound
		}
		if judged, now := d.Plan().Terms(), stored.Terms(); !judged.Equal(&now) {
			return nil
		}
		terms, err := t.termsOf(stored, a.Settings)
		if err != nil {
			return err
		}
		return t.deny(&a, d, terms, first)
	})
	if err != nil {
		return fmt.Errorf("keep a refusal of campaign %d: %w", c.ID, err)
	}
	return nil
}

const decisionSelect = `SELECT a.id, a.seq, d.at, a.campaign, a.contact, a.e164, '', 0, a.settings, b.hash, m.hash, m.body, d.record, a.decision, d.attempt
	FROM decisions d JOIN attempts a ON a.seq = d.attempt JOIN books b ON b.id = d.book JOIN terms m ON m.id = d.terms`

const denialSelect = `SELECT d.id, 0, d.at, d.campaign, d.contact, d.e164, d.rule, d.next_at, d.settings, b.hash, m.hash, m.body, d.record, NULL, d.seq
	FROM denials d JOIN books b ON b.id = d.book JOIN terms m ON m.id = d.terms`

// Decision reads the decision of an attempt by its id, or a refusal by its own;
// campaigns.ErrNotFound when there is none.
func (db *DB) Decision(ctx context.Context, id string) (out campaigns.DecisionRecord, err error) {
	found := false
	err = db.look(ctx, func(q querier) error {
		for _, query := range []string{decisionSelect + ` WHERE a.id = ?`, denialSelect + ` WHERE d.id = ?`} {
			err := q.rows(query, []any{id}, func(r *sql.Rows) (err error) {
				found = true
				out, err = scanDecision(r, new(int64))
				return err
			})
			if err != nil || found {
				return err
			}
		}
		return campaigns.ErrNotFound
	})
	if err != nil {
		return out, fmt.Errorf("decision %s: %w", id, err)
	}
	return out, nil
}

func scanDecision(r *sql.Rows, key *int64) (campaigns.DecisionRecord, error) {
	var d campaigns.DecisionRecord
	var at, num, next int64
	var book, terms, chained []byte
	var text string
	err := r.Scan(&d.ID, &d.Attempt, &at, &d.Campaign, &d.Contact, &num, &d.Rule, &next, &d.Settings, &book, &terms, &text, &d.Record, &chained, key)
	d.Chained = chained
	d.At, d.Next, d.Book, d.Terms, d.TermsText = moment(at), moment(next), book, terms, json.RawMessage(text)
	if num != 0 {
		d.Number = number(num)
	}
	return d, err
}

// decisionPage is how many decisions are read at once; between pages no
// connection is held.
const decisionPage = 1000

// Decisions streams decisions: those that allowed an attempt in the order of
// the ledger, then refusals in theirs. After an error the stream ends.
func (db *DB) Decisions(ctx context.Context, f campaigns.DecisionFilter) iter.Seq2[campaigns.DecisionRecord, error] {
	return func(yield func(campaigns.DecisionRecord, error) bool) {
		n := 0
		for _, side := range []decisionSide{
			{query: decisionSelect, key: "d.attempt", number: "a.e164", campaign: "+a.campaign", skip: f.Refused != nil && *f.Refused},
			{query: denialSelect, key: "d.seq", number: "d.e164", campaign: "+d.campaign", skip: f.Refused != nil && !*f.Refused},
		} {
			for !side.skip && !side.done {
				page, err := db.decisionPage(ctx, f, &side)
				if err != nil {
					yield(campaigns.DecisionRecord{}, fmt.Errorf("read decisions: %w", err))
					return
				}
				for _, d := range page {
					if !yield(d, nil) {
						return
					}
					if n++; n == f.Limit {
						return
					}
				}
			}
		}
	}
}

// decisionSide is one of the two kinds of decisions, and how far it is read.
type decisionSide struct {
	query, key, number, campaign string
	skip, done                   bool
	after                        int64
}

func (db *DB) decisionPage(ctx context.Context, f campaigns.DecisionFilter, s *decisionSide) ([]campaigns.DecisionRecord, error) {
	var w where
	w.add(s.key+" > ?", s.after)
	w.equal(s.campaign, f.Campaign)
	if f.Number != "" {
		w.add(s.number+" = ?", e164(f.Number))
	}
	if !f.From.IsZero() {
		w.add("d.at >= ?", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("d.at < ?", micros(f.To))
	}
	out := make([]campaigns.DecisionRecord, 0, decisionPage)
	rows, err := db.read.QueryContext(ctx, s.query+w.text()+" ORDER BY "+s.key+" LIMIT ?", append(w.args, decisionPage)...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func(r *sql.Rows) error {
		d, err := scanDecision(r, &s.after)
		out = append(out, d)
		return err
	})
	s.done = len(out) < decisionPage
	return out, err
}

// Refusals counts the calls that the rules refused at the last moment, by
// campaign and rule, from a time until before another.
func (db *DB) Refusals(ctx context.Context, campaign int64, from, to time.Time) ([]campaigns.RefusalCount, error) {
	const minute = 60 * 1_000_000
	last := int64(1<<62 - 1)
	if !to.IsZero() {
		last = micros(to) / minute
	}
	rows, err := db.read.QueryContext(ctx, `SELECT campaign, rule, SUM(n), MAX(minute) FROM refusals
		WHERE minute >= ? AND minute < ? AND (?3 = 0 OR campaign = ?3) GROUP BY campaign, rule ORDER BY 3 DESC, rule`,
		micros(from)/minute, last, campaign)
	if err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	var out []campaigns.RefusalCount
	err = eachRow(rows, func(r *sql.Rows) error {
		var c campaigns.RefusalCount
		var at int64
		err := r.Scan(&c.Campaign, &c.Rule, &c.N, &at)
		c.Last = moment(at * minute)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count refusals: %w", err)
	}
	return out, nil
}
