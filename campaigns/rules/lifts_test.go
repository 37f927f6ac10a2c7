package rules

import (
	"testing"
	"time"
)

// What the endings of calls are called in documents, and which calls they are.
func TestEveryClassOfEndingsCountsItsCallsAlone(t *testing.T) {
	now := noonFriday(t)
	calls := map[string]Past{
		"busy": {Outcome: "busy"}, "machine": {Outcome: "machine"}, "abandoned": {Outcome: "abandoned_msg", Answered: true}, "silent": {Outcome: "abandoned_silent", Answered: true},
		"talked": {Outcome: "connected", Answered: true, Effect: "done"}, "late": {Outcome: "late_connected", Answered: true}, "refused": {Outcome: "connected", Answered: true, Refused: true},
		"hung up": {Outcome: "callee_hung_up", Answered: true}, "ours": {Outcome: "route_failed"}, "law's": {Outcome: "refused"}, "in the air": {},
	}
	for after, starts := range map[string][]string{
		"attempts":                 {"busy", "machine", "abandoned", "silent", "talked", "late", "refused", "hung up", "in the air"},
		"answered":                 {"abandoned", "silent", "talked", "late", "refused", "hung up"},
		"conversation":             {"talked", "late", "refused"},
		"disposition.conversation": {"talked", "late", "refused"},
		"disposition.refused":      {"refused"},
		"abandoned":                {"abandoned", "silent", "late"},
		"machine":                  {"machine"},
		"outcome.busy":             {"busy"},
		"effect.done":              {"talked"},
		"[machine, outcome.busy]":  {"machine", "busy"},
	} {
		for name, call := range calls {
			call.At = now.Add(-time.Hour)
			d := decide(t, "  - {id: r, type: cooldown, after: "+after+", for: 2h, cite: x}\n", Facts{History: []Past{call}}, now)
			if want := words(starts).has(name); d.Allowed() == want {
				t.Errorf("after %s: a call that was %s starts it: %v, want %v", after, name, !d.Allowed(), want)
			}
		}
	}
}

func TestWhatLiftsARuleIsSaidOfTheCallItself(t *testing.T) {
	now := noonFriday(t)
	for _, c := range []struct {
		unless string
		facts  Facts
		lifts  bool
	}{
		{"reserved_agent", Facts{Reserved: true}, true}, {"reserved_agent", Facts{Manual: true, Agreed: true}, false},
		{"agreed", Facts{Agreed: true}, true}, {"callback", Facts{Agreed: true}, true}, {"agreed", Facts{Reserved: true}, false},
		{"manual", Facts{Manual: true}, true}, {"manual", Facts{}, false},
		{"ebr", Facts{Consents: []Grant{{Kind: "contract", At: now.AddDate(-5, 0, 0)}}}, true},
		{"ebr", Facts{Consents: []Grant{{Kind: "purchase", At: now.AddDate(0, -1, 0), Revoked: now.Add(-time.Hour)}}}, false}, // voided by a do-not-call request
		{"[manual, contract]", Facts{Consents: []Grant{{Kind: "contract", At: now.Add(-time.Hour)}}}, true},
		{"consent.soft", Facts{Consents: []Grant{{Kind: "consent", Level: "soft", At: now.Add(-time.Hour)}}}, true},
		{"consent.express", Facts{Consents: []Grant{{Kind: "consent", Level: "soft", At: now.Add(-time.Hour)}}}, false},
		{"consent.automated", Facts{Consents: []Grant{{Kind: "consent", Channels: GrantAutomated, At: now.Add(-time.Hour)}}}, true},
		{"consent: {max_age: 24h}", Facts{Consents: []Grant{{Kind: "consent", At: now.Add(-24*time.Hour + time.Nanosecond)}}}, true},
		{"consent: {max_age: 24h}", Facts{Consents: []Grant{{Kind: "consent", At: now.Add(-24 * time.Hour)}}}, false},
	} {
		rule := "  - {id: r, type: cap, max: 0, per: 24h, unless: " + c.unless + ", cite: x}\n"
		if c.unless[len(c.unless)-1] == '}' {
			rule = "  - {id: r, type: cap, max: 0, per: 24h, unless: {" + c.unless + "}, cite: x}\n"
		}
		d := decide(t, rule, c.facts, now)
		if d.Allowed() != c.lifts {
			t.Errorf("unless %s: %v, want %v", c.unless, d.Allowed(), c.lifts)
		}
		if v := of(t, d, "r"); c.lifts == (v.Lifted == "") {
			t.Errorf("unless %s: lifted by %q", c.unless, v.Lifted)
		}
	}
}

