package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// DrawAMDSample draws up to n calls of a campaign and a time that were taken for
// machines and not drawn before, at random, recorded ones first: what nobody can
// hear, nobody can label. It returns how many it drew.
func (db *DB) DrawAMDSample(ctx context.Context, campaign int64, from, to time.Time, n int, by string) (drawn int64, err error) {
	err = db.do(ctx, func(t *tx) error {
		drawn, err = t.exec(`INSERT INTO amd_cases (seq, campaign, intent_at, drawn_at, drawn_by)
			SELECT o.seq, o.campaign, o.intent_at, ?1, ?2 FROM outcomes o
			WHERE o.campaign = ?3 AND o.intent_at >= ?4 AND o.intent_at < ?5 AND o.outcome = ?6 AND o.seq NOT IN (SELECT seq FROM amd_cases)
			ORDER BY EXISTS (SELECT 1 FROM recordings r WHERE r.attempt = o.seq) DESC, random() LIMIT ?7`,
			micros(t.now), by, campaign, micros(from), micros(to), string(campaigns.Machine), n)
		if err != nil || drawn == 0 {
			return err
		}
		return t.note("amd.sample", by, subject("campaign", campaign), fmt.Sprintf("%d of the calls from %s to %s that were taken for machines were drawn to be listened to",
			drawn, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)))
	})
	if err != nil {
		return 0, fmt.Errorf("draw a sample of campaign %d: %w", campaign, err)
	}
	return drawn, nil
}

// LabelAMD records what somebody heard in a drawn call. A label may be corrected;
// the audit keeps every one. campaigns.ErrNotFound is for a call that was not drawn.
func (db *DB) LabelAMD(ctx context.Context, attempt string, label campaigns.AMDLabel, by string) error {
	err := db.do(ctx, func(t *tx) error {
		var seq int64
		var was string
		err := t.row(`SELECT c.seq, c.label FROM amd_cases c JOIN attempts a ON a.seq = c.seq WHERE a.id = ?`, []any{attempt}, &seq, &was)
		if errors.Is(err, sql.ErrNoRows) {
			return campaigns.ErrNotFound
		}
		if err != nil || was == string(label) {
			return err
		}
		if _, err := t.exec(`UPDATE amd_cases SET label = ?, at = ?, by = ? WHERE seq = ?`, string(label), micros(t.now), by, seq); err != nil {
			return err
		}
		from := was
		if from == "" {
			from = "not labelled"
		}
		return t.note("amd.label", by, "attempt "+attempt, from+" to "+string(label))
	})
	if err != nil {
		return fmt.Errorf("label attempt %s: %w", attempt, err)
	}
	return nil
}

// AMDCases lists the drawn calls of a campaign, 0 = all, that were placed from
// from on and before to; those that nobody has labelled first, then the newest.
func (db *DB) AMDCases(ctx context.Context, campaign int64, from, to time.Time, limit int) (out []campaigns.AMDCase, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT a.id, c.campaign, c.intent_at, c.drawn_at, c.drawn_by, EXISTS (SELECT 1 FROM recordings r WHERE r.attempt = c.seq), c.label, c.at, c.by
			FROM amd_cases c JOIN attempts a ON a.seq = c.seq WHERE (?1 = 0 OR c.campaign = ?1) AND c.intent_at >= ?2 AND c.intent_at < ?3
			ORDER BY c.label <> '', c.seq DESC LIMIT ?4`, []any{campaign, micros(from), micros(to), limit}, func(r *sql.Rows) error {
			var c campaigns.AMDCase
			var intent, drawn, at int64
			err := r.Scan(&c.Attempt, &c.Campaign, &intent, &drawn, &c.DrawnBy, &c.Recorded, &c.Label, &at, &c.By)
			c.IntentAt, c.DrawnAt, c.At = moment(intent), moment(drawn), moment(at)
			out = append(out, c)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the drawn calls: %w", err)
	}
	return out, nil
}

// AMDSample is what was heard in the labelled calls of a scope and a time.
func (db *DB) AMDSample(ctx context.Context, s campaigns.AbandonScope, from, to time.Time) (out abandonment.Sample, err error) {
	err = db.look(ctx, func(q querier) error {
		out, err = amdSample(q, s, from, to)
		return err
	})
	return out, err
}

func amdSample(q querier, s campaigns.AbandonScope, from, to time.Time) (out abandonment.Sample, err error) {
	groups, err := scopeGroups(q, s)
	if err != nil || len(groups) == 0 {
		return out, err
	}
	args := append([]any{micros(from), micros(to), s.Campaign}, groups...)
	err = q.row(`SELECT COUNT(*), COALESCE(SUM(label = 'human'), 0) FROM amd_cases WHERE label <> '' AND intent_at >= ?1 AND intent_at < ?2 AND (?3 = 0 OR campaign = ?3)
		AND campaign IN (SELECT campaign FROM abandon_counts WHERE grp IN (`+placeholders(len(groups))+`))`, args, &out.Labelled, &out.Humans)
	if err != nil {
		return out, fmt.Errorf("read the labels: %w", err)
	}
	return out, nil
}
