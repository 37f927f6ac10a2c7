package records

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// grown is the migration of a newer program that adds, and leaves what is there.
const grown = `DO $$ DECLARE t text; BEGIN
	FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'forecall' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'goose%' LOOP
		EXECUTE format('ALTER TABLE forecall.%I ADD COLUMN of_the_next_version BIGINT NOT NULL DEFAULT 0', t);
	END LOOP;
	INSERT INTO forecall.goose_db_version (version_id, is_applied) SELECT MAX(version_id) + 1, TRUE FROM forecall.goose_db_version;
END $$`

// TestNodesOfTheVersionBeforeGoOnWhenTheSchemaHasGrown: a rolling upgrade. The newer
// program has migrated: each table has one column more, and the schema is one version
// ahead. Those that run go on, with their prepared statements, and others of the same
// version start beside them.
func TestNodesOfTheVersionBeforeGoOnWhenTheSchemaHasGrown(t *testing.T) {
	s, err := server()
	if err != nil {
		pgtest.Skip(t, err)
	}
	name, err := s.Database(t.Context(), "")
	must(t, err)
	open := func() *DB {
		e, err := postgres.At(s.Address(name))
		must(t, err)
		db, err := Open(t.Context(), Settings{Engine: e})
		must(t, err)
		return db
	}
	all := []*DB{open(), open()}
	defer func() {
		for _, db := range all {
			must(t, db.Close())
		}
		must(t, s.Drop(background, name))
	}()
	c, l := newCampaign(t, all[0], "c")
	fill(t, all[0], l, 20)
	stock := leaseAll(t, all[0], c)
	call := func(db *DB) {
		t.Helper()
		a := campaigns.NewAttempt(c, stock[0], "", time.Now())
		stock = stock[1:]
		must(t, db.Begin(t.Context(), c, a))
		a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
		must(t, db.Finish(t.Context(), *a))
	}
	for range 3 {
		call(all[0])
		call(all[1])
	}
	must(t, s.Exec(t.Context(), name, grown))
	for range 3 {
		call(all[0])
		call(all[1])
	}
	another := open()
	all = append(all, another)
	call(another)
	call(all[1])
	next, list := newCampaign(t, another, "next")
	fill(t, another, list, 3)
	must(t, all[1].Begin(t.Context(), next, campaigns.NewAttempt(next, leaseAll(t, all[1], next)[0], "", time.Now())))
	if f, err := another.Verify(t.Context(), time.Now()); err != nil || !f.Clean() || f.Attempts != 15 || f.Open != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
}
