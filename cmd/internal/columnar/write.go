package columnar

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// groupRows is how many calls stand in one group of rows: so many are held in
// memory until they are written.
const groupRows = 50_000

// WriteParquet writes the call log with the columns of o.Fields and returns how
// many calls it wrote. The file is whole only when it returns without an error.
func WriteParquet(w io.Writer, calls iter.Seq2[campaigns.Call, error], o report.Options) (rows int64, err error) {
	table, err := report.NewTable(o)
	if err != nil {
		return 0, err
	}
	columns := table.Columns()
	place := places(columns)
	out := parquet.NewWriter(w, schema(columns), parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("forecall", "", ""))
	row := make(parquet.Row, len(columns))
	for c, failure := range calls {
		if failure != nil {
			return rows, fmt.Errorf("read the call log after %d calls: %w", rows, failure)
		}
		err := table.Row(c, func(i int, text []byte) error {
			v, err := value(columns[i], text)
			defined := 1
			if v.IsNull() {
				defined = 0
			}
			row[place[i]] = v.Level(0, defined, place[i])
			return err
		})
		if err == nil {
			_, err = out.WriteRows([]parquet.Row{row})
		}
		if err != nil {
			return rows, fmt.Errorf("write call %d as Parquet: %w", c.Seq, err)
		}
		rows++
	}
	if err := out.Close(); err != nil {
		return rows, fmt.Errorf("end the Parquet file: %w", err)
	}
	return rows, nil
}

// schema has every column, which may be null.
func schema(columns []report.Column) *parquet.Schema {
	g := parquet.Group{}
	for _, c := range columns {
		g[c.Name] = parquet.Compressed(parquet.Optional(node(c.Kind)), &parquet.Zstd)
	}
	return parquet.NewSchema("calls", g)
}

func node(k report.ColumnKind) parquet.Node {
	switch k {
	case report.IntegerColumn:
		return parquet.Int(64)
	case report.DecimalColumn:
		return parquet.Leaf(parquet.DoubleType)
	case report.TruthColumn:
		return parquet.Leaf(parquet.BooleanType)
	case report.TimeColumn:
		return parquet.Timestamp(parquet.Millisecond)
	}
	return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
}

// places is where each column stands in a group, which has them by name.
func places(columns []report.Column) []int {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	slices.Sort(names)
	out := make([]int, len(columns))
	for i, c := range columns {
		out[i] = slices.Index(names, c.Name)
	}
	return out
}

// value reads what the report writes.
func value(c report.Column, text []byte) (parquet.Value, error) {
	if len(text) == 0 {
		return parquet.NullValue(), nil
	}
	var v parquet.Value
	var err error
	switch c.Kind {
	case report.IntegerColumn:
		var n int64
		n, err = strconv.ParseInt(string(text), 10, 64)
		v = parquet.Int64Value(n)
	case report.DecimalColumn:
		var x float64
		x, err = strconv.ParseFloat(string(text), 64)
		v = parquet.DoubleValue(x)
	case report.TruthColumn:
		v = parquet.BooleanValue(string(text) == "true")
	case report.TimeColumn:
		var t time.Time
		t, err = time.Parse(time.RFC3339Nano, string(text))
		v = parquet.Int64Value(t.UnixMilli())
	default:
		v = parquet.ByteArrayValue([]byte(strings.ToValidUTF8(string(text), "\uFFFD")))
	}
	if err != nil {
		return v, fmt.Errorf("column %s: %w", c.Name, err)
	}
	return v, nil
}
