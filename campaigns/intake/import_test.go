package intake

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"github.com/forecall/forecall/campaigns"
)

func TestAListBecomesContactsWithEverythingInIt(t *testing.T) {
	m, r := bring(t, `Customer ID,First name,Last name,Company,Mobile,Home phone,Language,Time zone,Product,Zip
C-1,María José,Núñez,"Núñez, Hijos ""S.L.""",600 111 222,+34 915 550 123,es,Europe/Madrid,Solar,28001
C-2,Bob,Smith,,600111333,,,,,
`, Options{Campaign: 3, List: 4, Source: "leads.csv", By: "ann"})
	if r.Counts != (campaigns.LoadCounts{Rows: 2, Added: 2}) || r.Load != 7 {
		t.Fatalf("result %+v", r)
	}
	if m.load.Source != "leads.csv" || m.load.By != "ann" || m.load.Campaign != 3 || m.load.List != 4 || m.load.Policy != campaigns.SkipDuplicates || m.load.BeganAt.IsZero() {
		t.Errorf("load %+v", m.load)
	}
	c := m.contacts[0]
	if c.Name != "María José Núñez" || c.Company != `Núñez, Hijos "S.L."` || c.External != "C-1" || c.Language != "es" ||
		c.Row != 2 || c.Campaign != 3 || c.List != 4 || c.Load != 7 || !slices.Equal(c.Zones, []string{"Europe/Madrid"}) {
		t.Errorf("contact %+v", c)
	}
	if c.Fields["Product"] != "Solar" || c.Fields["postcode"] != "28001" || len(c.Fields) != 2 {
		t.Errorf("fields %v", c.Fields)
	}
	want := []campaigns.Phone{
		{Number: "+34600111222", Label: "mobile", Region: "ES", Kind: "mobile", Zones: []string{"Atlantic/Canary", "Europe/Madrid"}},
		{Number: "+34915550123", Label: "home", Region: "ES", Kind: "fixed", Zones: []string{"Europe/Madrid"}},
	}
	if !slices.EqualFunc(c.Phones, want, func(a, b campaigns.Phone) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("phones %+v", c.Phones)
	}
	if m.contacts[1].Fields != nil || len(m.contacts[1].Phones) != 1 {
		t.Errorf("second contact %+v", m.contacts[1])
	}
}

func TestNamesInEveryScriptSurviveEveryCharacterSetThatHasThem(t *testing.T) {
	names := []string{"Núñez Ågård", "Őry Ágnes", "Jüri Õun", "Ольга Ёлкина", "Γιάννης Παπαδόπουλος", "محمد العربي", "יעל כהן", "王小明", "山田 太郎", "김민수", "नरेन्द्र", "Zoë 🎉👩‍👩‍👧"}
	var b strings.Builder
	b.WriteString("phone,name,company\n")
	for i, n := range names {
		fmt.Fprintf(&b, "+346001112%02d,%s,%s GmbH\n", i, n, n)
	}
	text := b.String()
	for name, encoded := range map[string]string{
		"UTF-8":               text,
		"UTF-8 with BOM":      "\xef\xbb\xbf" + text,
		"UTF-16LE with BOM":   utf16Of("\ufeff"+text, binary.LittleEndian),
		"UTF-16BE with BOM":   utf16Of("\ufeff"+text, binary.BigEndian),
		"UTF-8 with CR LF":    strings.ReplaceAll(text, "\n", "\r\n"),
		"UTF-8 with CR alone": strings.ReplaceAll(text, "\n", "\r"),
		"without last line":   strings.TrimSuffix(text, "\n"),
	} {
		m, r := bring(t, encoded, Options{})
		if len(m.contacts) != len(names) || r.Charset.Guess() {
			t.Errorf("%s: %d contacts, %+v", name, len(m.contacts), r.Charset)
			continue
		}
		for i, c := range m.contacts {
			if c.Name != names[i] || c.Company != names[i]+" GmbH" {
				t.Errorf("%s: %q of %q", name, c.Name, c.Company)
			}
		}
	}
}

