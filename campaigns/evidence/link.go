package evidence

import (
	"crypto/sha256"
	"encoding/binary"
)

// Link is one record of the chain: its place, counted from 1, and its hash. The
// zero value is the place before the first.
type Link struct {
	Seq  int64
	Hash Digest
}

// Next computes the link that follows l for a record of a row with digest d.
// Whoever changes, drops or swaps a row changes every hash after it.
func (l Link) Next(kind string, ref int64, d Digest) Link {
	n := Link{Seq: l.Seq + 1}
	buf := make([]byte, 0, 128)
	buf = append(buf, l.Hash[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(n.Seq))
	buf = append(buf, byte(len(kind)))
	buf = append(buf, kind...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(ref))
	buf = append(buf, d[:]...)
	n.Hash = sha256.Sum256(buf)
	return n
}
