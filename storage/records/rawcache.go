package records

import (
	"context"
	"database/sql/driver"
	"errors"
)

// remembering asks a connection of the driver with statements that are prepared
// once: of a check that asks the same of every row, parsing is the half. It
// belongs to one goroutine, and one query is not asked again while its rows are
// read.
type remembering struct {
	conn  driver.QueryerContext
	stmts map[string]driver.StmtQueryContext
}

// remember lends f a connection whose statements are prepared once.
func remember(q driver.QueryerContext, f func(driver.QueryerContext) error) (err error) {
	r := &remembering{conn: q, stmts: make(map[string]driver.StmtQueryContext)}
	defer func() {
		for _, s := range r.stmts {
			if closer, ok := s.(driver.Stmt); ok {
				err = errors.Join(err, closer.Close())
			}
		}
	}()
	return f(r)
}

// QueryContext asks with the statement of the query, which it prepares the first
// time.
func (r *remembering) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if s, ok := r.stmts[query]; ok {
		return s.QueryContext(ctx, args)
	}
	c, ok := r.conn.(driver.ConnPrepareContext)
	if !ok {
		return r.conn.QueryContext(ctx, query, args)
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot ask with a prepared statement"), prepared.Close())
	}
	r.stmts[query] = s
	return s.QueryContext(ctx, args)
}