func utf16Of(text string, order binary.ByteOrder) string {
	var b bytes.Buffer
	_ = binary.Write(&b, order, utf16.Encode([]rune(text)))
	return b.String()
}

func TestUTF16WithoutAMarkIsSeenByItsZeros(t *testing.T) {
	list := "phone;name\n+34600111222;Ann Smith\n+34600111333;Bob\n"
	for name, encoded := range map[string]string{"UTF-16LE": utf16Of(list, binary.LittleEndian), "UTF-16BE": utf16Of(list, binary.BigEndian)} {
		m, r := bring(t, encoded, Options{})
		if r.Charset.Name != name || len(m.contacts) != 2 || m.contacts[0].Name != "Ann Smith" {
			t.Errorf("%s: %+v %+v", name, r.Charset, m.contacts)
		}
	}
}

func TestWindows1252IsReadAsSuchAndTheGuessIsTold(t *testing.T) {
	text := "phone;name;company\n+34600111222;Ángel Muñoz;Müller – “Söhne” €\n+34600111333;Šárka Œuvre;Ñandú\n"
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	m, r := bring(t, encoded, Options{})
	if m.contacts[0].Name != "Ángel Muñoz" || m.contacts[0].Company != "Müller – “Söhne” €" || m.contacts[1].Name != "Šárka Œuvre" {
		t.Errorf("%+v", m.contacts)
	}
	if r.Charset.Name != "windows-1252" || !r.Charset.Guess() || r.Charset.Sure >= 1 {
		t.Errorf("%+v", r.Charset)
	}
	m, r = bring(t, encoded, Options{Charset: "latin1"})
	if m.contacts[0].Company != "Müller – “Söhne” €" || r.Charset.Source != "option" {
		t.Errorf("by option: %+v %+v", m.contacts, r.Charset)
	}
}

func TestAnOptionOverridesTheGuessedCharacterSet(t *testing.T) {
	text := "telefon;név\n+36301234567;Őry Űrmester\n"
	encoded, err := charmap.ISO8859_2.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := bring(t, encoded, Options{Charset: "iso-8859-2", DefaultRegion: "HU"})
	if m.contacts[0].Name != "Őry Űrmester" {
		t.Errorf("%q", m.contacts[0].Name)
	}
	if f := refusedFile(t, encoded, Options{Charset: "klingon"}); f.Code != FileCharset {
		t.Errorf("%v", f)
	}
}

func TestARowThatIsNotUTF8InAUTF8FileIsReadAndCounted(t *testing.T) {
	list := "phone,name\n" + strings.Repeat("+34600111222,Ann\n", 6000) + "+34600111333,\xc1ngel\n"
	m, r := bring(t, list, Options{Duplicates: campaigns.AllowDuplicates})
	if last := m.contacts[len(m.contacts)-1]; last.Name != "Ángel" || r.Reread != 1 || r.Charset.Name != "UTF-8" {
		t.Errorf("%+v reread %d of %+v", last.Name, r.Reread, r.Charset)
	}
}

func TestTheDelimiterIsFound(t *testing.T) {
	for _, d := range []string{",", ";", "\t", "|"} {
		list := strings.ReplaceAll("phone_name_note\n+34600111222_\"Smith, Ann; PhD | x\"_a\n+34600111333_Bob_\"b\"\n", "_", d)
		m, r := bring(t, list, Options{})
		if r.Delimiter != d || len(m.contacts) != 2 || m.contacts[0].Name != "Smith, Ann; PhD | x" {
			t.Errorf("%q: %q %+v", d, r.Delimiter, m.contacts)
		}
	}
	m, _ := bring(t, "sep=;\nphone;name\n+34600111222;Ann, B\n", Options{})
	if m.contacts[0].Name != "Ann, B" || m.contacts[0].Row != 3 {
		t.Errorf("sep line: %+v", m.contacts)
	}
	m, _ = bring(t, "phone#name\n+34600111222#Ann\n", Options{Delimiter: '#'})
	if m.contacts[0].Name != "Ann" {
		t.Errorf("by option: %+v", m.contacts)
	}
	m, _ = bring(t, "phone\n+34600111222\n+34600111333\n", Options{})
	if len(m.contacts) != 2 {
		t.Errorf("one column: %+v", m.contacts)
	}
}

