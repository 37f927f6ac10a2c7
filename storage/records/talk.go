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
)

// maxDetail is how much is kept of what an event says, in octets.
const maxDetail = 2000

// AddCallEvents keeps what happened during calls, all of them in one
// transaction. An event of an attempt that is not in the ledger is passed over.
func (db *DB) AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error {
	err := db.doBulk(ctx, func(t *tx) error { return t.addEvents(events) })
	if err != nil {
		return fmt.Errorf("keep %d events of calls: %w", len(events), err)
	}
	return nil
}

// CallEvents reads the time line of a call, oldest first.
func (db *DB) CallEvents(ctx context.Context, attempt string) ([]campaigns.CallEvent, error) {
	r, err := db.read.QueryContext(ctx, `SELECT e.at, e.kind, e.by, e.detail FROM attempts a JOIN call_events e ON e.attempt = a.seq
		WHERE a.id = ? ORDER BY e.at, e.id`, attempt)
	if err != nil {
		return nil, fmt.Errorf("events of call %s: %w", attempt, err)
	}
	var out []campaigns.CallEvent
	err = eachRow(r, func(r *sql.Rows) error {
		e := campaigns.CallEvent{Attempt: attempt}
		var at int64
		err := r.Scan(&at, &e.Kind, &e.By, &e.Detail)
		e.At = moment(at)
		if e.By != 0 {
			e.ByLogin = db.known.login(e.By)
		}
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("events of call %s: %w", attempt, err)
	}
	return out, nil
}

// Talks reads which agents had the person of a call, one after the other; none
// when it was not passed on.
func (db *DB) Talks(ctx context.Context, attempt string) ([]campaigns.AgentTalk, error) {
	r, err := db.read.QueryContext(ctx, `SELECT t.agent, t.from_at, t.to_at FROM attempts a JOIN talks t ON t.attempt = a.seq
		WHERE a.id = ? ORDER BY t.n`, attempt)
	if err != nil {
		return nil, fmt.Errorf("talks of call %s: %w", attempt, err)
	}
	var out []campaigns.AgentTalk
	err = eachRow(r, func(r *sql.Rows) error {
		var t campaigns.AgentTalk
		var from, to int64
		err := r.Scan(&t.Agent, &from, &to)
		t.From, t.To = moment(from), moment(to)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("talks of call %s: %w", attempt, err)
	}
	return out, nil
}

// insertTalks keeps who had the person of a call that was passed on, with its
// outcome.
func (t *tx) insertTalks(seq int64, talks []campaigns.AgentTalk) error {
	for i, talk := range talks {
		err := t.write(`INSERT INTO talks (attempt, n, agent, from_at, to_at) VALUES (?, ?, ?, ?, ?)`,
			seq, i, talk.Agent, micros(talk.From), micros(talk.To))
		if err != nil {
			return fmt.Errorf("keep who had the person: %w", err)
		}
	}
	return nil
}

// BeginSide keeps that an outside number is about to be called during a call; it
// is durable on return. It is no marketing call: the list of the house and of the
// seller binds it (campaigns.ErrListed), and every stop (campaigns.ErrStopped);
// hours, caps and consents, which speak of the person called, do not. A call that
// the ledger does not hold is campaigns.ErrUnknownAttempt.
func (db *DB) BeginSide(ctx context.Context, s *campaigns.SideLeg) error {
	err := db.do(ctx, func(t *tx) error {
		var seq int64
		var listed bool
		err := t.row(`SELECT seq, EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?2 AND (?3 = '' OR seller = '' OR seller IN (SELECT value FROM json_each(?3))))
			FROM attempts WHERE id = ?1`,
			[]any{s.Attempt, e164(s.Number), t.sellersOf(s.Campaign)}, &seq, &listed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return campaigns.ErrUnknownAttempt
		case err != nil:
			return err
		case listed:
			return campaigns.ErrListed
		}
		place := campaigns.Contact{}.Place(campaigns.Phone{Number: s.Number})
		held, err := stops(t, campaigns.Halted{Campaign: s.Campaign, CallerID: s.CallerID, Jurisdictions: place.Jurisdictions})
		if err != nil {
			return err
		}
		if len(held) > 0 {
			return fmt.Errorf("%w: %s", campaigns.ErrStopped, held[0])
		}
		s.IntentAt = t.now
		self := db.self()
		_, err = t.exec(`INSERT INTO side_legs (id, attempt, campaign, agent, e164, caller_id, intent_at, node, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, seq, s.Campaign, s.Agent, e164(s.Number), s.CallerID, micros(s.IntentAt), self.id, self.epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin side leg %s: %w", s.ID, err)
	}
	return nil
}

// EndSide keeps how it ended, once: an outcome that is there stays.
func (db *DB) EndSide(ctx context.Context, s campaigns.SideLeg) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE side_legs SET outcome = ?2, trunk = ?3, code = ?4, answered_at = ?5, ended_at = ?6, error = ?7
			WHERE id = ?1 AND outcome = ''`, s.ID, string(s.Outcome), s.Trunk, s.Code, micros(s.AnsweredAt), micros(s.EndedAt), s.Error)
		return err
	})
	if err != nil {
		return fmt.Errorf("end side leg %s: %w", s.ID, err)
	}
	return nil
}

// closeSides ends the calls to outside numbers that some lives of nodes left open,
// those included whose attempt has ended before: who was passed on may talk on.
func (t *tx) closeSides(whose string, args []any, now time.Time) error {
	n := len(args)
	_, err := t.exec(fmt.Sprintf(`UPDATE side_legs SET outcome = ?%d, ended_at = ?%d, error = 'the node ended during the call'
		WHERE outcome = '' AND (%s)`, n+1, n+2, whose), append(slices.Clone(args), string(campaigns.Lost), micros(now))...)
	return err
}

// closeSidesOf ends those of one attempt, whose node is gone.
func (t *tx) closeSidesOf(attempt int64, now time.Time) error {
	return t.write(`UPDATE side_legs SET outcome = ?, ended_at = ?, error = 'the node ended during the call' WHERE outcome = '' AND attempt = ?`,
		string(campaigns.Lost), micros(now), attempt)
}

// SideLegs reads the calls to outside numbers of a call, in order.
func (db *DB) SideLegs(ctx context.Context, attempt string) ([]campaigns.SideLeg, error) {
	r, err := db.read.QueryContext(ctx, `SELECT s.id, s.campaign, s.agent, s.e164, s.caller_id, s.intent_at, s.outcome, s.trunk, s.code,
		s.answered_at, s.ended_at, s.error FROM attempts a JOIN side_legs s ON s.attempt = a.seq WHERE a.id = ? ORDER BY s.intent_at, s.id`, attempt)
	if err != nil {
		return nil, fmt.Errorf("side legs of call %s: %w", attempt, err)
	}
	var out []campaigns.SideLeg
	err = eachRow(r, func(r *sql.Rows) error {
		s := campaigns.SideLeg{Attempt: attempt}
		var num, intent, answered, ended int64
		err := r.Scan(&s.ID, &s.Campaign, &s.Agent, &num, &s.CallerID, &intent, &s.Outcome, &s.Trunk, &s.Code, &answered, &ended, &s.Error)
		s.Number, s.IntentAt, s.AnsweredAt, s.EndedAt = number(num), moment(intent), moment(answered), moment(ended)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("side legs of call %s: %w", attempt, err)
	}
	return out, nil
}

// SaveRecording keeps what is known of a recording; the same again replaces it.
func (db *DB) SaveRecording(ctx context.Context, rec campaigns.Recording) error {
	gaps := ""
	if len(rec.Gaps) > 0 {
		text, err := json.Marshal(rec.Gaps)
		if err != nil {
			return fmt.Errorf("recording of %s: %w", rec.Attempt, err)
		}
		gaps = string(text)
	}
	err := db.do(ctx, func(t *tx) error { return t.saveRecording(rec, gaps) })
	if err != nil {
		return fmt.Errorf("recording of %s: %w", rec.Attempt, err)
	}
	return nil
}

// Recording reads what is known of a call's recording; campaigns.ErrNotFound
// when there is none.
func (db *DB) Recording(ctx context.Context, attempt string) (campaigns.Recording, error) {
	rec := campaigns.Recording{Attempt: attempt}
	var began, micro int64
	var gaps string
	err := db.read.QueryRowContext(ctx, `SELECT r.path, r.began_at, r.duration, r.octets, r.sha256, r.gaps, r.repaired
		FROM attempts a JOIN recordings r ON r.attempt = a.seq WHERE a.id = ?`, attempt).
		Scan(&rec.Path, &began, &micro, &rec.Octets, &rec.SHA256, &gaps, &rec.Repaired)
	if errors.Is(err, sql.ErrNoRows) {
		err = campaigns.ErrNotFound
	}
	if err == nil && gaps != "" {
		err = json.Unmarshal([]byte(gaps), &rec.Gaps)
	}
	if err != nil {
		return campaigns.Recording{}, fmt.Errorf("recording of %s: %w", attempt, err)
	}
	rec.Began, rec.Duration = moment(began), time.Duration(micro)*time.Microsecond
	return rec, nil
}
