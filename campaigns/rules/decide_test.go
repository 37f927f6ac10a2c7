package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// noonFriday is a working day without holiday.
func noonFriday(t testing.TB) time.Time { return local(t, "Europe/Madrid", "2026-11-27 12:00:00") }

// One row for every way in which a rule of each type is met, lifted, not met,
// or fails closed.
func TestEveryTypeOfRuleAllowsAndRefuses(t *testing.T) {
	now := noonFriday(t)
	hours := func(h int) time.Time { return now.Add(-time.Duration(h) * time.Hour) }
	days := func(d int) time.Time { return now.AddDate(0, 0, -d) }
	lists := func(l Listed) Facts { return Facts{Lists: []Listed{l}} }
	calls := func(list ...Past) Facts { return Facts{History: list} }
	grants := func(list ...Grant) Facts { return Facts{Consents: list} }
	cli := func(c CLI) Facts { return Facts{CLI: c} }
	const (
		list     = "type: list, list: tps, max_age: 31d, grace: 28d, unless: [consent.written, ebr]"
		consent  = "type: consent, any: [consent: {max_age: 2y}, contract_similar, interaction: {max_age: 1y}]"
		pewc     = "type: consent, level: express_written, channel: automated, names_seller: true"
		cap3     = "type: cap, max: 3, per: 24h, elapsed: true, key: [called_number, subject_key]"
		cap4     = "type: cap, max: 4, per: 30d, calendar_days: true, key: [seller, person]"
		talks    = "type: cap, max: 1, per: 7d, count: conversations"
		cooldown = "type: cooldown, after: disposition.refused, for: 60d"
		guard    = "type: guard, after: disposition.abandoned, for: 72h, unless: reserved_agent"
		rate     = "type: rate, max: 0.03, window: {blocks: 30d, anchor: campaign_start}"
		cliAll   = `type: cli, require: [shown, authorized, callable, not_blocked, assigned, not_mobile, same_country], tested_within: 30d, forbid_ranges: ["+346"], require_range: ["+3491"]`
		check    = "type: external, check: rnd, max_age: 31d"
	)
	good := CLI{Number: "+34910000000", Seller: "Acme", Authorized: true, Callable: true, TestedAt: days(2), LineType: "fixed", Country: "ES"}
	spoil := func(change func(*CLI)) CLI { c := good; change(&c); return c }
	fresh := Listed{Loaded: true, Version: "v3", AccessedAt: days(3)}
	on := func(since time.Time) Listed {
		return Listed{Loaded: true, Listed: true, Version: "v3", AccessedAt: days(3), RegisteredAt: since}
	}
	call := func(at time.Time, outcome string) Past {
		return Past{At: at, Outcome: outcome, Seller: "Acme", Subject: "solar"}
	}
	for _, c := range []struct {
		name, rule string
		facts      Facts
		reason     string // empty = allowed
		next       time.Time
	}{
		{"list: not on it", list, lists(fresh), "", time.Time{}},
		{"list: on it", list, lists(on(days(40))), "listed", time.Time{}},
		{"list: on it since nobody knows when", list, lists(on(time.Time{})), "listed", time.Time{}},
		{"list: within its grace", list, lists(on(days(27))), "", time.Time{}},
		{"list: its grace is over", list, lists(on(days(28))), "listed", time.Time{}},
		{"list: on it, lifted by consent", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{ID: "c", Kind: "consent", Level: "express_written", At: days(5)}}}, "", time.Time{}},
		{"list: on it, a spoken consent does not lift", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{Kind: "consent", Level: "express", At: days(5)}}}, "listed", time.Time{}},
		{"list: on it, lifted by a purchase 17 months ago", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{Kind: "purchase", At: now.AddDate(0, -17, 0)}}}, "", time.Time{}},
		{"list: on it, a purchase 18 months ago is too old", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{Kind: "purchase", At: now.AddDate(0, -18, 0)}}}, "listed", time.Time{}},
		{"list: on it, lifted by an inquiry 2 months ago", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{Kind: "inquiry", At: now.AddDate(0, -2, 0)}}}, "", time.Time{}},
		{"list: on it, an inquiry 3 months ago is too old", list, Facts{Lists: []Listed{on(days(40))}, Consents: []Grant{{Kind: "inquiry", At: now.AddDate(0, -3, 0)}}}, "listed", time.Time{}},
		{"list: missing", list, Facts{}, "not_loaded", time.Time{}},
		{"list: not loaded", list, lists(Listed{Version: "v3", AccessedAt: days(3)}), "not_loaded", time.Time{}},
		{"list: 31 days old to the second", list, lists(Listed{Loaded: true, AccessedAt: now.Add(-31 * 24 * time.Hour)}), "", time.Time{}},
		{"list: a second older", list, lists(Listed{Loaded: true, AccessedAt: now.Add(-31*24*time.Hour - time.Second)}), "stale", time.Time{}},
		{"list: stale, which no consent lifts", list, Facts{Lists: []Listed{{Loaded: true, AccessedAt: days(40)}}, Consents: []Grant{{Kind: "consent", Level: "express_written", At: days(5)}}}, "stale", time.Time{}},

		{"consent: none", consent, Facts{}, "no_consent", time.Time{}},
		{"consent: given", consent, grants(Grant{Kind: "consent", At: days(5)}), "", time.Time{}},
		{"consent: for another seller", consent, grants(Grant{Kind: "consent", Seller: "Other", At: days(5)}), "no_consent", time.Time{}},
		{"consent: for another purpose", consent, grants(Grant{Kind: "consent", Purpose: "survey", At: days(5)}), "no_consent", time.Time{}},
		{"consent: to machines is none to people", consent, grants(Grant{Kind: "consent", Channels: GrantAutomated, At: days(5)}), "no_consent", time.Time{}},
		{"consent: too old", consent, grants(Grant{Kind: "consent", At: now.AddDate(-2, 0, 0)}), "no_consent", time.Time{}},
		{"consent: too old, but renewed", consent, grants(Grant{Kind: "consent", At: now.AddDate(-4, 0, 0), RenewedAt: days(100)}), "", time.Time{}},
		{"consent: revoked", consent, grants(Grant{Kind: "consent", At: days(5), Revoked: hours(1)}), "no_consent", time.Time{}},
		{"consent: revoked this very second", consent, grants(Grant{Kind: "consent", At: days(5), Revoked: now}), "no_consent", time.Time{}},
		{"consent: to be revoked later", consent, grants(Grant{Kind: "consent", At: days(5), Revoked: now.Add(time.Second)}), "", time.Time{}},
		{"consent: run out", consent, grants(Grant{Kind: "consent", At: days(5), Until: now}), "no_consent", time.Time{}},
		{"consent: begins in an hour", consent, grants(Grant{Kind: "consent", At: now.Add(time.Hour)}), "no_consent", now.Add(time.Hour)},
		{"consent: a contract does", consent, grants(Grant{Kind: "contract", At: now.AddDate(-9, 0, 0)}), "", time.Time{}},
		{"consent: an inquiry is an interaction", consent, grants(Grant{Kind: "inquiry", At: days(300)}), "", time.Time{}},
		{"consent: an old interaction", consent, grants(Grant{Kind: "interaction", At: days(366)}), "no_consent", time.Time{}},
		{"consent: out of hours is another kind", consent, grants(Grant{Kind: "out_of_hours", At: days(1)}), "no_consent", time.Time{}},
		{"consent in writing to machines, naming the seller", pewc, grants(Grant{Kind: "consent", Level: "express_written", Seller: "Acme", Channels: GrantLive | GrantAutomated, At: days(5)}), "", time.Time{}},
		{"consent in writing, for people alone", pewc, grants(Grant{Kind: "consent", Level: "express_written", Seller: "Acme", At: days(5)}), "no_consent", time.Time{}},
		{"consent in writing, to the house", pewc, grants(Grant{Kind: "consent", Level: "express_written", Channels: GrantAutomated, At: days(5)}), "no_consent", time.Time{}},
		{"consent to machines, spoken", pewc, grants(Grant{Kind: "consent", Level: "express", Seller: "Acme", Channels: GrantAutomated, At: days(5)}), "no_consent", time.Time{}},

		{"cap: room for one", cap3, calls(call(hours(1), "busy"), call(hours(2), "no_answer")), "", time.Time{}},
		{"cap: full", cap3, calls(call(hours(1), "busy"), call(hours(2), "lost"), call(hours(23), "no_answer")), "cap", hours(-1)},
		{"cap: the oldest is 24 hours ago", cap3, calls(call(hours(1), "busy"), call(hours(2), "no_answer"), call(hours(24), "no_answer")), "", time.Time{}},
		{"cap: another subject", cap3, calls(call(hours(1), "busy"), call(hours(2), "busy"), Past{At: hours(3), Outcome: "busy", Subject: "phone"}), "", time.Time{}},
		{"cap: no subject is known, so it counts", cap3, calls(call(hours(1), "busy"), call(hours(2), "busy"), Past{At: hours(3), Outcome: "busy"}), "cap", hours(-21)},
		{"cap: the person's other number", cap3, calls(call(hours(1), "busy"), call(hours(2), "busy"), Past{At: hours(3), Outcome: "busy", Other: true}), "", time.Time{}},
		{"cap: never sent does not count", cap3, calls(call(hours(1), "busy"), call(hours(2), "refused"), call(hours(3), "route_failed")), "", time.Time{}},
		{"cap: one that is in the air counts", cap3, calls(call(hours(1), ""), call(hours(2), "busy"), call(hours(3), "busy")), "cap", hours(-21)},
		{"cap by dates: four in 30 days", cap4, calls(call(days(1), "busy"), call(days(2), "busy"), call(days(9), "busy"), call(days(29), "busy")), "cap", local(t, "Europe/Madrid", "2026-11-28 00:00:00")},
		{"cap by dates: the fourth is 30 days ago", cap4, calls(call(days(1), "busy"), call(days(2), "busy"), call(days(9), "busy"), call(days(30), "busy")), "", time.Time{}},
		{"cap by dates: the person's other number counts", cap4, calls(call(days(1), "busy"), call(days(2), "busy"), call(days(9), "busy"), Past{At: days(20), Outcome: "busy", Seller: "Acme", Other: true}), "cap", local(t, "Europe/Madrid", "2026-12-07 00:00:00")},
		{"cap by dates: the seller, spelled otherwise", cap4, calls(call(days(1), "busy"), call(days(2), "busy"), call(days(9), "busy"), Past{At: days(20), Outcome: "busy", Seller: " ACME "}), "cap", local(t, "Europe/Madrid", "2026-12-07 00:00:00")},
		{"cap by dates: another seller", cap4, calls(call(days(1), "busy"), call(days(2), "busy"), call(days(9), "busy"), Past{At: days(20), Outcome: "busy", Seller: "Other"}), "", time.Time{}},
		{"cap of conversations: tries do not count", talks, calls(call(days(1), "busy"), call(days(2), "callee_hung_up")), "", time.Time{}},
		{"cap of conversations", talks, calls(call(days(1), "busy"), call(days(6), "connected")), "cap", local(t, "Europe/Madrid", "2026-11-28 00:00:00")},

		{"cooldown: nobody refused", cooldown, calls(call(days(1), "connected")), "", time.Time{}},
		{"cooldown: refused yesterday", cooldown, calls(Past{At: days(1), Outcome: "connected", Refused: true}), "silence", local(t, "Europe/Madrid", "2027-01-26 00:00:00")},
		{"cooldown: refused 61 days ago", cooldown, calls(Past{At: days(61), Outcome: "connected", Refused: true}), "", time.Time{}},
		{"guard: abandoned yesterday", guard, calls(call(days(1), "abandoned_msg")), "silence", now.Add(48 * time.Hour)},
		{"guard: connected too late is abandoned", guard, calls(call(days(1), "late_connected")), "silence", now.Add(48 * time.Hour)},
		{"guard: abandoned by any seller", guard, calls(Past{At: days(1), Outcome: "abandoned_silent", Seller: "Other", Campaign: 9}), "silence", now.Add(48 * time.Hour)},
		{"guard: lifted by a reserved agent", guard, Facts{Reserved: true, History: []Past{call(days(1), "abandoned_msg")}}, "", time.Time{}},
		{"guard: 72 hours ago", guard, calls(call(hours(72), "abandoned_msg")), "", time.Time{}},
		{"guard: later calls do not hide it", guard, calls(call(hours(1), "busy"), call(hours(71), "abandoned_msg")), "silence", now.Add(time.Hour)},

		{"rate: not counted", rate, Facts{}, "not_counted", time.Time{}},
		{"rate: left", rate, Facts{Rates: []RateCount{{Known: true, Answered: 100, Abandoned: 1, Budget: 2}}}, "", time.Time{}},
		{"rate: spent", rate, Facts{Rates: []RateCount{{Known: true, Spent: true, Answered: 100, Abandoned: 3}}}, "spent", time.Time{}},
		{"rate: spent, with a reserved agent", rate, Facts{Reserved: true, Rates: []RateCount{{Known: true, Spent: true}}}, "", time.Time{}},

		{"ring: long enough", "type: ring, min: 25s", Facts{}, "", time.Time{}},
		{"ring: too short", "type: ring, min: 26s", Facts{}, "ring_time", time.Time{}},
		{"connect: soon enough", "type: connect, within: 2s, message: {audio: req, opt_out: keypress_and_voice}", Facts{}, "", time.Time{}},
		{"connect: held too long", "type: connect, within: 1999ms", Facts{}, "hold", time.Time{}},
		{"record: not asked", "type: record, keep: calls, hold: 5y", Facts{}, "", time.Time{}},
		{"record: has to be announced", "type: record, require: [announce, consent]", Facts{}, "recording", time.Time{}},

		{"cli: none", cliAll, Facts{}, "no_cli", time.Time{}},
		{"cli: all is well", cliAll, cli(good), "", time.Time{}},
		{"cli: a forbidden range", cliAll, cli(spoil(func(c *CLI) { c.Number = "+34600000000" })), "forbidden_range", time.Time{}},
		{"cli: not of the prescribed range", cliAll, cli(spoil(func(c *CLI) { c.Number = "+34950000000" })), "not_in_range", time.Time{}},
		{"cli: no right", cliAll, cli(spoil(func(c *CLI) { c.Authorized = false })), "unauthorized", time.Time{}},
		{"cli: the right begins later", cliAll, cli(spoil(func(c *CLI) { c.From = now.Add(time.Second) })), "unauthorized", time.Time{}},
		{"cli: the right is over", cliAll, cli(spoil(func(c *CLI) { c.Until = now })), "unauthorized", time.Time{}},
		{"cli: never answered", cliAll, cli(spoil(func(c *CLI) { c.Callable = false })), "not_callable", time.Time{}},
		{"cli: blocked", cliAll, cli(spoil(func(c *CLI) { c.Blocked = true })), "blocked", time.Time{}},
		{"cli: another seller's", cliAll, cli(spoil(func(c *CLI) { c.Seller = "Other" })), "not_assigned", time.Time{}},
		{"cli: nobody's", cliAll, cli(spoil(func(c *CLI) { c.Seller = "" })), "not_assigned", time.Time{}},
		{"cli: a mobile", cliAll, cli(spoil(func(c *CLI) { c.LineType = "mobile" })), "mobile", time.Time{}},
		{"cli: of another country", cliAll, cli(spoil(func(c *CLI) { c.Country = "FR" })), "other_country", time.Time{}},
		{"cli: not tested", cliAll, cli(spoil(func(c *CLI) { c.TestedAt = time.Time{} })), "untested", time.Time{}},
		{"cli: tested long ago", cliAll, cli(spoil(func(c *CLI) { c.TestedAt = days(31) })), "untested", time.Time{}},

		{"check: never made", check, Facts{}, "unchecked", time.Time{}},
		{"check: of another kind", check, Facts{External: []Checked{{Check: "litigator", At: days(1), OK: true}}}, "unchecked", time.Time{}},
		{"check: passed", check, Facts{External: []Checked{{Check: "rnd", At: days(1), OK: true}}}, "", time.Time{}},
		{"check: passed long ago", check, Facts{External: []Checked{{Check: "rnd", At: days(32), OK: true}}}, "check_old", time.Time{}},
		{"check: failed", check, Facts{External: []Checked{{Check: "rnd", At: days(9), OK: true}, {Check: "rnd", At: days(1), Answer: "yes"}}}, "check_failed", time.Time{}},

		{"line: unknown", "type: line_type, allow: [fixed]", Facts{}, "line_type_unknown", time.Time{}},
		{"line: unknown and allowed", "type: line_type, forbid: [mobile], unknown: allowed", Facts{}, "", time.Time{}},
		{"zone: by the number alone", "type: zone, sources: [address]", Facts{}, "zone_source", time.Time{}},
		{"zone: too many", "type: zone, max_zones: 1", Facts{Place: in("Europe/Madrid", "Atlantic/Canary")}, "many_zones", time.Time{}},
		{"zone: one", "type: zone, max_zones: 1", Facts{}, "", time.Time{}},

		{"custom: holds", `type: custom, expr: 'calls_24h < 2 and "US-FL" not in jurisdictions'`, calls(call(hours(3), "busy"), call(hours(25), "busy")), "", time.Time{}},
		{"custom: does not hold", "type: custom, expr: calls_24h < 1 or manual", calls(call(hours(3), "busy")), "custom", time.Time{}},
		{"custom: sees the consents", `type: custom, expr: '"contract" in consents and len(zones) == 1'`, grants(Grant{Kind: "contract", At: days(1)}), "", time.Time{}},
		{"custom: sees what the person said", "type: custom, expr: not refused or hours_since_refusal > 24*90", calls(Past{At: days(89), Refused: true}), "custom", time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := decide(t, "  - {id: r, cite: law, "+c.rule+"}\n", c.facts, now)
			v := of(t, d, "r")
			if c.reason == "" && !d.Allowed() || c.reason != "" && (d.Allowed() || v.Reason != c.reason || d.PrimaryRule() != "r") {
				t.Fatalf("want %q: %+v", c.reason, v)
			}
			if !v.Next.Equal(c.next) {
				t.Errorf("next %s, want %s", v.Next, c.next)
			}
			if c.reason != "" && (v.Detail == "" || v.Cite != "law" || v.Set != "house@1" || v.Status != Verified) {
				t.Errorf("words %+v", v)
			}
			if next, ok := d.Next(); c.reason != "" && (ok == c.next.IsZero() || !next.Equal(c.next)) {
				t.Errorf("all rules together: %s %v, want %s", next, ok, c.next)
			}
			if c.reason != "" {
				unverified := decide(t, "  - {id: r, cite: law, status: unverified, "+c.rule+"}\n", c.facts, now)
				if v := of(t, unverified, "r"); !unverified.Allowed() || !v.OK || !v.Advisory || v.Detail == "" {
					t.Errorf("unverified: %+v", v)
				}
			}
		})
	}
}