func TestHeadersOfSixLanguagesAreUnderstood(t *testing.T) {
	for _, c := range []struct{ header, name string }{
		{"Nombre;Apellidos;Teléfono móvil;Empresa;Idioma", "Ann Lee"},
		{"Prénom;Nom;Téléphone portable;Société;Langue", "Ann Lee"},
		{"Vorname;Nachname;Handynummer;Firma;Sprache", "Ann Lee"},
		{"Vorname;Name;Handy;Unternehmen;Sprache", "Ann Lee"},
		{"Keresztnév;Vezetéknév;Mobilszám;Cégnév;Nyelv", "Lee Ann"}, // family name first
		{"Eesnimi;Perekonnanimi;Mobiiltelefon;Ettevõte;Keel", "Ann Lee"},
		{"FIRST_NAME;LAST_NAME;MOBILE_PHONE;COMPANY_NAME;LANG", "Ann Lee"},
		{"firstName;lastName;mobilePhone;companyName;language", "Ann Lee"},
	} {
		m, _ := bring(t, c.header+"\nAnn;Lee;+34600111222;ACME;en\n", Options{})
		p := m.contacts[0]
		if p.Name != c.name || p.Company != "ACME" || p.Language != "en" || p.Phones[0].Label != "mobile" || p.Fields != nil {
			t.Errorf("%s: %+v", c.header, p)
		}
	}
	m, _ := bring(t, "Név;Telefonszám;Telefon 2;Ügyfélszám;Irányítószám\nNagy Éva;06 30 123 4567;+3612345678;Ü1;1111\n", Options{DefaultRegion: "HU"})
	if p := m.contacts[0]; p.Name != "Nagy Éva" || len(p.Phones) != 2 || p.External != "Ü1" || p.Fields["postcode"] != "1111" {
		t.Errorf("%+v", p)
	}
}

func TestAFamilyNameStandsFirstWhereItsLanguagePutsIt(t *testing.T) {
	m, _ := bring(t, "first name,last name,phone\n小明,王,+34600111222\n민수,김,+34600111333\n太郎,山田,+34600111444\nAnn,,+34600111555\n", Options{})
	for i, want := range []string{"王小明", "김민수", "山田太郎", "Ann"} {
		if m.contacts[i].Name != want {
			t.Errorf("%q, want %q", m.contacts[i].Name, want)
		}
	}
}

