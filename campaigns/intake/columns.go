package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Column is one column of a list and what becomes of it.
type Column struct {
	Header string `json:"header"` // "3" in a list without a header
	Target Target `json:"target"`
	Label  string `json:"label,omitempty"` // of a phone, or the key of a field
	Source string `json:"source"`          // option, header, content (guessed from the cells), or kept
	family bool   // the language puts the family name first
}

// layout is how the rows of a list are read.
type layout struct {
	columns []Column
	header  bool // the first record names them
	family  bool // family name first
}

// fields are the keys under which cells are kept that have no place of their own,
// in the order of the file.
func (l layout) fields() []string {
	var keys []string
	for _, c := range l.columns {
		switch c.Target {
		case Field, Country, Region, Postcode, LineType:
			keys = append(keys, c.Label)
		}
	}
	return keys
}

// arrange decides what each column is: by the options, by the header, and for
// phones of a list without one by what stands in the cells.
func arrange(sample [][]string, o Options, isPhone func(cell string) bool) (layout, error) {
	if len(sample[0]) >= MaxColumns {
		return layout{}, fileError(FileManyColumns, "the first row has %d columns or more; a list may have %d; is the delimiter right?", MaxColumns, MaxColumns-1)
	}
	l := layout{header: hasHeader(sample, o, isPhone)}
	l.columns = make([]Column, len(sample[0]))
	for i, cell := range sample[0] {
		l.columns[i] = Column{Header: strconv.Itoa(i + 1), Target: Field, Source: "kept"}
		if l.header {
			l.columns[i].Header = strings.TrimSpace(cell)
		}
	}
	if err := l.assign(o.Columns); err != nil {
		return layout{}, err
	}
	rows := sample
	if l.header {
		l.byHeader(o.Columns)
		rows = sample[1:]
	} else {
		l.byContent(rows, isPhone)
	}
	l.nameFields()
	return l, l.requirePhone(rows, isPhone)
}

// hasHeader finds out whether the first row names the columns: it does when a
// word of it is known, and does not when a phone number stands in it.
func hasHeader(sample [][]string, o Options, isPhone func(string) bool) bool {
	if o.Header != HeaderAuto {
		return o.Header == HeaderYes
	}
	first := sample[0]
	if slices.ContainsFunc(first, isPhone) {
		return false
	}
	for _, cell := range first {
		if _, known := understand(cell); known {
			return true
		}
	}
	return slices.ContainsFunc(first, func(cell string) bool { return strings.IndexFunc(cell, unicode.IsLetter) >= 0 })
}

// assign carries out the options.
func (l *layout) assign(options []Assignment) error {
	for _, a := range options {
		i := l.find(a)
		if i < 0 {
			return fileError(FileNoColumn, "there is no column %q; the list has: %s", a.Column, l.headers())
		}
		l.columns[i].Target, l.columns[i].Label, l.columns[i].Source = a.Target, a.Label, "option"
	}
	return nil
}