func TestTheBaseRulesFailClosed(t *testing.T) {
	now := noonFriday(t)
	spain := set(t, "", "applies_when: {called_country: ES}")
	for _, c := range []struct {
		name  string
		rule  ID
		place Place
		spoil func(*Facts)
		says  string
	}{
		{"a kill switch", Stopped, in("Europe/Madrid"), func(f *Facts) { f.Stops = []string{"stopped by ana: complaint"} }, "by ana"},
		{"an unknown zone", Zone, in(), nil, "no time zone"},
		{"a zone that does not exist", Zone, in("Europe/Madrid", "Mars/Base"), nil, "Mars/Base"},
		{"an unknown country", Known, Place{Zones: []string{"Europe/Madrid"}}, nil, "country"},
		{"a clock that jumped", Clock, in("Europe/Madrid"), func(f *Facts) { f.Clock.Jumped = true }, "jumped"},
		{"a clock that is 5.001 s ahead", Clock, in("Europe/Madrid"), func(f *Facts) { f.Clock.Offset = 5001 * time.Millisecond }, "5.001s off"},
		{"a clock that is 5.001 s behind", Clock, in("Europe/Madrid"), func(f *Facts) { f.Clock.Offset = -5001 * time.Millisecond }, "5.001s off"},
	} {
		f := Facts{Number: "+34600111222", Place: c.place}
		if c.spoil != nil {
			c.spoil(&f)
		}
		var d Decision
		book(t, nil, spain).Plan(always(), c.place).Decide(&f, now, &d)
		if v, _ := d.Primary(); v.Rule != c.rule || !strings.Contains(v.Detail, c.says) {
			t.Errorf("%s: %+v", c.name, v)
		}
		if _, ok := d.Next(); ok || d.Final() {
			t.Errorf("%s: by time %v, final %v", c.name, ok, d.Final())
		}
	}
	f := Facts{Number: "+34600111222", Place: in("Europe/Madrid"), Clock: ClockState{Offset: -5 * time.Second}}
	var d Decision
	if book(t, nil, spain).Plan(always(), f.Place).Decide(&f, now, &d); !d.Allowed() {
		t.Errorf("five seconds off to the nanosecond: %v", d.Refusal())
	}
}