func TestColumnsCanBeGivenByHeaderAndByNumber(t *testing.T) {
	list := "Kontakt,Nr A,Nr B,Notes,Was\nAnn,600111222,600111333,secret,Solar\n"
	var columns []Assignment
	for _, text := range []string{"phone:night=nr a", "phone=3", "name=Kontakt", "ignore=Notes", "field:product=Was"} {
		a, err := ParseAssignment(text)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, a)
	}
	m, r := bring(t, list, Options{Columns: columns})
	c := m.contacts[0]
	if c.Name != "Ann" || len(c.Phones) != 2 || c.Phones[0].Label != "night" || len(c.Fields) != 1 || c.Fields["product"] != "Solar" {
		t.Errorf("%+v", c)
	}
	if r.Columns[0].Source != "option" {
		t.Errorf("%+v", r.Columns)
	}
	f := refusedFile(t, list, Options{Columns: []Assignment{{Target: Phone, Column: "Telefon"}}})
	if f.Code != FileNoColumn || !strings.Contains(f.Reason, `"Nr A"`) || !strings.Contains(f.Reason, `"Telefon"`) {
		t.Errorf("%v", f)
	}
	for _, bad := range []string{"phone", "phone=", "fax=2", "=3"} {
		if _, err := ParseAssignment(bad); !errors.Is(err, ErrFile) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAListWithoutAHeaderIsReadByItsContentOrByNumbers(t *testing.T) {
	m, r := bring(t, "1001,Ann Lee,+34600111222,Solar\n1002,Bob,600111333,Wind\n", Options{})
	if r.Header || len(m.contacts) != 2 || m.contacts[0].Name != "Ann Lee" || m.contacts[0].Row != 1 || m.contacts[1].Fields["column_4"] != "Wind" {
		t.Errorf("%+v %+v", r, m.contacts)
	}
	if r.Columns[2].Source != "content" {
		t.Errorf("a guess is told: %+v", r.Columns)
	}
	m, _ = bring(t, "Ann,600111222,600111333\n", Options{Header: HeaderNo, Columns: []Assignment{{Target: Phone, Column: "3"}, {Target: Name, Column: "1"}}})
	if c := m.contacts[0]; len(c.Phones) != 1 || c.Phones[0].Number != "+34600111333" || c.Fields["column_2"] != "600111222" {
		t.Errorf("%+v", c)
	}
	m, _ = bring(t, "600111222\n600111333\n", Options{})
	if len(m.contacts) != 2 {
		t.Errorf("a bare column of numbers: %+v", m.contacts)
	}
}

func TestARowsCountrySaysWhereItsNumbersBelong(t *testing.T) {
	m, _ := bring(t, "phone,country\n(212) 555-0123,us\n06 30 123 4567,HU\n600111222,Spain\n600111333,\n", Options{DefaultRegion: "ES"})
	for i, want := range []string{"+12125550123", "+36301234567", "+34600111222", "+34600111333"} {
		if got := m.contacts[i].Phones[0].Number; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if m.contacts[2].Fields["country"] != "Spain" {
		t.Errorf("%+v", m.contacts[2])
	}
}

func TestDuplicatesInsideTheFileAndAgainstTheStoreAreToldApart(t *testing.T) {
	list := "phone,phone 2,name\n600111222,,Ann\n+34 600 111 222,,Ann again\n600111333,600111222,Bob\n0034600111444,,Old\n"
	m := &memory{numbers: map[string]int64{"+34600111444": 99}}
	var report strings.Builder
	r, err := Import(t.Context(), m, strings.NewReader(list), Options{DefaultRegion: "ES", Report: &report})
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts != (campaigns.LoadCounts{Rows: 4, Added: 2, Duplicates: 2}) || r.PhonesOut != 1 {
		t.Errorf("%+v, phones out %d", r.Counts, r.PhonesOut)
	}
	rows := rowsOf(t, report.String())
	want := [][]string{
		{"row_number", "verdict", "error_column", "error_code", "error", "phone", "phone 2", "name"},
		{"3", "duplicate", "", "duplicate_in_file", "the number stands in line 2 already", "'+34 600 111 222", "", "Ann again"},
		{"4", "phone_left_out", "", "phone_in_file", "the number stands in line 2 already", "600111333", "600111222", "Bob"},
		{"5", "duplicate", "", "duplicate_in_campaign", "the campaign has the number already (contact 99)", "0034600111444", "", "Old"},
	}
	if fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("report\n%v\nwant\n%v", rows, want)
	}
	if len(m.contacts[1].Phones) != 1 {
		t.Errorf("%+v", m.contacts[1])
	}
}

func TestThePolicyForDuplicatesReachesTheStore(t *testing.T) {
	list := "phone\n600111222\n600111222\n"
	if _, r := bring(t, list, Options{Duplicates: campaigns.AllowDuplicates}); r.Counts.Added != 2 {
		t.Errorf("allow: %+v", r.Counts)
	}
	if _, r := bring(t, list, Options{Duplicates: campaigns.UpdateDuplicates}); r.Counts.Added != 1 || r.Counts.Updated != 1 {
		t.Errorf("update: %+v", r.Counts)
	}
	if f := refusedFile(t, list, Options{Duplicates: "perhaps"}); f.Code != FileOptions {
		t.Errorf("%v", f)
	}
}

func TestADryRunJudgesEverythingAndStoresNothing(t *testing.T) {
	r, err := Import(t.Context(), nil, strings.NewReader("phone,name\n600111222,Ann\n112,Fire\n600111222,Again\n"), Options{DefaultRegion: "ES", DryRun: true})
	if err != nil || r.Load != 0 || r.Counts != (campaigns.LoadCounts{Rows: 3, Added: 1, Duplicates: 1, Refused: 1}) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestTheReportCanBeMendedAndImportedAgain(t *testing.T) {
	var report strings.Builder
	_, r := bring(t, "id,phone,name\n1,60011122,=HYPERLINK(\"x\")\n2,+34600111333,Bob\n3,n/a,-Ann\n", Options{Report: &report})
	if r.Counts.Refused != 2 || r.Codes["too_short"] != 1 || r.Codes["letters"] != 1 {
		t.Fatalf("%+v", r)
	}
	if !strings.Contains(report.String(), "'=HYPERLINK") || !strings.Contains(report.String(), "'-Ann") {
		t.Errorf("a formula is alive in\n%s", report.String())
	}
	mended := strings.NewReplacer(",60011122,", ",600111222,", ",n/a,", ",'+34600111444,").Replace(report.String())
	m, _ := bring(t, mended, Options{})
	if len(m.contacts) != 2 || m.contacts[0].Name != `=HYPERLINK("x")` || m.contacts[0].External != "1" || m.contacts[1].Name != "-Ann" {
		t.Fatalf("%+v", m.contacts)
	}
	if m.contacts[0].Fields != nil {
		t.Errorf("the report's own columns were kept: %v", m.contacts[0].Fields)
	}
}

func TestRowsStayInTheOrderOfTheFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("phone,id\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "+34600%06d,%d\n", i, i)
	}
	m, r := bring(t, b.String(), Options{})
	if r.Counts.Added != 20_000 {
		t.Fatalf("%+v", r.Counts)
	}
	for i, c := range m.contacts {
		if c.Row != i+2 || c.External != fmt.Sprint(i) {
			t.Fatalf("contact %d is of row %d, id %s", i, c.Row, c.External)
		}
	}
}

func TestAStoreThatFailsStopsTheImportAndTheLoadIsEnded(t *testing.T) {
	broken := errors.New("disk full")
	m := &memory{fail: func(batch int) error {
		if batch == 3 {
			return broken
		}
		return nil
	}}
	r, err := Import(t.Context(), m, strings.NewReader(manyRows(50_000)), Options{})
	if !errors.Is(err, broken) || m.ended != 1 || r.Counts.Added != 1000 || m.counts != r.Counts {
		t.Errorf("%v; %+v, ended %d times", err, r.Counts, m.ended)
	}
}

func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("phone,name\n")
	for i := range n {
		fmt.Fprintf(&b, "+34600%06d,Ann %d\n", i, i)
	}
	return b.String()
}

