package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// The kinds of records that came with format 2.
const (
	kindErasure   = evidence.KindErasure
	kindRebase    = evidence.KindRebase
	kindRecording = evidence.KindRecording
	kindEvents    = evidence.KindEvents
)

// AskErasure writes down that a person is to be forgotten, and puts the number
// onto the house's do-not-call list in the same transaction: from then on no
// attempt begins. The same number again is the same wish.
func (db *DB) AskErasure(ctx context.Context, number string, basis campaigns.Basis, by string) (campaigns.ErasureAsk, error) {
	var ask campaigns.ErasureAsk
	err := db.do(ctx, func(t *tx) (err error) {
		num := e164(number)
		var there bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM erasure_work WHERE e164 = ?)`, []any{num}, &there); err != nil {
			return err
		}
		if !there {
			if err := t.askErasure(num, basis, by); err != nil {
				return err
			}
		}
		ask, err = readAsk(t, `e164 = ?`, num)
		return err
	})
	if err != nil {
		return ask, fmt.Errorf("ask for an erasure: %w", err)
	}
	return ask, nil
}

func (t *tx) askErasure(num int64, basis campaigns.Basis, by string) error {
	numbers, err := numbersOf(t, num)
	if err != nil {
		return err
	}
	// Date, scope and source are all that the list may keep: no name, no reason.
	day := t.now.Truncate(24 * time.Hour)
	batch := make([]campaigns.DoNotCall, len(numbers))
	for i, n := range numbers {
		batch[i] = campaigns.DoNotCall{Number: number(n), At: day, Channel: campaigns.ChannelErasure}
	}
	if err := t.addDoNotCall(batch); err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO erasure_work (e164, at, by, basis) VALUES (?, ?, ?, ?)`, num, micros(t.now), by, string(basis)); err != nil {
		return err
	}
	who, err := t.person(num)
	if err != nil {
		return err
	}
	return t.note("subject.erase", by, who, string(basis))
}

// numbersOf is a number and the other numbers of the contacts that have it, but
// for those that somebody else has too.
func numbersOf(q querier, num int64) ([]int64, error) {
	all := []int64{num}
	contacts, err := contactsOf(q, num)
	if err != nil {
		return nil, err
	}
	for _, id := range contacts {
		own, err := numbersOfContact(q, id)
		if err != nil {
			return nil, err
		}
		for _, n := range own {
			if slices.Contains(all, n) {
				continue
			}
			var others bool
			err := q.row(`SELECT EXISTS (SELECT 1 FROM numbers s WHERE s.campaign IN (SELECT id FROM campaigns) AND s.e164 = ?2 AND NOT EXISTS (
				SELECT 1 FROM numbers m WHERE m.campaign = s.campaign AND m.e164 = ?1 AND m.contact = s.contact))`, []any{num, n}, &others)
			if err != nil {
				return nil, err
			}
			if !others {
				all = append(all, n)
			}
		}
	}
	return all, nil
}

