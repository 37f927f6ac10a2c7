package records

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// shelve keeps of what a book consists, once, and returns its number.
func (t *tx) shelve(hash []byte, sets []string, h *rules.Holidays) (id int64, err error) {
	err = t.row(`SELECT id FROM books WHERE hash = ?`, []any{hash}, &id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	days, err := t.shelveHolidays(h)
	if err != nil {
		return 0, err
	}
	list, err := json.Marshal(sets)
	if err != nil {
		return 0, err
	}
	t.writes++
	err = t.row(`INSERT INTO books (hash, sets, holidays, at) VALUES (?, ?, ?, ?) RETURNING id`,
		[]any{hash, string(list), days, micros(t.now)}, &id)
	return id, err
}

// shelveHolidays keeps the files of holidays, and returns their hashes as JSON.
func (t *tx) shelveHolidays(h *rules.Holidays) (string, error) {
	sums := []string{}
	for _, source := range h.Sources() {
		sum := sha256.Sum256(source)
		sums = append(sums, hex.EncodeToString(sum[:]))
		_, err := t.exec(`INSERT INTO holiday_files (sha256, source, added_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING`,
			sum[:], source, micros(t.now))
		if err != nil {
			return "", fmt.Errorf("keep holidays: %w", err)
		}
	}
	list, err := json.Marshal(sums)
	return string(list), err
}

// lastHolidays are those of the book that was shelved last.
func (t *tx) lastHolidays() (*rules.Holidays, error) {
	var list string
	err := t.row(`SELECT holidays FROM books WHERE id = (SELECT book FROM book_in_force WHERE one = 1)`, nil, &list)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return holidaysOf(t, list)
}

// holidaysOf joins files of holidays by their hashes; nil for none.
func holidaysOf(q querier, list string) (*rules.Holidays, error) {
	var h *rules.Holidays
	return h, eachHash(list, func(sum []byte) error {
		var source []byte
		if err := q.row(`SELECT source FROM holiday_files WHERE sha256 = ?`, []any{sum}, &source); err != nil {
			return fmt.Errorf("holidays %x: %w", sum, noRows(err))
		}
		one, err := rules.ParseHolidays(source)
		if err != nil {
			return err
		}
		h = h.Merge(one)
		return nil
	})
}

// eachHash calls f with every hash of a JSON array.
func eachHash(list string, f func(sum []byte) error) error {
	var sums []string
	if err := json.Unmarshal([]byte(list), &sums); err != nil {
		return fmt.Errorf("list of hashes: %w", err)
	}
	for _, text := range sums {
		sum, err := hex.DecodeString(text)
		if err != nil {
			return fmt.Errorf("hash %q: %w", text, err)
		}
		if err := f(sum); err != nil {
			return err
		}
	}
	return nil
}

// BookOf makes a book again that was in force once, by its hash: sets and
// holidays as they were. campaigns.ErrNotFound when none had that hash.
func (db *DB) BookOf(ctx context.Context, hash campaigns.Hash) (book *rules.Book, err error) {
	err = db.look(ctx, func(q querier) (err error) {
		book, err = bookOf(q, hash)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rule book %s: %w", hash, err)
	}
	return book, nil
}

func bookOf(q querier, hash campaigns.Hash) (*rules.Book, error) {
	var list, days string
	if err := q.row(`SELECT sets, holidays FROM books WHERE hash = ?`, []any{[]byte(hash)}, &list, &days); err != nil {
		return nil, noRows(err)
	}
	var sets []*rules.Set
	err := eachHash(list, func(sum []byte) error {
		set, err := ruleSet(q, sum)
		sets = append(sets, set)
		return err
	})
	if err != nil {
		return nil, err
	}
	h, err := holidaysOf(q, days)
	if err != nil {
		return nil, err
	}
	return rules.NewBook(sets, h)
}
