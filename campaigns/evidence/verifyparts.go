package evidence

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// rest checks the parts that are no records.
func (v *verifier) rest() error {
	for _, f := range v.r.Manifest.Files {
		if v.files[f.Name] == nil && f.Name != ChainFile && f.Name != RecordsFile && f.Name != CheckpointsFile {
			v.bad(Fault{File: f.Name, Detail: "it is missing"})
		}
	}
	for _, f := range v.zip.File {
		switch f.Name {
		case ManifestFile, SignatureFile, ChainFile, RecordsFile, DecisionsFile, BooksFile:
			continue
		}
		b := v.read(f.Name)
		if b == nil {
			continue
		}
		sum := Sum(b)
		v.match(f.Name, hex.EncodeToString(sum[:]))
		named, ok := strings.CutPrefix(f.Name, RuleSetsFolder)
		if !ok {
			named, ok = strings.CutPrefix(f.Name, HolidaysFolder)
		}
		if ok && strings.TrimSuffix(named, path.Ext(named)) != hex.EncodeToString(sum[:]) {
			v.bad(Fault{File: f.Name, Detail: "it is not the document of that name"})
		}
	}
	if err := v.stored(); err != nil {
		return err
	}
	v.books()
	return v.ctx.Err()
}

// stored checks decisions against the attempts that name them.
func (v *verifier) stored() error {
	l := v.linesOf(DecisionsFile)
	for l.next() {
		var s Stored
		if err := strict(l.line, &s); err != nil {
			v.bad(Fault{File: l.name, Line: l.n, Detail: "it cannot be read: " + err.Error()})
			continue
		}
		if sum := Sum([]byte(s.Text)); !bytes.Equal(sum[:], s.Terms) {
			v.bad(Fault{File: l.name, Line: l.n, Kind: "decision", Ref: s.Attempt, Detail: "its terms are not those of their hash"})
		}
		v.needed[hex.EncodeToString(s.Book)] = true
		if want, known := v.decisions[s.Attempt]; !known || want != s.Digest() {
			v.bad(Fault{File: l.name, Line: l.n, Kind: "decision", Ref: s.Attempt, Detail: "it is not the decision that the attempt was recorded with"})
		}
		delete(v.decisions, s.Attempt)
		if err := v.ctx.Err(); err != nil {
			return err
		}
	}
	v.finish(l)
	v.undecided()
	return nil
}

// undecided counts the calls whose decision is not here. It may have been
// deleted when its time was over, and then the export of everything tells so.
func (v *verifier) undecided() {
	v.r.Undecided = int64(len(v.decisions))
	if told := v.told["decisions deleted"]; v.whole() && v.r.Undecided > told {
		first := slices.Min(slices.Collect(maps.Keys(v.decisions)))
		v.bad(Fault{File: DecisionsFile, Kind: "decision", Ref: first, Detail: fmt.Sprintf(
			"%d calls without their decision, this the first; the erasures tell of %d that were deleted", v.r.Undecided, told)})
	}
}

// linesOf are the lines of a part that need not be there: what needs it says so.
func (v *verifier) linesOf(name string) *lines {
	if v.files[name] == nil {
		return &lines{name: name, err: errMissing}
	}
	return v.lines(name)
}

// books asks that every rule that decided is in the export.
func (v *verifier) books() {
	l := v.linesOf(BooksFile)
	for l.next() {
		var b Book
		if err := strict(l.line, &b); err != nil {
			v.bad(Fault{File: l.name, Line: l.n, Detail: "it cannot be read: " + err.Error()})
			continue
		}
		delete(v.needed, hex.EncodeToString(b.Hash))
		for folder, sums := range map[string][]string{RuleSetsFolder: b.Sets, HolidaysFolder: b.Holidays} {
			for _, sum := range sums {
				if v.files[folder+sum+".yaml"] == nil {
					v.bad(Fault{File: l.name, Line: l.n, Detail: folder + sum + ".yaml is missing"})
				}
			}
		}
	}
	v.finish(l)
	for _, book := range slices.Sorted(maps.Keys(v.needed)) {
		v.bad(Fault{File: l.name, Detail: "the rules " + book + " decided, and are missing"})
	}
}
