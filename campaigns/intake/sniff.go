package intake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// delimiters are those that are looked for, the likelier first.
var delimiters = []byte{',', ';', '\t', '|'}

// lineEnd finds how the lines of a sample end: CR alone only where no LF is.
func lineEnd(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// hintLine reads the "sep=;" line that Excel understands and returns its
// delimiter and length; 0 when there is none.
func hintLine(sample []byte, eol byte) (delim byte, n int) {
	line, _, found := bytes.Cut(sample, []byte{eol})
	text := strings.TrimRight(string(line), "\r")
	if !found || len(text) != 5 || !strings.EqualFold(text[:4], "sep=") {
		return 0, 0
	}
	return text[4], len(line) + 1
}

// sniffDelimiter takes the delimiter that gives most lines of the sample the
// same number of columns, more than one.
func sniffDelimiter(sample []byte, eol byte) byte {
	best, bestScore := byte(','), 0
	for _, d := range delimiters {
		if s := consistency(sample, d, eol); s > bestScore {
			best, bestScore = d, s
		}
	}
	return best
}

// consistency scores a delimiter: the rows of the sample that have as many
// columns as the first one, if that is more than one.
func consistency(sample []byte, delim, eol byte) int {
	r := sampleRecords(sample, delim, eol)
	var c cut
	first, score := 0, 0
	for range sampleRows {
		if r.next(&c) != nil {
			break
		}
		switch columns := len(c.cells); {
		case c.bad != nil:
			score--
		case first == 0 && columns == 1:
			return 0
		case first == 0:
			first, score = columns, 2
		case columns == first:
			score += 2
		}
	}
	return score
}

// sampleRows is how many rows are looked at before anything is decided.
const sampleRows = 50

// sampleRecords reads the whole lines of a sample.
func sampleRecords(sample []byte, delim, eol byte) *records {
	if i := bytes.LastIndexByte(sample, eol); i > 0 && len(sample) >= sampleSize/2 {
		sample = sample[:i+1]
	}
	return newRecords(bytes.NewReader(sample), delim, eol)
}

// text is a decoded file at its first record.
type text struct {
	records *records
	charset Charset
	guessed bool       // the delimiter was guessed
	sample  [][]string // the first records as they are
}

// open decodes a file, finds its delimiter and reads the first records
// without consuming them.
func open(in io.Reader, o Options) (*text, error) {
	buffered, set, err := decode(in, o.Charset)
	if err != nil {
		return nil, err
	}
	sample, err := peek(buffered)
	if err != nil {
		return nil, err
	}
	eol := lineEnd(sample)
	delim, hint := hintLine(sample, eol)
	if _, err := buffered.Discard(hint); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	sample = sample[hint:]
	guessed := o.Delimiter == 0 && delim == 0
	switch {
	case o.Delimiter != 0:
		delim = o.Delimiter
	case guessed:
		delim = sniffDelimiter(sample, eol)
	}
	t := &text{records: newRecords(buffered, delim, eol), charset: set, guessed: guessed}
	if hint > 0 {
		t.records.line = 2
	}
	var bad *badRow
	if t.sample, bad = firstRows(sample, delim, eol); bad != nil {
		return nil, fileError(FileHeaderBroken, "the first row, in line 1, cannot be read: %s", bad.reason)
	}
	if len(t.sample) == 0 {
		return nil, fileError(FileEmpty, "the file holds nothing but empty lines")
	}
	return t, nil
}

func peek(in *bufio.Reader) ([]byte, error) {
	sample, err := in.Peek(sampleSize)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	return sample, nil
}

// firstRows reads the beginning of a list; bad says why its first row cannot
// be read.
func firstRows(sample []byte, delim, eol byte) (rows [][]string, bad *badRow) {
	r := sampleRecords(sample, delim, eol)
	var c cut
	for len(rows) < sampleRows && r.next(&c) == nil {
		if c.bad != nil && len(rows) == 0 {
			return nil, c.bad
		}
		row := make([]string, len(c.cells))
		for i, cell := range c.cells {
			row[i] = string(cell)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
