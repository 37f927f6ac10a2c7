package intake

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/forecall/forecall/campaigns/report"
)

// reportColumns stand before the columns of the list. A list that begins with
// them is a report of ours that somebody has mended: they are not kept.
var reportColumns = []string{"row_number", "verdict", "error_column", "error_code", "error"}

// rejects writes the report of rejected rows: what is wrong with each, and the
// row as it came, so that it can be mended and imported again. It is UTF-8
// with a byte order mark, without which spreadsheets take it for Windows-1252.
type rejects struct {
	csv *csv.Writer
}

func newRejects(out io.Writer, l layout) (*rejects, error) {
	if out == nil {
		return &rejects{}, nil
	}
	if _, err := out.Write(utf8BOM); err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	r := &rejects{csv: csv.NewWriter(out)}
	header := append([]string(nil), reportColumns...)
	for i, c := range l.columns {
		name := c.Header
		if !l.header {
			name = "column_" + strconv.Itoa(i+1)
		}
		header = append(header, report.Harmless(name))
	}
	return r, r.write(header)
}

// add writes one rejection; its cells are made harmless for spreadsheets.
func (r *rejects) add(j Rejection) error {
	if r.csv == nil {
		return nil
	}
	record := append(make([]string, 0, len(reportColumns)+len(j.Cells)),
		strconv.Itoa(j.Line), j.Verdict, report.Harmless(j.Column), j.Code, report.Harmless(j.Reason))
	for _, cell := range j.Cells {
		record = append(record, report.Harmless(readable(cell)))
	}
	return r.write(record)
}

func (r *rejects) write(record []string) error {
	if err := r.csv.Write(record); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *rejects) flush() error {
	if r.csv == nil {
		return nil
	}
	r.csv.Flush()
	if err := r.csv.Error(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// readable shows bytes that are no text as U+FFFD and NUL as U+2400, so that
// the report is text whatever the list was.
func readable(cell string) string {
	if utf8.ValidString(cell) && !hasNUL(cell) {
		return cell
	}
	out := make([]rune, 0, len(cell))
	for _, r := range cell {
		if r == 0 {
			r = '\u2400'
		}
		out = append(out, r)
	}
	return string(out)
}

func hasNUL(cell string) bool {
	for i := range len(cell) {
		if cell[i] == 0 {
			return true
		}
	}
	return false
}
