package consentlist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// shelf is a ledger in memory that judges as the service does.
type shelf struct {
	kept []campaigns.Consent
	fail error
}

func (s *shelf) add(_ context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, []campaigns.ConsentRefusal, error) {
	if s.fail != nil {
		return nil, nil, s.fail
	}
	fates, refused := make([]campaigns.ConsentFate, len(batch)), []campaigns.ConsentRefusal(nil)
	for i, c := range batch {
		c = c.Settled()
		if err := c.Validate(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)); err != nil {
			refused = append(refused, campaigns.ConsentRefusal{Index: i, Reason: err.Error()})
			continue
		}
		s.kept = append(s.kept, c)
		fates[i] = campaigns.ConsentFate{ID: fmt.Sprint(len(s.kept)), New: true}
	}
	return fates, refused, nil
}

func TestAFileOfConsentsIsReadInEveryWayItIsWritten(t *testing.T) {
	for name, file := range map[string]string{
		"CSV": "number,kind,level,seller,purpose,goods,channels,at,until,source,wording,reference,ip,name,note\n" +
			"600 111 222,consent,express_written,Aigua SL,sales,fibre,live recording,2026-03-02,2027-03-02,web_form,\"Sí,\nllámenme\",form 17,192.0.2.7,Ana,twice\n",
		"semicolons, other names and a mark": "\uFEFFPhone;Consent kind;Consent-level;Seller;Purpose;Goods_or_service;Channel;Given at;Expires;Consent source;Text;Proof;IP address;Contact name;Note\r\n" +
			"'+34600111222;Consent;Express Written;Aigua SL;sales;fibre;live,recording;2.3.2026;2.3.2027;web form;\"Sí,\nllámenme\";form 17;192.0.2.7;Ana;twice\r\n",
		"JSON": `{"number":"+34600111222","kind":"consent","level":"express_written","seller":"Aigua SL","purpose":"sales","goods_or_service":"fibre","channels":["live","recording"],` +
			`"at":"2026-03-02T00:00:00Z","until":"2027-03-02T00:00:00Z","source":"web_form","wording":"Sí,\nllámenme","reference":"form 17","ip":"192.0.2.7","name":"Ana","note":"twice"}` + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			var s shelf
			r, err := Read(t.Context(), strings.NewReader(file), Options{Region: "ES"}, s.add)
			if err != nil || r.Rows != 1 || r.Added != 1 || r.Refused != 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			want := campaigns.Consent{
				Number: "+34600111222", Kind: campaigns.ConsentGiven, Level: campaigns.LevelWritten, Seller: "Aigua SL", Purpose: "sales", Goods: "fibre",
				Channels: []campaigns.ConsentChannel{campaigns.ConsentLive, campaigns.ConsentRecording},
				At:       time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), Source: campaigns.ConsentByForm,
				Wording: "Sí,\nllámenme", Reference: "form 17", IP: "192.0.2.7", Name: "Ana", Note: "twice",
			}.Settled()
			if fmt.Sprintf("%+v", s.kept[0]) != fmt.Sprintf("%+v", want) {
				t.Errorf("got  %+v\nwant %+v", s.kept[0], want)
			}
		})
	}
}

func TestWhatAFileLeavesOutIsFilledInFromTheOptions(t *testing.T) {
	var s shelf
	o := Options{Blank: campaigns.Consent{Seller: "Aigua SL", Purpose: "sales", Source: campaigns.ConsentByPaper, Wording: "Yes.", Level: campaigns.LevelWritten}}
	if _, err := Read(t.Context(), strings.NewReader("number,at,kind\n+34600111222,2026-03-02,\n+34600111223,2026-03-02,purchase\n"), o, s.add); err != nil {
		t.Fatal(err)
	}
	if c := s.kept[0]; c.Kind != campaigns.ConsentGiven || c.Level != campaigns.LevelWritten || c.Seller != "Aigua SL" || c.Source != campaigns.ConsentByPaper || c.Wording != "Yes." {
		t.Errorf("entry %+v", c)
	}
	if c := s.kept[1]; c.Kind != campaigns.RelationPurchase || c.Level != "" {
		t.Errorf("relation %+v", c)
	}
}

