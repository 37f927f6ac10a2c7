package rules

import (
	"strings"
	"testing"
	"time"
)

func TestEveryFormOfTheNotesIsRead(t *testing.T) {
	s := set(t, rich, richHead)
	if len(s.Rules) != 17 || s.Applies.Countries[0] != "ES" || s.Applies.Purposes[0] != "sales" || len(s.SHA256) != 64 || s.Variables["code"][0] != "+34400" {
		t.Fatalf("%+v", s)
	}
	seen := map[Type]bool{}
	for _, r := range s.Rules {
		seen[r.Type] = true
	}
	for _, kind := range Types() {
		if !seen[kind] {
			t.Errorf("no rule of type %s", kind)
		}
	}
	r := s.rule("a.hours")
	if r.Margin.of(&Terms{RingTime: 25 * time.Second, Hold: 2 * time.Second}) != 32*time.Second || r.Margin.String() != "ring+amd+5s" || r.Weekly[1][1] != (Span{840, 1200}) {
		t.Errorf("%+v", r)
	}
	if n := s.rule("a.consent").Any; len(n) != 3 || n[0].MaxAge != (Period{Years: 2}) || n[1].Kind != kindContract || n[2].MaxAge.Years != 1 {
		t.Errorf("%+v", n)
	}
	if r := s.rule("a.rnd"); r.Status != Advisory || r.Status.Binds() || s.rule("a.ring").Status != Verified {
		t.Errorf("%+v", r)
	}
	if s.Name() != "house@1" || s.Old(utc(t, "2027-05-20 00:00:00")) || !s.Old(utc(t, "2027-05-21 00:00:01")) {
		t.Errorf("%s reviewed %s", s.Name(), s.Reviewed())
	}
}

// What is wrong is said with the rule, the line and what to write.
func TestAFaultInARuleNamesTheRuleTheLineAndWhatToWrite(t *testing.T) {
	for _, c := range []struct{ fields, says string }{
		{"type: ring, min: 15s, cite: ''", "where the law says so"},
		{"type: rung, min: 15s", "one of list, consent, window"},
		{"type: ring, max: 3", `no field "max"`},
		{"type: ring, min: 15s, colour: red", `no field "colour"`},
		{"type: ring, min: 15 s", "not a period"},
		{"type: ring, min: 1d", "a time, as 15s"},
		{"type: ring", "min: a time"},
		{"type: ring, min: 15s, status: sure", "verified, secondary, unverified or advisory"},
		{"type: ring, min: 15s, when: {planet: mars}", `no field "planet"`},
		{"type: ring, min: 15s, when: {any: [robots]}", `flag "robots"`},
		{"type: ring, min: 15s, when: {state: fl}", "FL or US-FL"},
		{"type: ring, min: 15s, when: {state: FL, via: area_code}", "always both"},
		{"type: ring, min: 15s, when: {purpose: fun}", `purpose "fun"`},
		{"type: ring, min: 15s, when: {country: Spain}", "ISO 3166-1"},
		{"type: ring, min: 15s, unless: luck", "nothing that can be asked for"},
		{"type: ring, min: 15s, unless: {manual: {max_age: 1d}}", "takes no conditions"},
		{"type: ring, min: 15s, unless: {consent: {age: 1d}}", `no field "age"`},
		{"type: ring, min: 15s, unless: {consent: {level: strong}}", "soft, express or express_written"},
		{"type: list", "name of the register"},
		{"type: list, list: x, max_age: month", "not a period"},
		{"type: consent, level: strong", "soft, express or express_written"},
		{"type: consent, channel: smoke", "live or automated"},
		{"type: consent, any: [contract], max_age: 2y", "within the words of any"},
		{"type: consent, any: [reserved_agent]", "below unless"},
		{"type: window", "weekly"},
		{"type: window, weekly: [mon]", "days with spans"},
		{`type: window, weekly: {mon: ["21:00-08:00"]}`, "ends before it begins"},
		{`type: window, weekly: {mon-fri: ["08:00-21:00"], wed: ["10:00-11:00"]}`, "already set"},
		{`type: window, weekly: {mon: ["08:00-21:00"]}, holidays: Spain`, "write a country (es)"},
		{`type: window, weekly: {mon: ["08:00-21:00"]}, pre_holiday: ["10:00-12:00"]`, "holidays beside"},
		{`type: window, weekly: {mon: ["08:00-21:00"]}, margin: lots`, "ring+amd+5s"},
		{`type: window, weekly: {mon: ["08:00-21:00"]}, zones: any`, "all_candidates"},
		{"type: cap, max: 2.5, per: 24h", "a whole number"},
		{"type: cap, max: 3", "in which time"},
		{"type: cap, max: 3, per: 36h, calendar_days: true", "cannot be counted by dates"},
		{"type: cap, max: 3, per: 1d, calendar_days: true, elapsed: true", "choose one"},
		{"type: cap, max: 3, per: 24h, key: moon", `key "moon"`},
		{"type: cap, max: 3, per: 24h, count: sheep", `count "sheep"`},
		{"type: cooldown, for: 60d", "what it follows"},
		{"type: guard, after: lunch, for: 72h", `after "lunch"`},
		{"type: guard, after: abandoned", "how long"},
		{"type: rate, max: 3, window: {rolling: 24h}", "a share below 1"},
		{"type: rate, max: 0.03", "window: {blocks"},
		{"type: rate, max: 0.03, window: {rolling: 24h, calendar: month}", "window: {blocks"},
		{"type: rate, max: 0.03, window: {rolling: 24h}, formula: magic", `formula "magic"`},
		{"type: rate, max: 0.03, window: {rolling: 24h}, act_at: 0.5", "up to max"},
		{"type: connect, within: soon", "not a period"},
		{"type: connect, within: 2s, from: tomorrow", `from "tomorrow"`},
		{"type: cli, require: [pretty]", `require "pretty"`},
		{"type: cli", "require, forbid_ranges"},
		{`type: cli, forbid_ranges: "346"`, "as +346"},
		{`type: cli, require_range: code`, "$es_commercial_code"},
		{"type: record", "how calls are recorded"},
		{"type: record, keep: calls", "hold: how long"},
		{"type: external", "which check"},
		{"type: line_type", "allow or forbid"},
		{"type: line_type, allow: mobile, unknown: maybe", "refused, allowed"},
		{"type: zone", "sources"},
		{"type: custom", "1 to 2000 characters"},
		{"type: custom, expr: 'tries <'", "character"},
		{"type: custom, expr: 'number == 1'", "known are"},
		{"type: custom, expr: 'tries'", "bool"},
		{"type: custom, expr: 'all(zones, # == \"x\")'", "compare and do not loop"},
		{"type: custom, expr: 'seller matches \"a+\"'", "compare and do not loop"},
		{"type: custom, expr: 'now() > 1'", "now"},
	} {
		source := "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n  - {id: fine, type: ring, min: 15s, cite: x}\n  - {id: bad.one, cite: law, " + c.fields + "}\n"
		if strings.Contains(c.fields, "cite:") {
			source = strings.Replace(source, "cite: law, ", "", 1)
		}
		_, err := ParseSet([]byte(source))
		if err == nil || !strings.Contains(err.Error(), "bad.one") || !strings.Contains(err.Error(), "line 4") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s:\n%v\ndoes not say %q", c.fields, err, c.says)
		}
	}
}

