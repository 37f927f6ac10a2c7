package columnar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// some are calls with everything that a call can have, and with nothing.
func some(n int) []campaigns.Call {
	at := time.Date(2026, 11, 22, 10, 30, 0, 123_000_000, time.UTC)
	out := make([]campaigns.Call, n)
	for i := range out {
		c := campaigns.Call{Attempt: campaigns.Attempt{ID: fmt.Sprint("id-", i), Seq: int64(i + 1), Number: "+34600111222", IntentAt: at, Zones: []string{"Europe/Madrid"}}}
		if i%2 == 0 {
			c.Outcome, c.SentAt, c.AnsweredAt, c.BridgedAt, c.EndedAt = campaigns.Connected, at, at.Add(time.Second), at.Add(2*time.Second), at.Add(time.Minute)
			c.Agent, c.AgentLogin, c.LossShare, c.MOS, c.OptOut = 7, "ann", 0.0125, 4.31, true
			c.ContactName = "Zoë 王小明 <script>\xff"
			c.Disposition = &campaigns.Disposition{Code: "sale", At: at, Note: "=1+1", Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 2, UnitPrice: 1999}}}}
		}
		out[i] = c
	}
	return out
}

func stream(calls []campaigns.Call, failure error) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for _, c := range calls {
			if !yield(c, nil) {
				return
			}
		}
		if failure != nil {
			yield(campaigns.Call{}, failure)
		}
	}
}

func TestEveryValueOfTheCallLogComesBackFromParquet(t *testing.T) {
	calls := some(120_001) // several groups of rows
	var out bytes.Buffer
	n, err := WriteParquet(&out, stream(calls, nil), report.Options{})
	if err != nil || n != int64(len(calls)) {
		t.Fatalf("%d rows, %v", n, err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || f.NumRows() != n || len(f.RowGroups()) != 3 {
		t.Fatalf("%v, %d rows in %d groups", err, f.NumRows(), len(f.RowGroups()))
	}
	table, err := report.NewTable(report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	columns := table.Columns()
	place := places(columns)
	reader := parquet.NewReader(f)
	defer reader.Close()
	rows := make([]parquet.Row, 1)
	for i := range calls {
		if k, err := reader.ReadRows(rows); k != 1 {
			t.Fatalf("row %d: %v", i, err)
		}
		if i > 3 && i < len(calls)-2 {
			continue
		}
		err := table.Row(calls[i], func(c int, want []byte) error {
			if got := text(columns[c], rows[0][place[c]]); got != string(bytes.ToValidUTF8(want, []byte("\uFFFD"))) && !sameNumber(columns[c], got, string(want)) {
				t.Errorf("call %d, %s: %q, want %q", i, columns[c].Name, got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// text is a value as the CSV has it.
func text(c report.Column, v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case c.Kind == report.TimeColumn:
		return time.UnixMilli(v.Int64()).UTC().Format("2006-01-02T15:04:05.000Z")
	case c.Kind == report.TruthColumn:
		return strconv.FormatBool(v.Boolean())
	case c.Kind == report.DecimalColumn:
		return strconv.FormatFloat(v.Double(), 'f', -1, 64)
	case c.Kind == report.IntegerColumn:
		return strconv.FormatInt(v.Int64(), 10)
	}
	return string(v.ByteArray())
}

func sameNumber(c report.Column, a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, other := strconv.ParseFloat(b, 64)
	return c.Kind == report.DecimalColumn && err == nil && other == nil && x == y
}

func TestOnlyTheFieldsThatWereAskedForAreWritten(t *testing.T) {
	var out bytes.Buffer
	if _, err := WriteParquet(&out, stream(some(3), nil), report.Options{Fields: []string{"outcome", "called_number", "mos"}}); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	if !slices.Equal(names, []string{"called_number", "mos", "outcome"}) {
		t.Errorf("columns %q", names)
	}
	if _, err := WriteParquet(io.Discard, stream(nil, nil), report.Options{Fields: []string{"password"}}); !errors.Is(err, report.ErrNoColumn) {
		t.Errorf("a column that there is not: %v", err)
	}
}

func TestAFileThatWasNotReadToTheEndIsAnError(t *testing.T) {
	broken := errors.New("disk")
	if n, err := WriteParquet(io.Discard, stream(some(2), broken), report.Options{}); !errors.Is(err, broken) || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// BenchmarkWrite compares the formats over the same calls; each op is one call.
func BenchmarkWrite(b *testing.B) {
	calls := some(1000)
	repeated := func(n int) iter.Seq2[campaigns.Call, error] {
		return func(yield func(campaigns.Call, error) bool) {
			for i := range n {
				if !yield(calls[i%len(calls)], nil) {
					return
				}
			}
		}
	}
	for name, write := range map[string]func(io.Writer, iter.Seq2[campaigns.Call, error], report.Options) (int64, error){
		"csv": report.WriteCSV, "jsonl": report.WriteJSONLines, "parquet": WriteParquet,
	} {
		b.Run(name, func(b *testing.B) {
			if _, err := write(io.Discard, repeated(b.N), report.Options{}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
