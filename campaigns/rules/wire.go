package rules

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// ErrGarbled marks a record that cannot be read.
var ErrGarbled = errors.New("not a decision record that this program can read")

// writer appends in the form of records: numbers as varints, texts with their
// length before them, instants in microseconds where that is all of them.
type writer struct{ b []byte }

func (w *writer) byte(v byte)      { w.b = append(w.b, v) }
func (w *writer) int(v int64)      { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) count(n int)      { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *writer) text(s string)    { w.count(len(s)); w.b = append(w.b, s...) }
func (w *writer) hash(h *[32]byte) { w.b = append(w.b, h[:]...) }

func (w *writer) texts(list []string) {
	w.count(len(list))
	for _, s := range list {
		w.text(s)
	}
}

// bools writes up to eight of them.
func (w *writer) bools(list ...bool) {
	var v byte
	for i, on := range list {
		if on {
			v |= 1 << i
		}
	}
	w.byte(v)
}

// How an instant stands in a record.
const (
	timeZero byte = iota
	timeMicros
	timeNanos
)

func (w *writer) time(t time.Time) {
	switch {
	case t.IsZero():
		w.byte(timeZero)
	case t.Nanosecond()%1000 == 0:
		w.byte(timeMicros)
		w.int(t.UnixMicro())
	default:
		w.byte(timeNanos)
		w.int(t.Unix())
		w.int(int64(t.Nanosecond()))
	}
}

// reader takes apart what a writer wrote. After the first fault it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) fail() { r.b, r.failed = nil, true }

func (r *reader) err() error {
	switch {
	case r.failed:
		return ErrGarbled
	case len(r.b) > 0:
		return fmt.Errorf("%w: %d bytes too many", ErrGarbled, len(r.b))
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads how many follow; each takes a byte at least.
func (r *reader) count() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)-n) {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) texts() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = r.text()
	}
	return out
}

func (r *reader) hash() (h [32]byte) {
	if len(r.b) < len(h) {
		r.fail()
		return h
	}
	copy(h[:], r.b)
	r.b = r.b[len(h):]
	return h
}

func (r *reader) bools(list ...*bool) {
	v := r.byte()
	for i, on := range list {
		*on = v&(1<<i) != 0
	}
}

func (r *reader) time() time.Time {
	switch r.byte() {
	case timeZero:
		return time.Time{}
	case timeMicros:
		return time.UnixMicro(r.int()).UTC()
	case timeNanos:
		seconds, nanos := r.int(), r.int()
		return time.Unix(seconds, nanos).UTC()
	}
	r.fail()
	return time.Time{}
}

// many reads a list of structs.
func many[T any](r *reader, read func(*T)) []T {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 1024))
	for range n {
		if r.failed {
			return nil
		}
		var one T
		read(&one)
		out = append(out, one)
	}
	return out
}
