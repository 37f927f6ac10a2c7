package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

const day = 24 * time.Hour

func britishCases() []lawCase {
	grace := func(since time.Duration) func(t testing.TB, c *call) { return listed("uk-tps", since) }
	business := func(_ testing.TB, c *call) { c.terms.Party = "business" }
	return slices.Concat(
		list("uk.tps", "gb", "uk-tps", 28*day, nil), list("uk.ctps", "gb", "uk-ctps", 28*day, business), automated("uk.auto", "gb"),
		[]lawCase{
			{"uk.tps", "gb", "registered 28 days less a second ago", lifted, grace(28*day - time.Second)},
			{"uk.tps", "gb", "registered 28 days ago", refuses, grace(28 * day)},
			{"uk.tps", "gb", "registered, and the subscriber told us that they agree", lifted, func(t testing.TB, c *call) {
				listed("uk-tps", 99*day, c.given("consent", "express", 400, 0))(t, c)
			}},
			{"uk.ctps", "gb", "a consumer", absent, nil},
			{"uk.guard72", "gb", "abandoned 72 hours ago", allows, ago(72*time.Hour, "abandoned_msg", nil)},
			{"uk.guard72", "gb", "abandoned 72 hours less a second ago", refuses, ago(72*time.Hour-time.Second, "abandoned_msg", nil)},
			{"uk.guard72", "gb", "a silent call yesterday by another campaign", refuses, ago(day, "abandoned_silent", func(p *rules.Past) { p.Campaign = 9 })},
			{"uk.guard72", "gb", "abandoned yesterday, an agent is reserved", lifted, with(ago(day, "abandoned_msg", nil), func(_ testing.TB, c *call) { c.facts.Reserved = true })},
			{"uk.amd24", "gb", "a machine 24 hours ago", allows, ago(day, "machine", nil)},
			{"uk.amd24", "gb", "a machine an hour ago", advises, ago(time.Hour, "machine", nil)},
			{"uk.cli", "gb", "a callable number of London", allows, nil}, {"uk.cli", "gb", "a mobile", refuses, shows("+447700900123")},
			{"uk.cli", "gb", "not callable", refuses, notCallable}, {"uk.cli", "gb", "none", refuses, noCLI},
			{"uk.msg", "gb", "no information message", refuses, silent}, {"uk.msg", "gb", "an agent who starts each call", absent, with(silent, mode("preview"))},
			{"uk.records", "gb", "kept by the retention matrix", allows, nil},
			{"uk.rate.formula", "gb", "with AMD", absent, func(_ testing.TB, c *call) { c.terms.AMD = true }},
		},
		rate("uk.ofcom.abandon", "gb", nil, refuses), rate("uk.ofcom2010.rate", "gb", nil, advises), rate("uk.rate.formula", "gb", nil, advises),
		rings("uk.ring", "gb"), connects("uk.msg", "gb", nil))
}

