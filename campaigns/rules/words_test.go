package rules

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden file anew")

// What people read, for a number that is called, one that everything forbids
// and one of which nothing is known.
func TestTheWordsOfEveryVerdict(t *testing.T) {
	now := local(t, "Europe/Madrid", "2026-12-07 12:30:00") // the day before a holiday
	b := book(t, holidaysOf(t, someHolidays), set(t, rich, richHead))
	terms := always()
	terms.Margin, terms.MaxTries, terms.Cooldown = 27*time.Second, 6, 15*time.Minute
	terms.Windows = week(t, map[string][]string{"mon-fri": {"09:00-20:00"}})
	good := goodFacts(now)
	bad := Facts{
		Number: "+34600111222", Place: in("Atlantic/Canary", "Europe/Madrid"), Live: true, DNC: true, Tries: 6, LastTry: now.Add(-5 * time.Minute),
		Lists: []Listed{{Loaded: true, Listed: true, Version: "2026-12-01", AccessedAt: now.Add(-72 * time.Hour), RegisteredAt: now.AddDate(-1, 0, 0)}, {Loaded: true, Version: "v2", AccessedAt: now.AddDate(0, 0, -40)}},
		History: []Past{
			{At: now.Add(-5 * time.Minute), Outcome: "abandoned_msg", Seller: "Acme", Subject: "solar"}, {At: now.Add(-3 * time.Hour), Outcome: "connected", Refused: true, Seller: "Acme", Subject: "solar"},
			{At: now.Add(-4 * time.Hour), Outcome: "no_answer"}, {At: now.Add(-50 * time.Hour), Outcome: "busy"},
		},
		Consents: []Grant{{ID: "c0", Kind: "consent", Level: "express", Seller: "Acme", At: now.AddDate(-3, 0, 0), Revoked: now.AddDate(-1, 0, 0)}},
		CLI:      CLI{Number: "+34600999999"}, Stops: []string{"all calls are stopped by ana: complaint of the regulator"},
		Rates: []RateCount{{Known: true, Spent: true, Answered: 200, Abandoned: 6}}, External: []Checked{{Check: "rnd", At: now.AddDate(0, 0, -2), Answer: "yes"}},
		Clock: ClockState{Offset: 7 * time.Second},
	}
	lifted := good
	lifted.Reserved = true
	lifted.Lists = []Listed{{Loaded: true, Listed: true, Version: "v9", AccessedAt: now}, good.Lists[1]}
	lifted.Consents = []Grant{{ID: "w1", Kind: "consent", Level: "express_written", At: now.Add(-time.Hour)}, {ID: "o1", Kind: "out_of_hours", At: now.Add(-time.Hour)}}
	lifted.History = []Past{{At: now.Add(-time.Hour), Outcome: "late_connected"}}
	grace := good
	grace.Lists = []Listed{{Loaded: true, Listed: true, Version: "v9", AccessedAt: now, RegisteredAt: now.AddDate(0, 0, -10)}, good.Lists[1]}
	var out strings.Builder
	for _, c := range []struct {
		name  string
		facts Facts
		at    time.Time
	}{
		{"nothing is in the way", good, now.Add(-2 * time.Hour)},
		{"half past twelve before a holiday", good, now},
		{"on the holiday", good, now.AddDate(0, 0, 1)},
		{"just before the morning's hours end", good, local(t, "Europe/Madrid", "2026-12-09 12:59:45")},
		{"everything is in the way", bad, now},
		{"what lifts it", lifted, now},
		{"within the grace of a register", grace, now.Add(-2 * time.Hour)},
		{"nothing is known", Facts{Number: "600", Place: in()}, now},
	} {
		writeVerdicts(&out, b, terms, c.name, c.facts, c.at)
	}
	golden := "testdata/verdicts.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != out.String() {
		t.Errorf("the words differ from %s (%v); look at them and run with -update:\n%s", golden, err, out.String())
	}
	if strings.Contains(out.String(), "600111222") {
		t.Error("a verdict holds the number of the person")
	}
}

func writeVerdicts(out *strings.Builder, b *Book, terms Terms, name string, f Facts, at time.Time) {
	var d Decision
	b.Plan(terms, f.Place).Decide(&f, at, &d)
	fmt.Fprintf(out, "# %s: %s, allowed %v, final %v\n", name, stamp(at), d.Allowed(), d.Final())
	if next, ok := d.Next(); ok {
		fmt.Fprintf(out, "next %s\n", stamp(next))
	} else {
		out.WriteString("never by time alone\n")
	}
	if r := d.Refusal(); r != nil {
		fmt.Fprintf(out, "%s\n", r)
	}
	for _, v := range d.Verdicts() {
		mark := "ok"
		switch {
		case !v.OK:
			mark = "NO"
		case v.Advisory:
			mark = "advises"
		}
		fmt.Fprintf(out, "  %-16s %-7s %-10s %s", v.Rule, mark, v.Reason, v.Detail)
		if v.Need != "" {
			fmt.Fprintf(out, " [need: %s]", v.Need)
		}
		if !v.Next.IsZero() {
			fmt.Fprintf(out, " [next: %s]", stamp(v.Next))
		}
		out.WriteString("\n")
	}
	out.WriteString("\n")
}
