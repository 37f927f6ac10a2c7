package source

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// ErrFile marks a file that cannot be read as it was said; its text is meant
// for people.
var ErrFile = errors.New("this file cannot be read as a register")

func unreadable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFile, fmt.Sprintf(format, args...))
}

// layout is how the lines of a file are read.
type layout struct {
	delimiter byte  // 0 = the line is one cell
	columns   []int // from 0
	action    int   // -1 = none
	only      action
	start     int // of fixed width
	width     int // 0 = no fixed width
	header    bool
}

// action is what a line of a change list wants.
type action uint8

const (
	add action = iota + 1
	drop
)

var actions = map[string]action{
	"A": add, "ADD": add, "ADDED": add, "I": add, "INSERT": add, "+": add, "NEW": add,
	"D": drop, "DEL": drop, "DELETE": drop, "DELETED": drop, "R": drop, "REMOVE": drop, "REMOVED": drop, "-": drop,
}

// names of columns, in small letters.
var (
	numberNames = []string{
		"number", "phone", "phone number", "phone_number", "phonenumber", "telephone", "telephone number", "mobile", "e164", "msisdn", "telefon",
		"telefonnummer", "rufnummer", "telefono", "teléfono", "numero", "número", "numéro", "téléphone", "numero di telefono", "telefonszám",
	}
	areaNames   = []string{"area code", "areacode", "area_code", "area", "npa", "ac"}
	actionNames = []string{"action", "change", "change type", "change_type", "changetype", "type", "status", "operation", "op", "a/d", "add/delete"}
)

// layoutOf finds out how a file is laid out by its first lines.
func layoutOf(sample []byte, how campaigns.RegisterReading, change bool, r *reader) (layout, error) {
	l := layout{action: -1, only: actions[strings.ToUpper(how.Only)]}
	if how.Only != "" && l.only == 0 {
		return l, unreadable("only %q: add or delete", how.Only)
	}
	if how.Width > 0 {
		l.start, l.width = max(how.Start, 1)-1, how.Width
		return l, l.settled(change)
	}
	lines := firstLines(sample)
	if len(lines) == 0 {
		return l, unreadable("it is empty")
	}
	if l.delimiter = delimiterOf(lines[0]); how.Delimiter != "" {
		l.delimiter = how.Delimiter[0]
	}
	if err := l.findColumns(lines, how, r); err != nil {
		return l, err
	}
	if how.Action > 0 {
		l.action = how.Action - 1
	} else if l.only == 0 {
		l.findAction(lines)
	}
	return l, l.settled(change)
}

// settled holds against each other what was said and what was found.
func (l layout) settled(change bool) error {
	switch {
	case change && l.action < 0 && l.only == 0:
		return unreadable("it was called a change list, and no column says add or delete; name the column, or say that all of it is to be added or deleted")
	case !change && l.action >= 0:
		return unreadable("it was called a full list, and column %d says add or delete: is it a change list?", l.action+1)
	case !change && l.only != 0:
		return unreadable("only a change list has additions or deletions alone")
	}
	return nil
}

// firstLines are the whole lines of a sample that hold something.
func firstLines(sample []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(sample) {
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\uFEFF"))); len(line) > 0 {
			out = append(out, line)
		}
		if len(out) == 50 {
			break
		}
	}
	return out
}

