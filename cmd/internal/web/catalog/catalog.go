package catalog

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
)

// English is the language of the keys.
var English = language.English

// Forms are the translations of one text by plural category; a text that does
// not count anything has only "other".
type Forms map[string]string

// Catalog is one language.
type Catalog struct {
	tag   language.Tag
	texts map[string]Forms
	print *message.Printer
	mark  string
}

func newCatalog(tag language.Tag, texts map[string]Forms) *Catalog {
	return &Catalog{tag: tag, texts: texts, print: message.NewPrinter(tag), mark: markOf(texts)}
}

// markOf is a short name of the content, so that browsers may keep it for good.
func markOf(texts map[string]Forms) string {
	h := fnv.New64a()
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		_, _ = fmt.Fprint(h, key, texts[key]) // a hash takes everything
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// Tag is the language by BCP 47, as in <html lang>.
func (c *Catalog) Tag() string { return c.tag.String() }

// Name is the language in its own words: "magyar".
func (c *Catalog) Name() string { return display.Self.Name(c.tag) }

// Dir is the direction of its script: "ltr" or "rtl".
func (c *Catalog) Dir() string {
	script, _ := c.tag.Script()
	if slices.Contains([]string{"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"}, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// Mark changes with the texts.
func (c *Catalog) Mark() string { return c.mark }

// Texts are all translations, for the modules of the pages.
func (c *Catalog) Texts() map[string]Forms { return c.texts }

// T says an English text in the catalogue's language. Values are put in as by
// fmt.Sprintf, with numbers as the language writes them.
func (c *Catalog) T(text string, values ...any) string {
	said := c.choose(text, values)
	if len(values) == 0 {
		return strings.ReplaceAll(said, "%%", "%")
	}
	return c.print.Sprintf(said, values...)
}

// Has tells whether the catalogue translates a text.
func (c *Catalog) Has(text string) bool { return len(c.texts[text]) > 0 }

func (c *Catalog) choose(text string, values []any) string {
	forms, ok := c.texts[text]
	if !ok {
		return text
	}
	for _, v := range values {
		if n, whole := count(v); whole {
			if form, ok := forms[category(c.tag, n)]; ok {
				return form
			}
			break
		}
	}
	return forms["other"]
}

// count is the number that a plural goes by.
func count(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	}
	return 0, false
}

// category is the plural category of a whole number (CLDR).
func category(tag language.Tag, n int) string {
	form := plural.Cardinal.MatchPlural(tag, max(n, -n)%10_000_000, 0, 0, 0, 0)
	return map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}[form]
}
