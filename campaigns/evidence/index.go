package evidence

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"slices"
)

//go:embed index.html
var indexPage string

// count is a line of the table of records.
type count struct {
	Kind, Words string
	N           int64
}

// words says what a kind of record is.
func words(kind string) string {
	switch kind {
	case KindAttempt:
		return "calls that were begun, each written before its INVITE left"
	case KindOutcome:
		return "how calls ended"
	case KindDisposition:
		return "what agents said of calls, with orders, appointments and answers"
	case KindDoNotCall:
		return "changes of the do-not-call list"
	case KindAudit:
		return "what somebody did: settings, rules, exports, look-ups"
	case KindConsent:
		return "consents given, renewed and revoked"
	case KindRecording:
		return "recordings, with the SHA-256 of their sound"
	case KindEvents:
		return "what happened during calls"
	case KindErasure:
		return "persons erased and records deleted when their time was over"
	}
	return ""
}

// index is the page for people.
func index(m Manifest) ([]byte, error) {
	page, err := template.New("index").Parse(indexPage)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", IndexFile, err)
	}
	var counts []count
	for _, kind := range slices.Sorted(maps.Keys(m.Counts)) {
		counts = append(counts, count{kind, words(kind), m.Counts[kind]})
	}
	var out bytes.Buffer
	key := ""
	if n := len(m.Keys); n > 0 {
		key = hex.EncodeToString(m.Keys[n-1].Public)
	}
	err = page.Execute(&out, struct {
		Manifest

		Table []count
		Key   string
	}{m, counts, key})
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", IndexFile, err)
	}
	return out.Bytes(), nil
}
