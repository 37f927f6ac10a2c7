package evidence

import (
	"bytes"
	"fmt"
)

// Record is what stands behind one link: one row, or the rows of a batch that
// share it.
type Record struct {
	Link int64 // place in the chain
	Kind string
	Ref  int64
	Rows []Row
}

// Row is one row of the ledger in an export.
type Row struct {
	Format   int // 1 or 2
	Ref      int64
	Public   []Field // all the columns of format 1
	Personal []Field

	Opening    []byte // of the commitment; nil when there is none, or the person was erased
	Commitment []byte
	Erased     bool
	// Withheld is the digest of a row of a batch that is about somebody else:
	// nothing more of it is shown. Nil = the row is shown.
	Withheld []byte
}

// Field is one column: int64, float64, string, []byte or nil.
type Field struct {
	Name  string
	Value any
}

// Fields puts names to values.
func Fields(names []string, values []any) []Field {
	out := make([]Field, len(values))
	for i, v := range values {
		out[i] = Field{names[i], v}
	}
	return out
}

func valuesOf(fields []Field) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		out[i] = f.Value
	}
	return out
}

// Digest computes what the chain must hold of the record. It fails when a row
// is not what it commits to, or is shaped as no row of its kind.
func (r Record) Digest() (Digest, error) {
	if len(r.Rows) == 0 {
		return Digest{}, fmt.Errorf("%s %d has no row", r.Kind, r.Ref)
	}
	if r.Rows[0].Format == 1 {
		return r.oldDigest()
	}
	digests := make([]Digest, len(r.Rows))
	for i, row := range r.Rows {
		d, err := row.digest(r.Kind)
		if err != nil {
			return d, err
		}
		digests[i] = d
	}
	if batched(r.Kind) {
		return DigestBatch(digests), nil
	}
	if len(digests) > 1 {
		return Digest{}, fmt.Errorf("%s %d has %d rows, it can have one", r.Kind, r.Ref, len(digests))
	}
	return digests[0], nil
}

// oldDigest is that of a record of format 1, whose rows have no digests of
// their own.
func (r Record) oldDigest() (Digest, error) {
	var all []any
	for _, row := range r.Rows {
		if row.Format != 1 || len(row.Personal) > 0 || row.Withheld != nil {
			return Digest{}, fmt.Errorf("%s %d mixes formats", r.Kind, row.Ref)
		}
		if err := checkNames(r.Kind, 1, row.Public, nil); err != nil {
			return Digest{}, err
		}
		all = append(all, valuesOf(row.Public)...)
	}
	return DigestOld(all), nil
}

func (row Row) digest(kind string) (d Digest, err error) {
	if row.Withheld != nil {
		if len(row.Withheld) != len(d) {
			return d, fmt.Errorf("%s %d: a digest of %d octets", kind, row.Ref, len(row.Withheld))
		}
		copy(d[:], row.Withheld)
		return d, nil
	}
	if err := checkNames(kind, row.Format, row.Public, row.Personal); err != nil {
		return d, err
	}
	personal := valuesOf(row.Personal)
	switch {
	case row.Erased:
		if !Empty(personal) {
			return d, fmt.Errorf("%s %d is said to be erased, and something personal stands in it", kind, row.Ref)
		}
	case !bytes.Equal(Commit(row.Opening, personal), row.Commitment):
		return d, fmt.Errorf("%s %d: its personal columns are not those that were recorded", kind, row.Ref)
	}
	return DigestRow(valuesOf(row.Public), row.Commitment), nil
}
