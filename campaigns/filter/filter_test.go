package filter

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func ana() Contact {
	return Contact{
		Name: "Ana Núñez", Company: "Sol SA", External: "C-7", Language: "es", List: "Spring", Region: "ES", Kind: "mobile", Zone: "Europe/Madrid",
		Last: "no_answer", Tries: 2, TriedAt: now.Add(-36 * time.Hour), Import: 4,
		Fields: map[string]string{"plan": "Gold", "Monthly bill": "54,90", "renewal": "2026-12-01", "debt": "-3"},
	}
}

func names() Names {
	return Names{Fields: []string{"plan", "Monthly bill", "renewal", "debt"}, Lists: []string{"Spring", "Autumn"}, Outcomes: []string{"busy", "no_answer", "machine"}}
}

func TestAFilterSaysWhoPasses(t *testing.T) {
	for source, want := range map[string]bool{
		"":                                true,
		"tries < 3":                       true,
		"tries >= 3 or tried":             true,
		"not tried":                       false,
		"!(tries == 2)":                   false,
		`fields.plan == "Gold"`:           true,
		`fields.plan == "gold"`:           false,
		`lower(fields.plan) == "gold"`:    true,
		`fields["Monthly bill"] > 50`:     true,
		`54.9 == fields["Monthly bill"]`:  true,
		`number(fields.debt) < -2`:        true,
		`fields.plan > 5`:                 false, // Gold is no number
		`not (fields.plan > 5)`:           true,
		`fields.renewal < "2026-12-24"`:   true,
		`last in ["busy", "no_answer"]`:   true,
		`last not in ["busy"]`:            true,
		`tries in [1, 2]`:                 true,
		`fields.debt in [-3]`:             true,
		`age_hours > 24 and age_days < 2`: true,
		`region == "ES" && language == "es" && list == "Spring" && import == 4`: true,
		`zone startsWith "Europe/"`:                true,
		`name endsWith "ñez"`:                      true,
		`company contains "ol S"`:                  true,
		`external_id == "C-8" || kind == "mobile"`: true,
		`true and not false`:                       true,
	} {
		e, err := Parse(source, names())
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := e.Match(ana(), now); got != want {
			t.Errorf("%s: %t, want %t", source, got, want)
		}
	}
}

func TestWhoWasNeverTriedIsOlderThanAnyAge(t *testing.T) {
	e, err := Parse("age_days > 3650", Names{})
	if err != nil || !e.Match(Contact{}, now) {
		t.Error(err, "does not pass")
	}
}

func TestAnErrorNamesThePlaceAndWhatWasMeant(t *testing.T) {
	for source, want := range map[string]struct {
		column  int
		nearest string
		text    string
	}{
		`trys < 3`:                            {1, "tries", "nothing called"},
		`tries < 3 and fields.plna == "x"`:    {22, "fields.plan", "no column"},
		`fields["monthly bil"] > 3`:           {8, `fields["Monthly bill"]`, "no column"},
		`plan == "Gold"`:                      {1, "fields.plan", "written fields.plan"},
		`last == "bussy"`:                     {9, "busy", "not an outcome"},
		`list in ["Sprung"]`:                  {10, "Spring", "no list"},
		`tries < "3"`:                         {7, "", "without quotes"},
		`tries`:                               {1, "", "not a question"},
		`tries <`:                             {0, "", "ends too early"},
		`name matches "a.*"`:                  {6, "", "matches"},
		`tries + 1 == 2`:                      {7, "", "no place"},
		`upper(name) == "A"`:                  {1, "", "known are lower, number"},
		`name contains 3`:                     {15, "", "text in quotes"},
		`name in []`:                          {9, "", "stands a list"},
		`name in ["a", 3]`:                    {15, "", "not both"},
		`tries in ["a"]`:                      {7, "", ""},
		`fields.plan.x == "a"`:                {13, "", "columns of the list"},
		`zzzzzzzzzzzz == 1`:                   {1, "", "known are"},
		`let x = 1; x == 1`:                   {5, "", ""},
		`filter(fields, true)`:                {1, "", ""},
		strings.Repeat("not ", 200) + "tried": {241, "", "deeper"},
		strings.Repeat("x", 5000):             {1, "", "at most 4000"},
	} {
		_, err := Parse(source, names())
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%.60s: error %v", source, err)
			continue
		}
		if (want.column != 0 && e.Column != want.column) || e.Nearest != want.nearest || !strings.Contains(e.Text, want.text) {
			t.Errorf("%.60s: column %d, nearest %q: %s", source, e.Column, e.Nearest, e.Text)
		}
	}
}

func TestTheCaretPointsAtTheError(t *testing.T) {
	source := "tries < 3 and\n fields.plna == 1"
	_, err := Parse(source, names())
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Caret(source) != " fields.plna == 1\n        ^" {
		t.Errorf("%v\n%s", err, e.Caret(source))
	}
}

func TestWhyNamesThePartThatLeavesAContactOut(t *testing.T) {
	for source, want := range map[string]string{
		`tries < 5 and (fields.plan == "Silver" or region == "PT") and tried`: `(fields.plan == "Silver" or region == "PT")`,
		`tries < 2 and fields["Monthly bill"] > 10`:                           `tries < 2`,
		`not tried`:  `not (tried)`,
		`tries == 2`: "",
	} {
		e, err := Parse(source, names())
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Why(ana(), now); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestNumbersAreReadAsPeopleWriteThem(t *testing.T) {
	for s, want := range map[string]float64{"12": 12, " 12,50 ": 12.5, "-3.5": -3.5, ".5": 0.5, "007": 7} {
		if got, ok := ReadNumber(s); !ok || got != want {
			t.Errorf("%q: %v %t", s, got, ok)
		}
	}
	for _, s := range []string{"", " ", "-", ".", "1.234,50", "1e3", "12 €", "0x10", "--1", "1-2", "1234567890123456", "١٢"} {
		if got, ok := ReadNumber(s); ok {
			t.Errorf("%q is read as %v", s, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`tries < 3`, `fields["a\"b"] in ["x", "y"] and not (age_days > 7.5)`, `lower(name) contains "a"`, `'; DROP TABLE contacts; --`, `fields.a ?? 1`, "((((((", `a ? b : c`, `{"a": 1}.a`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := Parse(source, Names{})
		if err != nil {
			if failure, ok := errors.AsType[*Error](err); !ok || failure.Column < 1 || failure.Text == "" {
				t.Fatalf("%q: %#v", source, err)
			} else {
				failure.Caret(source)
			}
			return
		}
		if e.Empty() {
			return
		}
		why := e.Why(ana(), now)
		if (why == "") != e.Match(ana(), now) {
			t.Fatalf("%q: why %q", source, why)
		}
		again, err := Parse(write(e.root), Names{})
		if err != nil || again.Match(ana(), now) != e.Match(ana(), now) {
			t.Fatalf("%q is written %q: %v", source, write(e.root), err)
		}
	})
}