func TestTheKindOfLineIsAllowedOrForbidden(t *testing.T) {
	for _, c := range []struct {
		rule, line string
		allowed    bool
	}{
		{"allow: [fixed, voip]", "fixed", true}, {"allow: [fixed, voip]", "mobile", false}, {"forbid: mobile", "mobile", false}, {"forbid: mobile", "fixed", true},
		{"forbid: mobile", "", false}, {"forbid: mobile, unknown: allowed", "", true}, {"forbid: mobile, unknown: refused", "", false},
	} {
		f := Facts{Number: "+34600111222", Place: in("Europe/Madrid")}
		f.Place.LineType = c.line
		d := decide(t, "  - {id: r, type: line_type, "+c.rule+", cite: x}\n", f, noonFriday(t))
		if d.Allowed() != c.allowed || (!c.allowed && c.line != "" && !d.Final()) {
			t.Errorf("%s, %q: allowed %v, final %v", c.rule, c.line, d.Allowed(), d.Final())
		}
	}
}

func TestAnExpressionThatFailsAtWorkRefuses(t *testing.T) {
	d := decide(t, "  - {id: r, type: custom, expr: 'zones[3] == seller', cite: x}\n", Facts{}, noonFriday(t))
	if v := of(t, d, "r"); v.OK || v.Reason != "custom_error" {
		t.Errorf("%+v", v)
	}
	if d := decide(t, "  - {id: r, type: custom, expr: abandoned_30d == 1 and answered_30d == 2 and hours_since_call > 5, cite: x}\n", Facts{
		History: []Past{{At: noonFriday(t).Add(-6 * time.Hour), Outcome: "abandoned_msg", Answered: true}, {At: noonFriday(t).Add(-60 * time.Hour), Outcome: "connected", Answered: true}},
	}, noonFriday(t)); !d.Allowed() {
		t.Errorf("%v", d.Refusal())
	}
}

func TestARightToACallerIDThatRunsOutEndsTheNextTime(t *testing.T) {
	rule := `  - {id: c, type: cli, require: [authorized], cite: x}` + "\n" + `  - {id: w, type: window, weekly: {mon-fri: ["10:00-11:00"]}, cite: x}` + "\n"
	now := noonFriday(t)
	f := Facts{CLI: CLI{Number: "+34910000000", Authorized: true, Until: now.Add(time.Hour)}}
	if next, ok := decide(t, rule, f, now).Next(); ok {
		t.Errorf("next %s, but the right is over by then", next)
	}
	f.CLI.Until = time.Time{}
	if next, ok := decide(t, rule, f, now).Next(); !ok || !next.Equal(local(t, "Europe/Madrid", "2026-11-30 10:00:00")) {
		t.Errorf("next %s %v", next, ok)
	}
}

func TestGraceOfARegisterThatEndsBeforeTheHoursBeginIsSeen(t *testing.T) {
	rule := `  - {id: l, type: list, list: tps, grace: 28d, cite: x}` + "\n" + `  - {id: w, type: window, weekly: {mon-fri: ["10:00-11:00"]}, cite: x}` + "\n"
	now := noonFriday(t)
	f := Facts{Lists: []Listed{{Loaded: true, Listed: true, RegisteredAt: now.AddDate(0, 0, -26)}}}
	if next, ok := decide(t, rule, f, now).Next(); ok {
		t.Errorf("next %s, but the grace is over by then", next)
	}
	f.Lists[0].RegisteredAt = now.AddDate(0, 0, -20)
	if _, ok := decide(t, rule, f, now).Next(); !ok {
		t.Error("never, but the grace lasts")
	}
}
