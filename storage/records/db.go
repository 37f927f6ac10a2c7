package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// ErrClosed marks a call to a store that was closed.
var ErrClosed = errors.New("the store is closed")

// Settings say what holds the store. The zero value is refused.
type Settings struct {
	Engine Engine       // not opened yet; the store opens and closes it
	Log    *slog.Logger // nil = silent
	// Written is called after this process wrote news: see News. It must not block;
	// nil = nobody.
	Written func()
}

// DB is the record store: one writer, any number of readers.
type DB struct {
	log    *slog.Logger
	engine Engine
	pen    Pen // the engine, when others write the store as well; else nil
	wal    Log // the engine, when it keeps a log; else nil
	logDue <-chan struct{}
	claims *claimer // of contacts beside the pen; nil = the writer leases them
	aside  *sql.DB  // for what nodes say of themselves; nil = the writer says it
	write  *sql.DB  // one connection, owned by the writer
	read   *sql.DB
	w      *writer
	known  *known
	sieve  *sieve
	index  *searchIndex

	force     atomic.Pointer[inForce]             // the book of rules that judges calls
	rates     rateMemory                          // of abandonment, a second old at most
	registers atomic.Pointer[campaigns.Registers] // of do-not-call; nil = none
	shelved   shelved                             // which versions of them are in force
	offset    atomic.Pointer[clockOffset]         // of our clock, as time servers say; nil = none was asked

	seen  atomic.Pointer[seen] // what the engine's disk had of the chain; nil = nothing was written yet
	found int64                // last attempt of the ledger when it was opened
	life  atomic.Pointer[life] // as which node we write; nil = none joined

	copied follower // what is known of the copy that reports are read from

	written func() // after news; not nil

	stop chan struct{}
	wg   sync.WaitGroup
	once sync.Once
}

// Open opens the store that the engine holds, creates or migrates it, and starts
// its writer. What the engine refuses, as a file that is in use, is told with its
// error. Close it.
func Open(ctx context.Context, s Settings) (*DB, error) {
	if s.Engine == nil {
		return nil, errors.New("open store: it needs an engine")
	}
	db := &DB{engine: s.Engine, log: s.Log, stop: make(chan struct{}), known: newKnown(), sieve: newSieve()}
	db.index = newSearchIndex(db)
	if db.written = s.Written; db.written == nil {
		db.written = func() {}
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.engine.Close())
	}
	return db, nil
}

// start reads what the writer knows and starts the goroutines of the store.
func (db *DB) start(ctx context.Context) (err error) {
	if db.w, err = newWriter(ctx, db); err != nil {
		return err
	}
	db.found = db.w.tx.attempt
	db.wg.Go(db.w.run)
	db.wg.Go(db.indexCalls)
	if err := db.countOldCalls(ctx); err != nil {
		db.once.Do(func() { close(db.stop) })
		db.wg.Wait()
		return err
	}
	return nil
}

// Close writes what is queued, ends the writer and closes the engine.
func (db *DB) Close() error {
	db.once.Do(func() { close(db.stop) })
	db.wg.Wait()
	return db.engine.Close()
}

// micros writes a time as the store keeps it: microseconds since 1970, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment reads a time back, in UTC.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
