package intake

import (
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/forecall/forecall/campaigns"
)

// slow gives a reader away in small pieces, so that records cross the
// buffer's ends everywhere.
type slow struct {
	in   io.Reader
	step int
}

func (s slow) Read(p []byte) (int, error) { return s.in.Read(p[:min(len(p), s.step)]) }

func FuzzTheReaderCutsWhatEncodingCSVCutsAndLosesNothing(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\r\n\"1\r\n\",\"\"\"\"\r\n", "\"a", "a\"b,c\n", "\"a\"b\n", "\n\n,\n", "a;b\n", "\xff,\x00\n", "\"\"\n\"a\n\",b\n", ",\"x\" ,y\n", "\r", "\"\r",
	} {
		f.Add(seed, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, step uint8) {
		r := newRecords(slow{strings.NewReader(text), int(step) + 1}, ',', '\n')
		var c cut
		var got [][]string
		lines, bad := 0, false
		for {
			err := r.next(&c)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.line <= lines {
				t.Fatalf("line %d after line %d", c.line, lines)
			}
			lines, bad = c.line, bad || c.bad != nil
			row := make([]string, len(c.cells))
			for i, cell := range c.cells {
				row[i] = string(cell)
			}
			got = append(got, row)
		}
		if want := strings.Count(text, "\n") + 1; r.line != want {
			t.Errorf("%d lines counted, %d are there", r.line, want)
		}
		if !bad {
			compareWithStd(t, text, got)
		}
	})
}

// compareWithStd holds the records against encoding/csv where that reads the
// text at all and both mean the same: it takes CR LF inside quotes for LF, a
// CR at the end of the file for none, and blanks before quotes for text.
func compareWithStd(t *testing.T, text string, got [][]string) {
	if strings.Contains(text, "\r") || strings.Contains(text, " ") {
		return
	}
	std := csv.NewReader(strings.NewReader(text))
	std.FieldsPerRecord = -1
	want, err := std.ReadAll()
	if err != nil {
		return
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, encoding/csv has %d", len(got), len(want))
	}
	for i := range want {
		if strings.Join(got[i], "\x1f") != strings.Join(want[i], "\x1f") {
			t.Errorf("record %d: %q, encoding/csv has %q", i, got[i], want[i])
		}
	}
}

func FuzzAnyFileIsImportedOrRefusedInWords(f *testing.F) {
	for _, seed := range []string{
		"phone,name\n+34600111222,Ann\n", "600111222\n", "\xff\xfep\x00", "phone;x\n\"", "sep=;\nphone\n1", "phone\r600111222\r", "name,phone,phone\n,112,\n", "\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &memory{}
		var report strings.Builder
		r, err := Import(t.Context(), m, strings.NewReader(string(data)), Options{DefaultRegion: "ES", Report: &report, Duplicates: campaigns.SkipDuplicates})
		if err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("a reason nobody can read: %q", err)
			}
			return
		}
		if r.Counts.Added+r.Counts.Updated+r.Counts.Duplicates+r.Counts.Refused != r.Counts.Rows || int(r.Counts.Added) != len(m.contacts) {
			t.Errorf("counts %+v, %d contacts", r.Counts, len(m.contacts))
		}
		if rows := rowsOf(t, report.String()); int64(len(rows)-1) != r.Counts.Duplicates+r.Counts.Refused+r.PhonesOut {
			t.Errorf("%d rows in the report for %+v", len(rows)-1, r.Counts)
		}
		for _, c := range m.contacts {
			if !utf8.ValidString(c.Name) || len(c.Phones) == 0 {
				t.Errorf("contact %+v", c)
			}
		}
	})
}
