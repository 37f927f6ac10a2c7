package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// changeOf compares two forms of one rule; the fields after the id are given.
func changeOf(t *testing.T, from, to string) []Change {
	t.Helper()
	one := func(fields string) *Set {
		if fields == "" {
			return set(t, "")
		}
		return set(t, "  - {id: r, cite: law, "+fields+"}\n")
	}
	return Looser(one(from), one(to))
}

func TestWhatLoosensARuleIsNamedByItsField(t *testing.T) {
	week := func(hours string) string { return `type: window, weekly: {mon-fri: ["` + hours + `"]}` }
	rate := "type: rate, max: 0.03, window: {blocks: 30d, anchor: campaign_start}"
	for _, c := range []struct{ field, strict, loose string }{
		{"rule", "type: ring, min: 15s", ""},
		{"status", "type: ring, min: 15s", "type: ring, min: 15s, status: unverified"},
		{"unless", "type: ring, min: 15s", "type: ring, min: 15s, unless: manual"},
		{"unless", "type: list, list: x, unless: [ebr]", "type: list, list: x, unless: [ebr, consent.written]"},
		{"when.state", "type: ring, min: 15s", "type: ring, min: 15s, when: {state: FL}"},
		{"when.state", "type: ring, min: 15s, when: {state: [FL, OK]}", "type: ring, min: 15s, when: {state: FL}"},
		{"when.not", "type: ring, min: 15s", "type: ring, min: 15s, when: {not: amd}"},
		{"when.all", "type: ring, min: 15s, when: {all: amd}", "type: ring, min: 15s, when: {all: [amd, predictive]}"},
		{"when.any", "type: ring, min: 15s, when: {any: [amd, ai_voice]}", "type: ring, min: 15s, when: {any: amd}"},
		{"max_age", "type: list, list: x, max_age: 31d", "type: list, list: x, max_age: 60d"},
		{"max_age", "type: list, list: x, max_age: 31d", "type: list, list: x"},
		{"grace", "type: list, list: x", "type: list, list: x, grace: 28d"},
		{"level", "type: consent, level: express_written", "type: consent, level: express"},
		{"names_seller", "type: consent, names_seller: true", "type: consent"},
		{"max_age", "type: consent, max_age: 2y", "type: consent, max_age: 3y"},
		{"any", "type: consent, any: [consent]", "type: consent, any: [consent, contract]"},
		{"any", "type: consent, any: [consent: {max_age: 1y}]", "type: consent, any: [consent: {max_age: 2y}]"},
		{"weekly", week("09:00-20:00"), week("08:59-20:00")},
		{"holidays", week("09:00-20:00") + ", holidays: es", week("09:00-20:00")},
		{"pre_holiday", week("09:00-20:00") + `, holidays: es, pre_holiday: ["10:00-19:00"]`, week("09:00-20:00") + ", holidays: es"},
		{"margin", week("09:00-20:00") + ", margin: ring+amd+5s", week("09:00-20:00") + ", margin: ring+5s"},
		{"max", "type: cap, max: 3, per: 24h", "type: cap, max: 4, per: 24h"},
		{"per", "type: cap, max: 3, per: 24h", "type: cap, max: 3, per: 12h"},
		{"key", "type: cap, max: 3, per: 24h", "type: cap, max: 3, per: 24h, key: [called_number, seller]"},
		{"key person", "type: cap, max: 3, per: 24h, key: person", "type: cap, max: 3, per: 24h"},
		{"count", "type: cap, max: 3, per: 24h", "type: cap, max: 3, per: 24h, count: answered"},
		{"after", "type: guard, after: [abandoned, machine], for: 72h", "type: guard, after: [abandoned], for: 72h"},
		{"for", "type: cooldown, after: refused, for: 60d", "type: cooldown, after: refused, for: 30d"},
		{"first_day", "type: cooldown, after: refused, for: 60d", "type: cooldown, after: refused, for: 60d, first_day: true"},
		{"max", rate, strings.Replace(rate, "0.03", "0.05", 1)},
		{"act_at", rate + ", act_at: 0.025", rate},
		{"act hard", rate + ", act: hard", rate},
		{"start", rate + ", start: connected", rate},
		{"within", rate, rate + ", within: 3s"},
		{"min", "type: ring, min: 15s", "type: ring, min: 10s"},
		{"within", "type: connect, within: 2s", "type: connect, within: 3s"},
		{"from", "type: connect, within: 2s, from: connected", "type: connect, within: 2s"},
		{"message.audio", "type: connect, within: 2s, message: {audio: req}", "type: connect, within: 2s"},
		{"message.opt_out", "type: connect, within: 2s, message: {opt_out: voice}", "type: connect, within: 2s"},
		{"require", "type: cli, require: [authorized, callable]", "type: cli, require: authorized"},
		{"forbid_ranges", `type: cli, require: shown, forbid_ranges: ["+346", "+347"]`, `type: cli, require: shown, forbid_ranges: "+346"`},
		{"require_range", `type: cli, require_range: "+349"`, `type: cli, require_range: ["+349", "+348"]`},
		{"tested_within", "type: cli, require: shown, tested_within: 30d", "type: cli, require: shown"},
		{"require", "type: record, require: announce", "type: record, require: [announce, on]"},
		{"keep", "type: record, keep: [calls, consents], hold: 5y", "type: record, keep: [calls], hold: 5y"},
		{"hold", "type: record, keep: calls, hold: 5y", "type: record, keep: calls, hold: 4y"},
		{"max_age", "type: external, check: rnd, max_age: 31d", "type: external, check: rnd"},
		{"allow", "type: line_type, allow: fixed", "type: line_type, allow: [fixed, mobile]"},
		{"forbid", "type: line_type, forbid: [mobile, premium]", "type: line_type, forbid: premium"},
		{"unknown", "type: line_type, forbid: premium", "type: line_type, forbid: premium, unknown: allowed"},
		{"sources", "type: zone, sources: address", "type: zone, sources: [address, area_code]"},
		{"max_zones", "type: zone, max_zones: 1", "type: zone, max_zones: 2"},
	} {
		t.Run(c.field+" of "+c.strict, func(t *testing.T) {
			loose, tight := changeOf(t, c.strict, c.loose), changeOf(t, c.loose, c.strict)
			if len(loose) != 1 || loose[0].Field != c.field || loose[0].Direction != Loosened || !AnyLooser(loose) {
				t.Errorf("loosened: %v", loose)
			}
			if len(tight) != 1 || tight[0].Field != c.field || tight[0].Direction != Tightened || AnyLooser(tight) {
				t.Errorf("tightened: %v", tight)
			}
		})
	}
}

