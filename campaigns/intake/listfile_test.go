package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/forecall/forecall/campaigns"
)

// onDisk writes a list and opens it.
func onDisk(t *testing.T, data []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "list"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// spreadsheet is a workbook with cells as people leave them: numbers that are
// numbers, dates, line ends, an empty row, a hostile name.
func spreadsheet(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	if err := book.SetSheetName("Sheet1", "Notes"); err != nil {
		t.Fatal(err)
	}
	if _, err := book.NewSheet("Leads"); err != nil {
		t.Fatal(err)
	}
	rows := [][]any{
		{"Name", "Teléfono", "Born", "City"},
		{"Ana\nFerrer", 600111222, time.Date(1980, 5, 4, 0, 0, 0, 0, time.UTC), "Madrid"},
		{},
		{`=cmd|' /C calc'!A0`, int64(34600111223), nil, "Sevilla, \"centro\""},
		{"Zoë 王小明", "+34 600 111 224"},
		{"twice", 600111222},
	}
	for i, row := range rows {
		if err := book.SetSheetRow("Leads", "A"+string(rune('1'+i)), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SetSheetRow("Notes", "A1", &[]any{"nothing", "to", "call"}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWorkbookIsReadSheetBySheetWithItsNumbersWhole(t *testing.T) {
	f := onDisk(t, spreadsheet(t))
	first, err := OpenFile(f, "")
	if err != nil {
		t.Fatal(err)
	}
	if first.Kind != KindBook || first.Sheet != "Notes" || !slices.Equal(first.Sheets, []string{"Notes", "Leads"}) {
		t.Errorf("opened %+v", first)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenFile(f, "Nowhere"); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "Notes, Leads") {
		t.Errorf("a sheet that is not there: %v", err)
	}
	leads, err := OpenFile(f, "Leads")
	if err != nil {
		t.Fatal(err)
	}
	defer leads.Close()
	store := &keeping{}
	r, err := Import(t.Context(), store, leads, leads.Fit(Options{Source: "leads.xlsx", DefaultRegion: "ES"}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Added != 3 || r.Counts.Duplicates != 1 || r.Codes[RowTwiceInFile] != 1 {
		t.Errorf("counts %+v, codes %v", r.Counts, r.Codes)
	}
	if got := r.First[0].Line; got != 6 {
		t.Errorf("the duplicate stands in row 6 of the sheet, not %d", got)
	}
	var got []string
	for _, c := range store.people {
		got = append(got, c.Name+" "+c.Phones[0].Number+" "+c.Fields["City"])
	}
	want := []string{"Ana Ferrer +34600111222 Madrid", `=cmd|' /C calc'!A0 +34600111223 Sevilla, "centro"`, "Zoë 王小明 +34600111224 "}
	if !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	if born := store.people[0].Fields["Born"]; !strings.Contains(born, "80") {
		t.Errorf("a date is a serial number: %q", born)
	}
}

func TestAPackedListIsUnpackedAndADamagedOneSaysSo(t *testing.T) {
	const text = "phone,name\n+34600111222,Ana\n+34600111223,Berta\n"
	data := gzipped(t, text)
	l, err := OpenFile(onDisk(t, data), "")
	if err != nil {
		t.Fatal(err)
	}
	if l.Kind != KindGzip || l.Size != int64(len(text)) {
		t.Errorf("opened %+v", l)
	}
	store := &keeping{}
	r, err := Import(t.Context(), store, l, l.Fit(Options{}))
	if err != nil || r.Counts.Added != 2 || r.Octets != int64(len(text)) {
		t.Errorf("imported %+v: %v", r, err)
	}
	cut, err := OpenFile(onDisk(t, data[:len(data)-6]), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), &keeping{}, cut, Options{}); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "not all of it") {
		t.Errorf("a packed file that was cut: %v", err)
	}
	if _, err := OpenFile(onDisk(t, []byte("PK\x03\x04 and nothing else")), ""); !errors.Is(err, ErrFile) {
		t.Errorf("a workbook that is none: %v", err)
	}
}

func TestADryRunCountsWhoTheCampaignHasAlready(t *testing.T) {
	const text = "phone,name\n+34600111222,Ana\n+34600111223,Berta\n+34600111223,Berta again\nnot a number,Carla\n"
	for _, want := range []struct {
		policy                     campaigns.Duplicates
		added, updated, duplicates int64
		campaign                   int64
	}{
		{campaigns.SkipDuplicates, 1, 0, 2, 1},
		{campaigns.UpdateDuplicates, 2, 1, 0, 0},
		{campaigns.AllowDuplicates, 3, 0, 0, 0},
	} {
		r, err := Import(t.Context(), nil, strings.NewReader(text), Options{Campaign: 7, DryRun: true, Duplicates: want.policy, Known: somebody{"+34600111222": 5}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Counts.Added != want.added || r.Counts.Updated != want.updated || r.Counts.Duplicates != want.duplicates || r.Counts.Refused != 1 || r.Codes[RowInStore] != want.campaign {
			t.Errorf("%s: counts %+v, codes %v", want.policy, r.Counts, r.Codes)
		}
		for code, n := range r.Codes {
			if int64(len(r.Samples[code])) != n {
				t.Errorf("%s: %d of %d rows of %s are shown", want.policy, len(r.Samples[code]), n, code)
			}
		}
	}
}

// somebody is a campaign that has numbers.
type somebody map[string]int64

func (s somebody) WhoHas(_ context.Context, campaign int64, numbers []string) (map[string]int64, error) {
	there := map[string]int64{}
	for _, n := range numbers {
		if campaign == 7 && s[n] != 0 {
			there[n] = s[n]
		}
	}
	return there, nil
}

// keeping is a store that takes everybody.
type keeping struct{ people []campaigns.Contact }

func (k *keeping) BeginLoad(context.Context, campaigns.Load) (int64, error) { return 1, nil }

func (k *keeping) AddContacts(_ context.Context, _ int64, batch []campaigns.Contact, _ campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	out := make([]campaigns.RowVerdict, len(batch))
	for i, c := range batch {
		k.people = append(k.people, c)
		out[i] = campaigns.RowVerdict{Row: c.Row, Fate: campaigns.RowAdded}
	}
	return out, nil
}

func (k *keeping) EndLoad(context.Context, int64, campaigns.LoadCounts, campaigns.LoadCut) error {
	return nil
}