func spanishCases() []lawCase {
	aged := func(kind string, years, months, days int) func(t testing.TB, c *call) {
		return having(func(c *call) []rules.Grant {
			return []rules.Grant{{ID: "g", Kind: kind, Level: "express", Seller: "Acme", At: c.now.AddDate(-years, -months, -days)}}
		})
	}
	island := dialed("+34928123456")
	return slices.Concat(
		list("es.robinson", "es", "es-robinson", 31*day, nil), automated("es.auto", "es"),
		[]lawCase{
			{"es.robinson", "es", "on the list, consent of last year", lifted, func(t testing.TB, c *call) {
				listed("es-robinson", 99*day, c.given("consent", "express", 300, 0))(t, c)
			}},
			{"es.robinson", "es", "on the list, consent of three years ago", refuses, func(t testing.TB, c *call) {
				listed("es-robinson", 99*day, c.given("consent", "express", 1100, 0))(t, c)
			}},
			{"es.consent", "es", "consent", allows, nil}, {"es.consent", "es", "nothing", refuses, grants()},
			{"es.consent", "es", "a contract", allows, aged("contract", 5, 0, 0)},
			{"es.consent", "es", "an inquiry a year less a day ago", allows, aged("inquiry", 1, 0, -1)},
			{"es.consent", "es", "an inquiry a year ago", refuses, aged("inquiry", 1, 0, 0)},
			{"es.consent", "es", "a consent of three years ago is one", allows, aged("consent", 3, 0, 0)},
			{"es.void", "es", "a consent of two years less a day ago", allows, aged("consent", 2, 0, -1)},
			{"es.void", "es", "a consent of two years ago", refuses, aged("consent", 2, 0, 0)},
			{"es.void", "es", "a consent of three years ago that was renewed last month", allows, having(func(c *call) []rules.Grant {
				g := c.given("consent", "express", 1100, 0)
				g.RenewedAt = c.now.AddDate(0, -1, 0)
				return []rules.Grant{g}
			})},
			{"es.void", "es", "a service call", absent, with(grants(), purpose("service"))},
			{"es.code", "es", "the range is not assigned yet", advises, nil},
			{"es.code", "es", "a survey", absent, purpose("survey")},
			{"es.cli.mobile", "es", "a number of Madrid", allows, nil}, {"es.cli.mobile", "es", "a mobile", refuses, shows("+34612345678")},
			{"es.cli.mobile", "es", "a mobile that begins with 7", refuses, shows("+34712345678")},
			{"es.cli.mobile", "es", "a mobile, for a service call", refuses, with(shows("+34612345678"), purpose("service"))},
			{"es.id.shown", "es", "an identifiable number", allows, nil}, {"es.id.shown", "es", "no number", refuses, noCLI},
			{"es.li.record", "es", "recorded", allows, nil}, {"es.li.record", "es", "not recorded", advises, recording("off")},
		},
		instants("es.hours", "es", "Europe/Madrid", map[string]bool{
			"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": false, // 08:00 in the Canaries, where a mobile may be
			"2026-11-24 10:00:00": true, "2026-11-24 20:59:27": true, "2026-11-24 20:59:28": false,
			"2026-11-21 12:00:00": false, "2026-11-22 12:00:00": false, // Saturday, Sunday
			"2026-12-08 12:00:00": false, "2026-06-24 12:00:00": false, // Inmaculada; Sant Joan, for nobody knows the region
		}, nil),
		instants("es.hours", "es", "Europe/Madrid", map[string]bool{"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-06-24 12:00:00": true, "2026-12-07 12:00:00": false}, lives("ES", "", "28013")),
		instants("es.hours", "es", "Europe/Madrid", map[string]bool{"2026-06-24 12:00:00": false, "2026-04-23 12:00:00": true, "2026-09-11 12:00:00": false}, lives("ES", "", "08001")),
		instants("es.hours", "es", "Atlantic/Canary", map[string]bool{"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 20:59:27": true, "2026-11-24 21:00:00": false}, island))
}

