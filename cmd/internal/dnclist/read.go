package dnclist

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// Sizes: numbers that are stored at once, refusals that are kept (all are
// counted), and bytes of the longest line.
const (
	batchSize = 500
	mostFirst = 1000
	maxLine   = 64 << 10
)

// ErrFile marks a file that cannot be read as a list of numbers; its text is
// meant for people.
var ErrFile = errors.New("this is no list of numbers")

// Options say how to read a file. The zero Options read numbers with their
// country code.
type Options struct {
	Region string // of numbers without a country code, ISO 3166-1
	Column string // header of the column with the numbers; empty = found out
	Seller string // who must not call them; empty = the whole house
	Reason string // kept with each number
}

// Refusal is a line that holds no number that can be called.
type Refusal struct {
	Line   int64        `json:"line"`
	Code   numbers.Code `json:"code"`
	Reason string       `json:"reason"`
}

// Imported is what became of a file.
type Imported struct {
	Lines   int64     `json:"lines"` // that held something, the header aside
	Added   int64     `json:"added"`
	Known   int64     `json:"known"` // were on the list, or stood in the file before
	Refused int64     `json:"refused"`
	First   []Refusal `json:"first,omitempty"` // the first refusals
}

// Add stores a batch and tells how many of it were new.
type Add func(ctx context.Context, batch []campaigns.DoNotCall) (added int, err error)

// headers are names of a column with numbers, in the languages that package
// intake knows.
var headers = []string{
	"number", "phone", "phone number", "phone_number", "telephone", "mobile", "e164", "telefon", "telefonnummer", "rufnummer", "handy",
	"telefono", "teléfono", "numero", "número", "movil", "móvil", "telephone number", "téléphone", "numéro", "telefone", "telemóvel",
}

// Read reads a file to its end. On an error the result says how far it came.
func Read(ctx context.Context, in io.Reader, o Options, add Add) (Imported, error) {
	parser, err := numbers.NewParser(everyKind)
	if err != nil {
		return Imported{}, err
	}
	if _, err := parser.Parse("+12025550123", o.Region); err != nil {
		return Imported{}, fmt.Errorf("region %q: %w", o.Region, err)
	}
	l := &list{Options: o, parser: parser, add: add}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	for lines.Scan() {
		if err := l.line(ctx, lines.Text()); err != nil {
			return l.result, err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return l.result, fmt.Errorf("%w: line %d is longer than %d bytes", ErrFile, l.at+1, maxLine)
	} else if err != nil {
		return l.result, err
	}
	return l.result, l.flush(ctx)
}

// everyKind lets numbers pass that would not be dialed for their price: to
// want no calls needs no ordinary number.
var everyKind = numbers.Policy{
	AllowKinds: []numbers.Kind{numbers.PremiumRate, numbers.Shared, numbers.Network, numbers.Personal, numbers.Pager, numbers.Voicemail},
	AllowRegions: []string{ // those of country code 1 beside the United States and Canada
		"AG", "AI", "AS", "BB", "BM", "BS", "DM", "DO", "GD", "GU", "JM", "KN", "KY", "LC", "MP", "MS", "PR", "SX", "TC", "TT", "VC", "VG", "VI",
	},
}

// list is a file under way.
type list struct {
	Options
	parser    *numbers.Parser
	add       Add
	at        int64 // line
	delimiter rune  // 0 before the first line that holds something
	column    int
	batch     []campaigns.DoNotCall
	result    Imported
}

func (l *list) line(ctx context.Context, text string) error {
	if l.at++; l.at == 1 {
		text = strings.TrimPrefix(text, "\uFEFF")
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if l.delimiter == 0 {
		l.delimiter = delimiterOf(text)
		header, err := l.findColumn(l.cells(text))
		if header || err != nil {
			return err
		}
	}
	l.result.Lines++
	cells := l.cells(text)
	if l.column >= len(cells) {
		l.refuse(numbers.Empty, "the line has no such column")
		return nil
	}
	n, err := l.parser.Parse(cells[l.column], l.Region)
	if err != nil {
		l.refuse(numbers.CodeOf(err), err.Error())
		return nil
	}
	l.batch = append(l.batch, campaigns.DoNotCall{Number: n.E164, Seller: l.Seller, Reason: l.Reason})
	if len(l.batch) < batchSize {
		return nil
	}
	return l.flush(ctx)
}

func (l *list) refuse(code numbers.Code, reason string) {
	if l.result.Refused++; len(l.result.First) < mostFirst {
		l.result.First = append(l.result.First, Refusal{Line: l.at, Code: code, Reason: reason})
	}
}

// flush stores what has come together.
func (l *list) flush(ctx context.Context) error {
	if len(l.batch) == 0 {
		return nil
	}
	added, err := l.add(ctx, l.batch)
	l.result.Added += int64(added)
	if err != nil {
		return err
	}
	l.result.Known += int64(len(l.batch) - added)
	l.batch = nil // the other side may keep it
	return nil
}

// delimiterOf is the one that the first line has most of; a line without any
// is one cell.
func delimiterOf(line string) rune {
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t', '|'} {
		if n := strings.Count(line, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

// cells splits a line; one whose quotes do not match is split as it stands.
func (l *list) cells(text string) []string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = l.delimiter, true, -1
	cells, err := r.Read()
	if err != nil {
		cells = strings.Split(text, string(l.delimiter))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// findColumn chooses the column with the numbers by the first line, and tells
// whether that line is a header.
func (l *list) findColumn(cells []string) (header bool, err error) {
	named := func(name string) bool {
		if l.Column != "" {
			return strings.EqualFold(name, l.Column)
		}
		return slices.Contains(headers, strings.ToLower(name))
	}
	if l.column = slices.IndexFunc(cells, named); l.column >= 0 {
		return true, nil
	}
	if l.Column != "" {
		return false, fmt.Errorf("%w: no column is named %q", ErrFile, l.Column)
	}
	l.column = slices.IndexFunc(cells, func(cell string) bool {
		_, err := l.parser.Parse(cell, l.Region)
		return err == nil
	})
	switch {
	case l.column >= 0:
		return false, nil
	case len(cells) == 1:
		l.column = 0
		return false, nil
	}
	return false, fmt.Errorf("%w: line %d has %d columns, and none is named phone or holds a number; name the column", ErrFile, l.at, len(cells))
}
