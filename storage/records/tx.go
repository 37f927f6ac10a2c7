package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// tx is the writer's transaction as an operation sees it. It belongs to the
// writer goroutine.
type tx struct {
	db    *DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	clock *clock

	// now is the instant of the transaction; jumped says why it cannot be
	// trusted, when it cannot.
	now    time.Time
	jumped error

	counters           // as the transaction leaves them
	committed counters // as they are on disk
	moves     map[place]int64
	changed   map[int64]campaigns.Campaign // by this transaction: newer than memory
	credit    map[int64]int64              // of lists in a mix, see leaseMix
	after     []func()                     // for memory, once the transaction is durable
	rebound   *inForce                     // the rules as this transaction has changed them
	gate      gate
	terms     map[int64]storedTerms // by version of the settings
	writes    int                   // statements that wrote, of the operation at work
	touched   []string              // by the operation at work, see touches
	asked     bool                  // there are rows that were read ahead
	single    bool                  // one operation is its whole group
	beside    bool                  // a claim's: it has no pen, see claims.go
	abandon   abandonBook
}

// counters are the last keys of the tables that the writer numbers itself.
type counters struct {
	attempt, contact, change, audit int64
	intent                          int64 // time of the last attempt
	turn                            int64 // of the writers of all nodes; one that is undone is another's
	link                            link
}

// place is where contacts stand: a list and a state.
type place struct {
	list  int64
	state campaigns.ContactState
}

func newTx(ctx context.Context, db *DB) (*tx, error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open writer: %w", err)
	}
	t := &tx{db: db, conn: conn, stmts: make(map[string]*sql.Stmt), moves: make(map[place]int64), changed: make(map[int64]campaigns.Campaign), credit: make(map[int64]int64), terms: make(map[int64]storedTerms)}
	t.clock = newClock(time.Now(), time.Time{})
	if err := t.first(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	t.clock.last, t.clock.told = moment(t.intent), db.clockOffset
	return t, nil
}

// first reads what the writer keeps in memory, before it writes anything else.
func (t *tx) first() error {
	if t.db.pen == nil {
		return t.load()
	}
	if err := t.beginOn(t.db.pen); err != nil {
		return err
	}
	_, err := t.db.pen.Commit(background, t.conn, false)
	return err
}

// load reads what the writer keeps in memory.
func (t *tx) load() error {
	if err := t.loadCounters(); err != nil {
		return err
	}
	return t.loadMemory()
}

// loadCounters reads how far the tables have grown.
func (t *tx) loadCounters() error {
	err := t.row(`SELECT (SELECT COALESCE(MAX(seq), 0) FROM attempts), (SELECT COALESCE(MAX(id), 0) FROM contacts),
		(SELECT COALESCE(MAX(seq), 0) FROM do_not_call_changes), (SELECT COALESCE(MAX(seq), 0) FROM audit),
		COALESCE((SELECT intent_at FROM attempts ORDER BY seq DESC LIMIT 1), 0)`, nil,
		&t.attempt, &t.contact, &t.change, &t.audit, &t.intent)
	if err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	if t.link, err = t.lastLink(); err != nil {
		return fmt.Errorf("read the chain's head: %w", err)
	}
	t.committed = t.counters
	return nil
}

// loadMemory reads what is kept in memory of settings and rules.
func (t *tx) loadMemory() error {
	if t.now.IsZero() {
		t.now = time.Now()
	}
	if err := t.db.known.load(t); err != nil {
		return err
	}
	if err := t.db.shelved.load(t); err != nil {
		return err
	}
	return t.reopen()
}

// background is the writer's context: a statement, once begun, is finished.
var background = context.Background()

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s, ok := t.stmts[query]; ok {
		return s, nil
	}
	s, err := t.conn.PrepareContext(background, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	t.stmts[query] = s
	return s, nil
}

