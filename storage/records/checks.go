package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// addChecks reads of a page of calls which do-not-call lists were asked before
// each, out of the decisions. Calls of which no decision was kept have none.
func (db *DB) addChecks(ctx context.Context, calls []campaigns.Call) error {
	if len(calls) == 0 {
		return nil
	}
	at, places := make(map[int64]int, len(calls)), make([]int64, len(calls))
	for i, c := range calls {
		at[c.Seq], places[i] = i, c.Seq
	}
	list, err := json.Marshal(places)
	if err != nil {
		return err
	}
	return db.look(ctx, func(q querier) error {
		r := newCheckReader(q)
		var kept []keptCheck
		err := q.rows(`SELECT attempt, book, terms, record FROM decisions WHERE attempt IN (SELECT CAST(value AS INTEGER) FROM json_each(?))`, []any{string(list)}, func(rows *sql.Rows) error {
			var k keptCheck
			err := rows.Scan(&k.attempt, &k.book, &k.terms, &k.record)
			kept = append(kept, k)
			return err
		})
		for _, k := range kept {
			if err != nil {
				break
			}
			calls[at[k.attempt]].Checks, err = r.read(k)
		}
		if err != nil {
			return fmt.Errorf("which lists were asked: %w", err)
		}
		return nil
	})
}

// keptCheck is the record of a decision.
type keptCheck struct {
	attempt, book, terms int64
	record               []byte
}

// checkReader reads decisions of a few books and terms.
type checkReader struct {
	q     querier
	books map[int64]*rules.Book
	terms map[int64]rules.Terms
}

func newCheckReader(q querier) *checkReader {
	return &checkReader{q: q, books: map[int64]*rules.Book{}, terms: map[int64]rules.Terms{}}
}

func (r *checkReader) read(k keptCheck) ([]campaigns.ListCheck, error) {
	book, err := r.book(k.book)
	if err != nil {
		return nil, err
	}
	terms, err := r.termsOf(k.terms)
	if err != nil {
		return nil, err
	}
	record, err := rules.ReadRecord(k.record)
	if err != nil {
		return nil, err
	}
	out := []campaigns.ListCheck{{List: campaigns.InternalList, Listed: record.Facts.DNC}}
	for i, list := range book.Plan(terms, record.Facts.Place).Lists() {
		if i >= len(record.Facts.Lists) {
			break
		}
		l := record.Facts.Lists[i]
		out = append(out, campaigns.ListCheck{List: list, Version: l.Version, SHA256: sumOf(l.SHA256), AccessedAt: l.AccessedAt, Listed: l.Listed})
	}
	return out, nil
}

// sumOf is a hash, nil when it is not known.
func sumOf(sum [32]byte) campaigns.Hash {
	if sum == [32]byte{} {
		return nil
	}
	return sum[:]
}

func (r *checkReader) book(id int64) (*rules.Book, error) {
	if b, ok := r.books[id]; ok {
		return b, nil
	}
	var hash []byte
	if err := r.q.row(`SELECT hash FROM books WHERE id = ?`, []any{id}, &hash); err != nil {
		return nil, noRows(err)
	}
	b, err := bookOf(r.q, hash)
	r.books[id] = b
	return b, err
}

func (r *checkReader) termsOf(id int64) (rules.Terms, error) {
	if t, ok := r.terms[id]; ok {
		return t, nil
	}
	var t rules.Terms
	var body string
	if err := r.q.row(`SELECT body FROM terms WHERE id = ?`, []any{id}, &body); err != nil {
		return t, noRows(err)
	}
	err := json.Unmarshal([]byte(body), &t)
	r.terms[id] = t
	return t, err
}
