package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

// ListFigures reads how far the calling of each list of a campaign has come,
// in the order of Lists: one pass over the contacts, one over the attempts,
// one over what agents said. Callable is left to who knows the rules.
func (db *DB) ListFigures(ctx context.Context, campaign int64) ([]campaigns.ListFigures, error) {
	lists, err := db.Lists(ctx, campaign)
	if err != nil {
		return nil, err
	}
	out := make([]campaigns.ListFigures, len(lists))
	at := make(map[int64]*campaigns.ListFigures, len(lists))
	for i, l := range lists {
		out[i] = campaigns.ListFigures{
			List: l, Outcomes: map[campaigns.Outcome]int64{}, Said: map[string]int64{}, Last: map[campaigns.Outcome]int64{},
			States: map[campaigns.ContactState]int64{},
		}
		at[l.ID] = &out[i]
	}
	for _, read := range []func(context.Context, int64, map[int64]*campaigns.ListFigures) error{db.standOfLists, db.outcomesOfLists, db.saidOfLists} {
		if err := read(ctx, campaign, at); err != nil {
			return nil, fmt.Errorf("figures of the lists of campaign %d: %w", campaign, err)
		}
	}
	return out, nil
}

// standOfLists counts the contacts where they stand.
func (db *DB) standOfLists(ctx context.Context, campaign int64, at map[int64]*campaigns.ListFigures) error {
	r, err := db.read.QueryContext(ctx, `SELECT list, state, last, callback <> 0, tried_at <> 0, COUNT(*) FROM contacts WHERE campaign = ?
		GROUP BY 1, 2, 3, 4, 5`, campaign)
	if err != nil {
		return err
	}
	return eachRow(r, func(r *sql.Rows) error {
		var list, n int64
		var state campaigns.ContactState
		var last campaigns.Outcome
		var callback, tried bool
		if err := r.Scan(&list, &state, &last, &callback, &tried, &n); err != nil {
			return err
		}
		if f := at[list]; f != nil {
			addStand(f, state, last, callback, tried, n)
		}
		return nil
	})
}

func addStand(f *campaigns.ListFigures, state campaigns.ContactState, last campaigns.Outcome, callback, tried bool, n int64) {
	f.Contacts += n
	f.States[state] += n
	if tried {
		f.Tried += n
		f.Last[last] += n
	}
	if state == campaigns.ContactDone {
		f.Done += n
		return
	}
	f.Remaining += n
	switch {
	case state == campaigns.ContactReady:
		f.Ready += n
	case state == campaigns.ContactWaiting && callback:
		f.Callbacks += n
	case state == campaigns.ContactWaiting:
		f.Retry += n
	default:
		f.Live += n
	}
}

func (db *DB) outcomesOfLists(ctx context.Context, campaign int64, at map[int64]*campaigns.ListFigures) error {
	r, err := db.read.QueryContext(ctx, `SELECT a.list, o.outcome, COUNT(*) FROM attempts a JOIN outcomes o ON o.seq = a.seq
		WHERE a.campaign = ? AND a.mode <> 'inbound' GROUP BY 1, 2`, campaign)
	if err != nil {
		return err
	}
	return eachRow(r, func(r *sql.Rows) error {
		var list, n int64
		var o campaigns.Outcome
		if err := r.Scan(&list, &o, &n); err != nil {
			return err
		}
		if f := at[list]; f != nil {
			f.Outcomes[o] += n
			f.Attempts += n
		}
		return nil
	})
}

func (db *DB) saidOfLists(ctx context.Context, campaign int64, at map[int64]*campaigns.ListFigures) error {
	r, err := db.read.QueryContext(ctx, `SELECT a.list, d.code, COUNT(*) FROM dispositions d JOIN attempts a ON a.seq = d.seq
		WHERE a.campaign = ? GROUP BY 1, 2`, campaign)
	if err != nil {
		return err
	}
	return eachRow(r, func(r *sql.Rows) error {
		var list, n int64
		var code string
		if err := r.Scan(&list, &code, &n); err != nil {
			return err
		}
		if f := at[list]; f != nil {
			f.Said[code] += n
		}
		return nil
	})
}