func delimiterOf(line []byte) byte {
	best, most := byte(0), 0
	for _, d := range []byte(",;\t|") {
		if n := bytes.Count(line, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

// findColumns finds the number: as it was said, by the header, or by what the
// lines look like.
func (l *layout) findColumns(lines [][]byte, how campaigns.RegisterReading, r *reader) error {
	first := l.cells(lines[0])
	number, area := named(first, numberNames), named(first, areaNames)
	l.header = number >= 0 || !l.holdsNumber(first, r)
	for _, c := range how.Columns {
		if c < 1 {
			return unreadable("column %d: columns are counted from 1", c)
		}
		l.columns = append(l.columns, c-1)
	}
	switch {
	case len(l.columns) > 0:
		l.header = l.headerBy(lines[0], r)
		return nil
	case number >= 0 && area >= 0:
		l.columns = []int{area, number}
		return nil
	case number >= 0:
		l.columns = []int{number}
		return nil
	}
	for i, line := range lines {
		if found := l.numberIn(l.cells(line), r); found != nil {
			l.columns, l.header = found, i > 0 && l.header
			return nil
		}
	}
	if len(first) == 1 {
		l.columns, l.header = []int{0}, false
		return nil
	}
	return unreadable("it has %d columns, and none is named number or holds one in the first lines; say which column it is, and the country of numbers without their country code", len(first))
}

// holdsNumber tells whether any cells of a line are a number.
func (l *layout) holdsNumber(cells [][]byte, r *reader) bool { return l.numberIn(cells, r) != nil }

// headerBy tells whether the first line is a header when the columns were said.
func (l *layout) headerBy(line []byte, r *reader) bool {
	_, err := l.numberOf(line, r, nil)
	return errors.Is(err, errLetters) || errors.Is(err, errNoNumber)
}

// numberIn finds the cells of a line that are a number: one, or an area code of
// three digits and seven beside it.
func (l *layout) numberIn(cells [][]byte, r *reader) []int {
	for i, c := range cells {
		if i+1 < len(cells) && onlyDigits(c) == 3 && onlyDigits(cells[i+1]) == 7 {
			return []int{i, i + 1}
		}
		if _, err := r.number(c); err == nil {
			return []int{i}
		}
	}
	return nil
}

// findAction finds the column that says add or delete: by its name, or because
// it holds nothing else.
func (l *layout) findAction(lines [][]byte) {
	first := l.cells(lines[0])
	if l.header {
		l.action = named(first, actionNames)
		lines = lines[1:]
	}
	if l.action >= 0 && l.sayActions(lines, l.action) {
		return
	}
	l.action = -1
	for i := range first {
		if !slices.Contains(l.columns, i) && l.sayActions(lines, i) {
			l.action = i
			return
		}
	}
}

func (l *layout) sayActions(lines [][]byte, column int) bool {
	for _, line := range lines {
		cells := l.cells(line)
		if column >= len(cells) || actionOf(cells[column]) == 0 {
			return false
		}
	}
	return len(lines) > 0
}

func actionOf(cell []byte) action {
	cell = bytes.Trim(cell, " \"\r\n")
	switch len(cell) {
	case 1:
		switch cell[0] {
		case 'A', 'a', 'I', 'i', '+':
			return add
		case 'D', 'd', 'R', 'r', '-':
			return drop
		}
		return 0
	}
	return actions[strings.ToUpper(string(cell))]
}

func named(cells [][]byte, names []string) int {
	return slices.IndexFunc(cells, func(c []byte) bool {
		return slices.Contains(names, strings.ToLower(strings.Trim(string(c), " \"\r\n\uFEFF")))
	})
}

// onlyDigits is how many digits a cell has when it has nothing else, else 0.
func onlyDigits(cell []byte) int {
	cell = bytes.Trim(cell, " \"\r\n\uFEFF")
	for _, c := range cell {
		if c < '0' || c > '9' {
			return 0
		}
	}
	return len(cell)
}

// cells splits a line. A quoted cell may hold the delimiter.
func (l *layout) cells(line []byte) [][]byte {
	if l.delimiter == 0 {
		return [][]byte{line}
	}
	if bytes.IndexByte(line, '"') < 0 {
		return bytes.Split(line, []byte{l.delimiter})
	}
	var out [][]byte
	quoted, from := false, 0
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == l.delimiter && !quoted:
			out, from = append(out, line[from:i]), i+1
		}
	}
	return append(out, line[from:])
}
