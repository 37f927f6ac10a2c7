package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func canadianCases() []lawCase {
	return slices.Concat(list("ca.dnc", "ca", "ca-ndncl", 31*day, nil), automated("ca.adad", "ca"),
		rate("ca.abandon", "ca", nil, advises), connects("ca.abandon.def", "ca", nil),
		instants("ca.hours", "ca", "America/Toronto", map[string]bool{
			"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 21:29:27": true, "2026-11-24 21:29:28": false, "2026-11-24 21:30:00": false, // Tuesday
			"2026-11-28 09:59:59": false, "2026-11-28 10:00:00": true, "2026-11-22 17:59:27": true, "2026-11-22 18:00:00": false, // weekend
		}, nil),
		instants("ca.hours", "ca", "America/Halifax", map[string]bool{"2026-11-24 09:30:00": false, "2026-11-24 10:00:00": true, "2026-11-24 21:15:00": true}, dialed("+14185550123")), // Quebec and the Magdalen islands
		[]lawCase{
			{"ca.dnc", "ca", "registered 30 days ago", lifted, listed("ca-ndncl", 30*day)}, {"ca.dnc", "ca", "registered 31 days ago", refuses, listed("ca-ndncl", 31*day)},
			{"ca.dnc.internal", "ca", "not on our list", allows, nil}, {"ca.dnc.internal", "ca", "on our list", refuses, func(_ testing.TB, c *call) { c.facts.DNC = true }},
			{"ca.abandon.records", "ca", "kept by the retention matrix", allows, nil},
		})
}

func australianCases() []lawCase {
	perth, survey := lives("AU", "", "6000"), purpose("survey")
	agreed := func(t testing.TB, c *call) {
		c.facts.Consents = append(c.facts.Consents, c.given("out_of_hours", "express", 9, 0))
		c.now = at("2026-11-22 12:00:00 Australia/Sydney")
	}
	return slices.Concat(list("au.dncr", "au", "au-dncr", 30*day, nil),
		instants("au.hours", "au", "Australia/Perth", map[string]bool{
			"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 19:59:27": true, "2026-11-24 20:00:00": false, // Tuesday
			"2026-11-28 16:59:27": true, "2026-11-28 17:00:00": false, "2026-11-22 12:00:00": false, // Saturday, Sunday
			"2026-01-26 12:00:00": false, "2026-04-03 12:00:00": false, "2026-12-28 12:00:00": false, // Australia Day, Good Friday, Boxing Day's substitute
			"2026-03-02 12:00:00": true, // Labour Day of Western Australia is no national holiday
		}, perth),
		instants("au.hours", "au", "Australia/Sydney", map[string]bool{
			"2026-11-24 09:00:00": false, // six in the morning in Perth
			"2026-11-24 12:00:00": true, "2026-11-24 19:59:27": true, "2026-11-24 20:00:00": false,
		}, nil),
		instants("au.hours", "au", "Australia/Brisbane", map[string]bool{"2026-11-24 08:30:00": false, "2026-11-24 09:00:00": true}, dialed("+61730101234")),
		instants("au.hours.research", "au", "Australia/Perth", map[string]bool{
			"2026-11-24 09:00:00": true, "2026-11-24 20:29:27": true, "2026-11-24 20:30:00": false, "2026-11-22 12:00:00": true, "2026-11-22 17:00:00": false, "2026-12-25 12:00:00": false,
		}, with(perth, survey)),
		[]lawCase{
			{"au.hours", "au", "a survey", absent, survey}, {"au.hours", "au", "on Sunday, with express consent to that", lifted, agreed},
			{"au.dncr", "au", "registered 29 days ago", lifted, listed("au-dncr", 29*day)}, {"au.dncr", "au", "registered 30 days ago", refuses, listed("au-dncr", 30*day)},
			{"au.cli", "au", "answered in the last test call", allows, nil}, {"au.cli", "au", "not callable", refuses, notCallable},
			{"au.cli", "au", "tested 31 days ago", refuses, caller(func(cli *rules.CLI) { cli.TestedAt = cli.TestedAt.AddDate(0, 0, -28) })},
		})
}

func indianCases() []lawCase {
	service := with(purpose("service"), shows("+911600000001"))
	return slices.Concat(
		advised(instants("in.hours", "in", "Asia/Kolkata", map[string]bool{"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 21:00:00": false}, nil)),
		[]lawCase{
			{"in.series", "in", "140", allows, nil}, {"in.series", "in", "a ten-digit number", refuses, shows("+919876500000")},
			{"in.series.service", "in", "1600", allows, service}, {"in.series.service", "in", "140", refuses, purpose("service")},
			{"in.series", "in", "a service call", absent, service},
			{"in.dlt", "in", "scrubbed an hour ago", allows, nil},
			{"in.dlt", "in", "not scrubbed", refuses, func(_ testing.TB, c *call) { c.facts.External = nil }},
			{"in.dlt", "in", "scrubbed two days ago", refuses, func(_ testing.TB, c *call) {
				c.facts.External = []rules.Checked{{Check: "in-dlt", At: c.now.Add(-48 * time.Hour), OK: true}}
			}},
		})
}

func everywhereCases() []lawCase {
	return []lawCase{
		{"xc.recording", "us", "announced", allows, nil}, {"xc.recording", "us", "not recorded", allows, recording("off")}, {"xc.recording", "ca", "recorded without a word", advises, recording("on")},
	}
}

func TestCanada(t *testing.T) { run(t, bookOf(), canadianCases()) }

func TestAustralia(t *testing.T) { run(t, bookOf(), australianCases()) }

func TestIndia(t *testing.T) { run(t, bookOf(), indianCases()) }

func TestEverywhere(t *testing.T) { run(t, bookOf(), everywhereCases()) }

func TestEveryRuleOfEveryPresetHasACaseThatPassesAndOneThatDoesNot(t *testing.T) {
	seen := map[rules.ID]map[says]bool{}
	for _, cases := range [][]lawCase{
		federalCases(), stateCases(), strictestCases(), britishCases(), spanishCases(), frenchCases(), otherEuropeanCases(), canadianCases(), australianCases(),
		indianCases(), everywhereCases(),
	} {
		for _, one := range cases {
			if seen[one.rule] == nil {
				seen[one.rule] = map[says]bool{}
			}
			seen[one.rule][one.want] = true
		}
	}
	for _, s := range rules.Presets() {
		for _, r := range s.Rules {
			keeps := r.Type == rules.TypeRecord && len(r.Require) == 0 // what is kept refuses no call: the retention matrix reads it
			passes, fails := seen[r.ID][allows], seen[r.ID][refuses] || seen[r.ID][advises] || keeps
			if r.ID == "es.code" { // no number can have a range that is not assigned
				passes = true
			}
			if !passes || !fails {
				t.Errorf("%s: a case that passes %v, one that does not %v", r.ID, passes, fails)
			}
		}
	}
}
