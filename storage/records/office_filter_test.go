package records

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/filter"
)

// filterWords are all the words that a compiled filter may be made of.
var filterWords = strings.Fields(`AND OR NOT COALESCE IN substr length instr lower CASE WHEN THEN ELSE END CAST AS REAL BLOB SELECT FROM WHERE
	BETWEEN GLOB replace trim v json_extract json_each json_array_length MAX phone phones fields value key contacts lists id list name company external
	language zones region kind last tries load tried_at TRUE FALSE octet_length glob text`)

var word = regexp.MustCompile(`[A-Za-z_]+`)

// FuzzFilterSQL sees to it that whatever a manager writes, the condition is
// made of our words alone, has an argument for every mark, and can be run.
func FuzzFilterSQL(f *testing.F) {
	db := openTest(f)
	for _, s := range []string{
		`fields["x'); DROP TABLE contacts; --"] == "'; DELETE FROM users; --"`, `name contains "%' OR 1=1 --"`, `fields.a > 5 and not (tries in [1, 2] or tried)`,
		`lower(zone) startsWith "europe" or region != "ES" or kind == "mobile"`, `list in ["a\"b", "c"] and age_days < 3 and age_hours >= 0.5 and import == 3`,
		"fields[\"a\\\"b\\\\c\"] endsWith \"ñ\"", `number(fields.x) == -1.5e3 and true`, `"name" == "name"`, `last == "busy" and external_id > "" and company <= "z" and language == "es"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := filter.Parse(source, filter.Names{})
		if err != nil || e.Empty() {
			return
		}
		condition, args := compileFilter(e, time.Now())
		if n := strings.Count(condition, "?"); n != len(args)+strings.Count(condition, "'?*-*'") {
			t.Fatalf("%q: %d marks, %d arguments: %s", source, n, len(args), condition)
		}
		for _, w := range word.FindAllString(condition, -1) {
			if !slices.Contains(filterWords, w) {
				t.Fatalf("%q: the condition holds %q: %s", source, w, condition)
			}
		}
		if _, err := db.FilterCount(t.Context(), 1, e, time.Now()); err != nil {
			t.Fatalf("%q: %v: %s", source, err, condition)
		}
	})
}
