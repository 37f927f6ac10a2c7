package records

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns/evidence"
)

// The kinds of records in the chain.
const (
	kindAttempt     = "attempt"
	kindOutcome     = "outcome"
	kindDisposition = "disposition"
	kindDoNotCall   = "do_not_call"
	kindAudit       = "audit"
)

// link is one record of the chain: its place and its hash.
type link struct {
	seq  int64
	hash [sha256.Size]byte
}

// next computes the link that follows l for a record of a row with digest d.
func (l link) next(kind string, ref int64, d [sha256.Size]byte) link {
	n := evidence.Link{Seq: l.seq, Hash: l.hash}.Next(kind, ref, d)
	return link{seq: n.Seq, hash: n.Hash}
}

// chain appends the record of a row and returns its link, before the row
// itself is written: rows carry their hash.
func (t *tx) chain(kind string, ref int64, d [sha256.Size]byte) (link, error) {
	n := t.link.next(kind, ref, d)
	err := t.write(`INSERT INTO chain (seq, kind, ref, digest, hash) VALUES (?, ?, ?, ?, ?)`,
		n.seq, kind, ref, d[:], n.hash[:])
	if err != nil {
		return link{}, fmt.Errorf("chain %s %d: %w", kind, ref, err)
	}
	t.link = n
	return n, nil
}

func (t *tx) lastLink() (link, error) {
	var l link
	var hash []byte
	err := t.row(`SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1`, nil, &l.seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return link{}, nil
	}
	copy(l.hash[:], hash)
	return l, err
}

// digest is the digest of a row of format 1.
func digest(row []any) [sha256.Size]byte { return evidence.DigestOld(row) }
