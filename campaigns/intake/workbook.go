package intake

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits of a workbook: of the file itself, which is held in memory, of what it
// may unpack to, and of what of that stays in memory; the rest goes to
// temporary files.
const (
	MaxWorkbook     = 128 << 20
	maxUnpacked     = 4 << 30
	maxUnpackedHeld = 16 << 20
)

// workbook is an XLSX file that is read as text, one sheet at a time.
type workbook struct {
	book   *excelize.File
	sheets []string
	lines  *io.PipeReader
	ended  chan struct{}
}

// openWorkbook opens a sheet of a workbook; "" is the first one.
func openWorkbook(f *os.File, sheet string) (*workbook, string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, "", fmt.Errorf("look at the workbook: %w", err)
	}
	if info.Size() > MaxWorkbook {
		return nil, "", fileError(FileSpreadsheet, "the workbook has %d MB; a workbook may have %d: save the sheet as CSV, which may be of any size", info.Size()>>20, MaxWorkbook>>20)
	}
	book, err := excelize.OpenReader(f, excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpackedHeld})
	if err != nil {
		return nil, "", fileError(FileSpreadsheet, "the file looks like a workbook (XLSX) and cannot be read as one; save the sheet as CSV and upload that")
	}
	w := &workbook{book: book, sheets: book.GetSheetList()}
	if sheet == "" && len(w.sheets) > 0 {
		sheet = w.sheets[0]
	}
	if !slices.Contains(w.sheets, sheet) {
		return nil, "", errors.Join(fileError(FileSpreadsheet, "the workbook has no sheet %q; it has: %s", shorten(sheet, 60), shorten(strings.Join(w.sheets, ", "), 300)), book.Close())
	}
	return w, sheet, w.begin(sheet)
}

// begin turns the rows of the sheet into lines of text while they are read.
// The goroutine ends with the sheet, or when the reading end is closed.
func (w *workbook) begin(sheet string) error {
	rows, err := w.book.Rows(sheet)
	if err != nil {
		return errors.Join(fileError(FileSpreadsheet, "the sheet %q cannot be read; save it as CSV and upload that", shorten(sheet, 60)), w.book.Close())
	}
	out, in := io.Pipe()
	w.lines, w.ended = out, make(chan struct{})
	go func() {
		defer close(w.ended)
		err := write(in, rows)
		_ = in.CloseWithError(errors.Join(err, rows.Close())) // never fails; a reader that is gone hears nothing
	}()
	return nil
}

// write writes rows as CSV, one line for each row of the sheet, so that the
// number of a line is that of its row.
func write(to io.Writer, rows *excelize.Rows) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fileError(FileSpreadsheet, "the sheet cannot be read to its end; save it as CSV and upload that")
		}
	}()
	buffered := bufio.NewWriterSize(to, sampleSize)
	lines := csv.NewWriter(buffered)
	for rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			return fileError(FileSpreadsheet, "a row of the sheet cannot be read; save it as CSV and upload that")
		}
		for i, cell := range cells {
			cells[i] = strings.Join(strings.FieldsFunc(cell, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
		}
		if len(cells) == 0 {
			cells = []string{""}
		}
		if err := lines.Write(cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fileError(FileSpreadsheet, "the sheet cannot be read to its end; save it as CSV and upload that")
	}
	lines.Flush()
	return errors.Join(lines.Error(), buffered.Flush())
}

// Read reads the text of the sheet.
func (w *workbook) Read(p []byte) (int, error) { return w.lines.Read(p) }

// Close ends the reading and removes temporary files.
func (w *workbook) Close() error {
	_ = w.lines.Close()
	<-w.ended
	return w.book.Close()
}
