package records

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// Sound and events of calls stand in the chain: a recording by the SHA-256 of
// its file, events in the batches in which they were written.

const (
	recordingColumns = `attempt, began_at, duration, octets, sha256, gaps, repaired`

	eventColumns = `id, attempt, at, kind, by, batch, detail`
	eventWidth   = 7

	eventStream = `SELECT ` + eventColumns + `, 2, commitment, erased, (SELECT salt FROM attempts a JOIN subjects s
		ON s.e164 = CASE a.e164 WHEN 0 THEN -a.seq ELSE a.e164 END WHERE a.seq = call_events.attempt)
		FROM call_events WHERE batch > 0 ORDER BY id`
)

// addEvents writes events of calls with one link. What an event says may be
// personal. An event of an attempt that is not in the ledger is passed over.
func (t *tx) addEvents(events []campaigns.CallEvent) error {
	var id int64
	if err := t.row(`SELECT COALESCE(MAX(id), 0) FROM call_events`, nil, &id); err != nil {
		return err
	}
	batch := id + 1
	var digests []evidence.Digest
	for _, e := range events {
		var attempt, num int64
		err := t.row(`SELECT seq, e164 FROM attempts WHERE id = ?`, []any{e.Attempt}, &attempt, &num)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		id++
		d, err := t.addEvent([]any{id, attempt, micros(e.At), string(e.Kind), e.By, batch}, subjectOf(num, attempt), e.Detail)
		if err != nil {
			return err
		}
		digests = append(digests, d)
	}
	if len(digests) == 0 {
		return nil
	}
	_, err := t.chain(kindEvents, batch, evidence.DigestBatch(digests))
	return err
}

func (t *tx) addEvent(public []any, subject int64, detail string) (evidence.Digest, error) {
	if len(detail) > maxDetail {
		detail = detail[:maxDetail]
	}
	id, _ := public[0].(int64)
	c, err := t.commitment(subject, kindEvents, id, []any{detail})
	if err != nil {
		return evidence.Digest{}, err
	}
	_, err = t.exec(`INSERT INTO call_events (`+eventColumns+`, commitment) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		append(public[:len(public):len(public)], detail, blob(c))...)
	return digest2(public, c), err
}

// saveRecording writes what is known of a recording, and its link. The same
// attempt again replaces the row: the last link counts.
func (t *tx) saveRecording(rec campaigns.Recording, gaps string) error {
	var seq int64
	err := t.row(`SELECT seq FROM attempts WHERE id = ?`, []any{rec.Attempt}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return campaigns.ErrUnknownAttempt
	}
	if err != nil {
		return err
	}
	row := []any{seq, micros(rec.Began), rec.Duration.Microseconds(), rec.Octets, rec.SHA256, gaps, flag(rec.Repaired)}
	if _, err := t.chain(kindRecording, seq, digest2(row, nil)); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO recordings (`+recordingColumns+`, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (attempt) DO UPDATE SET path = excluded.path, began_at = excluded.began_at, duration = excluded.duration,
			octets = excluded.octets, sha256 = excluded.sha256, gaps = excluded.gaps, repaired = excluded.repaired, deleted_at = 0`,
		append(row, rec.Path)...)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}
