package intake

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestABadFileIsRefusedAsAWholeWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		list string
		code string
		says []string
	}{
		"empty":               {"", FileEmpty, []string{"empty"}},
		"a mark only":         {"\xef\xbb\xbf", FileEmpty, nil},
		"blank lines only":    {"\n\n \n\r\n", FileEmpty, nil},
		"header only":         {"phone,name\n", FileHeaderOnly, []string{"header", "no rows"}},
		"header and blanks":   {"phone,name\n\n\r\n\n", FileHeaderOnly, nil},
		"no phone column":     {"name,email\nAnn,a@b.c\n", FileNoPhone, []string{`"name"`, `"email"`, "telefonszám", "phone=HEADER"}},
		"a likely column":     {"name,Kontakt\nAnn,+34600111222\n", FileNoPhone, []string{"phone=Kontakt"}},
		"no header, no phone": {"1,2\n3,4\n", FileNoPhone, []string{"first row"}},
		"a spreadsheet":       {"PK\x03\x04\x14\x00\x06\x00", FileSpreadsheet, []string{"CSV"}},
		"an old spreadsheet":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileSpreadsheet, nil},
		"gzip":                {"\x1f\x8b\x08\x00", FileBinary, []string{"unpack"}},
		"a PDF":               {"%PDF-1.7\n", FileBinary, nil},
		"binary":              {"\x7fELF" + strings.Repeat("\x00\x00\x00\x01\x02\x00", 500), FileBinary, nil},
		"wide header":         {strings.Repeat("a,", 9999) + "a\nb\n", FileManyColumns, nil},
		"broken header":       {"phone,\"name\"x\nb,c\n", FileHeaderBroken, []string{"line 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := refusedFile(t, c.list, Options{DefaultRegion: "ES"})
			if f.Code != c.code {
				t.Errorf("%s: %s, want %s", f.Code, f.Reason, c.code)
			}
			for _, word := range c.says {
				if !strings.Contains(f.Reason, word) {
					t.Errorf("%q does not say %q", f.Reason, word)
				}
			}
		})
	}
}

// surrounded puts a bad row between two good ones.
func surrounded(bad string) string {
	return "phone,name,note\n+34600111222,Before,a\n" + bad + "\n+34600111333,After,b\n"
}

func TestABadRowIsNamedAndItsNeighboursAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		row  string
		code string
		line int
		says string
	}{
		"10,000 columns":         {strings.Repeat("x,", 9999) + "x", RowColumns, 3, "10000 columns"},
		"one column too many":    {"+34600111444,Smith, Ann,c", RowColumns, 3, "4 columns"},
		"a line of 8 MiB":        {"+34600111444," + strings.Repeat("x", 8<<20), RowTooLong, 3, "8388"},
		"a quoted cell of 8 MiB": {`+34600111444,"` + strings.Repeat("x", 8<<20) + `",y`, RowTooLong, 3, ""},
		"a NUL byte":             {"+34600\x00111444,Ann,c", RowNUL, 3, "NUL"},
		"an unclosed quote":      {`+34600111444,"Ann,c`, RowQuote, 3, "closed"},
		"a quote after a quote":  {`+34600111444,"Ann" Lee,c,d`, RowQuote, 3, "column 2"},
		"CR LF in a number":      {"\"+34600\r\n111444\",Ann,c", "control_characters", 3, "U+000D"},
		"maddr":                  {`+34600111444;maddr=10.0.0.1,Ann,c`, "sip_parameters", 3, ""},
		"an address":             {`sip:+34600111444@evil.example,Ann,c`, "sip_parameters", 3, ""},
		"an emergency number":    {`112,Ann,c`, "emergency", 3, "never"},
		"a premium number":       {`803123456,Ann,c`, "premium", 3, ""},
		"an island":              {`+18765550123,Ann,c`, "region", 3, "JM"},
		"a spreadsheet's number": {`3.46E+10,Ann,c`, "spreadsheet_number", 3, "format"},
		"a toll-free number":     {`+18005550123,Ann,c`, "zone_unknown", 3, "time zone"},
		"no number":              {`,Ann,c`, RowNoPhone, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if underRace && len(c.row) > 1<<20 {
				t.Skip("takes too long under the race detector")
			}
			var report strings.Builder
			m, r := bring(t, surrounded(c.row), Options{Report: &report})
			if len(m.contacts) != 2 || m.contacts[0].Name != "Before" || m.contacts[1].Name != "After" {
				t.Fatalf("%d contacts, codes %v", len(m.contacts), r.Codes)
			}
			if r.Counts != (campaigns.LoadCounts{Rows: 3, Added: 2, Refused: 1}) {
				t.Errorf("%+v", r.Counts)
			}
			if len(r.First) != 1 || r.First[0].Code != c.code || r.First[0].Line != c.line || !strings.Contains(r.First[0].Reason, c.says) {
				t.Errorf("%+v", r.First)
			}
			if rows := rowsOf(t, report.String()); len(rows) != 2 || rows[1][3] != c.code {
				t.Errorf("report %.300v", rows)
			}
		})
	}
}

func TestOddRowsThatCanBeReadAreRead(t *testing.T) {
	for name, c := range map[string]struct{ row, name string }{
		"line ends in quotes":      {"+34600111444,\"Ann\nLee\",\"a\r\n\r\nb\"", "Ann Lee"},
		"quotes in quotes, lazily": {`+34600111444,"Ann "the lady" Lee",c`, `Ann "the lady" Lee`},
		"doubled quotes":           {`+34600111444,"Ann ""the lady"" Lee",c`, `Ann "the lady" Lee`},
		"quotes inside a cell":     {`+34600111444,Ann "x" Lee,c`, `Ann "x" Lee`},
		"blanks around quotes":     {`+34600111444, "Ann, Lee" ,c`, "Ann, Lee"},
		"a short row":              {`+34600111444,Ann`, "Ann"},
		"empty cells at the end":   {`+34600111444,Ann,,,,`, "Ann"},
		"tabs around":              {"+34600111444,\tAnn\t,c", "Ann"},
		"an apostrophe":            {`'+34600111444,'=Ann,c`, "=Ann"},
	} {
		t.Run(name, func(t *testing.T) {
			m, r := bring(t, surrounded(c.row), Options{})
			if len(m.contacts) != 3 || m.contacts[1].Name != c.name {
				t.Fatalf("%+v %+v", m.contacts, r.First)
			}
		})
	}
}

