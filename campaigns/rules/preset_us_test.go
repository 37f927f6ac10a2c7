package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func debt(_ testing.TB, c *call) { c.terms.Purpose = "debt" }

func federalCases() []lawCase {
	ebr := func(kind string, months, days int) func(t testing.TB, c *call) {
		return func(t testing.TB, c *call) {
			listed("us-national", 400*day, rules.Grant{ID: kind, Kind: kind, Seller: "Acme", At: c.now.AddDate(0, -months, days)})(t, c)
		}
	}
	cases := slices.Concat(
		list("us.dnc.national", "us", "us-national", 31*day, nil),
		[]lawCase{
			{"us.dnc.national", "us", "on the list, written consent", lifted, func(t testing.TB, c *call) {
				listed("us-national", day, c.given("consent", "express_written", 900, 0))(t, c)
			}},
			{"us.dnc.national", "us", "on the list, consent that was only said", refuses, func(t testing.TB, c *call) {
				listed("us-national", day, c.given("consent", "express", 9, 0))(t, c)
			}},
			{"us.dnc.national", "us", "on the list, a purchase 18 months less a day ago", lifted, ebr("purchase", 18, 1)},
			{"us.dnc.national", "us", "on the list, a purchase 18 months ago", refuses, ebr("purchase", 18, 0)},
			{"us.dnc.national", "us", "on the list, an inquiry 3 months less a day ago", lifted, ebr("inquiry", 3, 1)},
			{"us.dnc.national", "us", "on the list, an inquiry 3 months ago", refuses, ebr("inquiry", 3, 0)},
			{"us.dnc.national", "us", "a purchase from another seller", refuses, func(t testing.TB, c *call) {
				listed("us-national", day, rules.Grant{ID: "p", Kind: "purchase", Seller: "Other", At: c.now.Add(-day)})(t, c)
			}},
			{"us.dnc.national", "us", "a call for a charity", absent, purpose("charity")},
			{"us.dnc.internal", "us", "not on our list", allows, nil},
			{"us.dnc.internal", "us", "on our list, with written consent", refuses, func(_ testing.TB, c *call) { c.facts.DNC = true }},
			{"us.pewc", "us", "a consent that names no seller", refuses, with(machine, having(func(c *call) []rules.Grant {
				g := c.given("consent", "express_written", 9, rules.GrantAutomated)
				g.Seller = ""
				return []rules.Grant{g}
			}))},
			{"us.pewc", "us", "a consent that was only said", refuses, with(machine, having(func(c *call) []rules.Grant {
				return []rules.Grant{c.given("consent", "express", 9, rules.GrantAutomated)}
			}))},
		},
		automated("us.pewc", "us"), ported(), frequency(),
		instants("us.hours", "us", "America/New_York", map[string]bool{
			"2026-11-24 07:59:59": false, "2026-11-24 08:00:00": true, "2026-11-24 20:59:27": true, "2026-11-24 20:59:28": false, "2026-11-24 21:00:00": false,
			"2026-11-22 12:00:00": true, "2026-11-26 12:00:00": true, // Sunday, Thanksgiving
			"2026-03-08 08:00:00": true, "2026-11-01 07:59:59": false, // the clocks change
		}, nil),
		instants("us.hours", "us", "America/Chicago", map[string]bool{"2026-11-24 07:30:00": false, "2026-11-24 19:59:27": true, "2026-11-24 20:00:00": false}, dialed("+12195550123")),
		instants("us.regf.hours", "us", "America/New_York", map[string]bool{"2026-11-24 07:59:59": false, "2026-11-24 08:00:00": true, "2026-11-24 21:00:00": false}, debt),
		[]lawCase{
			{"us.hours", "us", "a survey", absent, purpose("survey")},
			{"us.rnd", "us", "asked 30 days ago", allows, nil},
			{"us.rnd", "us", "never asked", advises, func(_ testing.TB, c *call) { c.facts.External = nil }},
			{"us.rnd", "us", "the number has a new owner", advises, func(_ testing.TB, c *call) {
				c.facts.External = []rules.Checked{{Check: "rnd", At: c.now, Answer: "yes"}}
			}},
			{"us.cli", "us", "ours, callable", allows, nil}, {"us.cli", "us", "none", refuses, noCLI}, {"us.cli", "us", "not callable", refuses, notCallable},
			{"us.cli", "us", "blocked", refuses, blocked}, {"us.cli", "us", "no right to it", refuses, unauthorized},
			{"us.spoof", "us", "ours", allows, nil}, {"us.spoof", "us", "no right to it", refuses, unauthorized},
		},
		rate("us.tsr.abandon", "us", nil, refuses), rate("us.fcc.abandon", "us", nil, refuses), rings("us.ring", "us"),
		connects("us.abandon.def", "us", nil), connects("us.msg.tsr", "us", nil), connects("us.msg.fcc", "us", nil), connects("us.prerec", "us", machine),
		[]lawCase{
			{"us.abandon.def", "us", "an agent who starts each call", absent, mode("preview")},
			{"us.msg.tsr", "us", "no message", refuses, silent}, {"us.msg.fcc", "us", "no message", refuses, silent},
			{"us.msg.fcc", "us", "a message without opt-out", refuses, noOptOut}, {"us.prerec", "us", "no opt-out", refuses, with(machine, noOptOut)},
			{"us.abandon.records", "us", "kept by the retention matrix", allows, nil},
		})
	return cases
}

