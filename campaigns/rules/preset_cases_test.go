package rules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// What a rule says of a case.
type says string

const (
	allows  says = "allows"
	refuses says = "refuses"
	advises says = "advises" // it is not met, and its status refuses nobody
	lifted  says = "is lifted"
	absent  says = "does not apply"
)

// lawCase is a call, changed in one thing, and what one rule says of it.
type lawCase struct {
	rule   rules.ID
	base   string
	name   string
	want   says
	change func(t testing.TB, c *call)
}

// run asks about every case, in subtests that bear the rule, its citation and
// the case.
func run(t *testing.T, b *rules.Book, cases []lawCase) {
	t.Helper()
	cites := map[rules.ID]string{}
	for _, s := range b.Sets() {
		for _, r := range s.Rules {
			cites[r.ID] = r.Cite
		}
	}
	for _, one := range cases {
		t.Run(fmt.Sprintf("%s %s: %s %s", one.rule, cites[one.rule], one.name, one.want), func(t *testing.T) {
			if cites[one.rule] == "" {
				t.Fatal("no such rule")
			}
			c := bases[one.base](t)
			if one.change != nil {
				one.change(t, c)
			}
			one.check(t, c.decide(t, b))
		})
	}
}

func (one lawCase) check(t *testing.T, d *rules.Decision) {
	t.Helper()
	v, applies := verdict(d, one.rule)
	got := allows
	switch {
	case !applies:
		got = absent
	case v.Lifted != "":
		got = lifted
	case v.Advisory:
		got = advises
	case !v.OK:
		got = refuses
	}
	if got != one.want {
		t.Errorf("it %s: %+v", got, v)
	}
	if got == refuses && (d.Allowed() || v.Detail == "" || v.Cite == "" || v.Reason == "") {
		t.Errorf("a refusal without its words, or the call is allowed: %+v", v)
	}
	if got == allows && !v.OK {
		t.Errorf("%+v", v)
	}
}

// instants are wall clocks at which a window is open, and others.
func instants(rule rules.ID, base, zone string, open map[string]bool, change func(t testing.TB, c *call)) []lawCase {
	var out []lawCase
	for clock, ok := range open {
		want := refuses
		if ok {
			want = allows
		}
		out = append(out, lawCase{rule, base, clock + " " + zone, want, func(t testing.TB, c *call) {
			if change != nil {
				change(t, c)
			}
			c.now = at(clock + " " + zone)
		}})
	}
	return out
}

// advised are instants of a window that refuses nobody.
func advised(cases []lawCase) []lawCase {
	for i := range cases {
		if cases[i].want == refuses {
			cases[i].want = advises
		}
	}
	return cases
}

// list are the cases of a register: not on it, on it, no version loaded, the
// version to the second as old as it may be, and a second older.
func list(rule rules.ID, base, name string, maxAge time.Duration, change func(t testing.TB, c *call)) []lawCase {
	set := func(l func(c *call) rules.Listed) func(t testing.TB, c *call) {
		return func(t testing.TB, c *call) {
			if change != nil {
				change(t, c)
			}
			c.facts.Consents = nil
			c.lists[name] = l(c)
		}
	}
	aged := func(age time.Duration) func(c *call) rules.Listed {
		return func(c *call) rules.Listed {
			return rules.Listed{Loaded: true, Version: "v1", AccessedAt: c.now.Add(-age)}
		}
	}
	return []lawCase{
		{rule, base, "not on the list", allows, set(func(c *call) rules.Listed { return fresh(c.now) })},
		{rule, base, "on the list", refuses, set(func(c *call) rules.Listed {
			return rules.Listed{Loaded: true, Listed: true, Version: "v1", AccessedAt: c.now.Add(-time.Hour)}
		})},
		{rule, base, "no version of the list is loaded", refuses, set(func(*call) rules.Listed { return rules.Listed{} })},
		{rule, base, fmt.Sprintf("a version fetched %s ago", maxAge), allows, set(aged(maxAge))},
		{rule, base, fmt.Sprintf("a version fetched %s and a second ago", maxAge), refuses, set(aged(maxAge + time.Second))},
	}
}

// listed puts the number on a register since so long, seen in a fresh version.
func listed(name string, since time.Duration, grants ...rules.Grant) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) {
		c.lists[name] = rules.Listed{Loaded: true, Listed: true, Version: "v1", AccessedAt: c.now.Add(-time.Hour), RegisteredAt: c.now.Add(-since)}
		c.facts.Consents = grants
	}
}

// grants gives the call these permissions and no others.
func grants(list ...rules.Grant) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { c.facts.Consents = list }
}

// given is a permission of so many days ago to the seller.
func (c *call) given(kind, level string, days int, channels uint8) rules.Grant {
	return rules.Grant{ID: kind, Kind: kind, Level: level, Seller: "Acme", At: c.now.AddDate(0, 0, -days), Channels: channels}
}

// having is a call with permissions made for it.
func having(make func(c *call) []rules.Grant) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { c.facts.Consents = make(c) }
}

// machine makes the call one of a recorded voice.
func machine(_ testing.TB, c *call) { c.terms.Prerecorded = true }

