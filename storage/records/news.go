package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// Mark is how far somebody has heard the news of the house: the last line of the
// do-not-call list's history, and of the audit, in which every change of settings,
// stops, rules, registers and users stands.
type Mark struct{ List, Audit int64 }

// News is what has been written behind a mark, by whichever node.
type News struct {
	Mark // behind which to ask next
	// Anew tells that the store is behind the mark, as after a failover that lost
	// its last writes: everything is to be read anew.
	Anew      bool
	Kinds     []string                    // of the audit's lines, each once, as "stop.throw"
	DoNotCall []campaigns.DoNotCallChange // in their order
	More      bool                        // of the list: ask again at once
}

// newsMost is how many changes of the do-not-call list are told at once.
const newsMost = 5000

// Mark is the end of the news as it stands.
func (db *DB) Mark(ctx context.Context) (m Mark, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT (SELECT COALESCE(MAX(seq), 0) FROM do_not_call_changes), (SELECT COALESCE(MAX(seq), 0) FROM audit)`).
		Scan(&m.List, &m.Audit)
	if err != nil {
		return Mark{}, fmt.Errorf("read how far the news go: %w", err)
	}
	return m, nil
}

// News reads what has been written behind a mark. While there is nothing it reads
// the ends of two indexes: nodes ask once a second.
func (db *DB) News(ctx context.Context, since Mark) (News, error) {
	end, err := db.Mark(ctx)
	if err != nil || end == since {
		return News{Mark: end}, err
	}
	n := News{Mark: end, Anew: end.List < since.List || end.Audit < since.Audit}
	if end.Audit > since.Audit {
		if n.Kinds, err = db.kindsNoted(ctx, since.Audit, end.Audit); err != nil {
			return News{}, fmt.Errorf("read the news of settings: %w", err)
		}
	}
	if end.List > since.List {
		n.List = min(end.List, since.List+newsMost)
		n.More = n.List < end.List
		n.DoNotCall, err = db.changes(ctx, `SELECT `+entryColumns+` FROM do_not_call_changes c WHERE c.seq > ? AND c.seq <= ? ORDER BY c.seq`, since.List, n.List)
		if err != nil {
			return News{}, err
		}
	}
	return n, nil
}

// kindsNoted are the kinds of the audit's lines behind one and up to another.
func (db *DB) kindsNoted(ctx context.Context, after, upTo int64) (kinds []string, err error) {
	r, err := db.read.QueryContext(ctx, `SELECT DISTINCT kind FROM audit WHERE seq > ? AND seq <= ?`, after, upTo)
	if err != nil {
		return nil, err
	}
	err = eachRow(r, func(r *sql.Rows) error {
		var kind string
		err := r.Scan(&kind)
		kinds = append(kinds, kind)
		return err
	})
	return kinds, err
}
