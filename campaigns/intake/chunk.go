package intake

import (
	"bytes"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// A chunk ends at so many rows, bytes or cells: one batch of the store.
const (
	chunkRows  = 500
	chunkBytes = 256 << 10
	chunkCells = 32 << 10
)

// chunk is a stretch of rows on its way from the reader over a parser to the
// store. Its memory is used again for another stretch.
type chunk struct {
	text  []byte // the cells of all rows, one behind the other
	cells []span
	rows  []row
	done  chan struct{} // closed when it is parsed
	err   error         // the parser failed, which is our fault

	whole    string // text, for the cells of contacts to be parts of
	parsed   []parsed
	contacts []campaigns.Contact // those that go to the store
	from     []int               // index of the row of each of them
}

type span struct{ from, to uint32 }

// row is one record: cells[first:first+n] of the chunk.
type row struct {
	line     int
	first, n int
	more     int // columns beyond MaxColumns
	bad      *badRow
}

// parsed is what a parser made of a row.
type parsed struct {
	contact  campaigns.Contact
	ok       bool
	blank    bool
	reread   bool
	rejected []Rejection    // the row, or phones of it
	bar      *campaigns.Bar // what forbids calling it; nil = nobody was asked
}

// fill reads rows into an empty chunk; io.EOF comes with the last of them.
func (c *chunk) fill(r *records, record *cut) error {
	c.text, c.cells, c.rows = c.text[:0], c.cells[:0], c.rows[:0]
	c.parsed, c.contacts, c.from = c.parsed[:0], c.contacts[:0], c.from[:0]
	c.done, c.err, c.whole = make(chan struct{}), nil, ""
	for len(c.rows) < chunkRows && len(c.text) < chunkBytes && len(c.cells) < chunkCells {
		if err := r.next(record); err != nil {
			return err
		}
		c.add(record)
	}
	return nil
}

func (c *chunk) add(record *cut) {
	w := row{line: record.line, first: len(c.cells), n: len(record.cells), more: record.more, bad: record.bad}
	for _, cell := range record.cells {
		from := len(c.text)
		c.text = append(c.text, cell...)
		c.cells = append(c.cells, span{uint32(from), uint32(len(c.text))})
	}
	if w.bad == nil && bytes.IndexByte(record.raw, 0) >= 0 {
		w.bad = &badRow{RowNUL, "a NUL byte stands in it, which no text has; the file may be damaged"}
	}
	c.rows = append(c.rows, w)
}

// cell is the text of a cell as a part of the whole.
func (c *chunk) cell(w row, column int) string {
	if column >= w.n {
		return ""
	}
	s := c.cells[w.first+column]
	return c.whole[s.from:s.to]
}

// original is a row as it came, for the report.
func (c *chunk) original(w row) []string {
	out := make([]string, w.n)
	for i := range out {
		out[i] = c.cell(w, i)
	}
	return out
}

// parse judges every row; a panic in it is kept from the process and ends the
// import.
func (c *chunk) parse(p *rowParser) {
	defer close(c.done)
	at := 0
	defer func() {
		if r := recover(); r != nil {
			c.err = fmt.Errorf("parse the row of line %d: %v", c.rows[at].line, r)
		}
	}()
	c.whole = string(c.text)
	slab := make([]campaigns.Phone, 0, len(c.rows)*p.phoneColumns)
	for at = range c.rows {
		var out parsed
		out, slab = p.parse(c, c.rows[at], slab)
		c.parsed = append(c.parsed, out)
	}
}