// with runs several changes one after the other.
func with(changes ...func(t testing.TB, c *call)) func(t testing.TB, c *call) {
	return func(t testing.TB, c *call) {
		for _, change := range changes {
			change(t, c)
		}
	}
}

// purpose makes the call one of another purpose.
func purpose(p string) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { c.terms.Purpose = p }
}

// mode is how the campaign dials.
func mode(m string) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { c.terms.Mode = m }
}

// dialed is a call to another number, now.
func dialed(number string) func(t testing.TB, c *call) {
	return func(t testing.TB, c *call) {
		c.phone = to(t, number, "", "2026-11-24 11:00:00 UTC").phone
	}
}

// automated are the cases of a rule that asks for consent to automated calls.
func automated(rule rules.ID, base string) []lawCase {
	live := having(func(c *call) []rules.Grant {
		return []rules.Grant{c.given("consent", "express_written", 30, rules.GrantLive)}
	})
	both := having(func(c *call) []rules.Grant {
		return []rules.Grant{c.given("consent", "express_written", 30, rules.GrantLive|rules.GrantAutomated)}
	})
	ai := func(_ testing.TB, c *call) { c.terms.AIVoice = true }
	return []lawCase{
		{rule, base, "a call by a person", absent, nil},
		{rule, base, "a recorded voice with consent to automated calls", allows, with(machine, both)},
		{rule, base, "a recorded voice with consent to live calls", refuses, with(machine, live)},
		{rule, base, "an AI voice without consent", refuses, with(ai, grants())},
		{rule, base, "an AI voice with consent to automated calls", allows, with(ai, both)},
	}
}

// tries are so many unanswered calls, the last some time ago and each an hour
// before the next.
func tries(n int, last time.Duration) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) {
		for i := range n {
			c.facts.History = append(c.facts.History, rules.Past{
				At: c.now.Add(-last - time.Duration(i)*time.Hour), Campaign: 1, Seller: "Acme", Subject: "phones", Outcome: "no_answer",
			})
		}
	}
}

// ago is one call of the past.
func ago(since time.Duration, outcome string, more func(*rules.Past)) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) {
		p := rules.Past{At: c.now.Add(-since), Campaign: 1, Seller: "Acme", Subject: "phones", Outcome: outcome}
		if more != nil {
			more(&p)
		}
		c.facts.History = append(c.facts.History, p)
	}
}

// rate are the cases of a rate: within, spent, not counted, and spent with an
// agent reserved for the call.
func rate(rule rules.ID, base string, change func(t testing.TB, c *call), refusal says) []lawCase {
	set := func(n rules.RateCount, reserved bool) func(t testing.TB, c *call) {
		return func(t testing.TB, c *call) {
			if change != nil {
				change(t, c)
			}
			c.rates[rule], c.facts.Reserved = n, reserved
		}
	}
	spent := rules.RateCount{Known: true, Spent: true, Answered: 1000, Abandoned: 31}
	return []lawCase{
		{rule, base, "29 of 1000 abandoned", allows, set(rules.RateCount{Known: true, Answered: 1000, Abandoned: 29, Budget: 1}, false)},
		{rule, base, "the budget is spent", refusal, set(spent, false)},
		{rule, base, "not counted yet", refusal, set(rules.RateCount{}, false)},
		{rule, base, "the budget is spent and an agent is reserved", allows, set(spent, true)},
	}
}

// caller changes the number that is shown.
func caller(change func(cli *rules.CLI)) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { change(&c.facts.CLI) }
}

var (
	noCLI        = caller(func(cli *rules.CLI) { *cli = rules.CLI{} })
	unauthorized = caller(func(cli *rules.CLI) { cli.Authorized = false })
	notCallable  = caller(func(cli *rules.CLI) { cli.Callable = false })
	blocked      = caller(func(cli *rules.CLI) { cli.Blocked = true })
)

func shows(number string) func(t testing.TB, c *call) {
	return caller(func(cli *rules.CLI) { cli.Number = number })
}

// rings are the cases of a least ring time.
func rings(rule rules.ID, base string) []lawCase {
	set := func(d time.Duration) func(t testing.TB, c *call) {
		return func(_ testing.TB, c *call) { c.terms.RingTime = d }
	}
	return []lawCase{{rule, base, "15 s", allows, set(15 * time.Second)}, {rule, base, "14.999 s", refuses, set(14999 * time.Millisecond)}}
}

// connects are the cases of the wait for an agent.
func connects(rule rules.ID, base string, change func(t testing.TB, c *call)) []lawCase {
	set := func(d time.Duration) func(t testing.TB, c *call) {
		return func(t testing.TB, c *call) {
			if change != nil {
				change(t, c)
			}
			c.terms.Hold = d
		}
	}
	return []lawCase{{rule, base, "2 s", allows, set(2 * time.Second)}, {rule, base, "2.001 s", refuses, set(2001 * time.Millisecond)}}
}

func recording(how string) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) { c.terms.Recording = how }
}

func silent(_ testing.TB, c *call)   { c.terms.Message = false }
func noOptOut(_ testing.TB, c *call) { c.terms.OptOut = false }

func lives(country, region, postcode string) func(t testing.TB, c *call) {
	return func(_ testing.TB, c *call) {
		c.contact.Country, c.contact.Region, c.contact.Postcode = country, region, postcode
	}
}
