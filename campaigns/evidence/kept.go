package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/forecall/forecall/campaigns/rules"
)

// Kept is the decisions of an export with all that they were taken by. It reads
// and does not check: VerifyFile does.
type Kept struct{ zip *zip.Reader }

// OpenKept opens an export; ErrNoExport when it is none.
func OpenKept(file io.ReaderAt, size int64) (*Kept, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoExport, err)
	}
	return &Kept{z}, nil
}

// Decisions streams the decisions, in the order of their calls. After an error
// the stream ends.
func (k *Kept) Decisions() iter.Seq2[Stored, error] { return linesOf[Stored](k, DecisionsFile) }

// Checkpoints reads those of the stretch, oldest first.
func (k *Kept) Checkpoints() (out []Checkpoint, err error) {
	for c, err := range linesOf[Checkpoint](k, CheckpointsFile) {
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// linesOf reads a part of JSON lines.
func linesOf[T any](k *Kept, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		f, err := k.zip.Open(name)
		if err != nil {
			yield(zero, fmt.Errorf("read the export: %w", err))
			return
		}
		defer f.Close()
		d := json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
		for {
			var v T
			err := d.Decode(&v)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				err = fmt.Errorf("read %s of the export: %w", name, err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Book makes the rules again that had a hash.
func (k *Kept) Book(hash Hex) (*rules.Book, error) {
	for b, err := range linesOf[Book](k, BooksFile) {
		if err != nil {
			return nil, err
		}
		if bytes.Equal(b.Hash, hash) {
			return k.book(b)
		}
	}
	return nil, fmt.Errorf("the rules %s are not in the export", hash)
}

func (k *Kept) book(b Book) (*rules.Book, error) {
	var sets []*rules.Set
	for _, sum := range b.Sets {
		text, err := k.document(RuleSetsFolder + sum + ".yaml")
		if err != nil {
			return nil, err
		}
		set, err := rules.ParseSet(text)
		if err != nil {
			return nil, fmt.Errorf("rules %s of the export: %w", sum, err)
		}
		sets = append(sets, set)
	}
	var days *rules.Holidays
	for _, sum := range b.Holidays {
		text, err := k.document(HolidaysFolder + sum + ".yaml")
		if err != nil {
			return nil, err
		}
		one, err := rules.ParseHolidays(text)
		if err != nil {
			return nil, fmt.Errorf("holidays %s of the export: %w", sum, err)
		}
		days = days.Merge(one)
	}
	return rules.NewBook(sets, days)
}

func (k *Kept) document(name string) ([]byte, error) {
	f, err := k.zip.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	defer f.Close()
	return io.ReadAll(f)
}
