package records

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/forecall/forecall/campaigns/evidence"
)

// eraseAttempts empties attempts with all that hangs on them.
func (t *tx) eraseAttempts(e *erasing) error {
	for _, a := range e.attempts {
		if a.format < rowFormat {
			if err := t.anewAttempt(e, a.seq); err != nil {
				return err
			}
		}
		if _, err := t.exec(`UPDATE attempts SET e164 = 0, contact = 0, erased = 1 WHERE seq = ?`, a.seq); err != nil {
			return fmt.Errorf("erase attempt %s: %w", a.id, err)
		}
		e.counts[kindAttempt]++
		if err := t.indexAgain(a.seq); err != nil {
			return err
		}
		if err := t.eraseDisposition(e, a.seq); err != nil {
			return fmt.Errorf("erase what was said of attempt %s: %w", a.id, err)
		}
		if err := t.eraseBeside(e, a); err != nil {
			return fmt.Errorf("erase what belongs to attempt %s: %w", a.id, err)
		}
	}
	return nil
}

// anewAttempt chains what remains of an attempt of format 1.
func (t *tx) anewAttempt(e *erasing, seq int64) error {
	row, err := t.columns(`SELECT `+attemptColumns+` FROM attempts WHERE seq = ?`, attemptWidth, seq)
	if err != nil {
		return err
	}
	public, _ := attemptParts(row)
	return t.anew(e, kindAttempt, seq, digest2(public, nil))
}

// columns reads one row as it would be digested.
func (t *tx) columns(query string, width int, args ...any) ([]any, error) {
	row, dest := make([]any, width), make([]any, width)
	for i := range row {
		dest[i] = &row[i]
	}
	return row, t.row(query, args, dest...)
}

// eraseDisposition empties what the person said: note, answers, appointment,
// what was agreed of a callback, what stands in JSON.
func (t *tx) eraseDisposition(e *erasing, seq int64) error {
	var format int64
	err := t.row(`SELECT COALESCE((SELECT format FROM dispositions WHERE seq = ?), 0)`, []any{seq}, &format)
	if err != nil || format == 0 {
		return err
	}
	var sealed bool
	if err := t.row(`SELECT commitment IS NOT NULL FROM dispositions WHERE seq = ?`, []any{seq}, &sealed); err != nil {
		return err
	}
	if sealed || format < rowFormat {
		if _, err := t.exec(`UPDATE dispositions SET note = '', erased = 1 WHERE seq = ?`, seq); err != nil {
			return err
		}
		e.counts[kindDisposition]++
	}
	for _, q := range []string{
		`UPDATE appointments SET place = '', person = '', note = '' WHERE seq = ?`,
		`UPDATE answers SET value = '' WHERE seq = ?`,
		`UPDATE callbacks SET note = '', contact = 0, done = 1 WHERE attempt = ?`,
		`DELETE FROM disposition_more WHERE seq = ?`,
	} {
		if _, err := t.exec(q, seq); err != nil {
			return err
		}
	}
	if format >= rowFormat {
		return nil
	}
	public, err := t.dispositionRemains(seq)
	if err != nil {
		return err
	}
	return t.anew(e, kindDisposition, seq, digest2(public, nil))
}

