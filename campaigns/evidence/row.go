package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// Digest is a SHA-256.
type Digest = [sha256.Size]byte

// Sum is the SHA-256 of octets.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// The tags of a canonical row, one for each type that a column can have.
const (
	tagInteger = 'i'
	tagReal    = 'r'
	tagText    = 't'
	tagBlob    = 'b'
	tagNull    = 'n'
)

// Headings keep the digests of rows, of batches and of format 1 apart.
const (
	rowHeading   = "forecall row 2\n"
	batchHeading = "forecall batch 2\n"
)

// Canonical appends the canonical form of a row's columns: for each a tag, then
// eight octets, or a length and the octets. Columns are int64, float64, string,
// []byte or nil; anything else panics.
func Canonical(buf []byte, row []any) []byte {
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

// DigestOld is the digest of a row, or batch, of format 1: SHA-256 over all its
// columns.
func DigestOld(row []any) Digest { return sha256.Sum256(Canonical(make([]byte, 0, 512), row)) }

// DigestRow is the digest of a row of format 2: its public columns, and the
// commitment to its personal ones, nil when it has none.
func DigestRow(public []any, commitment []byte) Digest {
	buf := append(make([]byte, 0, 640), rowHeading...)
	return sha256.Sum256(append(Canonical(buf, public), commitment...))
}

// DigestBatch is the digest of rows that share a link: over the digests of the
// rows, so that one of them can be shown without the others.
func DigestBatch(rows []Digest) Digest {
	buf := append(make([]byte, 0, len(batchHeading)+len(rows)*sha256.Size), batchHeading...)
	for _, d := range rows {
		buf = append(buf, d[:]...)
	}
	return sha256.Sum256(buf)
}

// Opening is the key that opens the commitment of one row: of the salt of its
// person, its kind and its place.
func Opening(salt []byte, kind string, ref int64) []byte {
	mac := hmac.New(sha256.New, salt)
	var tail [8]byte
	binary.BigEndian.PutUint64(tail[:], uint64(ref))
	mac.Write(append(append(make([]byte, 0, 32), kind...), tail[:]...))
	return mac.Sum(nil)
}

// Commit is the commitment to the personal columns of a row; nil when none of
// them says anything.
func Commit(opening []byte, personal []any) []byte {
	if Empty(personal) {
		return nil
	}
	mac := hmac.New(sha256.New, opening)
	mac.Write(Canonical(make([]byte, 0, 256), personal))
	return mac.Sum(nil)
}

// Empty tells whether no column says anything.
func Empty(personal []any) bool {
	for _, v := range personal {
		switch v {
		case nil, int64(0), "":
		default:
			return false
		}
	}
	return true
}