// ported: the flag of a list makes a landline a mobile, and a rule appears.
func ported() []lawCase {
	survey := func(kind string) func(t testing.TB, c *call) {
		return with(machine, purpose("survey"), grants(), func(_ testing.TB, c *call) { c.phone.Kind = kind })
	}
	return []lawCase{
		{"us.port15", "us", "a recorded survey to a landline", absent, survey("fixed")},
		{"us.port15", "us", "a recorded survey to a number that was ported to a mobile", refuses, survey("mobile")},
		{"us.port15", "us", "a recorded survey to a line of which nothing is known", refuses, survey("fixed_or_mobile")},
		{"us.port15", "us", "a recorded survey to a mobile that agreed", allows, with(survey("mobile"), having(func(c *call) []rules.Grant {
			return []rules.Grant{c.given("consent", "express", 9, rules.GrantAutomated)}
		}))},
	}
}

// frequency is Regulation F: seven calls in seven days about a debt, and a week
// of silence after a conversation, whose day is the first.
func frequency() []lawCase {
	about := func(subject string) func(*rules.Past) { return func(p *rules.Past) { p.Subject = subject } }
	return []lawCase{
		{"us.regf.freq", "us", "6 calls", allows, with(debt, tries(6, day))},
		{"us.regf.freq", "us", "7 calls", refuses, with(debt, tries(7, day))},
		{"us.regf.freq", "us", "7 calls, the last 7 days ago", allows, with(debt, tries(7, 7*day))},
		{"us.regf.freq", "us", "7 calls to another number of the person", refuses, with(debt, tries(7, day), func(_ testing.TB, c *call) {
			for i := range c.facts.History {
				c.facts.History[i].Other = true
			}
		})},
		{"us.regf.freq", "us", "a sale", absent, nil},
		{"us.regf.freq.after", "us", "talked 6 days ago", refuses, with(debt, ago(6*day, "connected", nil))},
		{"us.regf.freq.after", "us", "talked 7 days ago", allows, with(debt, ago(7*day, "connected", nil))},
		{"us.regf.freq.after", "us", "talked 2 days ago about another debt", allows, with(debt, ago(2*day, "connected", about("another")))},
		{"us.regf.freq.after", "us", "nobody answered 2 days ago", allows, with(debt, ago(2*day, "no_answer", nil))},
	}
}