func TestACancelledImportEndsItsLoad(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := &memory{fail: func(batch int) error {
		if batch == 2 {
			cancel()
		}
		return nil
	}}
	r, err := Import(ctx, m, strings.NewReader(manyRows(50_000)), Options{})
	if !errors.Is(err, context.Canceled) || m.ended != 1 || m.cut != campaigns.CutStopped || r.Counts.Added == 0 || r.Counts.Added >= 50_000 {
		t.Errorf("%v; %+v, ended %d times", err, r.Counts, m.ended)
	}
}

func TestAReaderThatFailsSaysWhere(t *testing.T) {
	broken := errors.New("connection reset")
	m := &memory{}
	in := io.MultiReader(strings.NewReader(manyRows(20_000)), failing{broken})
	r, err := Import(t.Context(), m, in, Options{})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 200") || r.Counts.Rows < 19_000 || m.ended != 1 {
		t.Errorf("%v after %d rows", err, r.Counts.Rows)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestProgressTellsTheEndAndTheRate(t *testing.T) {
	var last Progress
	list := manyRows(5000)
	bring(t, list, Options{Size: int64(len(list)), Progress: func(p Progress) { last = p }})
	if !last.Done || last.Counts.Rows != 5000 || last.Bytes != int64(len(list)) || last.Rate <= 0 || last.Left != 0 {
		t.Errorf("%+v", last)
	}
}