func TestAFaultInTheDocumentSaysWhatToWrite(t *testing.T) {
	head := "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\n"
	for _, c := range []struct{ source, says string }{
		{"", "empty"}, {"- a", "no mapping"}, {"{", "not YAML"}, {"a: 1\n", `no field "a"`}, {"rules: []", "no field ruleset"},
		{"ruleset: {id: House, version: 1, reviewed_on: 2026-11-21}", "small letters"},
		{"ruleset: {id: house, version: 0, reviewed_on: 2026-11-21}", "from 1 on"},
		{"ruleset: {id: house, version: 1, reviewed_on: yesterday}", "as 2026-11-21"},
		{"ruleset: {id: house, version: 1, reviewed_on: 2026-11-21, author: me}", `no field "author"`},
		{"ruleset: house", "fields with values"},
		{head + "rules: {a: b}", "are a list"}, {head + "rules: [a]", "a rule is fields"},
		{head + "rules:\n  - {id: Bad Id, type: ring, min: 15s, cite: x}", "write an id"},
		{head + "rules:\n  - {type: ring, min: 15s, cite: x}", "write an id"},
		{head + "rules:\n  - {id: a, type: ring, min: 15s, cite: x}\n  - {id: a, type: ring, min: 15s, cite: x}", "taken"},
		{head + "rules:\n  - {id: hours, type: ring, min: 15s, cite: x}", "taken"},
		{head + "rules:\n  - {id: a, id: b, type: ring, min: 15s, cite: x}", "already"},
		{head + "rules:\n  - &x {id: a, type: ring, min: 15s, cite: x}", "anchors"},
		{head + "applies_when: {called_country: Spain}", "ISO 3166-1"}, {head + "applies_when: {called_region: Florida}", "ISO 3166-2"},
		{head + "applies_when: {purpose: fun}", "purpose"}, {head + "applies_when: {planet: x}", "planet"}, {head + "applies_when: {party: robot}", "party"},
		{head + "notes: {a: b}", "are a list"}, {head + "notes:\n  - {id: a, text: b}", "has id, text and cite"},
		{head + "variables: [a]", "unmarshal"}, {head + "# " + strings.Repeat("x", maxSource), "longer than"},
	} {
		if _, err := ParseSet([]byte(c.source)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.80q: %v does not say %q", c.source, err, c.says)
		}
	}
}

