package rules

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// set reads rules, written as the lines of a list, into a set that applies
// everywhere.
func set(t testing.TB, rules string, more ...string) *Set {
	t.Helper()
	source := "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\n" + strings.Join(more, "\n") + "\nrules:\n" + rules
	s, err := ParseSet([]byte(source))
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	return s
}

func book(t testing.TB, h *Holidays, sets ...*Set) *Book {
	t.Helper()
	b, err := NewBook(sets, h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// always are terms whose own hours never close.
func always() Terms {
	return Terms{Windows: Always(), RingTime: 25 * time.Second, Hold: 2 * time.Second, Message: true, OptOut: true, Seller: "Acme", Purpose: "sales", Subject: "solar"}
}

func in(zones ...string) Place {
	return Place{Country: "ES", Jurisdictions: []string{"ES"}, Zones: zones}
}

// decide runs the rules of one set for a number in Madrid.
func decide(t testing.TB, rules string, f Facts, now time.Time) *Decision {
	t.Helper()
	if f.Number == "" {
		f.Number = "+34600111222"
	}
	if f.Place.Zones == nil {
		f.Place = in("Europe/Madrid")
	}
	var d Decision
	book(t, nil, set(t, rules)).Plan(always(), f.Place).Decide(&f, now, &d)
	return &d
}

// of is the verdict of a rule.
func of(t testing.TB, d *Decision, id ID) Verdict {
	t.Helper()
	for _, v := range d.Verdicts() {
		if v.Rule == id {
			return v
		}
	}
	t.Fatalf("no verdict of %s", id)
	return Verdict{}
}

// rich are rules of every type.
const rich = `
  - {id: a.list, type: list, list: us-national, max_age: 31d, grace: 28d, unless: [consent.written, ebr], cite: x}
  - {id: a.list2, type: list, list: robinson, max_age: 15d, cite: x}
  - {id: a.consent, type: consent, any: [consent: {max_age: 2y}, contract_similar, interaction: {max_age: 1y}], cite: x}
  - {id: a.hours, type: window, weekly: {mon-fri: ["10:00-13:00", "14:00-20:00"], sat: ["10:00-14:00"]}, holidays: es+region, pre_holiday: ["10:00-12:00"], margin: ring+amd+5s, unless: consent.out_of_hours, cite: x}
  - {id: a.cap, type: cap, max: 3, per: 24h, elapsed: true, key: [called_number, subject_key], count: attempts, cite: x}
  - {id: a.cap30, type: cap, max: 4, per: 30d, calendar_days: true, key: [seller, person], cite: x}
  - {id: a.refused, type: cooldown, after: disposition.refused, for: 60d, cite: x}
  - {id: a.guard, type: guard, after: disposition.abandoned, for: 72h, key: [called_number], unless: reserved_agent, cite: x}
  - {id: a.rate, type: rate, max: 0.03, window: {blocks: 30d, anchor: campaign_start}, formula: us, act_at: 0.025, on_breach: progressive, cite: x}
  - {id: a.ring, type: ring, min: 15s, cite: x}
  - {id: a.connect, type: connect, within: 2s, from: greeting_end, fallback: answered, message: {audio: req, opt_out: keypress_and_voice}, cite: x}
  - {id: a.cli, type: cli, require: [authorized, callable, not_blocked], forbid_ranges: ["+346"], require_range: ["+349", $code], cite: x}
  - {id: a.record, type: record, require: [announce, consent, "off"], keep: calls, hold: 5y, cite: x}
  - {id: a.rnd, type: external, check: rnd, max_age: 31d, status: advisory, cite: x}
  - {id: a.line, type: line_type, forbid: [premium], unknown: allowed, cite: x}
  - {id: a.zone, type: zone, max_zones: 4, cite: x}
  - {id: a.custom, type: custom, expr: 'calls_7d < 7 and (line_type != "toll_free" or manual)', cite: x}
`

const richHead = "variables: {code: [\"+34400\"]}\napplies_when: {called_country: [ES], purpose: [sales]}"

const someHolidays = `
holidays:
  country: ES
  years: [2026, 2027]
  source: x
  national: {2026-01-01: Año Nuevo, 2026-12-08: Inmaculada, 2026-12-25: Navidad, 2027-01-01: Año Nuevo}
  regions:
    ES-CT: {2026-06-24: Sant Joan, 2026-12-26: Sant Esteve}
    ES-MD: {2026-05-02: Fiesta de la Comunidad}
    ES-XX: {}
  except: {ES-XX: [2026-12-08]}
`

func holidaysOf(t testing.TB, source string) *Holidays {
	t.Helper()
	h, err := ParseHolidays([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// randomFacts are facts of any kind around an instant.
func randomFacts(rng *rand.Rand, at time.Time) Facts {
	some := func(n int) bool { return rng.IntN(n) == 0 }
	ago := func(days int) time.Time {
		return at.Add(-time.Duration(rng.Int64N(int64(days) * 24 * int64(time.Hour))))
	}
	f := Facts{
		Number: "+34600111222", Place: in("Europe/Madrid"), Live: some(20), DNC: some(20), Agreed: some(10), Manual: some(10), Reserved: some(5),
		Tries: rng.IntN(8), CLI: CLI{Number: "+34910000000", Authorized: !some(9), Callable: !some(9), Blocked: some(9), Seller: "Acme", Country: "ES"},
		Clock: ClockState{Offset: time.Duration(rng.Int64N(int64(6 * time.Second))), Jumped: some(50)},
	}
	if some(4) {
		f.Place.Zones = append(f.Place.Zones, "Atlantic/Canary")
	}
	if some(3) {
		f.LastTry = ago(2)
	}
	when := at
	for range rng.IntN(7) {
		when = when.Add(-time.Duration(rng.Int64N(int64(20 * 24 * time.Hour))))
		f.History = append(f.History, Past{
			At: when, Campaign: int64(rng.IntN(3)), Seller: []string{"Acme", "Other", ""}[rng.IntN(3)], Subject: []string{"solar", "phone", ""}[rng.IntN(3)],
			Outcome: []string{"connected", "abandoned_msg", "no_answer", "machine", "refused", ""}[rng.IntN(6)], Answered: some(2), Refused: some(6), Other: some(3),
		})
	}
	for range rng.IntN(3) {
		f.Lists = append(f.Lists, Listed{Listed: some(4), Loaded: !some(9), Version: "v1", SHA256: [32]byte{1}, AccessedAt: ago(40), RegisteredAt: ago(60)})
	}
	for range rng.IntN(3) {
		g := Grant{
			ID: "g" + itoa(len(f.Consents)), Kind: []string{"consent", "contract", "purchase", "inquiry", "interaction", "out_of_hours"}[rng.IntN(6)],
			Level: levels[rng.IntN(len(levels))], Seller: []string{"Acme", "Other", ""}[rng.IntN(3)], Channels: uint8(rng.IntN(4)), At: ago(900),
		}
		if some(3) {
			g.Revoked = ago(10)
		}
		if some(3) {
			g.Until = at.Add(time.Duration(rng.Int64N(int64(20 * 24 * time.Hour))))
		}
		if some(4) {
			g.At = at.Add(time.Duration(rng.Int64N(int64(5 * 24 * time.Hour))))
		}
		f.Consents = append(f.Consents, g)
	}
	if some(9) {
		f.Stops = []string{"stopped by the supervisor"}
	}
	for range rng.IntN(2) {
		f.Rates = append(f.Rates, RateCount{Known: !some(4), Spent: some(3), Answered: int64(rng.IntN(900)), Abandoned: int64(rng.IntN(30)), Budget: int64(rng.IntN(9)), From: ago(30)})
	}
	if some(2) {
		f.External = []Checked{{Check: "rnd", At: ago(60), OK: !some(3), Answer: "no"}}
	}
	return f
}

// goodFacts are facts under which the rich rules allow a call at noon of most
// days.
func goodFacts(at time.Time) Facts {
	fresh := Listed{Loaded: true, Version: "v9", AccessedAt: at.Add(-time.Hour)}
	return Facts{
		Number: "+34600111222", Place: in("Europe/Madrid"), Lists: []Listed{fresh, fresh},
		CLI:      CLI{Number: "+34910000000", Authorized: true, Callable: true},
		Consents: []Grant{{ID: "c1", Kind: "consent", Level: "express", At: at.Add(-24 * time.Hour)}},
		Rates:    []RateCount{{Known: true, Answered: 100, Budget: 3}}, External: []Checked{{Check: "rnd", At: at.Add(-time.Hour), OK: true}},
	}
}
