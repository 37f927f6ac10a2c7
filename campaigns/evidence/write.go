package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"
)

// Writer writes an export: the stretch of the chain, then the records in it,
// then what else belongs to them, then Close. It belongs to one goroutine.
type Writer struct {
	zip  *zip.Writer
	at   time.Time
	m    Manifest
	part *part
	buf  []byte

	// Told is called now and then with how many links and records are written.
	Told func(links, records int64)
	n    [2]int64
}

// part is the file that is being written.
type part struct {
	File

	out *bufio.Writer
	sum hash.Hash
}

// NewWriter begins an export. Of the manifest it takes what only the caller
// knows: MadeAt, By, Program, Zones, Selection, Checkpoint; Keys also later.
func NewWriter(w io.Writer, m Manifest) *Writer {
	m.Format, m.MadeAt, m.Counts = Format, m.MadeAt.UTC(), make(map[string]int64)
	return &Writer{zip: zip.NewWriter(w), at: m.MadeAt, m: m}
}

// Manifest is what is known so far.
func (w *Writer) Manifest() Manifest { return w.m }

// open begins a part; the one before it is complete.
func (w *Writer) open(name string) error {
	if err := w.done(); err != nil {
		return err
	}
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at})
	if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	p := &part{File: File{Name: name}, sum: sha256.New()}
	p.out = bufio.NewWriterSize(io.MultiWriter(f, p.sum), 1<<16)
	w.part = p
	return nil
}

func (w *Writer) done() error {
	p := w.part
	if p == nil {
		return nil
	}
	w.part = nil
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("export %s: %w", p.Name, err)
	}
	p.SHA256 = hex.EncodeToString(p.sum.Sum(nil))
	w.m.Files = append(w.m.Files, p.File)
	return nil
}

func (w *Writer) line(b []byte) error {
	w.part.Lines++
	w.part.Octets += int64(len(b))
	if _, err := w.part.out.Write(b); err != nil {
		return fmt.Errorf("export %s: %w", w.part.Name, err)
	}
	return nil
}

// BeginChain begins the stretch of the chain that follows a link.
func (w *Writer) BeginChain(before Link) error {
	if err := w.open(ChainFile); err != nil {
		return err
	}
	w.m.First, w.m.Last, w.m.Before = before.Seq+1, before.Seq, hex.EncodeToString(before.Hash[:])
	return w.line([]byte(chainHeading + "\n"))
}

// Link writes the next link.
func (w *Writer) Link(l Link, kind string, ref int64, digest Digest) error {
	b := strconv.AppendInt(w.buf[:0], l.Seq, 10)
	b = append(append(append(b, ','), kind...), ',')
	b = strconv.AppendInt(b, ref, 10)
	b = hex.AppendEncode(append(b, ','), digest[:])
	b = hex.AppendEncode(append(b, ','), l.Hash[:])
	w.buf = append(b, '\n')
	w.m.Last = l.Seq
	w.tell(0)
	return w.line(w.buf)
}

// tell reports progress.
func (w *Writer) tell(what int) {
	w.n[what]++
	if w.Told != nil && w.n[what]%1000 == 0 {
		w.Told(w.n[0], w.n[1])
	}
}

// BeginRecords begins the records, which come in the order of their links.
func (w *Writer) BeginRecords() error { return w.open(RecordsFile) }

// Record writes the next record.
func (w *Writer) Record(r Record) error {
	w.buf = appendRecord(w.buf[:0], r)
	w.m.Counts[r.Kind]++
	w.tell(1)
	return w.line(w.buf)
}

// CoveredBy names the checkpoint at the last link.
func (w *Writer) CoveredBy(c Checkpoint) { w.m.Checkpoint = c }

// SignedUnder names the keys of the house, the last of which is to sign.
func (w *Writer) SignedUnder(keys []Key) { w.m.Keys = keys }

// Loosened says on the first page, and under the signature, what was loosened
// of the rules.
func (w *Writer) Loosened(lines []string) { w.m.Loosened = lines }

// BeginLines begins a part of JSON lines.
func (w *Writer) BeginLines(name string) error { return w.open(name) }

// Line writes a value as one line of JSON.
func (w *Writer) Line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("export %s: %w", w.part.Name, err)
	}
	return w.line(append(b, '\n'))
}

// File writes a part whole.
func (w *Writer) File(name string, content []byte) error {
	if err := w.open(name); err != nil {
		return err
	}
	if err := w.line(content); err != nil {
		return err
	}
	w.part.Lines = int64(bytes.Count(content, []byte("\n")))
	return nil
}

// JSON writes a part that is one JSON value.
func (w *Writer) JSON(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	return w.File(name, append(b, '\n'))
}

// Close writes the page for people, the manifest and its signature.
func (w *Writer) Close(s Signer) error {
	if err := w.done(); err != nil {
		return err
	}
	page, err := index(w.m)
	if err != nil {
		return err
	}
	if err := w.File(IndexFile, page); err != nil {
		return err
	}
	if err := w.done(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(w.m, "", "  ")
	if err != nil {
		return fmt.Errorf("export %s: %w", ManifestFile, err)
	}
	files := w.m.Files
	if err := w.File(ManifestFile, append(text, '\n')); err != nil {
		return err
	}
	if err := w.JSON(SignatureFile, signature{s.ID(), s.SignText(manifestHeading, append(text, '\n'))}); err != nil {
		return err
	}
	if err := w.done(); err != nil {
		return err
	}
	w.m.Files = files
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
