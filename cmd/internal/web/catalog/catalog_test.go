package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

func opened(t *testing.T, files map[string]string) *Set {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnOperatorAddsALanguageByAFile(t *testing.T) {
	s := opened(t, map[string]string{"pl.json": `{"%d calls": {"one": "%d rozmowa", "few": "%d rozmowy", "many": "%d rozmów", "other": "%d rozmowy"}, "Log in": "Zaloguj"}`})
	c, ok := s.Find("pl")
	if !ok || c.Name() != "polski" {
		t.Fatalf("no Polish: %v %v", c, ok)
	}
	for n, want := range map[int]string{1: "1 rozmowa", 3: "3 rozmowy", 5: "5 rozmów", 22: "22 rozmowy"} {
		if got := c.T("%d calls", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := c.T("Log in"); got != "Zaloguj" {
		t.Errorf("%q", got)
	}
	if got := c.T("Not translated"); got != "Not translated" {
		t.Errorf("what is not translated is said in English: %q", got)
	}
}

func TestNumbersAreWrittenAsTheLanguageWritesThem(t *testing.T) {
	s := opened(t, map[string]string{"de.json": `{"%.1f of %d": "%.1f von %d"}`})
	c, _ := s.Find("de")
	if got := c.T("%.1f of %d", 2.5, 12345); got != "2,5 von 12.345" {
		t.Errorf("%q", got)
	}
	if got := s.All()[0].T("%d calls", 1); got != "1 call" {
		t.Errorf("%q", got)
	}
}

func TestTheBrowsersLanguageIsFound(t *testing.T) {
	s := opened(t, nil)
	for accept, want := range map[string]string{"hu-HU,hu;q=0.9,en;q=0.8": "hu", "et": "et", "es-MX, en": "es", "ja": "en", "": "en", "!!": "en"} {
		if got := s.Match(accept).Tag(); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}

func TestAnArabicFileIsReadFromTheRight(t *testing.T) {
	c, _ := opened(t, map[string]string{"ar.json": `{"Log in": "دخول"}`}).Find("ar")
	if c.Dir() != "rtl" {
		t.Errorf("direction %s", c.Dir())
	}
}

func TestAMalformedFileIsRefusedWithItsNameKeyAndReason(t *testing.T) {
	for text, want := range map[string]string{
		`{"%d calls": "viele"}`:                       "takes the values [] , the English text takes [[1]d]",
		`{"%s by %s": "%[2]s von %[3]s"}`:             "takes the values [[2]s [3]s], the English text takes [[1]s [2]s]",
		`{"%d calls": {"one": "%d Ruf"}}`:             `the form "other" is missing`,
		`{"%d calls": {"lots": "%d", "other": "%d"}}`: `"lots" is no plural category`,
		`{"Log in": 7}`:                               "write a text",
		`["Log in"]`:                                  "not a JSON object of texts",
	} {
		err := read(fstest.MapFS{"de.json": {Data: []byte(text)}}, map[language.Tag]map[string]Forms{})
		if err == nil || !strings.Contains(err.Error(), "de.json") || !strings.Contains(err.Error(), strings.ReplaceAll(want, " ,", ",")) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if err := read(fstest.MapFS{"german.language.json": {Data: []byte(`{}`)}}, map[language.Tag]map[string]Forms{}); err == nil {
		t.Error("a file without a language is taken")
	}
	if err := read(fstest.MapFS{"de.json": {Data: []byte(`{"%s by %s": "%[2]s von %[1]s"}`)}}, map[language.Tag]map[string]Forms{}); err != nil {
		t.Errorf("values may be turned round: %v", err)
	}
}