func TestThePrimaryReasonIsTheFirstByStageWhateverTheSet(t *testing.T) {
	rules := `
  - {id: z.rate, type: rate, max: 0.03, window: {rolling: 24h}, cite: x}
  - {id: y.window, type: window, weekly: {sun: ["10:00-11:00"]}, cite: x}
  - {id: x.cap, type: cap, max: 0, per: 24h, cite: x}
  - {id: w.guard, type: guard, after: attempts, for: 72h, cite: x}
  - {id: v.consent, type: consent, cite: x}
  - {id: u.list, type: list, list: tps, cite: x}
`
	f := Facts{Number: "+34600111222", Place: in("Europe/Madrid"), History: []Past{{At: noonFriday(t).Add(-time.Hour), Outcome: "busy"}}, Lists: []Listed{{Loaded: true, Listed: true}}}
	d := decide(t, rules, f, noonFriday(t))
	var refused []ID
	for _, v := range d.Verdicts() {
		if !v.OK {
			refused = append(refused, v.Rule)
		}
	}
	if want := []ID{"u.list", "v.consent", "w.guard", "x.cap", "y.window", "z.rate"}; d.PrimaryRule() != "u.list" || !slices.Equal(refused, want) {
		t.Errorf("primary %s of %v", d.PrimaryRule(), refused)
	}
	f.Live, f.Stops = true, []string{"stopped"}
	if d := decide(t, rules, f, noonFriday(t)); d.PrimaryRule() != Stopped {
		t.Errorf("primary %s", d.PrimaryRule())
	}
}