func TestWhatCannotBeComparedCountsAsLoosened(t *testing.T) {
	rate := "type: rate, max: 0.03, window: {rolling: 24h}"
	for _, c := range [][2]string{
		{"type: ring, min: 15s", "type: cap, max: 3, per: 24h"},
		{"type: list, list: one", "type: list, list: two"},
		{"type: cap, max: 3, per: 1d", "type: cap, max: 3, per: 1d, elapsed: true"},
		{rate, "type: rate, max: 0.03, window: {calendar: month}"},
		{rate, rate + ", group: centre"},
		{rate, rate + ", formula: uk_adjusted"},
		{"type: custom, expr: tries < 3", "type: custom, expr: tries < 2"},
		{"type: external, check: rnd", "type: external, check: litigator"},
		{"type: consent, channel: automated", "type: consent"},
	} {
		if there, back := changeOf(t, c[0], c[1]), changeOf(t, c[1], c[0]); !AnyLooser(there) || !AnyLooser(back) {
			t.Errorf("%s: %v, %v", c[0], there, back)
		}
	}
}

func TestWordsAloneLoosenNothing(t *testing.T) {
	got := changeOf(t, "type: ring, min: 15s, note: old", "type: ring, min: 15s, note: new, label: target, status: secondary")
	if len(got) != 3 || AnyLooser(got) || slices.ContainsFunc(got, func(c Change) bool { return c.Direction != Reworded }) {
		t.Errorf("%v", got)
	}
	if got := changeOf(t, "type: ring, min: 15s", "type: ring, min: 15s"); len(got) != 0 {
		t.Errorf("nothing changed: %v", got)
	}
}