// exec writes; changed is the number of rows.
func (t *tx) exec(query string, args ...any) (changed int64, err error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	t.writes++
	r, err := s.ExecContext(background, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// laterer is a connection that writes without waiting for the answer.
type laterer interface {
	Later(ctx context.Context, query string, args []driver.NamedValue) error
}

// write is exec for a statement of which nobody asks how many rows it changed.
// An engine sends it with the next statement; an error comes with that one's, and
// undoes the group.
func (t *tx) write(query string, args ...any) error {
	if t.db.pen == nil {
		_, err := t.exec(query, args...)
		return err
	}
	t.writes++
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return err
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return t.conn.Raw(func(dc any) error {
		c, ok := dc.(laterer)
		if !ok {
			return fmt.Errorf("a connection %T that waits for each answer", dc)
		}
		return c.Later(background, query, named)
	})
}

// writeOr is write in a group of several, and exec in one of one: there an error
// tells which it is.
func (t *tx) writeOr(query string, args ...any) error {
	if t.single {
		_, err := t.exec(query, args...)
		return err
	}
	return t.write(query, args...)
}

// row reads one row; sql.ErrNoRows when there is none.
func (t *tx) row(query string, args []any, dest ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(background, args...).Scan(dest...)
}

// rows reads every row.
func (t *tx) rows(query string, args []any, scan func(*sql.Rows) error) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	r, err := s.QueryContext(background, args...)
	if err != nil {
		return err
	}
	return eachRow(r, scan)
}

// returning is rows for a statement that writes.
func (t *tx) returning(query string, args []any, scan func(*sql.Rows) error) error {
	t.writes++
	return t.rows(query, args, scan)
}

func eachRow(r *sql.Rows, scan func(*sql.Rows) error) error {
	defer r.Close()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}

func (t *tx) begin() error {
	if t.db.pen != nil {
		return t.beginOn(t.db.pen)
	}
	t.now, t.jumped = t.clock.read(time.Now())
	_, err := t.exec("BEGIN IMMEDIATE")
	return err
}

// run runs an operation and turns its panic into an error that undoes it.
func (t *tx) run(do func(*tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.writes++
			err = fmt.Errorf("panic in the store: %v", p)
			t.db.log.Error("operation panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return do(t)
}

// commit ends the transaction. The mark is an engine's: see Pen.
func (t *tx) commit() (mark string, err error) {
	if err := errors.Join(t.flushMoves(), t.flushCounts()); err != nil {
		return "", err
	}
	if mark, err = t.end(); err != nil {
		return mark, err
	}
	news := t.audit != t.committed.audit || t.change != t.committed.change
	t.committed = t.counters
	for _, f := range t.after {
		f()
	}
	t.after = t.after[:0]
	if news {
		t.db.written()
	}
	clear(t.changed)
	t.rebound = nil
	return mark, nil
}

// end ends the transaction for good.
func (t *tx) end() (mark string, err error) {
	if t.db.pen != nil {
		return t.db.pen.Commit(background, t.conn, len(t.after) > 0)
	}
	_, err = t.exec("COMMIT")
	return "", err
}

// rollback forgets the transaction. SQLite may have done so already, as when
// the disk is full: that is no further error.
func (t *tx) rollback() {
	_, _ = t.exec("ROLLBACK")
	t.counters = t.committed
	t.after = t.after[:0]
	clear(t.moves)
	clear(t.changed)
	clear(t.terms)
	t.rebound = nil
	t.abandon.forget()
}

func (t *tx) close() {
	for _, s := range t.stmts {
		_ = s.Close()
	}
	_ = t.conn.Close()
}

// moved notes that n contacts of a list went from one state to another; an
// empty state is outside the store.
func (t *tx) moved(list int64, from, to campaigns.ContactState, n int64) {
	if from != "" {
		t.moves[place{list, from}] -= n
	}
	if to != "" {
		t.moves[place{list, to}] += n
	}
}

// flushMoves writes the net moves of the whole transaction: a few rows,
// however many contacts moved.
func (t *tx) flushMoves() error {
	for _, p := range inOrder(t.moves) {
		n := t.moves[p]
		if n == 0 {
			continue
		}
		err := t.write(`INSERT INTO depths (list, state, n) VALUES (?, ?, ?)
			ON CONFLICT (list, state) DO UPDATE SET n = depths.n + excluded.n`, p.list, string(p.state), n)
		if err != nil {
			return fmt.Errorf("count contacts of list %d: %w", p.list, err)
		}
	}
	clear(t.moves)
	return nil
}

// isTaken tells whether a unique key is in use.
func (t *tx) isTaken(err error) bool { return !late(err) && t.db.engine.Taken(err) }
