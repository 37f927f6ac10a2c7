package source

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// shelf takes numbers in memory.
type shelf struct {
	on    map[uint64]bool
	order []int64 // negative = dropped
}

func (s *shelf) Add(n uint64) {
	s.on[n], s.order = true, append(s.order, int64(n))
}

func (s *shelf) Drop(n uint64) {
	delete(s.on, n)
	s.order = append(s.order, -int64(n))
}

func (s *shelf) sorted() []uint64 {
	var out []uint64
	for n := range s.on {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func read(t testing.TB, text string, o Options) (*shelf, campaigns.RegisterReport, error) {
	t.Helper()
	s := &shelf{on: map[uint64]bool{}}
	r, err := Read(context.Background(), []File{{Name: "list", ReaderAt: strings.NewReader(text), Size: int64(len(text))}}, o, s)
	return s, r, err
}

func country(c string) Options {
	return Options{RegisterReading: campaigns.RegisterReading{Country: c}}
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryPublishedFormOfARegisterIsRead(t *testing.T) {
	us := []uint64{12025550123, 12025550124, 13055550199}
	uk := []uint64{441632960001, 447700900123}
	xml := `<?xml version="1.0"?><list type='full' level='state' val='DC'><ac val='202'><ph val='5550123'/><ph val='5550124'/></ac><ac val='305'><ph val='5550199'/></ac></list>`
	for name, c := range map[string]struct {
		text string
		o    Options
		want []uint64
	}{
		"US flat: area code, number":       {"202,5550123\r\n202,5550124\r\n305,5550199\r\n", country("US"), us},
		"US flat without a last line end":  {"202,5550123\n202,5550124\n305,5550199", country("US"), us},
		"US XML, numbers in area codes":    {xml, country("US"), us},
		"US ten digits":                    {"2025550123\n2025550124\n3055550199\n", country("US"), us},
		"US as people write it":            {"(202) 555-0123\n202.555.0124\n1-305-555-0199\n", country("US"), us},
		"E.164":                            {"+12025550123\n+12025550124\n+13055550199\n", Options{}, us},
		"E.164 without the plus":           {"12025550123\n12025550124\n13055550199\n", Options{}, us},
		"00 before the country code":       {"0012025550123\n0012025550124\n0013055550199\n", country("GB"), us},
		"TPS: twelve characters, padded":   {"01632960001 \r\n07700900123 \r\n", country("GB"), uk},
		"TPS: a space after the area code": {"01632 960001\r\n07700 900123\r\n", country("GB"), uk},
		"with a header and a name":         {"name;phone\n\"Smith; Ann\";07700 900123\nBob;01632 960001\n", country("GB"), uk},
		"fixed width": {
			"A1 01632960001 x\nA2 07700900123 y\n",
			Options{RegisterReading: campaigns.RegisterReading{Country: "GB", Start: 4, Width: 11}}, uk,
		},
		"a named column": {
			"1;02079460000;07700900123\n2;02079460001;01632960001\n",
			Options{RegisterReading: campaigns.RegisterReading{Country: "GB", Columns: []int{3}}}, uk,
		},
		"gzip": {gzipped(t, "07700900123\n01632960001\n"), country("GB"), uk},
		"zip of files by area code": {zipped(t, map[string]string{
			"202.txt": "202,5550123\n202,5550124\n", "305.txt": "305,5550199\n", "__MACOSX/x": "no",
		}), country("US"), us},
		"XML of another make":    {"<a><entry><telephone>+44 7700 900123</telephone></entry><entry><telephone>01632 960001</telephone></entry></a>", country("GB"), uk},
		"a mark before the text": {"\uFEFF07700900123\n01632960001\n", country("GB"), uk},
		"tabs and quotes":        {"\"07700900123\"\t\"x\"\n\"01632960001\"\t\"y\"\n", country("GB"), uk},
	} {
		t.Run(name, func(t *testing.T) {
			s, r, err := read(t, c.text, c.o)
			if err != nil || r.Rejected != 0 || !slices.Equal(s.sorted(), c.want) {
				t.Fatalf("read %v, %+v, %v", s.sorted(), r, err)
			}
			if r.Lines != int64(len(c.want)) || r.Adds != r.Lines || len(r.SHA256) != 64 {
				t.Errorf("counted %+v", r)
			}
		})
	}
}

func TestANationalNumberGetsTheCodeOfItsCountry(t *testing.T) {
	for _, c := range []struct {
		country, text string
		want          uint64 // 0 = refused
	}{
		{"ES", "600 111 222", 34600111222},
		{"ES", "34600111222", 34600111222},
		{"FR", "06 12 34 56 78", 33612345678},
		{"FR", "33612345678", 33612345678},
		{"DE", "030 123456", 4930123456},
		{"DE", "4930123456", 4930123456},
		{"DE", "0049 30 123456", 4930123456},
		{"IT", "06 3456 7890", 390634567890},
		{"IT", "391 2345678", 393912345678},
		{"IT", "393912345678", 393912345678},
		{"HU", "06 1 234 5678", 3612345678},
		{"HU", "20 123 4567", 36201234567},
		{"EE", "5123 4567", 37251234567},
		{"AU", "0412 345 678", 61412345678},
		{"IN", "9123456789", 919123456789},
		{"CA", "4165550123", 14165550123},
		{"LV", "21234567", 37121234567}, // by libphonenumber
		{"US", "1115550123", 0},
		{"US", "2021550123", 0},
		{"US", "555012", 0},
		{"GB", "123", 0},
		{"", "600111222", 0},
		{"", "+0600111222", 0},
		{"", "+1234567890123456", 0},
		{"", "+1202555012", 0},
		{"GB", "07700 90012x", 0},
		{"GB", "()", 0},
	} {
		r, err := newReader(c.country)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.number([]byte(c.text))
		if got != c.want && c.want != 0 || (err != nil) != (c.want == 0) {
			t.Errorf("%s %q: %d, %v, want %d", c.country, c.text, got, err, c.want)
		}
	}
	if _, err := newReader("XX"); err == nil {
		t.Error("a country that there is not was taken")
	}
}

func TestAChangeListAddsAndDeletesInTheOrderOfTheFile(t *testing.T) {
	want := []int64{12025550123, -12025550124, 12025550124, -12025550123}
	for name, text := range map[string]string{
		"US: several fields":  "202,5550123,2026-11-18,A\n202,5550124,2026-11-18,D\n202,5550124,2026-11-19,A\n202,5550123,2026-11-19,D\n",
		"a header with words": "phone,change type\n2025550123,Add\n2025550124,Delete\n2025550124,Add\n2025550123,Delete\n",
		"XML": `<list type="change"><ac val="202"><ph val="5550123" change="A"/><ph val="5550124" change="D"/>` +
			`<ph val="5550124" change="A"/><ph val="5550123" change="D"/></ac></list>`,
	} {
		t.Run(name, func(t *testing.T) {
			o := country("US")
			o.Change = true
			s, r, err := read(t, text, o)
			if err != nil || !slices.Equal(s.order, want) || r.Adds != 2 || r.Deletes != 2 {
				t.Errorf("%v, %+v, %v", s.order, r, err)
			}
			o.Change = false
			if _, _, err := read(t, text, o); !errors.Is(err, ErrFile) {
				t.Errorf("taken for a full list: %v", err)
			}
		})
	}
	o := country("US")
	o.Change, o.Only = true, "delete"
	if s, _, err := read(t, "2025550123\n", o); err != nil || !slices.Equal(s.order, []int64{-12025550123}) {
		t.Errorf("all of it to be deleted: %v, %v", s.order, err)
	}
}

func TestALineThatHoldsNoNumberIsReportedWithItsPlace(t *testing.T) {
	var rejected []campaigns.RegisterReject
	o := country("US")
	o.Rejects = func(r campaigns.RegisterReject) error { rejected = append(rejected, r); return nil }
	s, r, err := read(t, "area code,number\n202,5550123\n\n202,555012\nnobody,5550124\n202\n305,5550199\n", o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 5 || r.Adds != 2 || r.Rejected != 3 || len(s.on) != 2 || len(r.First) != 3 {
		t.Fatalf("%+v", r)
	}
	for i, line := range []int64{4, 5, 6} {
		if got := rejected[i]; got.Line != line || got.Reason == "" || got.Text == "" || got != r.First[i] {
			t.Errorf("reject %d: %+v, want line %d", i, got, line)
		}
	}
	stop := errors.New("disk full")
	o.Rejects = func(campaigns.RegisterReject) error { return stop }
	if _, _, err := read(t, "202,5550123\n202,5\n", o); !errors.Is(err, stop) {
		t.Errorf("a report that cannot be written: %v", err)
	}
}

func TestWhatCannotBeReadIsSaidAndNotGuessed(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    Options
	}{
		"empty":                       {"", Options{}},
		"blank lines":                 {"\n \n", Options{}},
		"no column of numbers":        {"a,b\nc,d\n", country("US")},
		"not text":                    {"ab\x00cd", Options{}},
		"a zip cut off":               {"PK\x03\x04 and no more", Options{}},
		"a gzip cut off":              {gzipped(t, strings.Repeat("+12025550123\n", 1000))[:40], Options{}},
		"XML cut off":                 {"<list><ph val='+12025550123'/>", Options{}},
		"XML of something else":       {"<html><body>Not found</body></html>", Options{}},
		"a line without an end":       {"+12025550123\n" + strings.Repeat("1", chunkSize+2*maxLine), Options{}},
		"a change list without signs": {"+12025550123\n", Options{Change: true}},
		"a country that is none":      {"+12025550123\n", country("XX")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, r, err := read(t, c.text, c.o); !errors.Is(err, ErrFile) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestALongFileKeepsItsOrderAndItsLineNumbers(t *testing.T) {
	const lines = 300_000 // several chunks
	var text strings.Builder
	for i := range lines {
		if i%1000 == 999 {
			fmt.Fprintf(&text, "line %d\n", i+1)
			continue
		}
		fmt.Fprintf(&text, "+1202%07d\n", 2_000_000+i)
	}
	o, last := Options{}, int64(0)
	o.Rejects = func(r campaigns.RegisterReject) error {
		if r.Line != last+1000 || r.Text != fmt.Sprintf("line %d", r.Line) {
			return fmt.Errorf("reject %+v after line %d", r, last)
		}
		last = r.Line
		return nil
	}
	s, r, err := read(t, text.String(), o)
	if err != nil || r.Lines != lines || r.Rejected != lines/1000 || len(s.on) != lines-lines/1000 || !slices.IsSorted(s.order) {
		t.Errorf("%d numbers, in order: %t, %+v, %v", len(s.on), slices.IsSorted(s.order), r, err)
	}
	if !slices.Equal(r.AreaCodes, []string{"1202"}) {
		t.Errorf("area codes %v", r.AreaCodes)
	}
}

func TestAReadingThatIsEndedStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	text := strings.Repeat("+12025550123\n", 1_000_000)
	_, err := Read(ctx, []File{{Name: "list", ReaderAt: strings.NewReader(text), Size: int64(len(text))}}, Options{}, &shelf{on: map[uint64]bool{}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// FuzzRead feeds the loader anything: it must not panic, every line must be
// counted once, and whatever it takes must be a number of E.164.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"202,5550123\r\n202,5550124\r\n", "phone;action\n+34600111222;A\n+34600111223;D\n", "\uFEFF07700900123\n",
		"<list><ac val='202'><ph val='5550123' change='D'/></ac></list>", "a,\"b\nc\",d\n", "PK\x03\x04", "\x1f\x8b\x08",
	} {
		for _, c := range []string{"", "US", "GB", "IT"} {
			f.Add(text, c, len(text)%2 == 0, 0)
		}
	}
	f.Fuzz(func(t *testing.T, text, code string, change bool, width int) {
		if len(code) > 2 || strings.ToUpper(code) != code || width < 0 || width > 100 {
			return
		}
		o := Options{RegisterReading: campaigns.RegisterReading{Country: code, Width: width}, Change: change}
		s, r, err := read(t, text, o)
		if err != nil && !errors.Is(err, ErrFile) {
			t.Fatalf("neither read nor said why: %v", err)
		}
		if r.Adds+r.Deletes+r.Rejected != r.Lines {
			t.Fatalf("lines that are neither taken nor rejected: %+v", r)
		}
		for _, n := range s.order {
			if n < 0 {
				n = -n
			}
			if n < 1_000_000 || n >= 1e15 {
				t.Fatalf("%d is no number", n)
			}
		}
	})
}
