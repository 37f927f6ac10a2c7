package catalog

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var house embed.FS

// Set is all languages that pages can be read in.
type Set struct {
	catalogs []*Catalog // by tag; English is the first
	matcher  language.Matcher
}

// Open reads the catalogues of the house and, over them, those in an
// operator's folder; an empty folder name means none.
func Open(folder string) (*Set, error) {
	locales, err := fs.Sub(house, "locales")
	if err != nil {
		return nil, fmt.Errorf("read the embedded catalogues: %w", err)
	}
	texts := map[language.Tag]map[string]Forms{}
	if err := read(locales, texts); err != nil {
		return nil, err
	}
	if folder != "" {
		if err := read(os.DirFS(folder), texts); err != nil {
			return nil, fmt.Errorf("catalogues in %s: %w", folder, err)
		}
	}
	return setOf(texts), nil
}

func setOf(texts map[language.Tag]map[string]Forms) *Set {
	s := &Set{catalogs: []*Catalog{newCatalog(English, texts[English])}}
	tags := slices.SortedFunc(maps.Keys(texts), func(a, b language.Tag) int { return strings.Compare(a.String(), b.String()) })
	for _, tag := range tags {
		if tag != English {
			s.catalogs = append(s.catalogs, newCatalog(tag, texts[tag]))
		}
	}
	known := make([]language.Tag, len(s.catalogs))
	for i, c := range s.catalogs {
		known[i] = c.tag
	}
	s.matcher = language.NewMatcher(known)
	return s
}

// read adds the files of a folder to what is known.
func read(folder fs.FS, texts map[language.Tag]map[string]Forms) error {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return fmt.Errorf("list the catalogues: %w", err)
	}
	var errs []error
	for _, name := range names {
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: the file must be named after a language, as es.json or pt-BR.json", name))
			continue
		}
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		more, err := parse(name, data)
		errs = append(errs, err)
		if texts[tag] == nil {
			texts[tag] = map[string]Forms{}
		}
		maps.Copy(texts[tag], more)
	}
	return errors.Join(errs...)
}

// parse reads a catalogue and checks each line of it.
func parse(name string, data []byte) (map[string]Forms, error) {
	var lines map[string]json.RawMessage
	if err := json.Unmarshal(data, &lines); err != nil {
		return nil, fmt.Errorf("%s: not a JSON object of texts: %w", name, err)
	}
	texts := make(map[string]Forms, len(lines))
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		forms, err := formsOf(lines[key])
		if err == nil {
			err = forms.check(key)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q: %w", name, key, err))
			continue
		}
		texts[key] = forms
	}
	return texts, errors.Join(errs...)
}

func formsOf(line json.RawMessage) (Forms, error) {
	var text string
	if json.Unmarshal(line, &text) == nil {
		return Forms{"other": text}, nil
	}
	var forms Forms
	if err := json.Unmarshal(line, &forms); err != nil {
		return nil, errors.New(`write a text, or {"one": "...", "other": "..."}`)
	}
	return forms, nil
}

// check says what is wrong with a translation: a form that is no plural
// category, or values that the English text does not have.
func (f Forms) check(key string) error {
	if f["other"] == "" {
		return errors.New(`the form "other" is missing or empty`)
	}
	for form, text := range f {
		if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, form) {
			return fmt.Errorf("%q is no plural category: zero, one, two, few, many or other", form)
		}
		if got, want := verbs(text), verbs(key); !slices.Equal(got, want) {
			return fmt.Errorf("%q takes the values %v, the English text takes %v", text, got, want)
		}
	}
	return nil
}

var verb = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*\d*(\.\d+)?([a-zA-Z%])`)

// verbs are the values that a text takes, in an order that does not depend on
// where they stand: a translation may turn them round with %[2]s.
func verbs(text string) []string {
	var out []string
	n := 0
	for _, m := range verb.FindAllStringSubmatch(text, -1) {
		if m[3] == "%" {
			continue
		}
		n++
		at := m[1]
		if at == "" {
			at = fmt.Sprintf("[%d]", n)
		}
		out = append(out, at+m[2]+m[3])
	}
	slices.Sort(out)
	return out
}

// All are the catalogues, English first.
func (s *Set) All() []*Catalog { return s.catalogs }

// Find is the catalogue of a language that was chosen; false when there is none.
func (s *Set) Find(tag string) (*Catalog, bool) {
	i := slices.IndexFunc(s.catalogs, func(c *Catalog) bool { return c.Tag() == tag })
	if i < 0 {
		return nil, false
	}
	return s.catalogs[i], true
}

// Match is the catalogue that a browser asks for by Accept-Language (RFC 9110
// section 12.5.4), else English.
func (s *Set) Match(accept string) *Catalog {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return s.catalogs[0]
	}
	_, i, _ := s.matcher.Match(wanted...)
	return s.catalogs[i]
}
