package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// Claims is a pool of one connection for contacts that are claimed: its commits wait
// neither for the pen nor for the disk. A call that was begun with a contact is behind
// the claim in the same log: when the disk has the call, it has the claim.
func (e *Engine) Claims() *sql.DB { return e.claims }

// Claim begins a transaction of a claim, over a connection that Disconnect ends with
// the writer's: what a node has claimed and not committed holds up others no longer
// than the node lives.
func (e *Engine) Claim(ctx context.Context, c *sql.Conn, node int64) error {
	return c.Raw(func(dc any) error {
		pg, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("a connection %T", dc)
		}
		pg.queue = pg.queue[:0] // of one that failed
		if err := pg.name(ctx, node); err != nil {
			return err
		}
		return pg.Later(ctx, "BEGIN", nil)
	})
}
