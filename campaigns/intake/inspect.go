package intake

import (
	"errors"
	"io"

	"github.com/forecall/forecall/campaigns/numbers"
)

// Preview is what a list looks like before it is imported: what was found out
// about it and its first rows, for a person to agree with or correct.
type Preview struct {
	Charset   Charset    `json:"charset"`
	Delimiter string     `json:"delimiter"`
	Guessed   bool       `json:"delimiter_guessed"`
	Header    bool       `json:"header"`
	Columns   []Column   `json:"columns"`
	Rows      [][]string `json:"rows"`              // the first, without the header
	Problem   string     `json:"problem,omitempty"` // why it could not be imported as it is
	Code      string     `json:"code,omitempty"`    // of the problem
}

// previewRows is how many rows a Preview shows.
const previewRows = 20

// Inspect reads the beginning of a list. A list that cannot be imported as it
// stands (no phone column) has a Preview with its Problem; one that cannot be
// read at all is a *FileError.
func Inspect(in io.Reader, o Options) (Preview, error) {
	if err := o.check(); err != nil {
		return Preview{}, err
	}
	parser, err := numbers.NewParser(o.Numbers)
	if err != nil {
		return Preview{}, err
	}
	list, err := open(in, o)
	if err != nil {
		return Preview{}, err
	}
	l, problem := arrange(list.sample, o, isPhone(parser, o.DefaultRegion))
	p := Preview{Charset: list.charset, Delimiter: string(rune(list.records.delim)), Guessed: list.guessed, Header: l.header, Columns: l.columns, Rows: list.sample}
	if l.header && len(p.Rows) > 0 {
		p.Rows = p.Rows[1:]
	}
	p.Rows = p.Rows[:min(len(p.Rows), previewRows)]
	if f, ok := errors.AsType[*FileError](problem); ok {
		p.Problem, p.Code = f.Reason, f.Code
		problem = nil
	}
	return p, problem
}
