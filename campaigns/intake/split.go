package intake

import (
	"bytes"
	"fmt"
)

// errQuote is a quote where none may stand.
type errQuote struct{ column int }

// Error is the sentence of the report.
func (e errQuote) Error() string {
	return fmt.Sprintf("in column %d, letters follow a closing quote; a quote inside quotes is written twice", e.column)
}

// split cuts the record that text begins with and returns its length, the line
// end included. With lazy, a quote inside quotes that nothing closes after is a
// letter. errMore: the record does not end in text.
func (r *records) split(c *cut, text []byte, lazy bool) (int, error) {
	at := 0
	r.lines = 0
	for {
		cell, n, err := r.cell(text[at:], lazy, len(c.cells)+1)
		if err != nil {
			return 0, err
		}
		if len(c.cells) < MaxColumns {
			c.cells = append(c.cells, cell)
		} else {
			c.more++
		}
		at += n
		if at == len(text) {
			if r.eof || lazy {
				return at, nil
			}
			return 0, errMore
		}
		end := text[at]
		at++
		if end == r.eol {
			r.dropCR(c)
			return at, nil
		}
	}
}

// dropCR takes the CR of a CR LF off the last cell.
func (r *records) dropCR(c *cut) {
	last := c.cells[len(c.cells)-1]
	if r.eol == '\n' && len(last) > 0 && last[len(last)-1] == '\r' {
		c.cells[len(c.cells)-1] = last[:len(last)-1]
	}
}

// cell cuts one cell and returns the bytes up to the delimiter or line end
// that follows it.
func (r *records) cell(text []byte, lazy bool, column int) (cell []byte, n int, err error) {
	start := 0
	for start < len(text) && text[start] == ' ' && r.delim != ' ' {
		start++
	}
	if start < len(text) && text[start] == '"' {
		cell, n, err = r.quoted(text[start+1:], lazy, column)
		return cell, start + 1 + n, err
	}
	for n = start; n < len(text); n++ {
		if text[n] == r.delim || text[n] == r.eol {
			break
		}
	}
	return text[:n], n, nil
}

// quoted cuts the rest of a quoted cell. Doubled quotes are made single in
// place only when the cell is whole, so that a second reading finds the text
// as it was.
func (r *records) quoted(text []byte, lazy bool, column int) (cell []byte, n int, err error) {
	doubled := false
	for n < len(text) {
		i := bytes.IndexByte(text[n:], '"')
		if i < 0 {
			break
		}
		if r.lines += bytes.Count(text[n:n+i], []byte{r.eol}); r.lines > MaxLines {
			return nil, 0, errOpen
		}
		n += i + 1
		switch {
		case n < len(text) && text[n] == '"':
			doubled, n = true, n+1
		case r.closes(text[n:]):
			cell = text[:n-1]
			if doubled {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			return cell, n + r.blanks(text[n:]), nil
		case n == len(text) && !r.eof && !lazy:
			return nil, 0, errMore // the next byte decides
		case !lazy:
			return nil, 0, errQuote{column}
		}
	}
	return nil, 0, errMore
}

// closes tells whether a cell ends here, blanks aside.
func (r *records) closes(rest []byte) bool {
	n := r.blanks(rest)
	if n == len(rest) {
		return r.eof
	}
	return rest[n] == r.delim || rest[n] == r.eol
}

// blanks counts the spaces, and the CR of a CR LF, after a closing quote.
func (r *records) blanks(rest []byte) int {
	n := 0
	for n < len(rest) && rest[n] == ' ' && r.delim != ' ' {
		n++
	}
	if r.eol == '\n' && n+1 < len(rest) && rest[n] == '\r' && rest[n+1] == '\n' {
		n++
	}
	return n
}
