package intake

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// nowhere takes every contact and keeps none: what is measured is the reading.
type nowhere struct{ verdicts []campaigns.RowVerdict }

func (*nowhere) BeginLoad(context.Context, campaigns.Load) (int64, error) { return 1, nil }

func (n *nowhere) AddContacts(_ context.Context, _ int64, batch []campaigns.Contact, _ campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	n.verdicts = n.verdicts[:0]
	for _, c := range batch {
		n.verdicts = append(n.verdicts, campaigns.RowVerdict{Row: c.Row, Fate: campaigns.RowAdded})
	}
	return n.verdicts, nil
}

func (*nowhere) EndLoad(context.Context, int64, campaigns.LoadCounts, campaigns.LoadCut) error {
	return nil
}

const benchHeader = "Customer ID,First name,Last name,Company,Phone,Mobile,Language,City,Product,Zip\n"

// rowSource writes a list of n rows without holding it.
type rowSource struct {
	n, at int
	row   func(b []byte, i int) []byte
	rest  []byte
	buf   []byte
}

func (s *rowSource) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.at == s.n {
			return 0, io.EOF
		}
		s.buf = s.buf[:0]
		for ; s.at < s.n && len(s.buf) < 64<<10; s.at++ {
			s.buf = s.row(s.buf, s.at)
		}
		s.rest = s.buf
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func cleanRow(b []byte, i int) []byte {
	return fmt.Appendf(b, "C-%07d,María,Núñez %d,Acme Solar SL,+346%08d,,es,Málaga,Solar,29001\n", i, i, i%99_000_000)
}

func mixedRow(b []byte, i int) []byte {
	forms := []string{"6%02d %03d %03d", "0034 6%02d-%03d-%03d", "(6%02d) %03d.%03d", "+34 6%02d %03d %03d", "346%02d%03d%03d"}
	b = fmt.Appendf(b, "C-%07d,María,Núñez %d,\"Acme Solar, SL\",", i, i)
	b = fmt.Appendf(b, forms[i%len(forms)], i/1_000_000%100, i/1000%1000, i%1000)
	return append(b, ",,es,Málaga,Solar,29001\n"...)
}

func benchmarkImport(b *testing.B, row func([]byte, int) []byte) {
	const rows = 200_000
	b.ReportAllocs()
	for b.Loop() {
		in := io.MultiReader(strings.NewReader(benchHeader), &rowSource{n: rows, row: row})
		r, err := Import(context.Background(), &nowhere{}, in, Options{DefaultRegion: "ES"})
		if err != nil || r.Counts.Added != rows {
			b.Fatal(err, r.Counts, r.First)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkImport(b *testing.B) {
	b.Run("clean E.164", func(b *testing.B) { benchmarkImport(b, cleanRow) })
	b.Run("mixed forms", func(b *testing.B) { benchmarkImport(b, mixedRow) })
}

func BenchmarkRecords(b *testing.B) {
	var text []byte
	for i := range 10_000 {
		text = cleanRow(text, i)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := newRecords(strings.NewReader(string(text)), ',', '\n')
		var c cut
		for r.next(&c) == nil {
		}
	}
}

// liveHeap imports so many rows and returns the most heap that was alive.
func liveHeap(t testing.TB, rows int) uint64 {
	m := &measuring{}
	in := io.MultiReader(strings.NewReader(benchHeader), &rowSource{n: rows, row: cleanRow})
	r, err := Import(context.Background(), m, in, Options{DefaultRegion: "ES"})
	if err != nil || r.Counts.Added != int64(rows) {
		t.Fatal(err, r.Counts, r.First)
	}
	return m.most
}

func TestMemoryIsFlatOverManyRows(t *testing.T) {
	if underRace {
		t.Skip("memory is not what it is under the race detector")
	}
	few, many := liveHeap(t, 100_000), liveHeap(t, 250_000)
	t.Logf("live heap at most %.1f MiB over 100,000 rows, %.1f MiB over 250,000", float64(few)/(1<<20), float64(many)/(1<<20))
	if many > 32<<20 {
		t.Errorf("%d MiB of heap are alive", many>>20)
	}
}

// BenchmarkImportMemory shows that a million rows need what a hundred thousand
// do, the memory for duplicates aside (12 bytes a slot, 48 MiB at most).
func BenchmarkImportMemory(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000, 5_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			var most uint64
			for b.Loop() {
				most = liveHeap(b, rows)
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB-live")
		})
	}
}

// measuring is a store that looks at the live heap now and then.
type measuring struct {
	nowhere
	batches int
	most    uint64
}

func (m *measuring) AddContacts(ctx context.Context, load int64, batch []campaigns.Contact, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	if m.batches++; m.batches%200 == 0 {
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		m.most = max(m.most, now.HeapAlloc)
	}
	return m.nowhere.AddContacts(ctx, load, batch, policy)
}
