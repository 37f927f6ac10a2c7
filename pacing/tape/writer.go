package tape

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"time"

	"github.com/forecall/forecall/pacing"
)

// Writer writes tapes into memory, one after the other. The zero Writer is
// ready. It has one owner.
type Writer struct {
	run    int64
	number int
	from   time.Time
	buf    bytes.Buffer
	zip    *gzip.Writer
	lines  int
	policy *pacing.Policy // the last one on this tape
	odds   []float64      // the last ones on this tape
	hasOdd bool           // odds are on this tape at all
}

// Floor writes what a floor begins with, or a keyframe. A floor that begins
// opens a new run.
func (w *Writer) Floor(at time.Time, f Floor) {
	if !f.Keyframe {
		w.run, w.number = at.UnixNano(), 0
	}
	w.open(at)
	r := &floorRecord{Floor: f}
	for _, e := range f.Standing {
		r.Standing = append(r.Standing, standingFact{T: w.offset(e.At), fact: factOf(e)})
	}
	w.write(record{T: w.offset(at), Floor: r})
	w.policy = &f.Policy
}

// Policy writes the policy when it is not the last one of this tape.
func (w *Writer) Policy(at time.Time, p pacing.Policy) {
	w.open(at)
	if w.policy != nil && *w.policy == p {
		return
	}
	w.policy = &p
	w.write(record{T: w.offset(at), Policy: &p})
}

// Ledger writes that the account of the legal period was set.
func (w *Writer) Ledger(at time.Time, l pacing.Ledger) {
	w.open(at)
	w.write(record{T: w.offset(at), Ledger: &l})
}

// Event writes a fact; one of an unknown kind is none.
func (w *Writer) Event(e pacing.Event) {
	if e.Kind.String() == pacing.Kind(0).String() {
		return
	}
	w.open(e.At)
	w.write(record{T: w.offset(e.At), fact: factOf(e)})
}

// Decision writes a decision made at an instant, with the odds that it was
// given; whole says whether with all its figures.
func (w *Writer) Decision(at time.Time, next []float64, d pacing.Decision, whole bool) {
	w.open(at)
	r := record{T: w.offset(at), Place: &d.Place, Why: d.Why.String(), Picks: d.Picks}
	if !w.hasOdd || !slices.Equal(w.odds, next) {
		w.odds, w.hasOdd = append(w.odds[:0], next...), true
		clean := make([]float64, len(next))
		for i, x := range next {
			clean[i] = finite(x)
		}
		r.NextOdds = &clean
	}
	if !whole {
		w.write(r)
		return
	}
	r.Whole = &d
	if !w.put(r) { // without its figures it still can be decided again
		r.Whole = nil
		w.write(r)
	}
}

// Take ends the tape and returns it with the instant of its start; nil when
// nothing was written. The next line opens the next tape.
func (w *Writer) Take() (from time.Time, tape []byte) {
	if w.lines == 0 {
		return time.Time{}, nil
	}
	_ = w.zip.Close() // a bytes.Buffer takes everything
	tape = bytes.Clone(w.buf.Bytes())
	w.buf.Reset()
	w.lines, w.policy, w.hasOdd = 0, nil, false
	return w.from, tape
}

// open begins a tape when none is open.
func (w *Writer) open(at time.Time) {
	if w.lines > 0 {
		return
	}
	if w.zip == nil {
		w.zip, _ = gzip.NewWriterLevel(nil, gzip.DefaultCompression)
	}
	w.zip.Reset(&w.buf)
	w.number++
	w.from = at.Round(0)
	w.put(Header{Version: version, Run: w.run, Number: w.number, From: w.from})
}

func (w *Writer) offset(at time.Time) int64 { return int64(at.Round(0).Sub(w.from)) }

// write puts a line down; what JSON cannot say leaves a note in its place.
func (w *Writer) write(r record) {
	if !w.put(r) {
		w.put(record{T: r.T, Missing: "a line that JSON cannot hold"})
	}
}

func (w *Writer) put(v any) bool {
	text, err := json.Marshal(v)
	if err != nil {
		return false
	}
	_, _ = w.zip.Write(append(text, '\n')) // a bytes.Buffer takes everything
	w.lines++
	return true
}
