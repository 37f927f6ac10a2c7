package move

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

var (
	// ErrNotEmpty marks a database that holds something else than this move.
	ErrNotEmpty = errors.New("the database is not empty: a move goes into one that holds nothing")
	// ErrOther marks a database with the rest of another move.
	ErrOther = errors.New("the database holds the beginning of a move of another folder, or of this one before somebody worked with it again: make a new, empty database")
	// ErrDiffers marks a copy that is not equal to the folder.
	ErrDiffers = errors.New("what arrived is not what the folder holds")
)

// usualBatch is how many rows go in one transaction.
const usualBatch = 2000

// Settings say what moves where.
type Settings struct {
	From  *sqlite.Engine   // opened and closed by Run; its file is there
	To    *postgres.Engine // the same
	Batch int64            // rows that go in one transaction; 0 = 2000
	Tell  func(Progress)   // after each batch; nil = nobody listens
}

// Progress is how far a move is.
type Progress struct {
	Table       string
	Rows, Total int64 // of all tables
}

// Done is what a move came to.
type Done struct {
	Tables  int
	Rows    int64
	Links   int64  // of the chain
	Head    string // hash of its last link, in hex
	Resumed bool   // an earlier run had begun
	Before  bool   // all was done before, and nothing now

	Lost  int                // calls that were open in the folder
	Found campaigns.Findings // of the ledger in the database
}

// Run moves everything, or the rest of it. It may be called again after any error,
// and does nothing when all was done before.
func Run(ctx context.Context, s Settings) (Done, error) {
	m := &moving{tell: s.Tell, batch: cmp.Or(s.Batch, usualBatch)}
	if err := m.bring(ctx, s); err != nil || m.finished {
		return m.done, err
	}
	if err := m.settle(ctx, s.To.ForMove()); err != nil {
		return m.done, fmt.Errorf("the database: %w", err)
	}
	return m.done, m.with(ctx, s.To.ForMove(), m.finish)
}

// moving is a move under way.
type moving struct {
	from     *sql.DB
	to       *sql.Conn
	tell     func(Progress)
	batch    int64
	tables   []table
	total    int64
	gone     int64 // rows that have gone, those of earlier runs as well
	compared bool  // by an earlier run
	finished bool  // the same
	done     Done
}

// bring brings all rows, and makes sure that they came.
func (m *moving) bring(ctx context.Context, s Settings) (err error) {
	defer func() { err = errors.Join(err, s.From.Close()) }()
	if _, m.from, err = s.From.Open(ctx, silent()); err != nil {
		return fmt.Errorf("the data folder: %w", err)
	}
	if err := m.look(ctx); err != nil {
		return err
	}
	return m.with(ctx, s.To.ForMove(), func(ctx context.Context) error {
		if err := m.begin(ctx); err != nil || m.finished || m.compared {
			return err
		}
		for _, step := range []func(context.Context) error{m.copyAll, m.compare, m.number, m.note} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// with does something with the database over the writer's connection.
func (m *moving) with(ctx context.Context, e *postgres.Engine, do func(context.Context) error) (err error) {
	defer func() { err = errors.Join(err, e.Close()) }()
	pool, _, err := e.Open(ctx, silent())
	if err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	if m.to, err = pool.Conn(ctx); err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	defer func() { err = errors.Join(err, m.to.Close()) }()
	return do(ctx)
}

// settle closes as lost what was open in the folder, and verifies the whole ledger.
func (m *moving) settle(ctx context.Context, e *postgres.Engine) (err error) {
	db, err := records.Open(ctx, records.Settings{Engine: e})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lost, err := db.Recover(ctx, time.Now())
	if err != nil {
		return err
	}
	m.done.Lost = len(lost)
	m.done.Found, err = db.Verify(ctx, time.Now())
	return err
}

// copyAll copies table after table, those first that others refer to.
func (m *moving) copyAll(ctx context.Context) error {
	for _, t := range m.tables {
		if err := m.copy(ctx, t); err != nil {
			return fmt.Errorf("move table %s: %w", t.name, err)
		}
	}
	m.done.Tables, m.done.Rows = len(m.tables), m.gone
	return nil
}

// copy copies what of a table has not come yet.
func (m *moving) copy(ctx context.Context, t table) error {
	rows, err := m.from.QueryContext(ctx, t.query())
	if err != nil {
		return err
	}
	defer rows.Close()
	for range t.moved {
		if !rows.Next() {
			return errors.Join(ErrDiffers, rows.Err())
		}
	}
	m.gone += t.moved
	for at := t.moved; ; {
		cells, n, err := m.read(rows, len(t.columns))
		if err != nil || n == 0 {
			return err
		}
		if err := m.put(ctx, t, cells, at, n); err != nil {
			return err
		}
		at += n
		m.gone += n
		if m.tell != nil {
			m.tell(Progress{Table: t.name, Rows: m.gone, Total: m.total})
		}
	}
}

// read reads the rows of a batch, one after the other.
func (m *moving) read(rows *sql.Rows, columns int) (cells []any, n int64, err error) {
	for n < m.batch && rows.Next() {
		row, into := make([]any, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, 0, err
		}
		cells, n = append(cells, row...), n+1
	}
	return cells, n, rows.Err()
}

// copier is a connection over which many rows travel as one stream.
type copier interface {
	Copy(ctx context.Context, table string, columns []string, cells []any) error
}

// put writes a batch, and how far the table is, at once.
func (m *moving) put(ctx context.Context, t table, cells []any, at, n int64) error {
	tx, err := m.to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to roll back
	if t.name == seeded && at == 0 {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+seeded); err != nil {
			return err
		}
	}
	err = m.to.Raw(func(dc any) error {
		c, ok := dc.(copier)
		if !ok {
			return fmt.Errorf("a connection %T that takes no stream of rows", dc)
		}
		return c.Copy(ctx, t.name, t.quoted(), cells)
	})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO moved (name, rows) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET rows = excluded.rows`, t.name, at+n); err != nil {
		return err
	}
	return tx.Commit()
}
