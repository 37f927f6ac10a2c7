package script

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Values are what is known of one call, for merge fields and conditions.
type Values struct {
	Name     string // of the person
	Company  string
	Number   string // E.164; a script never says it in full
	Language string // BCP 47, as the list has it
	Agent    string // name of the agent
	Campaign string
	Seller   string
	Local    time.Time         // the person's time in their own zone; zero = not known
	Now      time.Time         // for today where Local is not known
	Fields   map[string]string // columns of the list
}

// builtins are the fields that every script may name.
var builtins = []string{
	"agent", "agent_first_name", "campaign", "company", "first_name", "greeting", "language", "local_time", "name", "number", "seller",
}

// Builtins lists the fields that every script may name, beside fields.x for
// the columns of the list.
func Builtins() []string { return slices.Clone(builtins) }

// columnPrefix is how a merge field names a column of the list.
const columnPrefix = "fields."

// maxValue is how many characters of a value are said: what is longer is no
// name and no plan.
const maxValue = 500

// Value is what a merge field says in a language; empty when it is not known.
func (v Values) Value(field, language string) string {
	if column, ok := strings.CutPrefix(field, columnPrefix); ok {
		return clean(v.column(column))
	}
	switch field {
	case "name":
		return clean(v.Name)
	case "first_name":
		return clean(v.firstName(language))
	case "company":
		return clean(v.Company)
	case "number":
		return masked(v.Number)
	case "language":
		return clean(v.Language)
	case "agent":
		return clean(v.Agent)
	case "agent_first_name":
		return clean(givenName(v.Agent, language))
	case "campaign":
		return clean(v.Campaign)
	case "seller":
		return clean(v.Seller)
	case "local_time":
		if v.Local.IsZero() {
			return ""
		}
		return v.Local.Format("15:04")
	case "greeting":
		return greeting(language, v.hour())
	}
	return ""
}

// column finds a column as it is written, or else but for its case.
func (v Values) column(name string) string {
	if value, ok := v.Fields[name]; ok {
		return value
	}
	for k, value := range v.Fields {
		if strings.EqualFold(k, name) {
			return value
		}
	}
	return ""
}

// hour is that of the person's day; noon where it is not known.
func (v Values) hour() int {
	if v.Local.IsZero() {
		return 12
	}
	return v.Local.Hour()
}

// day is the person's today.
func (v Values) day() time.Time {
	t := v.Local
	if t.IsZero() {
		t = v.Now
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// firstName is the column of that name where the list has one, else the given
// name out of the whole.
func (v Values) firstName(language string) string {
	for _, column := range []string{"first_name", "firstname", "first name", "given_name", "given name"} {
		if value := v.column(column); value != "" {
			return value
		}
	}
	if v.Language != "" {
		language = v.Language
	}
	return givenName(v.Name, language)
}

// titles stand before names and are none.
var titles = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "sr", "sra", "srta", "don", "doña", "d", "dña", "herr", "frau", "hr", "pr"}

// givenName is what to call somebody: the first word after titles, the word
// after a comma ("García, Ana"), in Hungarian the last word.
func givenName(name, language string) string {
	if _, after, ok := strings.Cut(name, ","); ok && strings.TrimSpace(after) != "" {
		name, language = after, ""
	}
	words := strings.Fields(name)
	for len(words) > 1 && slices.Contains(titles, strings.ToLower(strings.TrimRight(words[0], "."))) {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return ""
	case base(language) == "hu":
		return words[len(words)-1]
	}
	return words[0]
}

// masked hides the middle of a number: an agent confirms it without reading it
// to a stranger.
func masked(number string) string {
	digits := []rune(number)
	if len(digits) < 7 {
		return ""
	}
	for i := 3; i < len(digits)-2; i++ {
		digits[i] = '•'
	}
	return string(digits)
}

// clean makes one line of a value that a list brought.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r):
			return -1
		case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069': // they would turn what follows around
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxValue {
		s = string([]rune(s)[:maxValue]) + "…"
	}
	return s
}

// greetings for the morning, the day and the evening.
var greetings = map[string][3]string{
	"en": {"Good morning", "Good afternoon", "Good evening"},
	"es": {"Buenos días", "Buenas tardes", "Buenas noches"},
	"hu": {"Jó reggelt", "Jó napot", "Jó estét"},
	"et": {"Tere hommikust", "Tere päevast", "Tere õhtust"},
	"de": {"Guten Morgen", "Guten Tag", "Guten Abend"},
	"fr": {"Bonjour", "Bonjour", "Bonsoir"},
	"it": {"Buongiorno", "Buon pomeriggio", "Buonasera"},
	"pt": {"Bom dia", "Boa tarde", "Boa noite"},
}

// greeting says good morning until noon and good evening from six; in Spanish
// the evening begins at eight, in Hungarian and Estonian the morning ends at
// nine and eleven.
func greeting(language string, hour int) string {
	g, ok := greetings[base(language)]
	if !ok {
		return ""
	}
	noon, evening := 12, 18
	switch base(language) {
	case "es":
		evening = 20
	case "hu":
		noon = 9
	case "et":
		noon = 11
	}
	switch {
	case hour < 5, hour >= evening:
		return g[2]
	case hour < noon:
		return g[0]
	}
	return g[1]
}

// base is the language of a tag without its region: pt of pt-BR.
func base(language string) string {
	b, _, _ := strings.Cut(language, "-")
	return strings.ToLower(b)
}

// Language chooses the language to read a script in: the first wish that the
// script has, by its whole tag or else by its language alone, or its default.
func (s *Script) Language(wishes ...string) string {
	for _, wish := range wishes {
		if wish == "" {
			continue
		}
		for _, same := range []func(string) bool{
			func(have string) bool { return strings.EqualFold(have, wish) },
			func(have string) bool { return base(have) == base(wish) },
		} {
			if i := slices.IndexFunc(s.Languages, same); i >= 0 {
				return s.Languages[i]
			}
		}
	}
	return s.Languages[0]
}
