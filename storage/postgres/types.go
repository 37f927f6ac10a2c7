package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// types is what the connections of an engine share. It knows what the arguments of statements are. It asks over a connection of
// its own: a question that Postgres does not understand would spoil the
// transaction in which it is asked.
type types struct {
	config *pgx.ConnConfig
	setup  string
	lost   atomic.Int64 // connections of the engine that broke

	mu    sync.Mutex
	pg    *pgconn.PgConn
	known map[string][]uint32
}

// Codes of Postgres for arguments whose type nothing tells.
const indeterminate, ambiguous = "42P18", "42P08"

// of tells the types of a statement's arguments. A number is never taken for a
// small one, for which Postgres takes ? in "? = 0"; where nothing tells the type,
// the first values do.
func (t *types) of(ctx context.Context, text string, args []driver.NamedValue) ([]uint32, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if oids, ok := t.known[text]; ok {
		return oids, nil
	}
	oids, err := t.ask(ctx, text, args)
	if err != nil && t.pg != nil && t.pg.IsClosed() && ctx.Err() == nil { // it had died unnoticed
		oids, err = t.ask(ctx, text, args)
	}
	if err != nil {
		return nil, err
	}
	t.known[text] = oids
	return oids, nil
}

func (t *types) ask(ctx context.Context, text string, args []driver.NamedValue) ([]uint32, error) {
	if t.pg == nil || t.pg.IsClosed() {
		pg, err := connect(ctx, t.config, t.setup)
		if err != nil {
			return nil, err
		}
		t.pg = pg
	}
	d, err := t.pg.Prepare(ctx, "", text, nil)
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == indeterminate || e.Code == ambiguous) {
		d, err = t.pg.Prepare(ctx, "", text, ofValues(args))
	}
	if err != nil {
		return nil, err
	}
	return widened(d.ParamOIDs), nil
}

func (t *types) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pg != nil {
		gone(t.pg)
	}
}

func widened(oids []uint32) []uint32 {
	out := slices.Clone(oids)
	for i, o := range oids {
		if o == pgtype.Int4OID || o == pgtype.Int2OID {
			out[i] = pgtype.Int8OID
		}
	}
	return out
}

func ofValues(args []driver.NamedValue) []uint32 {
	out := make([]uint32, len(args))
	for i, a := range args {
		switch a.Value.(type) {
		case int64, bool:
			out[i] = pgtype.Int8OID
		case string:
			out[i] = pgtype.TextOID
		case []byte:
			out[i] = pgtype.ByteaOID
		case float64:
			out[i] = pgtype.Float8OID
		}
	}
	return out
}