func frenchCases() []lawCase {
	seller := func(name string) func(*rules.Past) { return func(p *rules.Past) { p.Seller, p.Campaign = name, 2 } }
	refused := func(p *rules.Past) { p.Refused, p.Answered = true, true }
	goods := func(what string) func(t testing.TB, c *call) {
		return func(_ testing.TB, c *call) { c.terms.Goods, c.terms.Subject = what, what }
	}
	contract := having(func(c *call) []rules.Grant { return []rules.Grant{c.given("contract", "", 900, 0)} })
	outOfHours := func(t testing.TB, c *call) {
		c.facts.Consents = append(c.facts.Consents, c.given("out_of_hours", "express", 9, 0))
		c.now = at("2026-11-24 13:30:00 Europe/Paris")
	}
	return slices.Concat(automated("fr.auto", "fr"),
		[]lawCase{
			{"fr.optin", "fr", "consent", allows, nil}, {"fr.optin", "fr", "nothing", refuses, grants()}, {"fr.optin", "fr", "a contract in force", allows, contract},
			{"fr.optin", "fr", "a business", absent, func(_ testing.TB, c *call) { c.terms.Party = "business" }},
			{"fr.optin", "fr", "a soft opt-in", refuses, having(func(c *call) []rules.Grant { return []rules.Grant{c.given("consent", "soft", 9, 0)} })},
			{"fr.optin", "fr", "a consent that was revoked this morning", refuses, having(func(c *call) []rules.Grant {
				g := c.given("consent", "express", 9, 0)
				g.Revoked = c.now.Add(-time.Hour)
				return []rules.Grant{g}
			})},
			{"fr.energy", "fr", "telephones", absent, nil}, {"fr.energy", "fr", "solar panels, with consent", refuses, goods("panneaux solaires")},
			{"fr.energy", "fr", "renovation, to a customer", allows, with(goods("Rénovation énergétique"), contract)},
			{"fr.energy", "fr", "who does not say what they sell", refuses, goods("")},
			{"fr.refusal", "fr", "no refusal", allows, nil},
			{"fr.refusal", "fr", "refused 60 days ago", refuses, ago(60*day, "connected", refused)},
			{"fr.refusal", "fr", "refused 61 days ago", allows, ago(61*day, "connected", refused)},
			{"fr.refusal", "fr", "refused at another number of the person", refuses, ago(9*day, "connected", func(p *rules.Past) { refused(p); p.Other = true })},
			{"fr.refusal", "fr", "refused another seller", allows, ago(9*day, "connected", func(p *rules.Past) { refused(p); p.Seller, p.Campaign = "Other", 2 })},
			{"fr.freq", "fr", "the fourth attempt in 30 days", allows, tries(3, day)},
			{"fr.freq", "fr", "the fifth attempt in 30 days, none of them answered", refuses, tries(4, day)},
			{"fr.freq", "fr", "the first of four was 29 dates ago", refuses, with(tries(3, day), ago(29*day, "busy", nil))},
			{"fr.freq", "fr", "the first of four was 30 dates ago", allows, with(tries(3, day), ago(30*day, "busy", nil))},
			{"fr.freq", "fr", "four attempts of another seller", allows, with(ago(day, "busy", seller("Other")), ago(2*day, "busy", seller("Other")), ago(3*day, "busy", seller("Other")), ago(4*day, "busy", seller("Other")))},
			{"fr.hours", "fr", "during lunch, with consent to that", lifted, outOfHours},
			{"fr.cli", "fr", "assigned to the seller", allows, nil}, {"fr.cli", "fr", "masked", refuses, noCLI},
			{"fr.cli", "fr", "assigned to another", refuses, caller(func(cli *rules.CLI) { cli.Seller = "Other" })},
			{"fr.cli.range", "fr", "0162", allows, nil}, {"fr.cli.range", "fr", "a mobile", refuses, shows("+33612345678")},
			{"fr.cli.range", "fr", "an ordinary number of Paris", refuses, shows("+33142345678")},
			{"fr.cli.range", "fr", "an agent who starts each call, from Paris", absent, with(shows("+33142345678"), mode("preview"))},
		},
		instants("fr.hours", "fr", "Europe/Paris", map[string]bool{
			"2026-11-24 09:59:59": false, "2026-11-24 10:00:00": true, "2026-11-24 12:59:27": true, "2026-11-24 12:59:28": false, "2026-11-24 13:00:00": false,
			"2026-11-24 13:59:59": false, "2026-11-24 14:00:00": true, "2026-11-24 19:59:27": true, "2026-11-24 19:59:28": false, "2026-11-24 20:00:00": false,
			"2026-11-21 11:00:00": false, "2026-11-22 11:00:00": false, "2026-11-11 11:00:00": false, "2026-05-14 11:00:00": false, // Armistice, Ascension
			"2026-05-22 11:00:00": true, "2026-04-03 11:00:00": true, // abolition (Martinique), Good Friday (Alsace): not of L.3133-1
		}, nil),
		instants("fr.hours", "fr", "Indian/Reunion", map[string]bool{"2026-11-24 09:59:59": false, "2026-11-24 10:00:00": true, "2026-11-24 13:30:00": false, "2026-11-24 19:59:27": true}, dialed("+262692123456")))
}

