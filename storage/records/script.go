package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

const versionColumns = `campaign, no, hash, source, by, at`

// KeepScript keeps a script as the campaign's next version and returns it with
// its number; what the newest version says already is that one.
func (db *DB) KeepScript(ctx context.Context, v campaigns.ScriptVersion) (campaigns.ScriptVersion, error) {
	err := db.do(ctx, func(t *tx) error {
		if _, err := t.campaign(v.Campaign); err != nil {
			return err
		}
		var last campaigns.ScriptVersion
		err := t.rows(`SELECT `+versionColumns+` FROM script_versions WHERE campaign = ? ORDER BY no DESC LIMIT 1`, []any{v.Campaign}, func(r *sql.Rows) (err error) {
			last, err = scanVersion(r)
			return err
		})
		if err != nil {
			return err
		}
		if last.No > 0 && last.Hash == v.Hash {
			v = last
			return nil
		}
		v.No, v.At = last.No+1, t.now
		if _, err := t.exec(`INSERT INTO script_versions (`+versionColumns+`) VALUES (?, ?, ?, ?, ?, ?)`,
			v.Campaign, v.No, v.Hash, v.Source, v.By, micros(v.At)); err != nil {
			return err
		}
		return t.note("script.version", v.By, subject("campaign", v.Campaign), v.Name())
	})
	if err != nil {
		return campaigns.ScriptVersion{}, fmt.Errorf("keep the script of campaign %d: %w", v.Campaign, err)
	}
	return v, nil
}

// ScriptVersions lists the versions of a campaign's script, the newest first.
func (db *DB) ScriptVersions(ctx context.Context, campaign int64) ([]campaigns.ScriptVersion, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+versionColumns+` FROM script_versions WHERE campaign = ? ORDER BY no DESC`, campaign)
	if err != nil {
		return nil, fmt.Errorf("versions of the script of campaign %d: %w", campaign, err)
	}
	var out []campaigns.ScriptVersion
	err = eachRow(r, func(r *sql.Rows) error {
		v, err := scanVersion(r)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("versions of the script of campaign %d: %w", campaign, err)
	}
	return out, nil
}

// ScriptVersion reads one version; campaigns.ErrNotFound when there is none of
// that number.
func (db *DB) ScriptVersion(ctx context.Context, campaign, no int64) (campaigns.ScriptVersion, error) {
	v, err := scanVersion(db.read.QueryRowContext(ctx, `SELECT `+versionColumns+` FROM script_versions WHERE campaign = ? AND no = ?`, campaign, no))
	if err = noRows(err); err != nil {
		return campaigns.ScriptVersion{}, fmt.Errorf("version %d of the script of campaign %d: %w", no, campaign, err)
	}
	return v, nil
}

func scanVersion(r scanner) (campaigns.ScriptVersion, error) {
	var v campaigns.ScriptVersion
	var at int64
	err := r.Scan(&v.Campaign, &v.No, &v.Hash, &v.Source, &v.By, &at)
	v.At = moment(at)
	return v, err
}

// PutWording keeps an agent's own wording of a step; no text takes it away.
func (db *DB) PutWording(ctx context.Context, w campaigns.Wording) (campaigns.Wording, error) {
	err := db.do(ctx, func(t *tx) error {
		if w.Text == "" {
			_, err := t.exec(`DELETE FROM script_wordings WHERE campaign = ? AND agent = ? AND step = ? AND language = ?`,
				w.Campaign, w.Agent, w.Step, w.Language)
			return err
		}
		w.At = t.now
		_, err := t.exec(`INSERT INTO script_wordings (campaign, agent, step, language, text, official, at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (campaign, agent, step, language) DO UPDATE SET text = excluded.text, official = excluded.official, at = excluded.at`,
			w.Campaign, w.Agent, w.Step, w.Language, w.Text, w.Official, micros(w.At))
		return err
	})
	if err != nil {
		return campaigns.Wording{}, fmt.Errorf("keep the wording of agent %d: %w", w.Agent, err)
	}
	return w, nil
}