// states are numbers of states and their hours on a Tuesday, in UTC-5 or -6.
var states = []struct {
	rule         rules.ID
	number, zone string
	open, close  string
	sunday       bool
	holiday      string // a day that is closed; "" = none is
}{
	{"us.fl.hours", "+13055550123", "America/New_York", "08:00:00", "20:00:00", true, ""},
	{"us.ok.hours", "+14055550123", "America/Chicago", "08:00:00", "20:00:00", true, ""},
	{"us.md.hours", "+14105550123", "America/New_York", "08:00:00", "20:00:00", true, ""},
	{"us.al.hours", "+12055550123", "America/Chicago", "08:00:00", "20:00:00", false, "2026-02-17"}, // Mardi Gras
	{"us.ct.hours", "+12035550123", "America/New_York", "09:00:00", "20:00:00", true, ""},
	{"us.ky.hours", "+15025550123", "America/New_York", "10:00:00", "21:00:00", true, ""},
	{"us.la.hours", "+15045550123", "America/Chicago", "08:00:00", "20:00:00", false, "2026-04-03"}, // Good Friday
	{"us.ma.hours", "+16175550123", "America/New_York", "08:00:00", "20:00:00", true, ""},
	{"us.mi.hours", "+13135550123", "America/New_York", "09:00:00", "21:00:00", true, ""},
	{"us.mn.hours", "+16125550123", "America/Chicago", "09:00:00", "21:00:00", true, ""},
	{"us.ms.hours", "+16015550123", "America/Chicago", "08:00:00", "20:00:00", false, ""},
	{"us.nv.hours", "+17025550123", "America/Los_Angeles", "09:00:00", "20:00:00", true, ""},
	{"us.nm.hours", "+15055550123", "America/Denver", "09:00:00", "21:00:00", true, ""},
	{"us.pa.holidays", "+12155550123", "America/New_York", "08:00:00", "21:00:00", true, "2026-11-03"}, // Election Day
	{"us.ri.holidays", "+14015550123", "America/New_York", "08:00:00", "21:00:00", true, "2026-08-10"}, // Victory Day
	{"us.ut.holidays", "+18015550123", "America/Denver", "08:00:00", "21:00:00", true, "2026-07-24"},   // Pioneer Day
}

func stateHours() (out []lawCase) {
	for _, s := range states {
		before := at("2026-11-24 " + s.open + " " + s.zone).Add(-time.Second).Format(time.DateTime)
		margin := at("2026-11-24 " + s.close + " " + s.zone).Add(-33 * time.Second) // ring 25 s, AMD 2 s, 5 s, and the last second
		out = append(out, instants(s.rule, "us", s.zone, map[string]bool{
			before: false, "2026-11-24 " + s.open: true, margin.Format(time.DateTime): true, margin.Add(time.Second).Format(time.DateTime): false,
			"2026-11-24 " + s.close: false, "2026-11-22 13:00:00": s.sunday, "2026-11-28 13:00:00": true,
		}, dialed(s.number))...)
		if s.holiday != "" {
			out = append(out, instants(s.rule, "us", s.zone, map[string]bool{s.holiday + " 13:00:00": false, "2026-11-26 13:00:00": false}, dialed(s.number))...)
		} else {
			out = append(out, instants(s.rule, "us", s.zone, map[string]bool{"2026-11-26 13:00:00": true}, dialed(s.number))...)
		}
		out = append(out, lawCase{s.rule, "us", "a number of New York", absent, nil}, lawCase{s.rule, "us", "a survey", absent, with(dialed(s.number), purpose("survey"))})
	}
	return out
}