func TestAllFaultsAreReportedTogether(t *testing.T) {
	_, err := ParseSet([]byte("ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n  - {id: a, type: ring, cite: x}\n  - {id: b, type: x, cite: x}\n"))
	if err == nil || !strings.Contains(err.Error(), "rule a (line 3)") || !strings.Contains(err.Error(), "rule b (line 4)") {
		t.Errorf("%v", err)
	}
}

func TestABookRefusesWhatContradictsItself(t *testing.T) {
	rule := "  - {id: r, type: ring, min: 15s, cite: x}\n"
	for _, c := range []struct {
		says string
		sets []*Set
	}{
		{"there twice", []*Set{set(t, rule), set(t, rule)}},
		{"stands in rule sets", []*Set{set(t, rule), {ID: "other", Rules: set(t, rule).Rules}}},
		{"names $code", []*Set{set(t, "  - {id: c, type: cli, require_range: $code, cite: x}\n")}},
	} {
		if _, err := NewBook(c.sets, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
	h := holidaysOf(t, someHolidays)
	if _, err := NewBook([]*Set{set(t, `  - {id: w, type: window, weekly: {mon: ["09:00-10:00"]}, holidays: es-xy, cite: x}`)}, h); err == nil || !strings.Contains(err.Error(), "ES-XY") {
		t.Errorf("%v does not name the region", err)
	}
	if _, err := NewBook([]*Set{set(t, `  - {id: w, type: window, weekly: {mon: ["09:00-10:00"]}, holidays: es-national, cite: x}`)}, h); err != nil {
		t.Error(err)
	}
}

func TestAPeriodIsReadAndWrittenAlike(t *testing.T) {
	for _, text := range []string{"2y", "18mo", "31d", "72h", "15s", "500ms", "1m30s", "1d12h", "1y2mo3d4h5m6s"} {
		p, err := ParsePeriod(text)
		if err != nil || p.String() != text {
			t.Errorf("%s became %s, %v", text, p, err)
		}
	}
	if p, _ := ParsePeriod("2w"); p.Days != 14 || !p.Calendar() || p.String() != "14d" {
		t.Errorf("two weeks are %s", p)
	}
	for _, bad := range []string{"", "d", "3", "-3d", "3 d", "3x", "3.5h", "99999999d", "3dd", "d3"} {
		if p, err := ParsePeriod(bad); err == nil {
			t.Errorf("%q is %s", bad, p)
		}
	}
}

func TestHolidaysThatAreWrongSayWhatToWrite(t *testing.T) {
	for _, c := range []struct{ source, says string }{
		{"", "empty"}, {"country: ES", `no field "country"`}, {"holidays: {country: Spain, years: [2026]}", "two capitals"},
		{"holidays: {country: ES, years: []}", "without a gap"}, {"holidays: {country: ES, years: [2026, 2028]}", "without a gap"},
		{"holidays: {country: ES, years: [2026], national: {2026-13-01: x}}", "not a date"},
		{"holidays: {country: ES, years: [2026], national: {2027-01-01: x}}", "not in the years"},
		{"holidays: {country: ES, years: [2026], regions: {CT: {2026-06-24: x}}}", "ISO 3166-2"},
		{"holidays: {country: ES, years: [2026], regions: {ES-CT: {24/6: x}}}", "not a date"},
		{"holidays: {country: ES, years: [2026], except: {ES-CT: [2026-06-24]}}", "no national day"},
		{"holidays: {country: ES, years: [2026], colour: red}", "colour"}, {"holidays: {country: ES, years: x}", "unmarshal"},
	} {
		if _, err := ParseHolidays([]byte(c.source)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", c.source, err, c.says)
		}
	}
}

func FuzzASetThatIsReadCanBePutInForce(f *testing.F) {
	f.Add("ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\n" + richHead + "\nrules:\n" + rich)
	f.Add("ruleset: {id: a, version: 1, reviewed_on: 2026-11-21}\nrules:\n  - {id: w, type: window, weekly: {mon: [\"09:00-10:00\"]}, holidays: es, cite: x}\n")
	f.Fuzz(func(t *testing.T, source string) {
		s, err := ParseSet([]byte(source))
		if err != nil {
			return
		}
		b, err := NewBook([]*Set{s}, nil)
		if err != nil {
			return
		}
		var d Decision
		facts := goodFacts(utc(t, "2026-11-23 12:00:00"))
		b.Plan(always(), facts.Place).Decide(&facts, utc(t, "2026-11-23 12:00:00"), &d)
		if d.Allowed() != (d.Refusal() == nil) {
			t.Error("allowed, and refused")
		}
		if changes := Looser(s, s); len(changes) != 0 {
			t.Errorf("it differs from itself: %v", changes)
		}
	})
}
