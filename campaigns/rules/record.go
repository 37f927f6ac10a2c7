package rules

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// recordVersion begins every record; another form gets another number.
const recordVersion = 1

// ErrOtherBook means that a record was made under other rules than those with
// which it should be decided again.
var ErrOtherBook = errors.New("the record was made under another book of rules")

// Record is a decision as it is kept: what was known, when, under which rules,
// and what each of them said.
type Record struct {
	Book  [32]byte  // hash of what was in force
	At    time.Time // decided for
	Facts *Facts    // without the number
	// Primary is the place in the plan of the first refusing rule; -1 = allowed.
	Primary int
	said    []byte
}

// Allowed tells how it was decided.
func (r *Record) Allowed() bool { return r.Primary < 0 }

// AppendRecord appends the record of the decision: the hash of the book, the
// instant, the facts without the number, and what each rule said. The terms of
// the campaign are not in it; whoever keeps the record keeps them beside it. The
// same decision gives the same bytes.
func (d *Decision) AppendRecord(b []byte) []byte {
	w := &writer{b}
	w.byte(recordVersion)
	w.hash(&d.plan.book.hash)
	w.time(d.now)
	w.facts(d.facts, &d.plan.place)
	d.appendSaid(w)
	return w.b
}

// appendSaid writes the verdicts without words. The numbers of states and
// reasons are part of the form of records: new ones are added at the end.
func (d *Decision) appendSaid(w *writer) {
	w.int(int64(d.primary))
	w.count(len(d.results))
	for i := range d.results {
		r := &d.results[i]
		w.byte(byte(r.state))
		w.byte(byte(r.why))
		w.int(int64(r.lift))
		w.int(int64(r.zone))
		w.int(int64(r.ref))
		w.int(int64(r.grant))
		w.int(r.used)
	}
}

// ReadRecord takes a record apart. The error is ErrGarbled.
func ReadRecord(b []byte) (*Record, error) {
	r, out := &reader{b: b}, &Record{Facts: &Facts{}}
	if v := r.byte(); v != recordVersion {
		return nil, fmt.Errorf("%w: version %d", ErrGarbled, v)
	}
	out.Book, out.At = r.hash(), r.time()
	r.facts(out.Facts)
	out.said = bytes.Clone(r.b)
	out.Primary = int(r.int())
	for range r.count() {
		if r.failed {
			break
		}
		r.byte()
		r.byte()
		for range 5 { // lift, zone, ref, grant, used
			r.int()
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// Replay decides a record again, under the terms that were kept beside it and
// the same book, and gives the record that comes out: it must be identical. The
// error is ErrGarbled, or ErrOtherBook when the record's book is not b.
func Replay(b *Book, t Terms, record []byte) (again []byte, d *Decision, err error) {
	r, err := ReadRecord(record)
	if err != nil {
		return nil, nil, err
	}
	if r.Book != b.hash {
		return nil, nil, fmt.Errorf("%w: %x, not %x", ErrOtherBook, r.Book[:6], b.hash[:6])
	}
	d = &Decision{}
	b.Plan(t, r.Facts.Place).Decide(r.Facts, r.At, d)
	return d.AppendRecord(nil), d, nil
}
