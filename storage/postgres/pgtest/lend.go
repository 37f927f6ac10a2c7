package pgtest

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Lender hands out databases that are as new. Making one, even as a copy, costs a
// second of a busy machine; emptying one that a test had costs some milliseconds.
type Lender struct {
	// Make brings the first database to where each is to begin, by its address.
	Make func(ctx context.Context, address string) error

	mu    sync.Mutex
	model string
	free  []lent
}

// lent is a database that may be handed out again.
type lent struct {
	name string
	uses int
}

// maxUses bounds what deleted rows leave behind in one database.
const maxUses = 25

// Lend returns the address of a database, and what takes it back when nobody is
// connected to it any more.
func (l *Lender) Lend(ctx context.Context, s *Server) (address string, back func() error, err error) {
	d, err := l.take(ctx, s)
	if err != nil {
		return "", nil, err
	}
	return s.Address(d.name), func() error { return l.takeBack(s, d) }, nil
}

func (l *Lender) take(ctx context.Context, s *Server) (d lent, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		d, l.free = l.free[n-1], l.free[:n-1]
		d.uses++
		return d, nil
	}
	if l.model == "" {
		if l.model, err = l.makeModel(ctx, s); err != nil {
			return d, err
		}
	}
	d.name, err = s.Database(ctx, l.model)
	return d, err
}

func (l *Lender) makeModel(ctx context.Context, s *Server) (string, error) {
	name, err := s.Database(ctx, "")
	if err != nil {
		return "", err
	}
	if err := l.Make(ctx, s.Address(name)); err != nil {
		return "", err
	}
	if err := s.in(ctx, name, remember); err != nil {
		return "", err
	}
	return name, nil
}

func (l *Lender) takeBack(s *Server, d lent) error {
	ctx := context.Background()
	if d.uses < maxUses && s.in(ctx, d.name, renew) == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.free = append(l.free, d)
		return nil
	}
	return s.Drop(ctx, d.name) // worn out, or a test has changed its schema
}

// in runs statements in a database.
func (s *Server) in(ctx context.Context, database, statements string) error {
	c, err := pgx.Connect(ctx, s.Address(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statements)
	return err
}

// remember keeps what stands in a new database, its keys and its triggers.
const remember = `
CREATE SCHEMA seed;
DO $$ DECLARE t record; filled boolean; BEGIN
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'forecall' LOOP
		EXECUTE format('SELECT EXISTS (SELECT 1 FROM forecall.%I)', t.tablename) INTO filled;
		IF filled THEN
			EXECUTE format('CREATE TABLE seed.%I AS TABLE forecall.%I', t.tablename, t.tablename);
		END IF;
	END LOOP;
END $$;
CREATE TABLE seed."of keys" AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'forecall';
CREATE TABLE seed."of schema" AS SELECT (SELECT count(*) FROM pg_trigger) AS triggers, (SELECT count(*) FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'forecall') AS relations;
`

// renew brings a database back to what was remembered; it fails when the schema
// is another one by now.
const renew = `
SET session_replication_role = replica;
SET synchronous_commit = off;
DO $$ DECLARE t record; BEGIN
	IF NOT EXISTS (SELECT 1 FROM seed."of schema" WHERE triggers = (SELECT count(*) FROM pg_trigger) AND relations = (SELECT count(*) FROM pg_class c
			JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'forecall')) THEN
		RAISE EXCEPTION 'another schema';
	END IF;
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'forecall' LOOP
		EXECUTE format('DELETE FROM forecall.%I', t.tablename);
	END LOOP;
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'seed' AND tablename NOT LIKE 'of %' LOOP
		EXECUTE format('INSERT INTO forecall.%I OVERRIDING SYSTEM VALUE SELECT * FROM seed.%I', t.tablename, t.tablename);
	END LOOP;
	FOR t IN SELECT sequencename, last_value FROM seed."of keys" LOOP
		PERFORM setval('forecall.' || quote_ident(t.sequencename), COALESCE(t.last_value, 1), t.last_value IS NOT NULL);
	END LOOP;
END $$;
`
