package records

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// Reports are read from a copy of the store where the engine has one that follows it:
// figures of the office, recounts of abandonment, rows of exports, evidence, Verify. What of a call is decided is read from the store itself, always: the gate,
// hoppers, desks.
//
//	figures             as old as the copy is; ReportsBehind says how old
//	rows of an export   from the copy when it has all that was written when it began
//	evidence, Verify    from the copy when it has all that was written when they began
//	copy away           from the store; the log says so once, and when it is back

// Replica is an engine with a copy of the store to read reports from.
type Replica interface {
	// Reports is a pool that reads the copy, and how far that is behind at most. No
	// pool and no error where there is none; an error while it cannot be used.
	Reports(ctx context.Context) (pool *sql.DB, behind time.Duration, err error)
	// Spare leaves the copy alone for a while: a read of it has failed.
	Spare(err error)
}

// follower is what is known of the copy.
type follower struct {
	mu     sync.Mutex
	away   bool
	behind time.Duration
}

// catchUp is how long a read that must have all that is written waits for the copy.
const (
	catchUp     = 2 * time.Second
	catchUpLook = 50 * time.Millisecond
)

// poolKey is where a context says which pool its reads go to.
type poolKey struct{}

// reading is the pool that reads of a context go to.
func (db *DB) reading(ctx context.Context) *sql.DB {
	if pool, ok := ctx.Value(poolKey{}).(*sql.DB); ok {
		return pool
	}
	return db.read
}

// ReportsBehind is how far what reports show was behind the store when it was last
// read; 0 where they are read from the store itself.
func (db *DB) ReportsBehind() time.Duration {
	db.copied.mu.Lock()
	defer db.copied.mu.Unlock()
	return db.copied.behind
}

// report reads for a report: from the copy, or from the store itself when that
// cannot be. Read begins anew each time it is called.
func (db *DB) report(ctx context.Context, read func(context.Context) error) error {
	pool := db.copy(ctx)
	if pool == nil {
		return read(ctx)
	}
	from := context.WithValue(ctx, poolKey{}, pool)
	err := read(from)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if again := read(ctx); again != nil { // the question is at fault, or everything is away
		return again
	}
	_ = db.failed(from, err)
	return nil
}

// reported is report for what is returned.
func reported[T any](ctx context.Context, db *DB, read func(context.Context) (T, error)) (out T, err error) {
	err = db.report(ctx, func(ctx context.Context) (err error) {
		out, err = read(ctx)
		return err
	})
	return out, err
}

// complete is the context of a read that must have all that is written now: of the
// copy, when it has that within a moment. Such a read is not begun anew: what it has
// given out is given out. Failed is told how it ended.
func (db *DB) complete(ctx context.Context) context.Context {
	pool := db.copy(ctx)
	if pool == nil {
		return ctx
	}
	link, err := headOf(ctx, db.read)
	if err != nil || !reaches(ctx, pool, link) {
		return ctx
	}
	return context.WithValue(ctx, poolKey{}, pool)
}

// failed leaves the copy alone for a while when a read of it has failed, and hands
// the error on.
func (db *DB) failed(ctx context.Context, err error) error {
	if r, ok := db.engine.(Replica); ok && err != nil && ctx.Err() == nil && ctx.Value(poolKey{}) != nil {
		r.Spare(err)
		db.noteCopy(0, err)
	}
	return err
}

// copy is the pool of the copy; nil where there is none, or none that can be used,
// and within a report, which has chosen already.
func (db *DB) copy(ctx context.Context) *sql.DB {
	r, ok := db.engine.(Replica)
	if !ok || ctx.Value(poolKey{}) != nil {
		return nil
	}
	pool, behind, err := r.Reports(ctx)
	if ctx.Err() == nil {
		db.noteCopy(behind, err)
	}
	return pool
}

// noteCopy remembers how the copy is, and says when it goes and comes back.
func (db *DB) noteCopy(behind time.Duration, err error) {
	db.copied.mu.Lock()
	before := db.copied.away
	db.copied.away, db.copied.behind = err != nil, behind
	db.copied.mu.Unlock()
	switch {
	case err != nil && !before:
		db.log.Warn("the standby for reports cannot be used; reports are read from the database itself", "err", err)
	case err == nil && before:
		db.log.Info("the standby for reports is back", "behind", behind.Round(time.Millisecond))
	}
}

// reaches tells whether the copy has a link of the chain, or gets it in a moment.
func reaches(ctx context.Context, pool *sql.DB, link int64) bool {
	limited, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	look := time.NewTicker(catchUpLook)
	defer look.Stop()
	for {
		head, err := headOf(limited, pool)
		if err != nil || head >= link {
			return err == nil
		}
		select {
		case <-look.C:
		case <-limited.Done():
			return false
		}
	}
}

// headOf is the last link of the chain that a pool sees.
func headOf(ctx context.Context, pool *sql.DB) (head int64, err error) {
	if err := pool.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM chain`).Scan(&head); err != nil {
		return 0, fmt.Errorf("read the chain's head: %w", err)
	}
	return head, nil
}