// Wordings lists the own wordings of an agent (0 = everybody) in a campaign, by
// step, agent and language.
func (db *DB) Wordings(ctx context.Context, campaign, agent int64) ([]campaigns.Wording, error) {
	var w where
	w.add("campaign = ?", campaign)
	w.equal("agent", agent)
	r, err := db.read.QueryContext(ctx, `SELECT campaign, agent, step, language, text, official, at FROM script_wordings`+w.text()+
		` ORDER BY step, agent, language`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("own wordings in campaign %d: %w", campaign, err)
	}
	var out []campaigns.Wording
	err = eachRow(r, func(r *sql.Rows) error {
		var o campaigns.Wording
		var at int64
		err := r.Scan(&o.Campaign, &o.Agent, &o.Step, &o.Language, &o.Text, &o.Official, &at)
		o.At, o.Login = moment(at), db.known.login(o.Agent)
		out = append(out, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("own wordings in campaign %d: %w", campaign, err)
	}
	return out, nil
}

// SaveWalk keeps where an agent stands in the script of a call.
func (db *DB) SaveWalk(ctx context.Context, attempt string, w campaigns.CallWalk) error {
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("save the walk of attempt %s: %w", attempt, err)
	}
	err = db.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO call_walks (attempt, body, at) VALUES (?, ?, ?)
			ON CONFLICT (attempt) DO UPDATE SET body = excluded.body, at = excluded.at`, attempt, string(body), micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("save the walk of attempt %s: %w", attempt, err)
	}
	return nil
}

// Walk reads where an agent stands, or stood, in the script of a call;
// campaigns.ErrNotFound when nobody has begun to.
func (db *DB) Walk(ctx context.Context, attempt string) (campaigns.CallWalk, error) {
	var w campaigns.CallWalk
	var body string
	err := db.read.QueryRowContext(ctx, `SELECT body FROM call_walks WHERE attempt = ?`, attempt).Scan(&body)
	if err = noRows(err); err == nil {
		err = json.Unmarshal([]byte(body), &w)
	}
	if err != nil {
		return campaigns.CallWalk{}, fmt.Errorf("walk of attempt %s: %w", attempt, err)
	}
	return w, nil
}

// SampleContacts reads a few contacts of a campaign: the first ones of each
// load.
func (db *DB) SampleContacts(ctx context.Context, campaign int64, n int) ([]campaigns.Contact, error) {
	spans, err := db.loadSpans(ctx, campaign)
	if err != nil {
		return nil, fmt.Errorf("contacts of campaign %d: %w", campaign, err)
	}
	var out []campaigns.Contact
	each := max(1, n/max(1, len(spans)))
	for _, s := range spans {
		if len(out) >= n {
			break
		}
		r, err := db.read.QueryContext(ctx, `SELECT `+contactColumns+` FROM contacts WHERE id BETWEEN ? AND ? AND load = ? ORDER BY id LIMIT ?`, s.first, s.last, s.load, each)
		if err != nil {
			return nil, fmt.Errorf("contacts of campaign %d: %w", campaign, err)
		}
		err = eachRow(r, func(r *sql.Rows) error {
			c, err := scanContact(r)
			out = append(out, c)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("contacts of campaign %d: %w", campaign, err)
		}
	}
	return out, nil
}

// span is where the contacts of a load lie.
type span struct{ load, first, last int64 }

func (db *DB) loadSpans(ctx context.Context, campaign int64) ([]span, error) {
	r, err := db.read.QueryContext(ctx, `SELECT id, first, last FROM loads WHERE campaign = ? AND undone_at = 0 AND last > 0 ORDER BY id DESC`, campaign)
	if err != nil {
		return nil, err
	}
	var out []span
	err = eachRow(r, func(r *sql.Rows) error {
		var s span
		err := r.Scan(&s.load, &s.first, &s.last)
		out = append(out, s)
		return err
	})
	return out, errors.Join(err)
}