func TestEverySetWhoseScopeMeetsTheCallBinds(t *testing.T) {
	one := func(scope string) *Set {
		return set(t, "  - {id: r, type: ring, min: 60s, cite: x}\n", "applies_when: "+scope)
	}
	miami := Place{Country: "US", Jurisdictions: []string{"US", "US-FL"}, Zones: []string{"America/New_York"}}
	for _, c := range []struct {
		scope string
		place Place
		terms func(*Terms)
		meets bool
	}{
		{"{}", miami, nil, true},
		{"{called_country: US}", miami, nil, true},
		{"{called_country: [CA, US]}", miami, nil, true},
		{"{called_country: CA}", miami, nil, false},
		{"{called_country: FR}", Place{Country: "US", Jurisdictions: []string{"US", "FR"}}, nil, true}, // the address is in France
		{"{called_country: US}", Place{Jurisdictions: []string{"US-FL"}}, nil, true},
		{"{called_region: US-FL}", miami, nil, true},
		{"{called_region: US-OK}", miami, nil, false},
		{"{purpose: [sales, debt]}", miami, nil, true},
		{"{purpose: debt}", miami, nil, false},
		{"{purpose: debt}", miami, func(t *Terms) { t.Purpose = "" }, true}, // what is not said does not help
		{"{party: business}", miami, nil, false},
		{"{party: business}", miami, func(t *Terms) { t.Party = "business" }, true},
	} {
		terms := always()
		if c.terms != nil {
			c.terms(&terms)
		}
		if got := len(book(t, nil, one(c.scope)).Plan(terms, c.place).Rules()); (got == 1) != c.meets {
			t.Errorf("%s at %+v: %d rules", c.scope, c.place, got)
		}
	}
}

