package evidence

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// elsewhere holds a link against the checkpoints of its place that were kept
// where the house cannot reach them: they prove that the chain was not written
// anew, whoever has the key.
func (w *walk) elsewhere(at Link) {
	for len(w.outside) > 0 && w.outside[0].Size <= at.Seq {
		c := w.outside[0]
		w.outside = w.outside[1:]
		if c.Size != at.Seq {
			continue // before the stretch
		}
		f := Fault{File: ChainFile, Link: at.Seq}
		if err := w.v.ring.Check(c); err != nil {
			f.Detail = err.Error() + ", of a checkpoint kept elsewhere"
			w.v.bad(f)
			continue
		}
		if c.Head != hex.EncodeToString(at.Hash[:]) {
			f.Detail = "the checkpoint of " + c.At.Format("2006-01-02 15:04:05 MST") + " kept elsewhere says that it was another: the chain was written anew"
			w.v.bad(f)
			continue
		}
		w.v.r.Outside++
	}
}

// beyond looks at checkpoints kept elsewhere that count more links than an
// export of everything has: they were signed before it was made, so its end was
// cut off. The stretch of a selection ends where that ends.
func (w *walk) beyond() {
	m := w.v.r.Manifest
	for _, c := range w.outside {
		if err := w.v.ring.Check(c); err == nil && w.v.whole() && !c.At.After(m.MadeAt) {
			w.v.bad(Fault{File: ChainFile, Link: m.Last, Detail: fmt.Sprintf(
				"the checkpoint of %s kept elsewhere counts %d links, and was signed before the export was made: the end of the chain was cut off",
				c.At.Format("2006-01-02 15:04:05 MST"), c.Size)})
			return
		}
	}
}

// mayBeLost are the kinds whose records of format 1 an export cannot show once
// the person was erased: what remains of them is chained anew.
var mayBeLost = []string{KindAttempt, KindDisposition, KindDoNotCall}

// complete asks of an export of everything that no link lacks its record, and
// names recordings that are not what was chained of them last.
func (v *verifier) complete() {
	for _, ref := range slices.Sorted(maps.Keys(v.sounds)) {
		v.bad(v.sounds[ref])
	}
	if !v.whole() {
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(v.hidden)) {
		n := v.hidden[kind]
		switch {
		case kind == KindRebase:
		case v.hidden[KindRebase] > 0 && slices.Contains(mayBeLost, kind):
			v.r.Lost += n
		default:
			v.bad(Fault{File: RecordsFile, Kind: kind, Detail: fmt.Sprintf("the export is of everything, and the records of %d links of this kind are not in it", n)})
		}
	}
}
