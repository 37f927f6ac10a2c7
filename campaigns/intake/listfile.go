package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// ListFile is a list that lies on disk, opened to be read once: text, text
// packed with gzip, or a sheet of a workbook (XLSX).
type ListFile struct {
	Kind   string   // csv, gzip, xlsx
	Sheets []string // of a workbook
	Sheet  string   // that is read
	Size   int64    // octets of the text; 0 = not known before it is read

	text  io.Reader
	close func() error
}

// The kinds of a ListFile.
const (
	KindText = "csv"
	KindGzip = "gzip"
	KindBook = "xlsx"
)

// OpenFile finds out what a file is and opens it; sheet chooses one of a
// workbook. A *FileError says why it cannot be read. The file stays the
// caller's to close, after the ListFile.
func OpenFile(f *os.File, sheet string) (*ListFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the list: %w", err)
	}
	magic := make([]byte, 4)
	n, err := f.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	switch magic = magic[:n]; {
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		book, name, err := openWorkbook(f, sheet)
		if err != nil {
			return nil, err
		}
		return &ListFile{Kind: KindBook, Sheets: book.sheets, Sheet: name, text: book, close: book.Close}, nil
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		return openGzip(f, info.Size())
	}
	return &ListFile{Kind: KindText, Size: info.Size(), text: f, close: func() error { return nil }}, nil
}

func openGzip(f *os.File, size int64) (*ListFile, error) {
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, fileError(FileBinary, "the file looks compressed (gzip) and cannot be unpacked")
	}
	return &ListFile{Kind: KindGzip, Size: unpackedSize(f, size), text: &bounded{in: unpacked, left: maxUnpacked}, close: unpacked.Close}, nil
}

// unpackedSize is the length that stands at the end of a gzip file (RFC 1952,
// section 2.3.1), modulo 2^32; it only tells how far the reading is.
func unpackedSize(f *os.File, size int64) int64 {
	var tail [4]byte
	if _, err := f.ReadAt(tail[:], size-4); err != nil {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(tail[:]))
}

// bounded refuses a file that unpacks to more than anybody's list has.
type bounded struct {
	in   io.Reader
	left int64
}

// Read reads what is unpacked.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fileError(FileBinary, "the file unpacks to more than %d GB", maxUnpacked>>30)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		err = fileError(FileBinary, "the compressed file is damaged, or not all of it has arrived")
	}
	return n, err
}

// Read reads the text of the list.
func (l *ListFile) Read(p []byte) (int, error) { return l.text.Read(p) }

// Close lets go of everything but the file.
func (l *ListFile) Close() error { return l.close() }

// Fit fills in what is known of the text: that of a workbook is ours.
func (l *ListFile) Fit(o Options) Options {
	if l.Kind == KindBook {
		o.Charset, o.Delimiter = "utf-8", ','
	}
	if o.Size == 0 {
		o.Size = l.Size
	}
	return o
}
