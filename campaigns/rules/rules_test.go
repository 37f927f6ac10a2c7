package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// call is a number with the campaign that would call it.
type call struct {
	Facts
	terms Terms
}

// callable is a person who may be called at noon of a Monday.
func callable(t testing.TB) (call, time.Time) {
	return call{
		Facts{Number: "+34600111222", Place: in("Europe/Madrid")},
		Terms{Windows: week(t, map[string][]string{"mon-fri": {"09:00-20:00"}}), Margin: 30 * time.Second, MaxTries: 6, Cooldown: 15 * time.Minute},
	}, local(t, "Europe/Madrid", "2026-11-23 12:00:00")
}

// check decides by the base rules alone; nil = allowed.
func check(t testing.TB, c call, now time.Time) *Refusal {
	var d Decision
	book(t, nil).Plan(c.terms, c.Place).Decide(&c.Facts, now, &d)
	return d.Refusal()
}

func TestWhoMayBeCalledPassesEveryRule(t *testing.T) {
	f, now := callable(t)
	if r := check(t, f, now); r != nil {
		t.Fatalf("refused: %v", r)
	}
	var names []ID
	var d Decision
	book(t, nil).Plan(f.terms, f.Place).Decide(&f.Facts, now, &d)
	for _, v := range d.Verdicts() {
		names = append(names, v.Rule)
	}
	if !slices.Equal(names, []ID{Number, Stopped, Live, DNC, Zone, Hours, Attempts, Cooldown, Clock}) {
		t.Errorf("rules %v", names)
	}
}

func TestEachRuleRefusesByItsNameAndSaysWhenItWillNot(t *testing.T) {
	_, noon := callable(t)
	for _, c := range []struct {
		rule  ID
		spoil func(*call)
		says  string
		next  time.Time
	}{
		{Number, func(f *call) { f.Number = "600111222" }, "E.164", time.Time{}},
		{Number, func(f *call) { f.Number = "+34600111222;maddr=1.2.3.4" }, "E.164", time.Time{}},
		{Live, func(f *call) { f.Live = true }, "in a call", time.Time{}},
		{DNC, func(f *call) { f.DNC = true }, "do-not-call", time.Time{}},
		{DNC, func(f *call) { f.DNC, f.Agreed = true, true }, "do-not-call", time.Time{}}, // a callback does not lift it
		{Zone, func(f *call) { f.Place.Zones = nil }, "no time zone", time.Time{}},
		{Zone, func(f *call) { f.Place.Zones = []string{"Mars/Base"} }, "Mars/Base", time.Time{}},
		{Hours, func(f *call) { f.terms.Windows = Week{} }, "outside", time.Time{}},
		{Hours, func(f *call) { f.Place.Zones = []string{"Asia/Tokyo"} }, "20:00 in Asia/Tokyo", local(t, "Asia/Tokyo", "2026-11-24 09:00:00")},
		{Attempts, func(f *call) { f.Tries = 6 }, "6 of 6", time.Time{}},
		{Cooldown, func(f *call) { f.LastTry = noon.Add(-5 * time.Minute) }, "5m0s ago", noon.Add(10 * time.Minute)},
	} {
		f, now := callable(t)
		c.spoil(&f)
		r := check(t, f, now)
		if r == nil || r.Primary.Rule != c.rule || !strings.Contains(r.Primary.Detail, c.says) || !r.Primary.Next.Equal(c.next) {
			t.Errorf("%s: %+v", c.rule, r)
			continue
		}
		if len(r.Verdicts) != 9 || strings.Contains(r.Error(), "600111222") || !strings.Contains(r.Error(), string(c.rule)) {
			t.Errorf("%s: %q with %d verdicts", c.rule, r.Error(), len(r.Verdicts))
		}
	}
}

func TestARefusalNamesAllThatStandsInTheWay(t *testing.T) {
	f, now := callable(t)
	f.DNC, f.Tries, f.Live = true, 9, true
	r := check(t, f, now)
	var failed []ID
	for _, v := range r.Verdicts {
		if !v.OK {
			failed = append(failed, v.Rule)
		}
	}
	if r.Primary.Rule != Live || !slices.Equal(failed, []ID{Live, DNC, Attempts}) {
		t.Errorf("primary %s of %v", r.Primary.Rule, failed)
	}
}

func TestAnAgreedCallbackIsNotBoundByTriesAndCooldownButByTheHours(t *testing.T) {
	f, now := callable(t)
	f.Agreed, f.Tries, f.LastTry = true, 99, now.Add(-time.Second)
	if r := check(t, f, now); r != nil {
		t.Errorf("refused: %v", r)
	}
	if r := check(t, f, now.Add(12*time.Hour)); r == nil || r.Primary.Rule != Hours {
		t.Errorf("at midnight: %v", r)
	}
}

func TestTheEdgesOfTriesAndCooldown(t *testing.T) {
	f, now := callable(t)
	f.Tries = 5
	f.LastTry = now.Add(-f.terms.Cooldown)
	if r := check(t, f, now); r != nil {
		t.Errorf("the last try, just after the cool-down: %v", r)
	}
	f.LastTry = now.Add(-f.terms.Cooldown + time.Nanosecond)
	if r := check(t, f, now); r == nil || r.Primary.Rule != Cooldown {
		t.Errorf("within the cool-down: %v", r)
	}
	f.terms.Cooldown, f.terms.MaxTries, f.Tries = 0, 0, 1000
	if r := check(t, f, now); r != nil {
		t.Errorf("without limits: %v", r)
	}
}

func TestOnlyPlainE164IsDialable(t *testing.T) {
	for _, good := range []string{"+1234567", "+34600111222", "+123456789012345"} {
		if err := Dialable(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "+", "34600111222", "+0346001112", "+123456", "+1234567890123456", "+34600 111222", "+34600111222\r\n", "+34600\x00111222", "++34600111222",
		"+34600111222@1.2.3.4", "+34600111;x=1", "*31#6001112", "+٣٤٦٠٠١١١٢", "sip:+3460011",
	} {
		if err := Dialable(bad); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