func TestASetThatReachesFewerCallsIsLoosened(t *testing.T) {
	rules := "  - {id: r, type: ring, min: 15s, cite: x}\n"
	all, spain := set(t, rules), set(t, rules, "applies_when: {called_country: [ES], purpose: sales}")
	if got := Looser(all, spain); len(got) != 2 || !AnyLooser(got) {
		t.Errorf("%v", got)
	}
	if got := Looser(spain, all); AnyLooser(got) {
		t.Errorf("%v", got)
	}
	if got := Looser(all, nil); len(got) != 1 || !AnyLooser(got) {
		t.Errorf("a set that is dropped: %v", got)
	}
	if got := Looser(nil, all); AnyLooser(got) {
		t.Errorf("a new set: %v", got)
	}
	a, b := set(t, rules, "variables: {code: [\"+34400\"]}"), set(t, rules, "variables: {code: [\"+34\"]}")
	if got := Looser(a, b); !AnyLooser(got) || got[0].Field != "$code" {
		t.Errorf("a variable: %v", got)
	}
	if text := Looser(all, nil)[0].String(); !strings.Contains(text, "r rule loosened") || !strings.Contains(text, "none") {
		t.Error(text)
	}
}

// The law of Looser: when it says that nothing was loosened, no call is allowed
// under the new set that was refused under the old one.
func TestWithoutALooseningNoCallIsAllowedThatWasRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 34))
	variants := [][]string{
		{"type: list, list: x, max_age: 31d", "type: list, list: x, max_age: 10d", "type: list, list: x, grace: 5d", "type: list, list: x, unless: ebr", "type: list, list: x, unless: [ebr, consent]"},
		{"type: consent", "type: consent, level: express", "type: consent, max_age: 1y", "type: consent, any: [consent, contract]", "type: consent, names_seller: true", "type: consent, any: [consent: {max_age: 30d}]"},
		{`type: window, weekly: {mon-sun: ["08:00-21:00"]}`, `type: window, weekly: {mon-sun: ["09:00-21:00"]}`, `type: window, weekly: {mon-fri: ["08:00-21:00"]}, holidays: es`, `type: window, weekly: {mon-sun: ["08:00-21:00"]}, margin: ring`},
		{"type: cap, max: 3, per: 24h", "type: cap, max: 2, per: 24h", "type: cap, max: 3, per: 72h", "type: cap, max: 3, per: 24h, key: [person]", "type: cap, max: 3, per: 24h, key: [seller]", "type: cap, max: 3, per: 24h, count: answered"},
		{"type: cooldown, after: refused, for: 9d", "type: cooldown, after: [refused, machine], for: 9d", "type: cooldown, after: refused, for: 9d, first_day: true", "type: cooldown, after: refused, for: 20d"},
		{"type: guard, after: abandoned, for: 72h, unless: reserved_agent", "type: guard, after: abandoned, for: 72h", "type: guard, after: attempts, for: 72h, unless: reserved_agent"},
		{"type: cli, require: [authorized]", "type: cli, require: [authorized, callable]", `type: cli, require: [authorized], forbid_ranges: "+349"`, `type: cli, require_range: ["+349", "+348"]`, `type: cli, require_range: "+348"`},
		{"type: external, check: rnd", "type: external, check: rnd, max_age: 9d", "type: external, check: rnd, status: advisory"},
		{"type: ring, min: 15s", "type: ring, min: 30s", "type: ring, min: 30s, when: {any: amd}"},
	}
	h := holidaysOf(t, someHolidays)
	compared, tight := 0, 0
	for range 2500 / everyNth {
		group := variants[rng.IntN(len(variants))]
		one := set(t, "  - {id: r, cite: x, "+group[rng.IntN(len(group))]+"}\n")
		two := set(t, "  - {id: r, cite: x, "+group[rng.IntN(len(group))]+"}\n")
		if AnyLooser(Looser(one, two)) {
			continue
		}
		tight++
		old, now := book(t, h, one), book(t, h, two)
		for range 20 {
			at := utc(t, "2026-12-01 00:00:00").Add(time.Duration(rng.IntN(30*86400)) * time.Second)
			f := randomFacts(rng, at)
			f.Live, f.DNC, f.Stops, f.Clock = false, false, nil, ClockState{}
			var a, b Decision
			old.Plan(always(), f.Place).Decide(&f, at, &a)
			now.Plan(always(), f.Place).Decide(&f, at, &b)
			if b.Allowed() {
				compared++
			}
			if b.Allowed() && !a.Allowed() {
				t.Fatalf("%s\nwas refused by %s, and is allowed by\n%s\nfacts %+v at %s", one.Source, a.PrimaryRule(), two.Source, f, at)
			}
		}
	}
	if everyNth == 1 && (compared < 600 || tight < 300) {
		t.Errorf("%d pairs, %d allowed calls: too few to show anything", tight, compared)
	}
}
