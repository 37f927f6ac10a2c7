package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	sqlite3 "modernc.org/sqlite" // also the driver "sqlite"
	lib "modernc.org/sqlite/lib"
)

var (
	// ErrInUse marks a data file that another process has open.
	ErrInUse = errors.New("in use by another forecall")
	// ErrNewer marks a data file that a newer forecall has migrated.
	ErrNewer = errors.New("written by a newer forecall")
)

// readers is how many queries read side by side.
const readers = 4

// Engine is a store in one file. Make it with At, open it once, close it.
type Engine struct {
	Log LogLimits // zero = as large as is usual

	path    string
	log     *slog.Logger
	owner   *sql.DB // holds the lock of the data file while we live
	write   *sql.DB // one connection
	read    *sql.DB
	restart chan struct{}
	stop    chan struct{}
	wg      sync.WaitGroup
	once    sync.Once
}

// At names the data file. Its folder must exist when it is opened.
func At(path string) *Engine {
	return &Engine{path: path, restart: make(chan struct{}, 1), stop: make(chan struct{})}
}

// Open makes the file (for its owner only) or migrates it, and returns the pool
// of the writer, which has one connection, and that of the readers. ErrInUse when
// another process holds the file, ErrNewer when its schema is newer than this
// program. Close the engine even so.
func (e *Engine) Open(ctx context.Context, log *slog.Logger) (write, read *sql.DB, err error) {
	if e.path == "" || e.path == ":memory:" {
		return nil, nil, fmt.Errorf("%q: a ledger needs a file", e.path)
	}
	if e.path, err = filepath.Abs(e.path); err != nil {
		return nil, nil, err
	}
	if e.Log == (LogLimits{}) {
		e.Log = usualLimits
	}
	e.log = log
	if err := e.open(ctx); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", e.path, err)
	}
	return e.write, e.read, nil
}

func (e *Engine) open(ctx context.Context) (err error) {
	for _, file := range []string{e.path, e.path + "-owner"} {
		if err := private(file); err != nil {
			return err
		}
	}
	if e.owner, err = lock(ctx, e.path+"-owner"); err != nil {
		return err
	}
	if e.write, err = openPool(e.path, 1, writerPragmas); err != nil {
		return err
	}
	if err := migrate(ctx, e.write); err != nil {
		return err
	}
	if e.read, err = openPool(e.path, readers, readerPragmas); err != nil {
		return err
	}
	if err := e.scrubOld(ctx); err != nil {
		return err
	}
	e.wg.Go(e.checkpoints)
	return nil
}

// Close closes the pools and gives the file back.
func (e *Engine) Close() error {
	e.once.Do(func() { close(e.stop) })
	e.wg.Wait()
	var errs []error
	for _, pool := range []*sql.DB{e.read, e.write, e.owner} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Taken tells whether a unique key is in use, or the schema refuses a row.
func (e *Engine) Taken(err error) bool {
	var s *sqlite3.Error
	return errors.As(err, &s) && s.Code()&0xff == lib.SQLITE_CONSTRAINT
}

// FULL makes every commit survive a power loss.
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

// isBusy tells whether another connection holds the lock.
func isBusy(err error) bool {
	var e *sqlite3.Error
	return errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_BUSY || e.Code()&0xff == lib.SQLITE_LOCKED)
}