func TestARuleAppliesWhenItsConditionHolds(t *testing.T) {
	miami := Place{Country: "US", Jurisdictions: []string{"US", "US-FL", "US-OK"}, LineType: "mobile"}
	for when, holds := range map[string]bool{
		"{state: FL}": true, "{state: [TX, OK]}": true, "{state: TX}": false, "{state: US-FL, via: [area_code, address]}": true, "{state: CA-FL}": false,
		"{country: US}": true, "{country: CA}": false, "{any: [ai_voice, amd]}": true, "{any: [ai_voice, prerecorded]}": false, "{all: [amd, predictive]}": true,
		"{all: [amd, ai_voice]}": false, "{not: amd}": false, "{not: [ai_voice]}": true, "{purpose: debt}": false, "{purpose: [sales]}": true,
		"{goods: [panels]}": true, "{goods: [insurance]}": false, "{line_type: mobile}": true, "{line_type: [fixed]}": false, "{party: consumer}": true,
		"{party: business}": false, "{any: [automated, recorded]}": false, "{any: message}": true,
	} {
		terms := always()
		terms.AMD, terms.Mode, terms.Goods = true, "predictive", "Solar Panels"
		s := set(t, "  - {id: r, type: ring, min: 15s, cite: x, when: "+when+"}\n")
		if got := len(book(t, nil, s).Plan(terms, miami).Rules()) == 1; got != holds {
			t.Errorf("%s: %v", when, got)
		}
	}
}

