package records

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// seen is the last link of the chain that the disk of the engine is known to have
// had. A server that is found without it was restored from a backup, or a standby
// without the last moment took its place.
type seen struct {
	link link
	at   time.Time // by the clock of the engine
}

// checkSeen looks, in the first transaction over another connection, whether what was
// on disk still is. Records that went back in time know neither who was called since
// nor who asked not to be: in the same transaction, before any call could begin, the
// house is stopped until a person says so. What settings say is of the engine's now.
func (t *tx) checkSeen() error {
	s := t.db.seen.Load()
	if s == nil {
		return nil
	}
	var hash []byte
	err := t.row(`SELECT hash FROM chain WHERE seq = ?`, []any{s.link.seq}, &hash)
	if err == nil && bytes.Equal(hash, s.link.hash[:]) {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var all []campaigns.Stop
	err = t.rows(`SELECT `+stopColumns+` FROM stops WHERE by = ? ORDER BY id DESC`, []any{campaigns.RestoredBy}, func(r *sql.Rows) error {
		one, err := scanStop(r)
		all = append(all, one)
		return err
	})
	if _, held := campaigns.HeldSince(all, s.at); err != nil || held {
		return err
	}
	stop := campaigns.RestoredStop(fmt.Sprintf("The records went back in time while a service worked with them: it saw link %d of the ledger on %s, which they do not have.",
		s.link.seq, s.at.UTC().Format("2006-01-02 15:04 MST")))
	if err := t.throw(&stop); err != nil {
		return err
	}
	t.db.log.Error("the records are older than what this node has seen: nobody is called until somebody lifts the stop", "stop", stop.ID, "link", s.link.seq)
	return nil
}

// throw stores a stop with the time of the writer.
func (t *tx) throw(s *campaigns.Stop) error {
	s.At = t.now
	if err := t.row(`INSERT INTO stops (scope, value, reason, by, at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
		[]any{string(s.Scope), s.Value, s.Reason, s.By, micros(s.At)}, &s.ID); err != nil {
		return err
	}
	detail, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return t.note("stop.throw", s.By, "stop "+string(s.Scope), string(detail))
}
