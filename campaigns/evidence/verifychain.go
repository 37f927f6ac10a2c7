package evidence

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// records walks the chain, and the records beside it, in the order of links.
func (v *verifier) records() error {
	chain, records := v.lines(ChainFile), v.lines(RecordsFile)
	m := v.r.Manifest
	last := Link{Seq: m.First - 1}
	if !readDigest(m.Before, &last.Hash) && len(m.Files) > 0 {
		v.bad(Fault{File: ManifestFile, Detail: "the hash before the first link is no hash"})
	}
	if chain.next() && string(chain.line) != chainHeading {
		v.bad(Fault{File: ChainFile, Line: 1, Detail: "its heading is not " + chainHeading})
	}
	w := walk{v: v, records: records, last: last, outside: v.known.Outside}
	w.elsewhere(last)
	w.read()
	for chain.next() {
		if w.step(chain.line, chain.n); chain.n%1000 == 0 && v.ctx.Err() != nil {
			return v.ctx.Err()
		}
	}
	v.finish(chain)
	for ; w.any; w.read() {
		v.bad(w.fault("no link of the chain stands for it"))
	}
	v.finish(records)
	if w.last.Seq != m.Last {
		v.bad(Fault{File: ChainFile, Line: chain.n + 1, Detail: fmt.Sprintf("the chain ends at link %d, the manifest says %d: the end was cut off", w.last.Seq, m.Last)})
	}
	w.ends()
	w.beyond()
	v.complete()
	for kind, n := range m.Counts {
		if w.counts[kind] != n {
			v.bad(Fault{File: RecordsFile, Detail: fmt.Sprintf("%d records of kind %s, the manifest says %d", w.counts[kind], kind, n)})
		}
	}
	return nil
}

// walk is where both stand.
type walk struct {
	v       *verifier
	last    Link
	marked  int          // checkpoints passed
	outside []Checkpoint // that were kept elsewhere, of links to come
	records *lines
	rec     Record
	any     bool
	counts  map[string]int64
}

// read reads the next record that is readable.
func (w *walk) read() {
	for w.any = false; w.records.next(); {
		r, err := readRecord(w.records.line)
		if err != nil {
			w.v.bad(Fault{File: RecordsFile, Line: w.records.n, Detail: err.Error()})
			continue
		}
		if w.counts == nil {
			w.counts = make(map[string]int64)
		}
		w.counts[r.Kind]++
		w.rec, w.any = r, true
		return
	}
}

func (w *walk) fault(format string, args ...any) Fault {
	return Fault{File: RecordsFile, Line: w.records.n, Link: w.rec.Link, Kind: w.rec.Kind, Ref: w.rec.Ref, Detail: fmt.Sprintf(format, args...)}
}

// step checks one link and the record that it stands for, if it is here.
func (w *walk) step(text []byte, n int64) {
	e, err := readEntry(text)
	if err != nil {
		w.v.bad(Fault{File: ChainFile, Line: n, Link: w.last.Seq + 1, Detail: err.Error()})
		return
	}
	at := Fault{File: ChainFile, Line: n, Link: e.Seq, Kind: e.kind, Ref: e.ref}
	switch next := w.last.Next(e.kind, e.ref, e.digest); {
	case e.Seq != w.last.Seq+1:
		at.Detail = fmt.Sprintf("it follows link %d: a link was dropped, moved or put in", w.last.Seq)
		w.v.bad(at)
	case next.Hash != e.Hash:
		at.Detail = "its hash does not follow from the link before and its record"
		w.v.bad(at)
	default:
		w.v.r.Links++
	}
	w.last = e.Link
	w.mark(e, at)
	w.elsewhere(e.Link)
	for ; w.any && w.rec.Link < e.Seq; w.read() {
		w.v.bad(w.fault("it is out of order, or no link of the chain stands for it"))
	}
	if w.any && w.rec.Link == e.Seq {
		w.record(e)
		w.read()
		return
	}
	w.v.hidden[e.kind]++
}

// mark holds a link against the checkpoint of its place.
func (w *walk) mark(e entry, at Fault) {
	for w.marked < len(w.v.marks) && w.v.marks[w.marked].Size <= e.Seq {
		c := w.v.marks[w.marked]
		w.marked++
		if c.Size != e.Seq {
			continue // before the stretch
		}
		if c.Head != hex.EncodeToString(e.Hash[:]) {
			at.Detail = "the checkpoint of " + c.At.Format("2006-01-02 15:04:05 MST") + " says that it was another"
			w.v.bad(at)
			continue
		}
		w.v.r.Checkpoints++
	}
}

// ends asks that the stretch ends at a checkpoint: without one, who holds the
// export cannot tell that its end is the end that was signed.
func (w *walk) ends() {
	m := w.v.r.Manifest
	if m.Checkpoint.Size == m.Last && m.Checkpoint.Head != hex.EncodeToString(w.last.Hash[:]) {
		w.v.bad(Fault{File: ManifestFile, Link: m.Last, Detail: "its checkpoint is of another chain"})
	}
	if m.Checkpoint.Size != m.Last {
		w.v.bad(Fault{File: ManifestFile, Link: m.Last, Detail: "no checkpoint was signed at its last link"})
	}
}

func (w *walk) record(e entry) {
	if w.rec.Kind != e.kind || w.rec.Ref != e.ref {
		w.v.bad(w.fault("its link is of %s %d", e.kind, e.ref))
		return
	}
	d, err := w.rec.Digest()
	switch {
	case err != nil:
		w.v.bad(w.fault("%v", err))
		return
	case d != e.digest && e.kind == KindRecording:
		w.v.sounds[e.ref] = w.fault("it is not what the chain holds of it")
		return // one that was completed after a crash stands in the chain twice: the last counts
	case d != e.digest:
		w.v.bad(w.fault("it is not what the chain holds of it"))
		return
	}
	w.v.r.Records++
	if e.kind == KindRecording {
		delete(w.v.sounds, e.ref)
	}
	for _, row := range w.rec.Rows {
		if row.Erased {
			w.v.r.Erased++
		}
	}
	switch e.kind {
	case KindAttempt:
		w.decided()
	case KindErasure:
		w.erased()
	}
}

// erased hears what a tombstone tells of.
func (w *walk) erased() {
	for _, f := range w.rec.Rows[0].Public {
		var counts map[string]int64
		if text, ok := f.Value.(string); ok && f.Name == "counts" && json.Unmarshal([]byte(text), &counts) == nil {
			for what, n := range counts {
				w.v.told[what] += n
			}
		}
	}
}

// decided remembers which decision an attempt was recorded with.
func (w *walk) decided() {
	for _, f := range w.rec.Rows[0].Public {
		if b, ok := f.Value.([]byte); ok && f.Name == "decision" && len(b) == len(Digest{}) {
			var d Digest
			copy(d[:], bytes.Clone(b))
			w.v.decisions[w.rec.Ref] = d
		}
	}
}
