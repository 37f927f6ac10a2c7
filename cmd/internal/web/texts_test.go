package web

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// said finds the texts that the pages ask their catalogue for: in templates
// {{t "..."}} or (t "..."), in modules t("..."), in Go the same, T("..."), and
// the titles of frames.
var said = map[string]*regexp.Regexp{
	".html": regexp.MustCompile(`[{(\s]t ("(?:[^"\\]|\\.)*")`),
	".js":   regexp.MustCompile(`\bt\(\s*("(?:[^"\\]|\\.)*")`),
	".go":   regexp.MustCompile(`(?:\.frame\(r, |\.in\(r, u, "[^"]*", |\bt\(|\.T\()("(?:[^"\\]|\\.)*")`),
}

// declared finds the values of the types that words says, where they are declared.
var declared = regexp.MustCompile(`\b(?:AgentState|CallState|ContactState|BookingState|ComplaintState|Status|Mode|CallEventKind|Term|Severity)\s*=\s*"(\w+)"`)

// codes are the values of the house that words says.
func codes(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, r := range campaigns.Roles() {
		out = append(out, words(r))
	}
	for _, o := range campaigns.Outcomes() {
		out = append(out, words(o))
	}
	for _, pattern := range []string{"../../../campaigns/*.go", "../../../campaigns/script/check.go", "../../../dialer/call.go"} {
		for _, data := range sources(t, pattern) {
			for _, m := range declared.FindAllStringSubmatch(data, -1) {
				out = append(out, words(m[1]))
			}
		}
	}
	for _, s := range []string{
		"decided", "dialed", "answered", "message_begun", "message_ended", "ended", "disposition", // of a call's time line
		"callee", "us", "carrier", // who ended it
		"undone", "failed", "done", // imports
		"not_used", "active", "played", // trunks
	} {
		out = append(out, words(s))
	}
	return out
}

// labels are what is said of dispositions, rules and whereabouts.
func labels() []string {
	out := []string{"Desk", "Floor", "Campaigns", "Calls", "Performance", "Compliance", "Office"}
	for day := range 7 {
		out = append(out, time.Weekday(day).String(), time.Weekday(day).String()[:3])
	}
	for month := range 12 {
		out = append(out, time.Month(month + 1).String()[:3])
	}
	last := campaigns.Contact{Tries: 99}
	two := campaigns.Contact{Phones: []campaigns.Phone{{Number: "+34600111222"}, {Number: "+34600111223"}}}
	c := campaigns.Campaign{MaxAttempts: 5}
	for _, d := range campaigns.DefaultDispositions() {
		out = append(out, d.Label, words(d.Code))
		for _, p := range []campaigns.Contact{{}, last, two} {
			out = append(out, c.Consequence(d, p, "+34600111222").Text)
		}
	}
	for _, r := range []rules.ID{rules.Number, rules.Live, rules.DNC, rules.Zone, rules.Hours, rules.Attempts, rules.Cooldown, rules.Stopped, rules.Known, rules.Clock} {
		out = append(out, ruleWords(r))
	}
	return out
}

// sources are the files of a pattern that are not tests.
func sources(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	out := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(data)
	}
	return out
}

// texts are all that the pages say.
func texts(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, c := range slices.Concat(codes(t), labels()) {
		found[c] = true
	}
	for _, pattern := range []string{"templates/*.html", "static/*.js", "*.go"} {
		for name, data := range sources(t, pattern) {
			for _, m := range said[filepath.Ext(name)].FindAllStringSubmatch(data, -1) {
				text, err := strconv.Unquote(m[1])
				if err != nil {
					t.Errorf("%s: %s is no text: %v", name, m[1], err)
					continue
				}
				found[text] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// With FORECALL_TEXTS=folder the missing texts of each language are written
// there, for a translator.
func TestEveryTextOfThePagesIsInEveryLanguageOfTheHouse(t *testing.T) {
	set, err := catalog.Open("")
	if err != nil {
		t.Fatal(err)
	}
	all := texts(t)
	if len(all) < 100 {
		t.Fatalf("only %d texts were found in the pages", len(all))
	}
	for _, c := range set.All()[1:] {
		missing := map[string]string{}
		for _, text := range all {
			if !c.Has(text) {
				missing[text] = ""
			}
		}
		if len(missing) == 0 {
			continue
		}
		t.Errorf("%s lacks %d texts, as %q", c.Tag(), len(missing), slices.Sorted(maps.Keys(missing))[0])
		if dir := os.Getenv("FORECALL_TEXTS"); dir != "" {
			data, err := json.MarshalIndent(missing, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, c.Tag()+".json"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