// dispositionRemains are the public columns of a disposition with its parts.
func (t *tx) dispositionRemains(seq int64) (public []any, err error) {
	row, err := t.columns(`SELECT `+dispositionColumns+` FROM dispositions WHERE seq = ?`, dispositionWidth, seq)
	if err != nil {
		return nil, err
	}
	public, _ = split(row, 4)
	for _, part := range dispositionRows {
		err := t.rows(part.query, []any{seq}, func(r *sql.Rows) error {
			names, err := r.Columns()
			if err != nil {
				return err
			}
			row, dest := make([]any, len(names)), make([]any, len(names))
			for i := range row {
				dest[i] = &row[i]
			}
			if err := r.Scan(dest...); err != nil {
				return err
			}
			own, _ := split(row[part.chained:], part.personal...)
			public = append(public, own...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return public, nil
}

// eraseBeside empties what stands in other tables of an attempt, and dooms its
// recording.
func (t *tx) eraseBeside(e *erasing, a erasedAttempt) error {
	n, err := t.exec(`UPDATE call_events SET detail = '', erased = 1 WHERE attempt = ? AND commitment IS NOT NULL AND erased = 0`, a.seq)
	if err != nil {
		return err
	}
	e.counts[kindEvents] += n
	if n, err = t.doom(`attempt = ?`, a.seq); err != nil {
		return err
	}
	e.counts[recordingsDeleted] += n
	for _, q := range []struct {
		statement string
		arg       any
	}{
		{`UPDATE call_events SET detail = '' WHERE attempt = ? AND commitment IS NULL`, a.seq},
		{`UPDATE complaints SET body = '', answer = '', contact = 0 WHERE attempt = ?`, a.seq},
		{`UPDATE bookings SET person = '', note = '', place = '', zone = '', reason = '', contact = 0 WHERE attempt = ?`, a.id},
		{`UPDATE scores SET comment = '' WHERE attempt = ?`, a.id},
		{`DELETE FROM drafts WHERE attempt = ?`, a.id},
		{`DELETE FROM call_walks WHERE attempt = ?`, a.id},
	} {
		if _, err := t.exec(q.statement, q.arg); err != nil {
			return err
		}
	}
	return nil
}

// doom deletes recordings: their rows say that there was one, their files are
// written down to be deleted.
func (t *tx) doom(where string, args ...any) (int64, error) {
	_, err := t.exec(`INSERT INTO doomed_files (path) SELECT path FROM recordings WHERE path <> '' AND `+where+` ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return 0, err
	}
	return t.exec(`UPDATE recordings SET path = '', deleted_at = `+digits(micros(t.now))+` WHERE path <> '' AND `+where, args...)
}

// eraseListed empties what the do-not-call list's history says beside the
// number; the number itself stays on the list.
func (t *tx) eraseListed(e *erasing, num int64) error {
	batches, err := t.oldBatches(num)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE do_not_call_changes SET name = '', reason = '', reference = '', attempt = '', erased = 1
		WHERE e164 = ? AND erased = 0 AND (format < 2 OR commitment IS NOT NULL)
		AND (name <> '' OR reason <> '' OR reference <> '' OR attempt <> '')`, num)
	if err != nil {
		return err
	}
	e.counts[kindDoNotCall] += n
	for _, b := range slices.Sorted(maps.Keys(batches)) {
		if err := t.anewBatch(e, b, batches[b]); err != nil {
			return err
		}
	}
	return nil
}

// oldBatches are the batches of format 1 in which something personal of a number
// stands, and what they are before it goes.
func (t *tx) oldBatches(num int64) (map[int64]evidence.Digest, error) {
	var found []int64
	err := t.rows(`SELECT DISTINCT batch FROM do_not_call_changes WHERE e164 = ? AND format < 2
		AND (name <> '' OR reason <> '' OR reference <> '' OR attempt <> '')`, []any{num}, func(r *sql.Rows) error {
		var b int64
		err := r.Scan(&b)
		found = append(found, b)
		return err
	})
	out := make(map[int64]evidence.Digest, len(found))
	for _, b := range found {
		digests, fault := t.remainsOfBatch(b)
		if err = errors.Join(err, fault); err != nil {
			break
		}
		out[b] = evidence.DigestBatch(digests)
	}
	return out, err
}

// anewBatch chains what remains of a batch of format 1. A batch that was
// rebased before stands in the chain twice: there what it was until now is kept,
// so that that link verifies as before.
func (t *tx) anewBatch(e *erasing, batch int64, was evidence.Digest) error {
	if err := t.rebasedBefore(batch, was); err != nil {
		return err
	}
	digests, err := t.remainsOfBatch(batch)
	if err != nil {
		return err
	}
	return t.anew(e, kindDoNotCall, batch, evidence.DigestBatch(digests))
}

// rebasedBefore keeps what a batch was when it was rebased the last time.
func (t *tx) rebasedBefore(batch int64, was evidence.Digest) error {
	_, err := t.exec(`UPDATE rebased SET digest = ? WHERE kind = ? AND ref = ? AND digest IS NULL`, was[:], kindDoNotCall, batch)
	return err
}

// remainsOfBatch reads what is left of a batch of format 1.
func (t *tx) remainsOfBatch(batch int64) (digests []evidence.Digest, err error) {
	err = t.rows(`SELECT `+changeColumns+`, erased FROM do_not_call_changes WHERE batch = ? ORDER BY seq`, []any{batch}, func(r *sql.Rows) error {
		row, dest := make([]any, changeWidth+1), make([]any, changeWidth+1)
		for i := range row {
			dest[i] = &row[i]
		}
		if err := r.Scan(dest...); err != nil {
			return err
		}
		digests = append(digests, remainsOfChange(row[:changeWidth], row[changeWidth] != int64(0)))
		return nil
	})
	return digests, err
}

// remainsOfChange is the digest of a change of format 1 in a batch of which
// something was erased.
func remainsOfChange(row []any, erased bool) evidence.Digest {
	if !erased {
		return evidence.DigestOld(row)
	}
	public, _ := changeParts(row)
	return digest2(public, nil)
}

// eraseContacts takes the person out of the lists.
func (t *tx) eraseContacts(e *erasing) error {
	for _, id := range e.contacts {
		state, list, err := t.stateOf(id)
		if err != nil {
			return err
		}
		t.moved(list, state, "", 1)
		if err := t.eraseNumbers(id); err != nil {
			return fmt.Errorf("erase the numbers of contact %d: %w", id, err)
		}
		for _, q := range []string{
			`UPDATE callbacks SET note = '', contact = 0, done = 1 WHERE contact = ?1`,
			`UPDATE bookings SET person = '', note = '', place = '', zone = '', reason = '', contact = 0 WHERE contact = ?1`,
			`UPDATE complaints SET body = '', answer = '', contact = 0 WHERE contact = ?1`,
			`DELETE FROM stopped_contacts WHERE contact = ?1`,
			`DELETE FROM contacts WHERE id = ?1`,
		} {
			if _, err := t.exec(q, id); err != nil {
				return fmt.Errorf("erase contact %d: %w", id, err)
			}
		}
		e.counts["contacts deleted"]++
	}
	return nil
}

// eraseNumbers takes a contact's numbers off its list, and out of what refused
// them.
func (t *tx) eraseNumbers(id int64) error {
	numbers, err := numbersOfContact(t, id)
	if err != nil {
		return err
	}
	for _, num := range numbers {
		for _, q := range []string{
			`DELETE FROM numbers WHERE contact = ?1 AND e164 = ?2 AND campaign = (SELECT campaign FROM contacts WHERE id = ?1)`,
			`UPDATE denials SET e164 = 0, contact = 0 WHERE contact = ?1 AND e164 = ?2 AND e164 <> 0`,
		} {
			if _, err := t.exec(q, id, num); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseElsewhere empties what knows the number by itself.
func (t *tx) eraseElsewhere(e *erasing, num int64) error {
	for _, q := range []string{
		`UPDATE denials SET e164 = 0, contact = 0 WHERE e164 = ?1 AND e164 <> 0`, // said for the index, which has no others
		`UPDATE side_legs SET e164 = 0 WHERE e164 = ?1 AND e164 <> 0`,
		`UPDATE held SET e164 = 0 WHERE e164 = ?1`,
		`DELETE FROM test_calls WHERE e164 = ?1`,
		`DELETE FROM test_numbers WHERE e164 = ?1`,
		`UPDATE holds SET e164 = 0, reason = '', released_why = '' WHERE e164 = ?1`, // released ones: an open one forbids all this
		`DELETE FROM number_checks WHERE e164 = ?1`,
	} {
		if _, err := t.exec(q, num); err != nil {
			return err
		}
	}
	if err := t.forgetExports(num); err != nil {
		return err
	}
	return nil
}

// eraseConsented empties the ledger of consents.
func (t *tx) eraseConsented(e *erasing, num int64) error {
	n, err := t.eraseConsents(num)
	if n > 0 {
		e.counts[evidence.KindConsent] += n
	}
	return err
}
