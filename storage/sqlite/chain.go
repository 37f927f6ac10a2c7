package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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
// Whoever changes, drops or swaps a row changes every hash after it.
func (l link) next(kind string, ref int64, d [sha256.Size]byte) link {
	n := link{seq: l.seq + 1}
	buf := make([]byte, 0, 128)
	buf = append(buf, l.hash[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(n.seq))
	buf = append(buf, byte(len(kind)))
	buf = append(buf, kind...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(ref))
	buf = append(buf, d[:]...)
	n.hash = sha256.Sum256(buf)
	return n
}

// chain appends the record of a row and returns its link, before the row
// itself is written: rows carry their hash.
func (t *tx) chain(kind string, ref int64, d [sha256.Size]byte) (link, error) {
	n := t.link.next(kind, ref, d)
	_, err := t.exec(`INSERT INTO chain (seq, kind, ref, digest, hash) VALUES (?, ?, ?, ?, ?)`,
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

// The tags of a canonical row, one for each type that SQLite stores.
const (
	tagInteger = 'i'
	tagReal    = 'r'
	tagText    = 't'
	tagBlob    = 'b'
	tagNull    = 'n'
)

// digest is the SHA-256 of the canonical form of a row's columns: for each a
// tag, then eight bytes, or a length and the bytes. What is bound to an
// INSERT and what a SELECT scans into any have the same form.
func digest(row []any) [sha256.Size]byte {
	return sha256.Sum256(canonical(make([]byte, 0, 512), row))
}

func canonical(buf []byte, row []any) []byte {
	for _, v := range row {
		switch v := v.(type) {
		case int64:
			buf = binary.BigEndian.AppendUint64(append(buf, tagInteger), uint64(v))
		case float64:
			buf = binary.BigEndian.AppendUint64(append(buf, tagReal), math.Float64bits(v))
		case string:
			buf = binary.BigEndian.AppendUint64(append(buf, tagText), uint64(len(v)))
			buf = append(buf, v...)
		case []byte:
			buf = binary.BigEndian.AppendUint64(append(buf, tagBlob), uint64(len(v)))
			buf = append(buf, v...)
		case nil:
			buf = append(buf, tagNull)
		default:
			panic(fmt.Sprintf("a row of the ledger holds a %T", v))
		}
	}
	return buf
}