// ReadyZones counts the ready contacts of the lists of a campaign that a filter
// lets pass, by the zones that bind a call to their next phone.
func (db *DB) ReadyZones(ctx context.Context, campaign int64, e filter.Expression, now time.Time) ([]campaigns.ZoneCount, error) {
	condition, args := compileFilter(e, now)
	r, err := db.read.QueryContext(ctx, `SELECT list, zones, CASE zones WHEN '' THEN COALESCE(json_extract(phones, `+nextPhone+`.zones'), '[]') ELSE '' END,
		COUNT(*) FROM contacts WHERE campaign = ? AND state = 'ready' AND `+condition+` GROUP BY 1, 2, 3`, append([]any{campaign}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("ready contacts of campaign %d by zone: %w", campaign, err)
	}
	var out []campaigns.ZoneCount
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.ZoneCount
		var own, phone string
		if err := r.Scan(&c.List, &own, &phone, &c.Count); err != nil {
			return err
		}
		c.Zones = splitZones(own)
		if own == "" {
			if err := json.Unmarshal([]byte(phone), &c.Zones); err != nil {
				return err
			}
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ready contacts of campaign %d by zone: %w", campaign, err)
	}
	return out, nil
}

// recyclable chooses contacts that an order may make callable again: done, of
// a load that stands, and not ended for good by an agent with another word than
// those that are asked for. Numbers on the do-not-call list stay where they are.
const recyclable = `FROM contacts c JOIN loads l ON l.id = c.load
	LEFT JOIN dispositions d ON d.seq = (SELECT MAX(a.seq) FROM attempts a JOIN dispositions e ON e.seq = a.seq WHERE a.contact = c.id)
	WHERE c.id > ?1 AND c.campaign = ?2 AND c.state = 'done' AND l.undone_at = 0 AND (?3 = 0 OR c.list = ?3)
	AND c.tried_at > 0 AND c.tried_at <= ?4
	AND CASE WHEN d.code IN (SELECT value FROM json_each(?6)) THEN TRUE
		WHEN d.effect IN ('done', 'dnc', 'refused') THEN FALSE ELSE c.last IN (SELECT value FROM json_each(?5)) END
	AND NOT EXISTS (SELECT 1 FROM attempts a JOIN dispositions e ON e.seq = a.seq WHERE a.contact = c.id AND e.effect = 'dnc')
	AND NOT EXISTS (SELECT 1 FROM do_not_call x WHERE (?7 = '' OR x.seller = '' OR x.seller IN (SELECT value FROM json_each(?7)))
		AND x.e164 = CAST(substr(json_extract(c.phones, '$[' || (c.phone % MAX(1, json_array_length(c.phones))) || '].number'), 2) AS INTEGER))`

func (db *DB) recycleArgs(o campaigns.RecycleOrder, after int64, now time.Time) ([]any, error) {
	outcomes, err := json.Marshal(o.Outcomes)
	if err != nil {
		return nil, err
	}
	codes, err := json.Marshal(o.Dispositions)
	if err != nil {
		return nil, err
	}
	c, _ := db.known.campaign(o.Campaign) // one that is gone has no contacts
	return []any{after, o.Campaign, o.List, micros(now.Add(-o.OlderThan)), string(outcomes), string(codes), sellersOf(c)}, nil
}

// Recyclable counts the contacts that an order would make callable again.
func (db *DB) Recyclable(ctx context.Context, o campaigns.RecycleOrder, now time.Time) (n int64, err error) {
	args, err := db.recycleArgs(o, 0, now)
	if err == nil {
		err = db.read.QueryRowContext(ctx, `SELECT COUNT(*) `+recyclable, args...).Scan(&n)
	}
	if err != nil {
		return 0, fmt.Errorf("count what can be recycled of campaign %d: %w", o.Campaign, err)
	}
	return n, nil
}

// RecycleBy makes the contacts of an order callable again, with all their tries
// before them, a few hundred in each transaction, and tells how many there were.
func (db *DB) RecycleBy(ctx context.Context, o campaigns.RecycleOrder, now time.Time, by string) (moved int64, err error) {
	for after := int64(0); ; {
		ids, err := db.recyclableIDs(ctx, o, after, now)
		if err != nil {
			return moved, fmt.Errorf("recycle campaign %d: %w", o.Campaign, err)
		}
		if len(ids) == 0 {
			break
		}
		n, err := db.recycle(ctx, ids)
		if moved += n; err != nil {
			return moved, fmt.Errorf("recycle campaign %d: %w", o.Campaign, err)
		}
		after = ids[len(ids)-1]
	}
	detail := fmt.Sprintf("%d contacts: %s", moved, o)
	return moved, db.AddAudit(ctx, campaigns.AuditEntry{Kind: "list.recycle", By: by, Subject: subject("campaign", o.Campaign), Detail: detail})
}

func (db *DB) recyclableIDs(ctx context.Context, o campaigns.RecycleOrder, after int64, now time.Time) (ids []int64, err error) {
	args, err := db.recycleArgs(o, after, now)
	if err != nil {
		return nil, err
	}
	r, err := db.read.QueryContext(ctx, `SELECT c.id `+recyclable+` ORDER BY c.id LIMIT ?8`, append(args, recycleBatch)...)
	if err != nil {
		return nil, err
	}
	err = eachRow(r, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