func stateCases() []lawCase {
	hour := time.Hour
	florida, oklahoma, maryland, maine := dialed("+13055550123"), dialed("+14055550123"), dialed("+14105550123"), dialed("+12075550123")
	out := stateHours()
	for rule, number := range map[rules.ID]func(testing.TB, *call){"us.fl.freq": florida, "us.ok.freq": oklahoma, "us.md.freq": maryland} {
		out = append(out,
			lawCase{rule, "us", "the third call in 24 hours", allows, with(number, tries(2, hour))},
			lawCase{rule, "us", "the fourth call in 24 hours", refuses, with(number, tries(3, hour))},
			lawCase{rule, "us", "the first of three was 24 hours ago", allows, with(number, tries(2, hour), ago(24*hour, "no_answer", nil))},
			lawCase{rule, "us", "the first of three was 24 hours less a second ago", refuses, with(number, tries(2, hour), ago(24*hour-time.Second, "no_answer", nil))},
			lawCase{rule, "us", "the fourth call, about another subject", allows, with(number, tries(3, hour), func(_ testing.TB, c *call) { c.terms.Subject = "solar" })},
			lawCase{rule, "us", "the fourth call, from another campaign about the same", refuses, with(number, tries(3, hour), func(_ testing.TB, c *call) { c.terms.Campaign = 2 })})
	}
	for rule, number := range map[rules.ID]func(testing.TB, *call){"us.fl.consent": florida, "us.ok.consent": oklahoma, "us.md.consent": maryland} {
		out = append(out,
			lawCase{rule, "us", "written consent", allows, number}, lawCase{rule, "us", "no consent", refuses, with(number, grants())},
			lawCase{rule, "us", "an agent who starts each call", absent, with(number, grants(), mode("preview"))})
	}
	tx := dialed("+12145550123")
	out = append(out, instants("us.tx.hours", "us", "America/Chicago", map[string]bool{
		"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 20:59:27": true, "2026-11-24 20:59:28": false, // Tuesday
		"2026-11-28 09:00:00": true, "2026-11-28 21:00:00": false, // Saturday
		"2026-11-22 11:59:59": false, "2026-11-22 12:00:00": true, "2026-11-22 20:59:27": true, "2026-11-22 21:00:00": false, // Sunday
	}, tx)...)
	return append(out,
		lawCase{"us.me.freq", "us", "nothing in 8 hours", allows, with(maine, ago(8*hour, "no_answer", nil))},
		lawCase{"us.me.freq", "us", "a call 8 hours less a second ago", refuses, with(maine, ago(8*hour-time.Second, "no_answer", nil))},
		lawCase{"us.me.freq", "us", "an agent who starts each call", absent, with(maine, mode("preview"))},
		lawCase{"us.recording.all_party", "us", "announced, in Florida", allows, florida},
		lawCase{"us.recording.all_party", "us", "not announced, in Florida", refuses, with(florida, recording("on"))},
		lawCase{"us.recording.all_party", "us", "not announced, a New York number of somebody in California", refuses, with(lives("US", "US-CA", "94105"), recording("on"))},
		lawCase{"us.recording.all_party", "us", "not announced, in New York", absent, recording("on")},
		lawCase{"us.recording.disputed", "us", "not recorded, in Nevada", allows, with(dialed("+17025550123"), recording("off"))},
		lawCase{"us.recording.disputed", "us", "not announced, in Nevada", refuses, with(dialed("+17025550123"), recording("on"))})
}

func strictestCases() []lawCase {
	return append(instants("us.strictest.hours", "us", "America/New_York", map[string]bool{
		"2026-11-24 09:59:59": false, "2026-11-24 10:00:00": true, "2026-11-24 19:59:27": true, "2026-11-24 19:59:28": false, "2026-11-28 10:00:00": true,
		"2026-11-22 12:00:00": false, "2026-11-26 12:00:00": false, // Sunday, Thanksgiving
	}, nil),
		lawCase{"us.strictest.hours", "us", "Pioneer Day in Utah", refuses, func(t testing.TB, c *call) {
			dialed("+18015550123")(t, c)
			c.now = at("2026-07-24 12:00:00 America/Denver")
		}},
		lawCase{"us.strictest.freq", "us", "the third call of the day", allows, tries(2, time.Hour)},
		lawCase{"us.strictest.freq", "us", "the fourth call of the day, in any state", refuses, tries(3, time.Hour)})
}

func TestUnitedStates(t *testing.T) { run(t, bookOf(), federalCases()) }

func TestTheStatesOfTheUnion(t *testing.T) { run(t, bookOf(), stateCases()) }

func TestTheStrictestOfTheStatesEverywhere(t *testing.T) { run(t, bookOfStrictest(), strictestCases()) }
