package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// ColumnKind is what the values of a column are.
type ColumnKind int

// The kinds of columns: text in UTF-8, whole numbers, numbers with a fraction,
// yes or no, and times as 2026-11-22T01:02:03.004Z.
const (
	TextColumn ColumnKind = iota
	IntegerColumn
	DecimalColumn
	TruthColumn
	TimeColumn
)

// Column is one column of the call log.
type Column struct {
	Name string
	Kind ColumnKind
}

// decimals are the numbers that have a fraction.
var decimals = []string{"rtp_loss", "rtp_jitter_ms", "mos", "agent_rtp_loss", "agent_rtp_jitter_ms", "agent_mos", "sale_total", "sale_value"}

func (f field) columnKind() ColumnKind {
	switch {
	case f.kind == truth:
		return TruthColumn
	case f.kind == number && slices.Contains(decimals, f.name):
		return DecimalColumn
	case f.kind == number:
		return IntegerColumn
	case strings.HasSuffix(f.name, "_at"):
		return TimeColumn
	}
	return TextColumn
}

// Table is the call log for writers that keep columns apart.
type Table struct {
	fields  []field
	printer *printer
}

// NewTable returns the call log with the columns of o.Fields, all of them when
// there are none. It fails when there is no such column.
func NewTable(o Options) (*Table, error) {
	fields, err := o.chosen(callFields)
	if err != nil {
		return nil, err
	}
	fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.kind == object })
	return &Table{fields: fields, printer: newPrinter(nil, o)}, nil
}

// Columns are the columns in their order.
func (t *Table) Columns() []Column {
	out := make([]Column, len(t.fields))
	for i, f := range t.fields {
		out[i] = Column{f.name, f.columnKind()}
	}
	return out
}

// Row hands put the value of every column of a call, empty for none. The value
// is valid until put returns.
func (t *Table) Row(c campaigns.Call, put func(column int, value []byte) error) error {
	p := t.printer
	r := p.take(c)
	for i := range t.fields {
		p.value = t.fields[i].put(p.value[:0], r)
		if err := put(i, p.value); err != nil {
			return err
		}
	}
	return nil
}

// chosen are the fields that the options name, in the order of the report.
func (o Options) chosen(fields []field) ([]field, error) {
	if len(o.Fields) == 0 {
		return fields, nil
	}
	var out []field
	for _, f := range fields {
		if slices.Contains(o.Fields, f.name) || f.name == loosenedColumn && len(o.Loosened) > 0 {
			out = append(out, f)
		}
	}
	for _, name := range o.Fields {
		if !slices.ContainsFunc(out, func(f field) bool { return f.name == name }) {
			return nil, fmt.Errorf("%q: %w", name, ErrNoColumn)
		}
	}
	return out, nil
}