func TestWhatReservingAnAgentWouldChangeIsKnown(t *testing.T) {
	guard := "  - {id: g, type: guard, after: abandoned, for: 72h, unless: reserved_agent, cite: x}\n"
	f := Facts{History: []Past{{At: noonFriday(t).Add(-time.Hour), Outcome: "abandoned_msg"}}}
	if d := decide(t, guard, f, noonFriday(t)); !d.ReservedOnly() {
		t.Error("a guard alone is lifted by a reserved agent")
	}
	f.DNC = true
	if d := decide(t, guard, f, noonFriday(t)); d.ReservedOnly() || !d.Final() {
		t.Error("the do-not-call list is not, and it is final")
	}
	if d := decide(t, "", Facts{}, noonFriday(t)); d.ReservedOnly() {
		t.Error("allowed anyway")
	}
	rate := "  - {id: g, type: rate, max: 0.03, window: {rolling: 24h}, cite: x}\n"
	if d := decide(t, rate, Facts{}, noonFriday(t)); !d.ReservedOnly() || d.Final() {
		t.Error("a rate alone is lifted by a reserved agent")
	}
}

func TestTheGrantsThatADecisionStandsOnAreNamedOnce(t *testing.T) {
	rules := `
  - {id: l, type: list, list: tps, unless: [ebr, consent], cite: x}
  - {id: c, type: consent, cite: x}
  - {id: d, type: consent, any: [contract], cite: x}
  - {id: e, type: consent, level: express_written, status: unverified, cite: x}
`
	at := noonFriday(t).Add(-time.Hour)
	f := Facts{
		Lists:    []Listed{{Loaded: true, Listed: true, AccessedAt: at}},
		Consents: []Grant{{ID: "old", Kind: "consent", At: at, Revoked: at}, {ID: "consent-1", Kind: "consent", At: at}, {ID: "contract-1", Kind: "contract", At: at}},
	}
	d := decide(t, rules, f, noonFriday(t))
	if got := d.Grants(); !d.Allowed() || !slices.Equal(got, []string{"contract-1", "consent-1"}) {
		t.Errorf("%v, allowed %v", got, d.Allowed())
	}
	if v := of(t, d, "l"); v.Lifted == "" || v.Grant == "" || !v.OK {
		t.Errorf("%+v", v)
	}
	p := d.Plan()
	if ok, by := p.Consented(&f, noonFriday(t)); !ok || by != "" {
		t.Errorf("consented %v by %s", ok, by)
	}
	f.Consents[2].Until = noonFriday(t).Add(time.Hour)
	if ok, by := p.Consented(&f, noonFriday(t).Add(time.Hour)); ok || by != "d" {
		t.Errorf("after the contract: %v by %s", ok, by)
	}
}