func otherEuropeanCases() []lawCase {
	business := func(_ testing.TB, c *call) { c.terms.Party = "business" }
	italian := map[string]bool{
		"2026-11-24 08:59:59": false, "2026-11-24 09:00:00": true, "2026-11-24 19:59:27": true, "2026-11-24 20:00:00": false, // Tuesday
		"2026-11-28 09:59:59": false, "2026-11-28 10:00:00": true, "2026-11-28 18:59:27": true, "2026-11-28 18:59:28": false, // Saturday
		"2026-12-07 09:30:00": false, "2026-12-07 10:00:00": true, "2026-12-07 18:59:27": true, "2026-12-07 19:30:00": false, // the day before the Immacolata
		"2026-11-22 11:00:00": false, "2026-12-08 11:00:00": false, "2027-10-04 11:00:00": false, // Sunday, Immacolata, San Francesco
		"2026-05-25 11:00:00": true, // Whit Monday: South Tyrol's alone
	}
	return slices.Concat(automated("eu.eprivacy13", "de"), automated("eu.eprivacy13", "es"), automated("ee.auto", "ee"),
		list("it.rpo", "it", "it-rpo", 15*day, nil), instants("it.hours", "it", "Europe/Rome", italian, nil),
		[]lawCase{
			{"eu.recording", "de", "announced", allows, nil}, {"eu.recording", "de", "not recorded", allows, recording("off")},
			{"eu.recording", "de", "recorded in secret", refuses, recording("on")}, {"eu.recording", "us", "recorded in secret, in New York", absent, recording("on")},
			{"de.consent", "de", "consent", allows, nil}, {"de.consent", "de", "nothing", refuses, grants()}, {"de.consent", "de", "a business", absent, with(grants(), business)},
			{"de.consent", "de", "a contract is no consent", refuses, having(func(c *call) []rules.Grant { return []rules.Grant{c.given("contract", "", 9, 0)} })},
			{"de.consent.doc", "de", "kept by the consent ledger", allows, nil},
			{"it.rpo", "it", "registered 14 days ago", lifted, listed("it-rpo", 14*day)}, {"it.rpo", "it", "registered 15 days ago", refuses, listed("it-rpo", 15*day)},
			{"it.rpo", "it", "registered, with a contract in force", lifted, func(t testing.TB, c *call) { listed("it-rpo", 99*day, c.given("contract", "", 900, 0))(t, c) }},
			{"it.rpo", "it", "registered, with an earlier consent", refuses, func(t testing.TB, c *call) { listed("it-rpo", 99*day, c.given("consent", "express", 900, 0))(t, c) }},
			{"it.cli", "it", "callable", allows, nil}, {"it.cli", "it", "not callable", refuses, notCallable},
			{"hu.consent", "hu", "consent", allows, nil}, {"hu.consent", "hu", "nothing", refuses, grants()},
			{"hu.consent", "hu", "an implied consent", refuses, having(func(c *call) []rules.Grant { return []rules.Grant{c.given("consent", "soft", 9, 0)} })},
			{"hu.consent.auto", "hu", "a recorded voice with consent to automated calls", allows, machine},
			{"hu.consent.auto", "hu", "a recorded voice without consent", advises, with(machine, grants())},
			{"ee.auto", "ee", "a live call without consent", absent, grants()},
			{"ee.mobile", "ee", "a mobile with consent", allows, nil}, {"ee.mobile", "ee", "a mobile without consent", advises, grants()},
			{"ee.mobile", "ee", "a fixed line", absent, with(dialed("+3726123456"), grants())},
		})
}

func TestUnitedKingdom(t *testing.T) { run(t, bookOf(), britishCases()) }

func TestSpain(t *testing.T) { run(t, bookOf(), spanishCases()) }

func TestFrance(t *testing.T) { run(t, bookOf(), frenchCases()) }

func TestGermanyItalyHungaryEstoniaAndTheUnion(t *testing.T) { run(t, bookOf(), otherEuropeanCases()) }
