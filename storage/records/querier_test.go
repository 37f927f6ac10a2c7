package records

import (
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestASnapshotFitsTogetherWhileOthersWrite(t *testing.T) {
	db := openTest(t)
	const count = `SELECT COUNT(*) FROM do_not_call`
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000001"}))
	must(t, db.look(t.Context(), func(q querier) error {
		var before, after int
		must(t, q.row(count, nil, &before))
		must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000002"}))
		must(t, q.row(count, nil, &after))
		if before != 1 || after != 1 {
			t.Errorf("%d numbers, then %d, want 1 and 1", before, after)
		}
		return nil
	}))
	must(t, db.look(t.Context(), func(q querier) error {
		var now int
		must(t, q.row(count, nil, &now))
		if now != 2 {
			t.Errorf("%d numbers in the next snapshot, want 2", now)
		}
		return nil
	}))
}