// find looks for the header as written, then as folded, then for the number.
func (l *layout) find(a Assignment) int {
	if a.Number > len(l.columns) {
		return -1
	}
	if a.Number > 0 {
		return a.Number - 1
	}
	if i := slices.IndexFunc(l.columns, func(c Column) bool { return l.header && c.Header == a.Column }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(l.columns, func(c Column) bool { return l.header && fold(c.Header) == fold(a.Column) }); i >= 0 && fold(a.Column) != "" {
		return i
	}
	if n, ok := a.number(); ok && n < len(l.columns) {
		return n
	}
	return -1
}

func (l *layout) headers() string {
	names := make([]string, 0, len(l.columns))
	for i, c := range l.columns {
		if i == 40 {
			names = append(names, "...")
			break
		}
		names = append(names, strconv.Quote(shorten(c.Header, 60)))
	}
	return strings.Join(names, ", ")
}

func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

// byHeader reads the header. A target that an option has given is not given
// again; of others than phones the first column has it.
func (l *layout) byHeader(options []Assignment) {
	taken := map[Target]bool{}
	for _, a := range options {
		taken[a.Target] = a.Target != Field && a.Target != Ignore
	}
	l.ignoreReport()
	for i := range l.columns {
		c := &l.columns[i]
		m, known := understand(c.Header)
		if c.Source == "option" || c.Target == Ignore || !known || taken[m.target] {
			continue
		}
		c.Target, c.Label, c.Source, c.family = m.target, m.label, "header", m.family
		taken[m.target] = m.target != Phone
	}
	l.halfNames()
}

// ignoreReport leaves out the columns that our own report put before those of
// the list, when somebody has mended it and imports it again.
func (l *layout) ignoreReport() {
	if len(l.columns) <= len(reportColumns) {
		return
	}
	for i, name := range reportColumns {
		if l.columns[i].Header != name {
			return
		}
	}
	for i := range reportColumns {
		l.columns[i].Target, l.columns[i].Source = Ignore, "header"
	}
}

// halfNames settles words that mean the whole name or a half of it: "nombre"
// beside no "apellidos" is the whole name, "name" beside "Vorname" the last.
func (l *layout) halfNames() {
	name, first, last := l.index(Name), l.index(FirstName), l.index(LastName)
	guessed := func(i int) bool { return i >= 0 && l.columns[i].Source == "header" }
	switch {
	case guessed(name) && first >= 0 && last < 0:
		l.columns[name].Target = LastName
	case guessed(name) && last >= 0 && first < 0:
		l.columns[name].Target = FirstName
	case guessed(name) && first >= 0 && last >= 0:
	case guessed(first) && name < 0 && last < 0:
		l.columns[first].Target = Name
	case guessed(last) && name < 0 && first < 0:
		l.columns[last].Target = Name
	}
	for _, c := range l.columns {
		l.family = l.family || c.family
	}
}

func (l *layout) index(t Target) int {
	return slices.IndexFunc(l.columns, func(c Column) bool { return c.Target == t })
}

// byContent finds the phone columns of a list without a header: those in which
// most cells of the sample are phone numbers. The first column of words is
// taken for the name.
func (l *layout) byContent(rows [][]string, isPhone func(string) bool) {
	for i := range l.columns {
		c := &l.columns[i]
		if c.Source != "option" && l.index(Phone) < 0 && looksLikePhones(rows, i, isPhone) {
			c.Target, c.Source = Phone, "content"
		}
	}
	if l.index(Name) >= 0 || l.index(FirstName) >= 0 || l.index(LastName) >= 0 {
		return
	}
	for i := range l.columns {
		c := &l.columns[i]
		if c.Source == "kept" && i < len(rows[0]) && strings.IndexFunc(rows[0][i], unicode.IsLetter) >= 0 && !strings.ContainsAny(rows[0][i], "@0123456789") {
			c.Target, c.Source = Name, "content"
			return
		}
	}
}

// looksLikePhones tells whether most filled cells of a column are numbers.
func looksLikePhones(rows [][]string, column int, isPhone func(string) bool) bool {
	filled, phones := 0, 0
	for _, row := range rows {
		if column >= len(row) || strings.TrimSpace(row[column]) == "" {
			continue
		}
		filled++
		if isPhone(row[column]) {
			phones++
		}
	}
	return filled > 0 && phones*2 > filled
}

// nameFields gives every kept column a key of its own.
func (l *layout) nameFields() {
	used := map[string]bool{}
	for i := range l.columns {
		c := &l.columns[i]
		if c.Target == Postcode {
			c.Label = "postcode"
		}
		switch c.Target {
		case Field, Country, Region, Postcode, LineType:
		default:
			continue
		}
		key := c.Label
		if key == "" {
			key = c.Header
		}
		if key == "" || !l.header && c.Label == "" {
			key = "column_" + strconv.Itoa(i+1)
		}
		for n := 2; used[key]; n++ {
			key = strings.TrimRight(key, "_0123456789") + "_" + strconv.Itoa(n)
		}
		used[key], c.Label = true, key
	}
}

// requirePhone refuses a list without a phone column, with the headers that
// were found, those that would have been understood, and the column that may
// have been meant.
func (l *layout) requirePhone(rows [][]string, isPhone func(string) bool) error {
	if l.index(Phone) >= 0 {
		return nil
	}
	meant := ""
	for i, c := range l.columns {
		if looksLikePhones(rows, i, isPhone) {
			meant = " Column " + strconv.Quote(c.Header) + " looks like phone numbers: import with phone=" + c.Header + "."
			break
		}
	}
	if !l.header {
		return fileError(FileNoPhone, "no column of the list holds phone numbers; its first row is: %s.%s Name the column with phone=NUMBER, and give a default region if the numbers have no country code.",
			l.firstRow(rows), meant)
	}
	return fileError(FileNoPhone, "the list has no phone column. Its columns: %s.%s Accepted are headers like phone, mobile, telephone, teléfono, móvil, téléphone, portable, Telefon, Handy, Rufnummer, telefonszám, mobil, telefoninumber, or name the column with phone=HEADER.",
		l.headers(), meant)
}

func (l *layout) firstRow(rows [][]string) string {
	cells := make([]string, 0, len(rows[0]))
	for _, cell := range rows[0][:min(len(rows[0]), 40)] {
		cells = append(cells, strconv.Quote(shorten(cell, 60)))
	}
	return strings.Join(cells, ", ")
}
