package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Link is the link of the chain with that number; found is false when the chain does
// not reach it.
func (db *DB) Link(ctx context.Context, seq int64) (l evidence.Link, found bool, err error) {
	var hash []byte
	err = db.read.QueryRowContext(ctx, `SELECT seq, hash FROM chain WHERE seq = ?`, seq).Scan(&l.Seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("read link %d of the chain: %w", seq, err)
	}
	copy(l.Hash[:], hash)
	return l, true, nil
}