// contactsOf are the contacts that have a number.
func contactsOf(q querier, num int64) (ids []int64, err error) {
	err = q.rows(`SELECT contact FROM numbers WHERE campaign IN (SELECT id FROM campaigns) AND e164 = ?`, []any{num}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// numbersOfContact are the numbers of a contact, from its own row: the table of
// numbers is not sorted by contact, and may be long.
func numbersOfContact(q querier, id int64) ([]int64, error) {
	var text string
	if err := q.row(`SELECT phones FROM contacts WHERE id = ?`, []any{id}, &text); err != nil {
		return nil, noRows(err)
	}
	phones, err := readPhones(text)
	out := make([]int64, len(phones))
	for i, p := range phones {
		out[i] = e164(p.Number)
	}
	return out, err
}

func readAsk(q querier, where string, args ...any) (campaigns.ErasureAsk, error) {
	all, err := readAsks(q, where, args...)
	if err == nil && len(all) == 0 {
		err = campaigns.ErrNotFound
	}
	if err != nil {
		return campaigns.ErasureAsk{}, err
	}
	return all[0], nil
}

func readAsks(q querier, where string, args ...any) (out []campaigns.ErasureAsk, err error) {
	err = q.rows(`SELECT id, e164, at, by, basis FROM erasure_work WHERE `+where+` ORDER BY id`, args, func(r *sql.Rows) error {
		a := campaigns.ErasureAsk{State: campaigns.ErasureAsked}
		var num, at int64
		err := r.Scan(&a.ID, &num, &at, &a.By, &a.Basis)
		a.Number, a.At = number(num), moment(at)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Holds, err = heldPerson(q, e164(out[i].Number), time.Now()); err != nil {
			return nil, err
		}
		if len(out[i].Holds) > 0 {
			out[i].State = campaigns.ErasureRestricted
		}
	}
	return out, nil
}

// Erasures lists the wishes that are not done yet, oldest first.
func (db *DB) Erasures(ctx context.Context) (out []campaigns.ErasureAsk, err error) {
	err = db.look(ctx, func(q querier) error {
		out, err = readAsks(q, `TRUE`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	return out, nil
}

// Tombstones lists what was forgotten, newest first, at most limit; 0 = 100.
func (db *DB) Tombstones(ctx context.Context, limit int) (out []campaigns.Tombstone, err error) {
	if limit <= 0 {
		limit = 100
	}
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT seq, at, by, basis, kind, counts FROM erasures ORDER BY seq DESC LIMIT ?`, []any{limit}, func(r *sql.Rows) error {
			var s campaigns.Tombstone
			var at int64
			var counts string
			if err := r.Scan(&s.Seq, &at, &s.By, &s.Basis, &s.Kind, &counts); err != nil {
				return err
			}
			s.At = moment(at)
			out = append(out, s)
			return json.Unmarshal([]byte(counts), &out[len(out)-1].Counts)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read tombstones: %w", err)
	}
	return out, nil
}

// Erase forgets the person of a wish, in one transaction: salts and personal
// columns go, the tombstone enters the chain, the files that are to be deleted
// are written down (see DoomedFiles). campaigns.ErrHeld while a hold covers the
// person, campaigns.ErrInCall while a call with them is open.
func (db *DB) Erase(ctx context.Context, id int64) (campaigns.Tombstone, error) {
	var stone campaigns.Tombstone
	about, err := db.toldOf(ctx, id)
	if err != nil {
		return stone, fmt.Errorf("erase: %w", err)
	}
	err = db.do(ctx, func(t *tx) error {
		e, err := t.beginErase(id)
		if err != nil {
			return err
		}
		e.told = about
		stone, err = t.erase(e)
		return err
	})
	if err != nil {
		return stone, fmt.Errorf("erase: %w", err)
	}
	return stone, nil
}

// erasing is the person who is forgotten: what is theirs.
type erasing struct {
	ask      campaigns.ErasureAsk
	nums     []int64 // the number, and others that are theirs alone
	contacts []int64
	attempts []erasedAttempt
	told     told
	counts   map[string]int64
	rebased  []evidence.Digest
	seq      int64 // of the tombstone
}

type erasedAttempt struct {
	seq, format int64
	id          string
}

// beginErase finds what is the person's, and whether it may go now.
func (t *tx) beginErase(id int64) (e *erasing, err error) {
	ask, err := readAsk(t, `id = ?`, id)
	if err != nil {
		return nil, err
	}
	if len(ask.Holds) > 0 {
		return nil, campaigns.ErrHeld
	}
	e = &erasing{ask: ask, counts: make(map[string]int64)}
	if e.nums, err = numbersOf(t, e164(ask.Number)); err != nil {
		return nil, err
	}
	if e.contacts, err = contactsOf(t, e.nums[0]); err != nil {
		return nil, err
	}
	if err := t.attemptsOf(e); err != nil {
		return nil, err
	}
	return e, t.row(`SELECT COALESCE(MAX(seq), 0) + 1 FROM erasures`, nil, &e.seq)
}

// attemptsOf reads the person's attempts; one that is open is campaigns.ErrInCall.
func (t *tx) attemptsOf(e *erasing) error {
	open := false
	query := `SELECT seq, format, id, live IS NOT NULL OR EXISTS (SELECT 1 FROM held h WHERE h.seq = attempts.seq) FROM attempts WHERE `
	seen := make(map[int64]bool)
	scan := func(r *sql.Rows) error {
		var a erasedAttempt
		var live bool
		err := r.Scan(&a.seq, &a.format, &a.id, &live)
		if open = open || live; !seen[a.seq] {
			seen[a.seq], e.attempts = true, append(e.attempts, a)
		}
		return err
	}
	for _, num := range e.nums {
		if err := t.rows(query+`e164 = ?`, []any{num}, scan); err != nil {
			return err
		}
	}
	for _, c := range e.contacts {
		if err := t.rows(query+`contact = ?`, []any{c}, scan); err != nil {
			return err
		}
	}
	if open {
		return campaigns.ErrInCall
	}
	return nil
}

// erase empties everything, then writes what was done.
func (t *tx) erase(e *erasing) (campaigns.Tombstone, error) {
	stone := campaigns.Tombstone{Seq: e.seq, At: t.now, By: e.ask.By, Basis: string(e.ask.Basis), Kind: campaigns.TombstonePerson, Counts: e.counts}
	for _, step := range []func(*erasing) error{t.eraseAttempts, t.eraseContacts, t.eraseTold} {
		if err := step(e); err != nil {
			return stone, err
		}
	}
	for _, num := range e.nums {
		for _, step := range []func(*erasing, int64) error{t.eraseListed, t.eraseElsewhere, t.eraseConsented} {
			if err := step(e, num); err != nil {
				return stone, err
			}
		}
		if _, err := t.exec(`DELETE FROM subjects WHERE e164 = ?`, num); err != nil {
			return stone, err
		}
	}
	if err := t.rebase(e); err != nil {
		return stone, err
	}
	if _, err := t.exec(`DELETE FROM erasure_work WHERE id = ?`, e.ask.ID); err != nil {
		return stone, err
	}
	return stone, t.bury(stone)
}

// bury writes a tombstone, and chains it.
func (t *tx) bury(s campaigns.Tombstone) error {
	counts, err := json.Marshal(s.Counts)
	if err != nil {
		return err
	}
	row := []any{s.Seq, micros(s.At), s.By, s.Basis, s.Kind, string(counts)}
	if _, err := t.chain(kindErasure, s.Seq, digest2(row, nil)); err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO erasures (seq, at, by, basis, kind, counts) VALUES (?, ?, ?, ?, ?, ?)`, row...); err != nil {
		return fmt.Errorf("tombstone: %w", err)
	}
	_, err = t.exec(`INSERT INTO doomed_files (path) VALUES (?) ON CONFLICT DO NOTHING`, theLog)
	return err
}

// theLog stands among the doomed files for the write-ahead log, which is to be
// emptied: no recording lies at this path.
const theLog = "."

// rebase chains anew what remains of rows of format 1, which have no
// commitment that could stand in for what was taken out of them.
func (t *tx) rebase(e *erasing) error {
	if len(e.rebased) == 0 {
		return nil
	}
	_, err := t.chain(kindRebase, e.seq, evidence.DigestBatch(e.rebased))
	return err
}

// anew notes that a row of format 1 is rebased, by what remains of it.
func (t *tx) anew(e *erasing, kind string, ref int64, d evidence.Digest) error {
	e.rebased = append(e.rebased, d)
	_, err := t.exec(`INSERT INTO rebased (erasure, n, kind, ref) VALUES (?, ?, ?, ?)`, e.seq, len(e.rebased), kind, ref)
	return err
}

// DoomedFiles are the files below the folder of recordings that are to be
// deleted: nothing refers to them any more.
func (db *DB) DoomedFiles(ctx context.Context) (paths []string, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT path FROM doomed_files WHERE path <> ? ORDER BY path`, []any{theLog}, func(r *sql.Rows) error {
			var p string
			err := r.Scan(&p)
			paths = append(paths, p)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the files that are to be deleted: %w", err)
	}
	return paths, nil
}

// FileGone says that a doomed file is deleted.
func (db *DB) FileGone(ctx context.Context, path string) error {
	return db.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM doomed_files WHERE path = ?`, path)
		return err
	})
}

// Person is how the audit calls a number: see tx.person. It is empty when
// nothing is known of the number.
func (db *DB) Person(ctx context.Context, number string) (who string, err error) {
	err = db.look(ctx, func(q querier) error {
		salt, err := saltOf(q, e164(number))
		if err == nil && salt != nil {
			who = pseudonym(salt)
		}
		return err
	})
	return who, err
}

// scrubWithin bounds how long Scrub waits for readers.
const scrubWithin = 30 * time.Second

// ErrReaders marks a log that could not be emptied because somebody read all
// the time.
var ErrReaders = errors.New("readers keep the write-ahead log")

// ScrubDue tells whether something was deleted since the log was emptied.
func (db *DB) ScrubDue(ctx context.Context) (due bool, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.row(`SELECT EXISTS (SELECT 1 FROM doomed_files WHERE path = ?)`, []any{theLog}, &due)
	})
	if err != nil {
		return false, fmt.Errorf("is the log to be emptied: %w", err)
	}
	return due, nil
}

// Scrub empties the write-ahead log, in which pages still stand as they were
// before an erasure. The file itself holds nothing of what was deleted: pages
// are overwritten when their content goes (secure_delete).
func (db *DB) Scrub(ctx context.Context) error {
	if db.wal == nil { // the engine's log is not ours to empty
		return db.FileGone(ctx, theLog)
	}
	until := time.Now().Add(scrubWithin)
	for {
		empty := false
		err := db.do(ctx, func(t *tx) error {
			t.after = append(t.after, func() { empty = db.wal.Empty(background, t.conn) })
			return nil
		})
		if err != nil {
			return fmt.Errorf("scrub: %w", err)
		}
		if empty {
			return db.FileGone(ctx, theLog)
		}
		if time.Now().After(until) {
			return fmt.Errorf("scrub: %w", ErrReaders)
		}
		timer := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("scrub: %w", ctx.Err())
		case <-timer.C:
		}
	}
}

// digits is a number as it stands in texts.
func digits(num int64) string { return strconv.FormatInt(num, 10) }

// mentions tells whether a text holds one of some words.
func mentions(words []string) func(string) bool {
	return func(text string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
}
