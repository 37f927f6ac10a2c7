package records

import (
	"context"
	"database/sql"
	"fmt"
)

// querier reads. The writer's transaction is one, and a snapshot of the
// readers another: what the gate reads before a call and what an explanation
// reads of it is the same code.
type querier interface {
	// row reads one row; sql.ErrNoRows when there is none.
	row(query string, args []any, dest ...any) error
	// rows reads every row.
	rows(query string, args []any, scan func(*sql.Rows) error) error
}

var (
	_ querier = (*tx)(nil)
	_ querier = (*snapshot)(nil)
)

// snapshot is the store as it was at one instant, however many queries are
// asked of it. It lives for one call of look and keeps that call's context,
// as a *sql.Tx does. It belongs to one goroutine.
type snapshot struct {
	ctx   context.Context
	tx    *sql.Tx
	stmts map[string]*sql.Stmt
}

// look lends f a snapshot of the store over one reading connection. Whatever
// f reads fits together; it delays no writer, and sees nothing that is
// committed after its first query.
func (db *DB) look(ctx context.Context, f func(q querier) error) error {
	tx, err := db.reading(ctx).BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	s := &snapshot{ctx: ctx, tx: tx, stmts: make(map[string]*sql.Stmt)}
	defer s.end()
	return f(s)
}

// end gives the connection back. A transaction that only read has nothing to
// lose: its error is none of ours.
func (s *snapshot) end() {
	for _, stmt := range s.stmts {
		_ = stmt.Close()
	}
	_ = s.tx.Rollback()
}

func (s *snapshot) stmt(query string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := s.tx.PrepareContext(s.ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	s.stmts[query] = stmt
	return stmt, nil
}

func (s *snapshot) row(query string, args []any, dest ...any) error {
	stmt, err := s.stmt(query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(s.ctx, args...).Scan(dest...)
}

func (s *snapshot) rows(query string, args []any, scan func(*sql.Rows) error) error {
	stmt, err := s.stmt(query)
	if err != nil {
		return err
	}
	r, err := stmt.QueryContext(s.ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(r, scan)
}
