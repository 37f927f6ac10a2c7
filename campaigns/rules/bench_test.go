package rules

import (
	"syscall"
	"testing"
	"time"
)

// tenRules are five registers, a guard, two windows and two caps: what the
// target of 500 ns is said of. The base rules come on top.
const tenRules = `
  - {id: b.l1, type: list, list: one, max_age: 31d, cite: x}
  - {id: b.l2, type: list, list: two, max_age: 31d, cite: x}
  - {id: b.l3, type: list, list: three, max_age: 31d, grace: 28d, cite: x}
  - {id: b.l4, type: list, list: four, max_age: 31d, unless: [consent.written, ebr], cite: x}
  - {id: b.l5, type: list, list: five, max_age: 31d, cite: x}
  - {id: b.guard, type: guard, after: abandoned, for: 72h, unless: reserved_agent, cite: x}
  - {id: b.w1, type: window, weekly: {mon-sun: ["08:00-21:00"]}, margin: ring+amd+5s, cite: x}
  - {id: b.w2, type: window, weekly: {mon-fri: ["09:00-13:00", "14:00-20:00"]}, holidays: es, margin: ring+amd+5s, cite: x}
  - {id: b.c1, type: cap, max: 3, per: 24h, elapsed: true, key: [called_number, subject], cite: x}
  - {id: b.c2, type: cap, max: 7, per: 7d, elapsed: true, cite: x}
`

func tenFacts(now time.Time) Facts {
	fresh := Listed{Loaded: true, Version: "v9", AccessedAt: now.Add(-48 * time.Hour)}
	f := Facts{
		Number: "+34600111222", Place: in("Europe/Madrid", "Atlantic/Canary"), Lists: []Listed{fresh, fresh, fresh, fresh, fresh},
		Consents: []Grant{{Kind: kindConsent, Level: "express", At: now.Add(-time.Hour)}}, LastTry: now.Add(-50 * time.Hour),
	}
	for i := range 4 {
		f.History = append(f.History, Past{At: now.Add(-time.Duration(50*(i+1)) * time.Hour), Outcome: "no_answer", Seller: "Acme", Subject: "solar"})
	}
	return f
}

func tenPlan(b testing.TB) (*Plan, Facts, time.Time) {
	now := utc(b, "2026-11-23 11:00:00")
	f := tenFacts(now)
	terms := always()
	terms.Windows = week(b, map[string][]string{"mon-fri": {"09:00-20:00"}})
	terms.Margin, terms.MaxTries, terms.Cooldown = 27*time.Second, 6, 15*time.Minute
	return book(b, holidaysOf(b, someHolidays), set(b, tenRules)).Plan(terms, f.Place), f, now
}

func BenchmarkDecide(b *testing.B) {
	p, f, now := tenPlan(b)
	var d Decision
	p.Decide(&f, now, &d)
	if !d.Allowed() {
		b.Fatal(d.Refusal())
	}
	b.ReportAllocs()
	began := cpuTime()
	for b.Loop() {
		p.Decide(&f, now, &d)
	}
	b.ReportMetric(float64(cpuTime()-began)/float64(b.N), "cpu-ns/op") // on a machine that others load, the honest figure
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func TestADecisionThatIsUsedAgainAllocatesNothing(t *testing.T) {
	p, f, now := tenPlan(t)
	var d Decision
	b, terms := p.Book(), p.Terms()
	p.Decide(&f, now, &d)
	n := testing.AllocsPerRun(200, func() {
		b.Plan(terms, f.Place).Decide(&f, now, &d)
		p.Decide(&f, now, &d)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNext(b *testing.B) {
	p, f, now := tenPlan(b)
	var d Decision
	p.Decide(&f, now.Add(-8*time.Hour), &d) // four in the morning: five hours to go
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := d.Next(); !ok {
			b.Fatal("never")
		}
	}
}

func BenchmarkNextOverAWeekendWithAHoliday(b *testing.B) {
	p, f, _ := tenPlan(b)
	var d Decision
	for i := range f.Lists {
		f.Lists[i].AccessedAt = utc(b, "2026-12-20 00:00:00")
	}
	p.Decide(&f, utc(b, "2026-12-24 22:00:00"), &d)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := d.Next(); !ok {
			b.Fatal("never")
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	p, f, _ := tenPlan(b)
	bk, terms := p.Book(), p.Terms()
	b.ReportAllocs()
	for b.Loop() {
		bk.Plan(terms, f.Place)
	}
}

func BenchmarkRecord(b *testing.B) {
	p, f, now := tenPlan(b)
	var d Decision
	p.Decide(&f, now, &d)
	var record []byte
	b.ReportAllocs()
	for b.Loop() {
		record = d.AppendRecord(record[:0])
	}
	b.ReportMetric(float64(len(record)), "B/record")
}

func BenchmarkVerdicts(b *testing.B) {
	p, f, now := tenPlan(b)
	var d Decision
	p.Decide(&f, now, &d)
	b.ReportAllocs()
	for b.Loop() {
		d.Verdicts()
	}
}

func BenchmarkDecideOverAllPresets(b *testing.B) {
	now := utc(b, "2026-11-23 16:00:00")
	bk, err := NewBook(Presets(), BuiltHolidays())
	if err != nil {
		b.Fatal(err)
	}
	f := tenFacts(now)
	f.Number, f.Place = "+13055550123", Place{Country: "US", Jurisdictions: []string{"US", "US-FL"}, Regions: []string{"US-FL"}, Zones: []string{"America/New_York", "America/Chicago"}}
	p := bk.Plan(always(), f.Place)
	var d Decision
	b.ReportAllocs()
	b.ReportMetric(float64(len(p.rules)), "rules")
	for b.Loop() {
		p.Decide(&f, now, &d)
	}
}