func TestAnImportSeesWhatTimeWillNotChange(t *testing.T) {
	now := local(t, "Europe/Madrid", "2026-11-29 03:00:00") // Sunday, at night
	f := goodFacts(now)
	f.LastTry, f.Tries, f.History = now, 9, []Past{{At: now, Refused: true}}
	f.CLI = CLI{}
	terms := always()
	terms.MaxTries, terms.Windows = 3, Week{}
	p := book(t, holidaysOf(t, someHolidays), set(t, rich, richHead)).Plan(terms, f.Place)
	var d Decision
	if p.Static(&f, now, &d); !d.Allowed() {
		t.Errorf("refused: %v", d.Refusal())
	}
	if slices.ContainsFunc(d.Verdicts(), func(v Verdict) bool {
		return v.Rule == "a.hours" || v.Rule == Hours || v.Rule == "a.cap" || v.Rule == "a.cli"
	}) {
		t.Error("it names what it did not ask")
	}
	f.CLI.Number = "+34600000000"
	if p.Static(&f, now, &d); d.PrimaryRule() != "a.cli" {
		t.Errorf("a caller ID that is known is judged: %s", d.PrimaryRule())
	}
	f.Lists[0].Listed = true
	if p.Static(&f, now, &d); d.PrimaryRule() != "a.list" {
		t.Errorf("primary %s", d.PrimaryRule())
	}
}

