package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Report is what the check of an export found.
type Report struct {
	Manifest Manifest `json:"manifest"`
	Links    int64    `json:"links"`   // that follow from each other
	Records  int64    `json:"records"` // that are what the chain holds of them
	Erased   int64    `json:"erased"`  // of those, whose person was erased
	// Checkpoints that agree with the chain; Outside those that were kept elsewhere.
	Checkpoints int64   `json:"checkpoints"`
	Outside     int64   `json:"checkpoints_elsewhere"`
	Undecided   int64   `json:"undecided"` // calls whose decision is not in the file: its time was over
	Lost        int64   `json:"lost"`      // records of erased persons that older versions wrote, and of which the hash is left
	Signer      string  `json:"signer"`    // key ID
	Pinned      bool    `json:"pinned"`    // the key is the one that was asked for
	Bad         []Fault `json:"bad"`       // the first hundred, by file and line
	Count       int64   `json:"count"`     // all of them
}

// Fault is something in an export that is not as it was written.
type Fault struct {
	File   string `json:"file"`
	Line   int64  `json:"line,omitempty"`
	Link   int64  `json:"link,omitempty"` // place in the chain
	Kind   string `json:"kind,omitempty"`
	Ref    int64  `json:"ref,omitempty"`
	Detail string `json:"detail"`
}

// String names the place and says what is wrong.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, " line %d", f.Line)
	}
	if f.Link > 0 {
		fmt.Fprintf(&b, ", link %d", f.Link)
	}
	if f.Kind != "" {
		fmt.Fprintf(&b, " (%s %d)", f.Kind, f.Ref)
	}
	return b.String() + ": " + f.Detail
}

// Clean tells that nothing is wrong.
func (r Report) Clean() bool { return r.Count == 0 }

const maxFaults = 100

// ErrNoExport marks a file that is no export at all.
var ErrNoExport = errors.New("this is no evidence export of forecall")

// VerifyFile checks an export by itself, or by what is known of the house beside
// it: the key that must have signed it, and checkpoints that were kept
// elsewhere. What is wrong stands in the report; an error means that nothing
// could be checked.
func VerifyFile(ctx context.Context, file io.ReaderAt, size int64, known Known) (Report, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrNoExport, err)
	}
	v := &verifier{
		ctx: ctx, zip: z, known: known, files: map[string]*zip.File{}, decisions: map[int64]Digest{}, needed: map[string]bool{},
		hidden: map[string]int64{}, told: map[string]int64{}, sounds: map[int64]Fault{},
	}
	v.r.Pinned = known.Key != ""
	for _, f := range z.File {
		if v.files[f.Name] != nil {
			v.bad(Fault{File: f.Name, Detail: "it is in the file twice"})
		}
		v.files[f.Name] = f
	}
	if v.files[ManifestFile] == nil && v.files[ChainFile] == nil {
		return Report{}, ErrNoExport
	}
	for _, check := range []func() error{v.manifest, v.records, v.rest} {
		if err := check(); err != nil {
			return v.r, err
		}
	}
	return v.r, nil
}

// verifier holds an export against itself.
type verifier struct {
	ctx   context.Context
	zip   *zip.Reader
	files map[string]*zip.File
	known Known
	ring  Ring
	r     Report

	marks     []Checkpoint     // of the export, by size
	decisions map[int64]Digest // of the attempts in it, until their decisions are read
	needed    map[string]bool  // books that decided
	hidden    map[string]int64 // links of each kind without their record
	told      map[string]int64 // what the erasures of the stretch tell of, by kind
	sounds    map[int64]Fault  // recordings that are not what their last link says
}

// whole tells that the export is of everything, so that nothing may be left out.
func (v *verifier) whole() bool { return v.r.Manifest.Selection == Selection{} }

func (v *verifier) bad(f Fault) {
	if v.r.Count++; v.r.Count <= maxFaults {
		v.r.Bad = append(v.r.Bad, f)
	}
}

// read reads a part whole; nil when it is not there or damaged.
func (v *verifier) read(name string) []byte {
	f := v.files[name]
	if f == nil {
		v.bad(Fault{File: name, Detail: "it is missing"})
		return nil
	}
	in, err := f.Open()
	if err == nil {
		defer in.Close()
		var b []byte
		if b, err = io.ReadAll(in); err == nil {
			return b
		}
	}
	v.bad(Fault{File: name, Detail: "it is damaged: " + err.Error()})
	return nil
}

// manifest checks what the export says of itself, and who signed it.
func (v *verifier) manifest() error {
	text := v.read(ManifestFile)
	if text == nil {
		return nil
	}
	if err := strict(text, &v.r.Manifest); err != nil {
		v.bad(Fault{File: ManifestFile, Detail: "it cannot be read: " + err.Error()})
		return nil
	}
	m := v.r.Manifest
	if m.Format != Format {
		v.bad(Fault{File: ManifestFile, Detail: fmt.Sprintf("its format is %q, this program reads %q", m.Format, Format)})
	}
	var err error
	if v.ring, err = Trust(m.Keys, v.known.Key); err != nil {
		v.bad(Fault{File: ManifestFile, Detail: err.Error()})
	}
	v.signedBy(text)
	if err := v.ring.Check(m.Checkpoint); err != nil {
		v.bad(Fault{File: ManifestFile, Detail: err.Error()})
	}
	if m.Checkpoint.Size < m.Last {
		v.bad(Fault{File: ManifestFile, Detail: fmt.Sprintf("its checkpoint covers %d links, the export goes to %d", m.Checkpoint.Size, m.Last)})
	}
	v.readMarks()
	return nil
}