func TestEveryRowIsTakenOrRefusedWithItsLine(t *testing.T) {
	var b strings.Builder
	b.WriteString("number,at\n")
	for i := range 1200 {
		number := fmt.Sprintf("+346%08d", i)
		if i%10 == 3 {
			number = "12"
		}
		at := "2026-03-02"
		if i%10 == 7 {
			at = "2030-01-01"
		}
		fmt.Fprintf(&b, "%s,%s\n\n", number, at)
	}
	var s shelf
	r, err := Read(t.Context(), strings.NewReader(b.String()), Options{}, s.add)
	if err != nil || r.Rows != 1200 || r.Refused != 240 || r.Added != 960 || len(s.kept) != 960 || len(r.First) != 240 {
		t.Fatalf("%+v, %v", r, err)
	}
	lines := map[int64]bool{}
	for _, f := range r.First {
		i := (f.Line - 2) / 2
		if lines[f.Line] = true; i%10 != 3 && i%10 != 7 || f.Reason == "" {
			t.Errorf("line %d refused: %s", f.Line, f.Reason)
		}
	}
	if len(lines) != 240 {
		t.Errorf("%d lines", len(lines))
	}
	var report bytes.Buffer
	if err := WriteReport(&report, r.First); err != nil || strings.Count(report.String(), "\n") != 241 {
		t.Errorf("report %v: %d lines", err, strings.Count(report.String(), "\n"))
	}
}

func TestAFileThatIsNoListOfConsentsSaysWhy(t *testing.T) {
	for file, says := range map[string]string{
		"":                               "empty",
		"   \n \n":                       "empty",
		"at,kind\n2026-03-02,consent\n":  "no column number",
		"number,at,shoe size\n":          `"shoe size"`,
		"number,phone\n":                 "two columns say the number",
		"number,at\n\"+34600111222,2026": "line 2",
		"number,wording\n\"" + strings.Repeat("x", maxRow+10): `missing "`,
		"{" + strings.Repeat(" ", maxRow+10):                  "longer than",
	} {
		var s shelf
		_, err := Read(t.Context(), strings.NewReader(file), Options{}, s.add)
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v does not say %q", file, err, says)
		}
	}
}

func TestAStoreThatFailsEndsTheFile(t *testing.T) {
	s := shelf{fail: errors.New("disk full")}
	r, err := Read(t.Context(), strings.NewReader("number,at\n+34600111222,2026-03-02\n"), Options{}, s.add)
	if !errors.Is(err, s.fail) || r.Added != 0 || r.Rows != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestWhatTheLedgerWritesItReadsBack(t *testing.T) {
	c := campaigns.Consent{
		ID: "x", Number: "+34600111222", Name: "=cmd()", Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, Seller: "Aigua; SL", At: time.Date(2026, 3, 2, 1, 2, 3, 4000, time.UTC),
		Channels: []campaigns.ConsentChannel{campaigns.ConsentLive, campaigns.ConsentAutomated}, Source: campaigns.ConsentByCall, Wording: "@Yes\n\"yes\"", By: "ana",
	}.Settled()
	f := campaigns.ConsentFile{Consent: c, Changes: []campaigns.ConsentChange{{Seq: 4, Event: campaigns.ConsentGranted}}}
	for name, open := range map[string]func(*bytes.Buffer) Writer{
		"CSV":  func(b *bytes.Buffer) Writer { return NewCSV(b) },
		"JSON": func(b *bytes.Buffer) Writer { return NewJSONLines(b) },
	} {
		var b bytes.Buffer
		w := open(&b)
		if err := errors.Join(w.Write(f), w.Close()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), ",=cmd()") {
			t.Errorf("%s: a spreadsheet computes a name", name)
		}
		var s shelf
		if r, err := Read(t.Context(), &b, Options{}, s.add); err != nil || r.Added != 1 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		got, want := s.kept[0], c
		want.ID, want.By = "", ""
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

func FuzzAFileOfConsentsIsReadOrRefused(f *testing.F) {
	f.Add("number,at\n+34600111222,2026-03-02\n")
	f.Add(`{"number":"+34600111222","at":"2026-03-02T00:00:00Z"}`)
	f.Add("\uFEFFPhone;Text\n1;\"a\nb\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		var s shelf
		r, err := Read(t.Context(), strings.NewReader(file), Options{Region: "ES"}, s.add)
		if err == nil && r.Rows != r.Added+r.Refused {
			t.Errorf("%d rows: %d added, %d refused", r.Rows, r.Added, r.Refused)
		}
	})
}
