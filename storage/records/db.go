package records

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/forecall/forecall/campaigns"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	// ErrInUse marks a data file that another process has open.
	ErrInUse = errors.New("in use by another forecall")
	// ErrClosed marks a call to a store that was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrNewer marks a data file that a newer forecall has migrated.
	ErrNewer = errors.New("written by a newer forecall")
)

// Settings say where the store lies. The zero value is refused: a ledger
// needs a file.
type Settings struct {
	Path string       // data file; its folder must exist
	Log  *slog.Logger // nil = silent

	limits logLimits // zero = defaultLimits
}

// readers is how many queries read side by side.
const readers = 4

// DB is the embedded store: one file, one writer, any number of readers.
type DB struct {
	log    *slog.Logger
	engine Engine  // nil = a file of ours
	owner  *sql.DB // holds the lock of the data file while we live
	write  *sql.DB // one connection, owned by the writer
	read   *sql.DB
	w      *writer
	known  *known
	sieve  *sieve
	index  *searchIndex

	force     atomic.Pointer[inForce]             // the book of rules that judges calls
	rates     rateMemory                          // of abandonment, a second old at most
	registers atomic.Pointer[campaigns.Registers] // of do-not-call; nil = none
	offset    atomic.Pointer[clockOffset]         // of our clock, as time servers say; nil = none was asked

	found int64 // last attempt of the ledger when it was opened

	stop chan struct{}
	wg   sync.WaitGroup
	once sync.Once
}

// Open opens the store at s.Path, creates it (for its owner only) or migrates
// it, and starts its writer. It fails with ErrInUse when another process holds the file and with
// ErrNewer when the schema is newer than this program. Close it.
func Open(ctx context.Context, s Settings) (*DB, error) {
	if s.Path == "" || s.Path == ":memory:" {
		return nil, fmt.Errorf("open store %q: a ledger needs a file", s.Path)
	}
	path, err := filepath.Abs(s.Path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.Path, err)
	}
	db := &DB{log: s.Log, stop: make(chan struct{}), known: newKnown(), sieve: newSieve()}
	db.index = newSearchIndex(db)
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if s.limits == (logLimits{}) {
		s.limits = defaultLimits
	}
	if err := db.open(ctx, path, s.limits); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", s.Path, err), db.closeFiles())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, path string, limits logLimits) (err error) {
	for _, file := range []string{path, path + "-owner"} {
		if err := private(file); err != nil {
			return err
		}
	}
	if db.owner, err = lock(ctx, path+"-owner"); err != nil {
		return err
	}
	if db.write, err = openPool(path, 1, writerPragmas); err != nil {
		return err
	}
	if err := migrate(ctx, db.write); err != nil {
		return err
	}
	if db.read, err = openPool(path, readers, readerPragmas); err != nil {
		return err
	}
	if err = db.scrubOld(ctx); err != nil {
		return err
	}
	return db.start(ctx, func() { db.checkpoints(path, limits) })
}

// start reads what the writer knows and starts the goroutines of the store.
func (db *DB) start(ctx context.Context, tend func()) (err error) {
	if db.w, err = newWriter(ctx, db); err != nil {
		return err
	}
	db.found = db.w.tx.attempt
	db.wg.Go(db.w.run)
	db.wg.Go(db.indexCalls)
	db.wg.Go(tend)
	if err := db.countOldCalls(ctx); err != nil {
		db.once.Do(func() { close(db.stop) })
		db.wg.Wait()
		return err
	}
	return nil
}

// Close writes what is queued, ends the writer and releases the file.
func (db *DB) Close() error {
	db.once.Do(func() { close(db.stop) })
	db.wg.Wait()
	return db.closeFiles()
}

func (db *DB) closeFiles() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write, db.owner} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.engine != nil {
		errs = append(errs, db.engine.Close())
	}
	return errors.Join(errs...)
}

// FULL makes every commit survive a power loss. Checkpoints run beside the
// writer instead of inside its commits, where they cost up to 150 ms.
var writerPragmas = []string{
	"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "wal_autocheckpoint(0)",
	"cache_size(-65536)", "temp_store(memory)", "secure_delete(1)",
}

var readerPragmas = []string{"busy_timeout(5000)", "query_only(1)", "cache_size(-16384)", "temp_store(memory)"}

func openPool(path string, size int, pragmas []string) (*sql.DB, error) {
	// As an opaque path, a file name with ? or # keeps its meaning.
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	pool, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// private makes a new file that nobody else on the machine may read: people
// and their numbers stand in it. What SQLite lays beside it gets the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// lock takes an exclusive transaction on a small file beside the data and
// keeps it: the kernel gives it back when the process dies, however it dies.
func lock(ctx context.Context, path string) (*sql.DB, error) {
	pool, err := openPool(path, 1, []string{"busy_timeout(0)"})
	if err != nil {
		return nil, err
	}
	if _, err := pool.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		_ = pool.Close()
		if isBusy(err) {
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return pool, nil
}

func migrate(ctx context.Context, pool *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("schema version %d, this program knows %d: %w", have, newest, ErrNewer)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
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