func (v *verifier) signedBy(text []byte) {
	var sig signature
	b := v.read(SignatureFile)
	if b == nil {
		return
	}
	if err := strict(b, &sig); err != nil {
		v.bad(Fault{File: SignatureFile, Detail: "it cannot be read: " + err.Error()})
		return
	}
	if canon, err := json.MarshalIndent(sig, "", "  "); err != nil || !bytes.Equal(b, append(canon, '\n')) {
		v.bad(Fault{File: SignatureFile, Detail: "it is not written as forecall writes it"})
	}
	v.r.Signer = sig.Key
	if err := v.ring.CheckText(sig.Key, manifestHeading, text, sig.Signature); err != nil {
		v.bad(Fault{File: ManifestFile, Detail: "it is not what was signed: " + err.Error()})
	}
	if m := v.r.Manifest; len(m.Keys) > 0 && m.Keys[len(m.Keys)-1].ID != sig.Key {
		v.bad(Fault{File: SignatureFile, Detail: "the key that signed is not the last of the house"})
	}
}

// readMarks reads the checkpoints within the stretch.
func (v *verifier) readMarks() {
	for i, line := range bytes.Split(bytes.TrimSuffix(v.read(CheckpointsFile), []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var c Checkpoint
		err := strict(line, &c)
		if err == nil {
			err = v.ring.CheckAfter(v.lastMark(), c)
		}
		if err == nil && len(v.marks) > 0 && c.Size <= v.marks[len(v.marks)-1].Size {
			err = errors.New("it is out of order")
		}
		if err != nil {
			v.bad(Fault{File: CheckpointsFile, Line: int64(i + 1), Detail: err.Error()})
			continue
		}
		v.marks = append(v.marks, c)
	}
	if len(v.marks) == 0 || !bytes.Equal(v.lastMark().Statement(), v.r.Manifest.Checkpoint.Statement()) {
		v.bad(Fault{File: CheckpointsFile, Detail: "its last is not the checkpoint of the manifest"})
	}
}

// lastMark is the last checkpoint that was read.
func (v *verifier) lastMark() (c Checkpoint) {
	if n := len(v.marks); n > 0 {
		return v.marks[n-1]
	}
	return c
}

// strict reads one JSON value that has nothing unknown and nothing behind it.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind its end")
	}
	return nil
}

// lines reads a part line by line and holds it against the manifest.
type lines struct {
	name string
	in   io.ReadCloser
	r    *bufio.Reader
	sum  hash.Hash
	n    int64
	line []byte
	err  error
}

// errMissing marks a part that is not there.
var errMissing = errors.New("missing")

func (v *verifier) lines(name string) *lines {
	l := &lines{name: name, sum: sha256.New()}
	f := v.files[name]
	if f == nil {
		v.bad(Fault{File: name, Detail: "it is missing"})
		l.err = errMissing
		return l
	}
	if l.in, l.err = f.Open(); l.err != nil {
		return l
	}
	l.r = bufio.NewReaderSize(io.TeeReader(l.in, l.sum), 1<<16)
	return l
}

// next reads a line, without its end; ok is false when there is none.
func (l *lines) next() (ok bool) {
	if l.err != nil {
		return false
	}
	l.line, l.err = l.r.ReadSlice('\n')
	if errors.Is(l.err, bufio.ErrBufferFull) {
		long := bytes.Clone(l.line)
		var rest []byte
		rest, l.err = l.r.ReadBytes('\n')
		l.line = append(long, rest...)
	}
	if len(l.line) == 0 {
		return false
	}
	l.n++
	l.line = bytes.TrimSuffix(l.line, []byte("\n"))
	return true
}

// finish holds the whole part against the manifest.
func (v *verifier) finish(l *lines) {
	if l.in != nil {
		defer l.in.Close()
	} else if errors.Is(l.err, errMissing) {
		return // which was said
	} else if errors.Is(l.err, io.EOF) {
		l.err = io.ErrUnexpectedEOF
	}
	for l.next() {
	}
	if !errors.Is(l.err, io.EOF) {
		v.bad(Fault{File: l.name, Line: l.n + 1, Detail: "it is damaged from here on: " + l.err.Error()})
		return
	}
	v.match(l.name, hex.EncodeToString(l.sum.Sum(nil)))
}

// match compares a part with what the manifest says of it.
func (v *verifier) match(name, sum string) {
	i := slices.IndexFunc(v.r.Manifest.Files, func(f File) bool { return f.Name == name })
	switch {
	case i < 0:
		v.bad(Fault{File: name, Detail: "the manifest does not name it"})
	case v.r.Manifest.Files[i].SHA256 != sum:
		v.bad(Fault{File: name, Detail: "it is not the part that the manifest names: its SHA-256 is another"})
	}
}

// entry is a line of the chain.
type entry struct {
	Link

	kind   string
	ref    int64
	digest Digest
}

func readEntry(line []byte) (e entry, err error) {
	p := strings.Split(string(line), ",")
	if len(p) != 5 {
		return e, errors.New("it has not five columns")
	}
	e.kind = p[1]
	if e.Seq, err = strconv.ParseInt(p[0], 10, 64); err != nil {
		return e, errors.New("its place is no number")
	}
	if e.ref, err = strconv.ParseInt(p[2], 10, 64); err != nil {
		return e, errors.New("its reference is no number")
	}
	if !readDigest(p[3], &e.digest) || !readDigest(p[4], &e.Hash) {
		return e, errors.New("its hashes are no hashes")
	}
	return e, nil
}

func readDigest(text string, d *Digest) bool {
	if len(text) != 2*len(d) || strings.ToLower(text) != text {
		return false
	}
	_, err := hex.Decode(d[:], []byte(text))
	return err == nil
}
