package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Limits of one record. A row beyond them is refused, the rows after it are read.
const (
	MaxRecord  = 1 << 20 // bytes
	MaxLines   = 200     // line ends inside the quotes of one record
	MaxColumns = 1024
)

// records cuts text into records (RFC 4180 with what programs really write):
// any delimiter, LF, CR LF or CR line ends, quotes that hold delimiters and
// line ends. A record that cannot be cut is a verdict on its first line; the
// reading goes on with the next line.
type records struct {
	in    io.Reader
	delim byte
	eol   byte // '\n', or '\r' in files that have no other

	buf  []byte // [at:end] is read and not yet used
	at   int
	end  int
	eof  bool
	line int // of buf[at], from 1
	want int // columns of the header; a mended row has to have as many

	lines int // line ends inside quotes so far, of the record being cut
}

// cut is one record inside the reader's buffer, valid until the next one.
type cut struct {
	line  int
	cells [][]byte // at most MaxColumns
	more  int      // columns beyond those
	raw   []byte
	bad   *badRow // cells are all that could be read
}

// badRow says why a record cannot be used.
type badRow struct{ code, reason string }

func newRecords(in io.Reader, delim, eol byte) *records {
	return &records{in: in, delim: delim, eol: eol, line: 1, buf: make([]byte, 2*sampleSize)}
}

// next cuts the next record into c, reusing its memory; io.EOF at the end.
// Empty lines are passed over.
func (r *records) next(c *cut) error {
	for {
		done, err := r.try(c)
		if err != nil || done {
			return err
		}
	}
}

// errMore asks for more bytes of a record that has not ended yet; errOpen is a
// quote that does not close within a sensible number of lines.
var (
	errMore = errors.New("the record goes on")
	errOpen = errors.New("a quote in it is not closed")
)

// try cuts one record out of the buffer, or reads more; false: once again.
func (r *records) try(c *cut) (bool, error) {
	if r.at == r.end && r.eof {
		return false, io.EOF
	}
	*c = cut{line: r.line, cells: c.cells[:0]}
	n, err := r.split(c, r.buf[r.at:r.end], false)
	switch {
	case err != nil && !r.eof && r.end-r.at < MaxRecord && (errors.Is(err, errMore) || r.firstLine() < 0):
		return false, r.fill()
	case err != nil && !r.eof && r.firstLine() < 0:
		return true, r.tooLong(c)
	case err != nil:
		return true, r.mend(c, err)
	}
	c.raw = r.buf[r.at : r.at+n]
	r.use(n)
	if len(c.raw) <= 2 && len(bytes.TrimRight(c.raw, "\r\n")) == 0 {
		return false, nil // an empty line
	}
	return true, nil
}

// use consumes n bytes and counts the lines in them.
func (r *records) use(n int) {
	r.line += bytes.Count(r.buf[r.at:r.at+n], []byte{r.eol})
	r.at += n
}

// fill reads more bytes behind those in the buffer.
func (r *records) fill() error {
	if r.at > 0 {
		copy(r.buf, r.buf[r.at:r.end])
		r.at, r.end = 0, r.end-r.at
	}
	if r.end == len(r.buf) {
		bigger := make([]byte, 2*len(r.buf))
		copy(bigger, r.buf)
		r.buf = bigger
	}
	for range 100 {
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		if err == io.EOF {
			r.eof = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the list at line %d: %w", r.line, err)
		}
		if n > 0 {
			return nil
		}
	}
	return fmt.Errorf("read the list at line %d: %w", r.line, io.ErrNoProgress)
}

// firstLine is the length of the line that the buffer begins with, its end
// included; -1 when the end is not in the buffer.
func (r *records) firstLine() int {
	i := bytes.IndexByte(r.buf[r.at:r.end], r.eol)
	if i < 0 && r.eof {
		return r.end - r.at
	}
	if i < 0 {
		return -1
	}
	return i + 1
}

// mend gives a record with broken quotes a second chance as one line on which
// a quote inside quotes is a letter ("Bob "the man" Smith"), and refuses that
// one line otherwise.
func (r *records) mend(c *cut, cause error) error {
	n := r.firstLine()
	c.raw = r.buf[r.at : r.at+n]
	c.cells, c.more = c.cells[:0], 0
	if _, err := r.split(c, c.raw, true); err != nil || len(c.cells) != r.want {
		if errors.Is(cause, errMore) {
			cause = errOpen
		}
		c.bad, c.cells = &badRow{RowQuote, cause.Error()}, append(c.cells[:0], bytes.TrimRight(c.raw, "\r\n"))
	}
	r.use(n)
	return nil
}

// excerpt is how much of an overlong line goes into the report.
const excerpt = 256

// tooLong passes over a line that is longer than a record may be.
func (r *records) tooLong(c *cut) error {
	start := append([]byte(nil), r.buf[r.at:r.at+excerpt]...)
	length := 0
	for {
		n := r.firstLine()
		if n >= 0 {
			length += n
			r.use(n)
			break
		}
		length += r.end - r.at
		r.use(r.end - r.at)
		if r.eof {
			break
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
	c.bad = &badRow{RowTooLong, fmt.Sprintf("the line has %d bytes; a row may have %d", length, MaxRecord)}
	c.cells = append(c.cells[:0], start)
	return nil
}