func TestBlankRowsAreCountedAndNotRefused(t *testing.T) {
	_, r := bring(t, "phone,name\n\n,\n+34600111222,Ann\n , \n\n", Options{})
	if r.Blank != 2 || r.Counts != (campaigns.LoadCounts{Rows: 1, Added: 1}) {
		t.Errorf("%+v", r)
	}
}

func TestAZoneThatIsNoneIsRefused(t *testing.T) {
	m, r := bring(t, "phone,timezone\n+34600111222,Madrid\n+34600111333,Local\n+34600111444,Europe/Madrid\n+18005550123,America/New_York\n", Options{})
	if r.Codes[RowZone] != 2 || len(m.contacts) != 2 || m.contacts[1].Zones[0] != "America/New_York" {
		t.Errorf("%+v %+v", r.Codes, m.contacts)
	}
}

func TestAnUnclosedQuoteDoesNotSwallowTheRestOfTheFile(t *testing.T) {
	list := "phone,name\n+34600111222,\"Ann\n" + strings.TrimPrefix(manyRows(3000), "phone,name\n")
	m, r := bring(t, list, Options{Duplicates: campaigns.AllowDuplicates})
	if len(m.contacts) != 3000 || r.Codes[RowQuote] != 1 {
		t.Errorf("%d contacts, %v", len(m.contacts), r.Codes)
	}
}

func TestAContactIsTakenWithoutItsBadPhone(t *testing.T) {
	m, r := bring(t, "phone,mobile,name\n+34600111222,112,Ann\n", Options{})
	if len(m.contacts) != 1 || len(m.contacts[0].Phones) != 1 || r.PhonesOut != 1 || r.First[0].Column != "mobile" || r.First[0].Verdict != VerdictPhoneOut {
		t.Errorf("%+v %+v", m.contacts, r.First)
	}
}

func TestLinesAreCountedAsAnEditorCountsThem(t *testing.T) {
	m, r := bring(t, "phone,name\r\n\r\n+34600111222,\"A\r\nB\"\r\nbad,x\r\n+34600111333,C\r\n", Options{})
	if m.contacts[0].Row != 3 || r.First[0].Line != 5 || m.contacts[1].Row != 6 {
		t.Errorf("%+v %+v", m.contacts, r.First)
	}
}

// endless writes rows for ever, without keeping them.
type endless struct {
	row  string
	left int64
	part string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	if e.part == "" {
		e.part = e.row
	}
	n := copy(p, e.part)
	e.part = e.part[n:]
	e.left -= int64(n)
	return n, nil
}

func TestNothingInAFileMakesMemoryGrow(t *testing.T) {
	if underRace {
		t.Skip("memory is not what it is under the race detector")
	}
	for name, in := range map[string]io.Reader{
		"one endless line":       &endless{row: strings.Repeat("x", 1000), left: 24 << 20},
		"an endless quote":       &endless{row: strings.Repeat("y", 1000) + "\n", left: 16 << 20, part: "phone\n\""},
		"rows of nothing":        &endless{row: strings.Repeat(",", 1000) + "\n", left: 8 << 20, part: "phone\n"},
		"quotes that never pair": &endless{row: "b\",\"c\n", left: 1 << 20, part: "phone,name\n\"a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			header := strings.NewReader("phone,name\n+34600111222,Ann\n")
			peak := watchHeap(t, func() {
				_, _ = Import(t.Context(), &memory{}, io.MultiReader(header, in), Options{DefaultRegion: "ES"})
			})
			if peak > 64<<20 {
				t.Errorf("%d MiB of heap", peak>>20)
			}
		})
	}
}

// watchHeap runs f and returns how far the heap grew beyond what was there.
func watchHeap(t *testing.T, f func()) uint64 {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	var peak uint64
	for {
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc {
			peak = max(peak, now.HeapAlloc-before.HeapAlloc)
		}
		select {
		case <-done:
			return peak
		default:
			runtime.Gosched()
		}
	}
}

func TestAPreviewShowsWhatWasFoundOut(t *testing.T) {
	p, err := Inspect(strings.NewReader("Teléfono;Nombre;Nota\n600111222;Ann;x\n"), Options{DefaultRegion: "ES"})
	if err != nil || p.Delimiter != ";" || !p.Guessed || !p.Header || len(p.Rows) != 1 || p.Problem != "" {
		t.Fatalf("%+v %v", p, err)
	}
	want := []Column{{Header: "Teléfono", Target: Phone, Source: "header"}, {Header: "Nombre", Target: Name, Source: "header"}, {Header: "Nota", Target: Field, Label: "Nota", Source: "kept"}}
	if fmt.Sprint(p.Columns) != fmt.Sprint(want) {
		t.Errorf("%+v", p.Columns)
	}
	p, err = Inspect(strings.NewReader("a;b\n1;2\n"), Options{})
	if err != nil || p.Code != FileNoPhone || len(p.Columns) != 2 {
		t.Errorf("%+v %v", p, err)
	}
	if _, err = Inspect(strings.NewReader(""), Options{}); err == nil {
		t.Error("an empty file has a preview")
	}
}