func TestAPlanSaysWhatItAsksFor(t *testing.T) {
	p := book(t, nil, set(t, rich, richHead)).Plan(always(), in("Europe/Madrid"))
	if !slices.Equal(p.Lists(), []string{"us-national", "robinson"}) || len(p.Rates()) != 1 || len(p.Connects()) != 1 || !slices.Equal(p.Checks(), []string{"rnd"}) || !p.AsksConsent() {
		t.Errorf("lists %v rates %v connects %v checks %v", p.Lists(), p.Rates(), p.Connects(), p.Checks())
	}
	if r := p.Rates()[0]; r.Group != "campaign" || r.Act != "period" || r.Start != "greeting_end" || r.Within.Clock != 2*time.Second || r.Countries[0] != "ES" || !r.Binds() {
		t.Errorf("%+v", r)
	}
	if want := 62 * 24 * time.Hour; p.Horizon() != want {
		t.Errorf("horizon %s, want %s", p.Horizon(), want)
	}
	forbid, require := p.CLIRules()
	if !slices.Equal(forbid, []string{"+346"}) || len(require) != 1 || !slices.Equal(require[0], []string{"+349", "+34400"}) {
		t.Errorf("caller IDs: %v %v", forbid, require)
	}
	if base := book(t, nil).Plan(always(), in("Europe/Madrid")); base.AsksConsent() || base.Horizon() != 0 || len(base.Rules()) != 0 {
		t.Error("the base rules ask for nothing")
	}
}

func TestAPlanIsRememberedByValue(t *testing.T) {
	b := book(t, nil, set(t, rich, richHead))
	p := b.Plan(always(), in("Europe/Madrid"))
	if b.Plan(always(), in("Europe/Madrid")) != p {
		t.Error("made twice")
	}
	for _, change := range []func(*Terms, *Place){
		func(t *Terms, _ *Place) { t.Seller = "Other" }, func(t *Terms, _ *Place) { t.Windows[3] = nil }, func(t *Terms, _ *Place) { t.AMD = true },
		func(t *Terms, _ *Place) { t.MaxTries++ }, func(_ *Terms, p *Place) { p.Zones = append(p.Zones, "Atlantic/Canary") },
		func(_ *Terms, p *Place) { p.Regions = []string{"ES-CT"} }, func(_ *Terms, p *Place) { p.LineType = "mobile" }, func(t *Terms, _ *Place) { t.Campaign = 9 },
	} {
		terms, place := always(), in("Europe/Madrid")
		change(&terms, &place)
		if b.Plan(terms, place) == p {
			t.Errorf("the same plan for %+v at %+v", terms, place)
		}
	}
	for i := range 2 * maxPlans {
		terms := always()
		terms.Campaign = int64(i)
		b.Plan(terms, in("Europe/Madrid"))
	}
	if len(b.plans) > maxPlans {
		t.Errorf("%d plans are remembered", len(b.plans))
	}
}
