package rules

import (
	"strings"
	"testing"
	"time"
)

// The edge cases of the compliance notes, section 4, that are the engine's; each
// test is named by its case.

const usHours = `  - {id: us.hours, type: window, zones: all_candidates, margin: ring+amd+5s, weekly: {mon-sun: ["08:00-21:00"]}, cite: "47 CFR 64.1200(c)(1)"}` + "\n"

// judged decides one set of rules at a place.
func judged(t *testing.T, rules string, terms Terms, f Facts, at time.Time) *Decision {
	t.Helper()
	f.Number = "+19071234567"
	var d Decision
	book(t, holidaysOf(t, someHolidays), set(t, rules)).Plan(terms, f.Place).Decide(&f, at, &d)
	return &d
}

func TestEdgeNumberMapsToSeveralZonesAllHaveToBeOpen(t *testing.T) {
	alaska := Facts{Place: in("America/Adak", "America/Anchorage", "America/Juneau", "Pacific/Honolulu")}
	at := local(t, "America/Anchorage", "2026-11-23 08:30:00")
	v := of(t, judged(t, usHours, always(), alaska, at), "us.hours")
	if v.OK || v.Zone != "America/Adak" || !strings.HasPrefix(v.Local, "2026-11-23T07:30:00") || v.Need != "Mon 08:00-21:00" {
		t.Errorf("%+v", v)
	}
	if want := local(t, "America/Adak", "2026-11-23 08:00:00"); !v.Next.Equal(want) {
		t.Errorf("next %s", v.Next)
	}
}

func TestEdgeCloseOfWindowStopsDialingByTheTimeTheCallMayStillRing(t *testing.T) {
	terms := always()
	terms.RingTime, terms.Hold = 25*time.Second, 2*time.Second // with 5 s: 32 s
	ny := Facts{Place: in("America/New_York")}
	for clock, reason := range map[string]string{"20:59:27": "", "20:59:28": "margin", "20:59:30": "margin", "20:59:59": "margin", "21:00:00": "closed", "07:59:59": "closed", "08:00:00": ""} {
		v := of(t, judged(t, usHours, terms, ny, local(t, "America/New_York", "2026-11-23 "+clock)), "us.hours")
		if v.Reason != reason {
			t.Errorf("%s: %q, want %q", clock, v.Reason, reason)
		}
	}
}

func TestEdgeDSTGapComparesTheWallClock(t *testing.T) {
	rule := `  - {id: w, type: window, weekly: {mon-sun: ["01:30-04:00"]}, cite: x}` + "\n"
	for _, c := range []struct{ zone, first, last string }{ // UTC of the first and the last open second of the day without 02:00 to 03:00
		{"America/New_York", "2026-03-08 06:30:00", "2026-03-08 07:59:59"}, {"Europe/Madrid", "2026-03-29 00:30:00", "2026-03-29 01:59:59"},
	} {
		for at, open := range map[time.Time]bool{
			utc(t, c.first): true, utc(t, c.first).Add(-time.Second): false, utc(t, c.last): true, utc(t, c.last).Add(time.Second): false,
		} {
			if d := judged(t, rule, always(), Facts{Place: in(c.zone)}, at); d.Allowed() != open {
				t.Errorf("%s at %s: %v", c.zone, at, d.Allowed())
			}
		}
	}
	day := local(t, "America/New_York", "2026-03-08 08:00:00")
	if d := judged(t, usHours, always(), Facts{Place: in("America/New_York")}, day); !d.Allowed() || judged(t, usHours, always(), Facts{Place: in("America/New_York")}, day.Add(-time.Second)).Allowed() {
		t.Error("the window by day moved")
	}
}

func TestEdgeDSTOverlapIsOpenInBothPassesAndElapsedCapsCountInstants(t *testing.T) {
	rule := `  - {id: w, type: window, weekly: {sun: ["01:30-02:00"]}, cite: x}` + "\n"
	ny := in("America/New_York")
	for clock, open := range map[string]bool{"05:29:59": false, "05:30:00": true, "05:59:59": true, "06:00:00": false, "06:30:00": true, "06:59:59": true, "07:00:00": false} {
		if d := judged(t, rule, always(), Facts{Place: ny}, utc(t, "2026-11-01 "+clock)); d.Allowed() != open {
			t.Errorf("%s UTC: %v", clock, d.Allowed())
		}
	}
	capRule := "  - {id: c, type: cap, max: 1, per: 24h, elapsed: true, cite: x}\n"
	called := local(t, "America/New_York", "2026-10-31 12:00:00")
	d := judged(t, capRule, always(), Facts{Place: ny, History: []Past{{At: called, Outcome: "busy"}}}, called.Add(time.Hour))
	if want := local(t, "America/New_York", "2026-11-01 11:00:00"); !of(t, d, "c").Next.Equal(want) {
		t.Errorf("24 hours over the day of 25 end at %s", of(t, d, "c").Next)
	}
}

func TestEdgeElapsed24HoursFreeTheCapTheNextMinute(t *testing.T) {
	rule := "  - {id: c, type: cap, max: 3, per: 24h, elapsed: true, key: [called_number, subject_key], cite: \"Fla. Stat. 501.616(6)(b)\"}\n"
	first := local(t, "America/New_York", "2026-11-23 11:01:00")
	f := Facts{Place: in("America/New_York"), History: []Past{{At: first.Add(2 * time.Hour), Outcome: "busy"}, {At: first.Add(time.Hour), Outcome: "busy"}, {At: first, Outcome: "busy"}}}
	for after, open := range map[time.Duration]bool{24*time.Hour - time.Nanosecond: false, 24 * time.Hour: true} {
		if d := judged(t, rule, always(), f, first.Add(after)); d.Allowed() != open {
			t.Errorf("%s after the first: %v, used %d", after, d.Allowed(), of(t, d, "c").Used)
		}
	}
	if next, ok := judged(t, rule, always(), f, first.Add(3*time.Hour)).Next(); !ok || !next.Equal(first.Add(24*time.Hour)) {
		t.Errorf("next %s", next)
	}
}

func TestEdgeCalendarDayIsThatOfTheContactsZone(t *testing.T) {
	rule := "  - {id: c, type: cap, max: 1, per: 1d, cite: x}\n"
	samoa := Facts{Place: in("Pacific/Apia"), History: []Past{{At: utc(t, "2026-11-23 10:30:00"), Outcome: "busy"}}} // 23:30 there, UTC+13
	for at, open := range map[string]bool{"2026-11-23 10:59:59": false, "2026-11-23 11:00:00": true, "2026-11-24 00:00:00": true} {
		if d := judged(t, rule, always(), samoa, utc(t, at)); d.Allowed() != open {
			t.Errorf("%s UTC: %v", at, d.Allowed())
		}
	}
	two := samoa
	two.Place = in("Pacific/Apia", "Pacific/Honolulu") // in Hawaii it is still the day before, for 23 hours
	if d := judged(t, rule, always(), two, utc(t, "2026-11-24 09:59:59")); d.Allowed() {
		t.Error("free before the day is over in every zone")
	}
	if d := judged(t, rule, always(), two, utc(t, "2026-11-24 10:00:00")); !d.Allowed() {
		t.Error("still counted after the day is over in every zone")
	}
}

func TestEdgeThirtyCalendarDaysOverMonthEndsAndLeapDay(t *testing.T) {
	rule := "  - {id: fr.freq, type: cap, max: 1, per: 30d, calendar_days: true, key: [seller, person], cite: D.223-9}\n"
	for _, c := range []struct{ called, free string }{
		{"2026-01-31 18:00:00", "2026-03-02 00:00:00"}, {"2028-01-31 18:00:00", "2028-03-01 00:00:00"}, // 2028 has a 29 February
		{"2026-02-28 00:00:00", "2026-03-30 00:00:00"}, {"2026-12-31 23:59:59", "2027-01-30 00:00:00"}, {"2026-03-01 12:00:00", "2026-03-31 00:00:00"},
	} {
		called, free := local(t, "Europe/Paris", c.called), local(t, "Europe/Paris", c.free)
		f := Facts{Place: in("Europe/Paris"), History: []Past{{At: called, Outcome: "no_answer", Seller: "Acme"}}}
		if d := judged(t, rule, always(), f, free.Add(-time.Second)); d.Allowed() {
			t.Errorf("%s: free a second before %s", c.called, c.free)
		}
		if d := judged(t, rule, always(), f, free); !d.Allowed() {
			t.Errorf("%s: not free at %s", c.called, c.free)
		}
		if next, _ := judged(t, rule, always(), f, called.Add(time.Second)).Next(); !next.Equal(free) {
			t.Errorf("%s: next %s", c.called, next)
		}
	}
}

func TestEdgeSixtyDaysAfterARefusalAreCountedAfterItsDay(t *testing.T) {
	fr := "  - {id: r, type: cooldown, after: disposition.refused, for: 60d, cite: D.223-9}\n"
	regF := "  - {id: r, type: cooldown, after: conversation, for: 7d, first_day: true, cite: \"12 CFR 1006.14(b)(2)(ii)\"}\n"
	for _, c := range []struct{ rule, free string }{{fr, "2026-08-31 00:00:00"}, {regF, "2026-07-08 00:00:00"}} {
		f := Facts{Place: in("Europe/Paris"), History: []Past{{At: local(t, "Europe/Paris", "2026-07-01 15:00:00"), Outcome: "connected", Refused: true}}}
		free := local(t, "Europe/Paris", c.free)
		if judged(t, c.rule, always(), f, free.Add(-time.Second)).Allowed() || !judged(t, c.rule, always(), f, free).Allowed() {
			t.Errorf("not free exactly at %s: %+v", c.free, of(t, judged(t, c.rule, always(), f, free.Add(-time.Second)), "r"))
		}
	}
}

func TestEdgeConsentOfTwoYearsEndsAsItsDayBeginsThere(t *testing.T) {
	rule := "  - {id: es.void, type: consent, max_age: 2y, cite: \"RDLeg 1/2007 art. 62.1\"}\n"
	for _, c := range []struct{ zone, given, ends string }{
		{"Europe/Madrid", "2024-11-22 15:00:00", "2026-11-22 00:00:00"}, {"Atlantic/Canary", "2024-11-22 15:00:00", "2026-11-22 00:00:00"},
		{"Europe/Madrid", "2024-02-29 09:00:00", "2026-02-28 00:00:00"}, // no 29 February: the last day of the month (Código Civil art. 5.1)
	} {
		f := Facts{Place: in(c.zone), Consents: []Grant{{ID: "c", Kind: "consent", At: local(t, c.zone, c.given)}}}
		ends := local(t, c.zone, c.ends)
		if !judged(t, rule, always(), f, ends.Add(-time.Second)).Allowed() || judged(t, rule, always(), f, ends).Allowed() {
			t.Errorf("%s given %s: does not end at %s", c.zone, c.given, c.ends)
		}
	}
	f := Facts{Place: in("Europe/Madrid", "Atlantic/Canary"), Consents: []Grant{{Kind: "consent", At: local(t, "Europe/Madrid", "2024-11-22 15:00:00")}}}
	if judged(t, rule, always(), f, local(t, "Europe/Madrid", "2026-11-22 00:00:00")).Allowed() {
		t.Error("with several zones the first midnight ends it")
	}
}

func TestEdgeGuardIsKeyedByTheNumberOverAllCampaigns(t *testing.T) {
	rule := "  - {id: uk.guard72, type: guard, after: disposition.abandoned, for: 72h, key: [called_number], unless: reserved_agent, cite: x}\n"
	at := utc(t, "2026-11-23 12:00:00")
	f := Facts{Place: in("Europe/London"), History: []Past{{At: at.Add(-71 * time.Hour), Campaign: 7, Seller: "Other", Outcome: "abandoned_silent", Effect: "done"}}}
	d := judged(t, rule, always(), f, at)
	if v := of(t, d, "uk.guard72"); v.OK || !v.Next.Equal(at.Add(time.Hour)) || !d.ReservedOnly() {
		t.Errorf("%+v", v)
	}
	f.Reserved = true
	if v := of(t, judged(t, rule, always(), f, at), "uk.guard72"); !v.OK || v.Lifted != "a reserved agent" {
		t.Errorf("%+v", v)
	}
	f.Reserved, f.Manual, f.Agreed = false, true, true
	if judged(t, rule, always(), f, at).Allowed() {
		t.Error("lifted by what is no reserved agent")
	}
}

func TestEdgeHolidaysAreThoseOfTheContactsRegion(t *testing.T) {
	rule := `  - {id: w, type: window, weekly: {mon-fri: ["09:00-21:00"]}, holidays: es+region, cite: x}` + "\n"
	at := func(regions ...string) Facts {
		return Facts{Place: Place{Country: "ES", Jurisdictions: []string{"ES"}, Regions: regions, Zones: []string{"Europe/Madrid"}}}
	}
	noon := func(date string) time.Time { return local(t, "Europe/Madrid", date+" 12:00:00") }
	for _, c := range []struct {
		name string
		f    Facts
		at   time.Time
		open bool
	}{
		{"Sant Joan in Catalonia", at("ES-CT"), noon("2026-06-24"), false},
		{"Sant Joan in Madrid", at("ES-MD"), noon("2026-06-24"), true},
		{"Sant Joan somewhere in Spain", at(), noon("2026-06-24"), false},
		{"Sant Joan, for a region of another country", at("FR-GES"), noon("2026-06-24"), false},
		{"a national day", at("ES-MD"), noon("2026-12-08"), false},
		{"a national day that is none there", at("ES-XX"), noon("2026-12-08"), true},
		{"a year without data", at("ES-CT"), noon("2028-03-01"), false},
		{"the last day with data", at("ES-CT"), noon("2027-12-31"), true},
	} {
		d := judged(t, rule, always(), c.f, c.at)
		if d.Allowed() != c.open {
			t.Errorf("%s: allowed %v", c.name, d.Allowed())
		}
	}
	v := of(t, judged(t, rule, always(), at("ES-CT"), noon("2026-06-24")), "w")
	if v.Reason != "holiday" || !strings.Contains(v.Detail, "Sant Joan") || !v.Next.Equal(local(t, "Europe/Madrid", "2026-06-25 09:00:00")) {
		t.Errorf("%+v", v)
	}
	v = of(t, judged(t, rule, always(), at("ES-CT"), noon("2028-03-01")), "w")
	if v.Reason != "no_holiday_data" || !v.Next.IsZero() || !strings.Contains(v.Detail, "2028-03-01") {
		t.Errorf("%+v", v)
	}
	if v := of(t, decide(t, rule, at("ES-CT"), noon("2026-06-24")), "w"); v.Reason != "no_holiday_data" {
		t.Errorf("without any holiday data: %+v", v)
	}
}

func TestEdgeTheDayBeforeAHolidayHasHoursOfItsOwn(t *testing.T) {
	rule := `  - {id: it.hours, type: window, weekly: {mon-fri: ["09:00-20:00"], sat: ["10:00-19:00"]}, holidays: es, pre_holiday: ["10:00-19:00"], cite: x}` + "\n"
	f := Facts{Place: Place{Country: "ES", Regions: []string{"ES-CT"}, Zones: []string{"Europe/Madrid"}}}
	for clock, open := range map[string]bool{ // 24 December 2026 is a Thursday, the 25th and the 26th are holidays in Catalonia
		"2026-12-24 09:59:59": false, "2026-12-24 10:00:00": true, "2026-12-24 18:59:59": true, "2026-12-24 19:00:00": false,
		"2026-12-23 09:00:00": true, "2026-12-23 19:30:00": true, "2026-12-26 12:00:00": false, "2026-12-31 09:30:00": false, "2026-12-31 10:00:00": true,
		"2027-01-02 10:00:00": true, "2027-01-02 09:30:00": false,
	} {
		if d := judged(t, rule, always(), f, local(t, "Europe/Madrid", clock)); d.Allowed() != open {
			t.Errorf("%s: %v", clock, d.Allowed())
		}
	}
}

func TestEdgeZonesWhoseWindowsNeverMeetHaveNoNextTime(t *testing.T) {
	rule := `  - {id: w, type: window, weekly: {mon-fri: ["09:00-12:00"]}, cite: x}` + "\n"
	d := judged(t, rule, always(), Facts{Place: in("America/Adak", "Asia/Tokyo")}, utc(t, "2026-11-23 00:00:00"))
	if next, ok := d.Next(); ok || !of(t, d, "w").Next.IsZero() || d.Final() {
		t.Errorf("next %s", next)
	}
	two := rule + `  - {id: x, type: window, weekly: {mon-fri: ["12:00-15:00"]}, cite: x}` + "\n"
	d = judged(t, two, always(), Facts{Place: in("Europe/Madrid")}, utc(t, "2026-11-23 00:00:00"))
	if next, ok := d.Next(); ok {
		t.Errorf("two windows that exclude each other: next %s", next)
	}
	if of(t, d, "w").Next.IsZero() || of(t, d, "x").Next.IsZero() {
		t.Error("each alone opens")
	}
}

func TestEdgeFrenchLunchIsNotSkippedOver(t *testing.T) {
	rule := `  - {id: fr.hours, type: window, weekly: {mon-fri: ["10:00-13:00", "14:00-20:00"]}, margin: ring+amd+5s, cite: D.223-9}` + "\n"
	f := Facts{Place: in("Europe/Paris")}
	for _, c := range []struct{ at, next string }{
		{"2026-11-23 12:59:40", "2026-11-23 14:00:00"}, {"2026-11-23 13:30:00", "2026-11-23 14:00:00"}, {"2026-11-27 19:59:40", "2026-11-30 10:00:00"},
		{"2026-11-28 12:00:00", "2026-11-30 10:00:00"},
	} {
		d := judged(t, rule, always(), f, local(t, "Europe/Paris", c.at))
		if next, ok := d.Next(); d.Allowed() || !ok || !next.Equal(local(t, "Europe/Paris", c.next)) {
			t.Errorf("%s: next %s %v", c.at, next, ok)
		}
	}
}

// A new name for the seller of a campaign frees no attempts of that campaign: the
// professional is the same (C. conso. D.223-9 counts per professional).
func TestARenamedSellerHasNoFreshAttempts(t *testing.T) {
	set := "ruleset: {id: x, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
		"  - {id: x.freq, type: cap, max: 4, per: 30d, calendar_days: true, key: [person, seller], count: attempts, cite: \"D.223-9\", status: verified}\n"
	parsed, err := ParseSet([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	book, err := NewBook([]*Set{parsed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		campaign int64
		seller   string
		allowed  bool
	}{{7, "Nova", false}, {7, "acme  sl", false}, {8, "ACME SL", false}, {8, "Nova", true}, {8, "Acme SL Dos", true}, {8, "", false}} {
		terms := Terms{Campaign: c.campaign, Seller: c.seller, Windows: Always(), RingTime: 25 * time.Second}
		f := Facts{Number: "+33612345678", Place: in("Europe/Paris")}
		for i := range 4 {
			f.History = append(f.History, Past{At: now.Add(-time.Duration(i+1) * 48 * time.Hour), Campaign: 7, Seller: "Acme SL", Outcome: "no_answer"})
		}
		var d Decision
		book.Plan(terms, f.Place).Decide(&f, now, &d)
		if d.Allowed() != c.allowed {
			t.Errorf("campaign %d for %q: allowed is %t", c.campaign, c.seller, d.Allowed())
		}
	}
}

// A consent is specific (GDPR art. 4(11)): one for a purpose is none for a campaign
// with another, nor for a campaign that does not say what it calls for.
func TestAConsentForAPurposeIsNoneForACampaignThatNamesNone(t *testing.T) {
	set := "ruleset: {id: x, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
		"  - {id: x.consent, type: consent, level: express, cite: \"GDPR 4(11)\", status: verified}\n"
	parsed, err := ParseSet([]byte(set))
	if err != nil {
		t.Fatal(err)
	}
	book, err := NewBook([]*Set{parsed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		campaign, grant string
		allowed         bool
	}{{"sales", "sales", true}, {"sales", "", true}, {"", "", true}, {"sales", "survey", false}, {"", "sales", false}} {
		f := Facts{
			Number: "+34912345678", Place: in("Europe/Madrid"),
			Consents: []Grant{{ID: "1", Kind: "consent", Level: "express", Purpose: c.grant, At: now.Add(-time.Hour)}},
		}
		var d Decision
		book.Plan(Terms{Purpose: c.campaign, Windows: Always(), RingTime: 25 * time.Second}, f.Place).Decide(&f, now, &d)
		if d.Allowed() != c.allowed {
			t.Errorf("a consent for %q in a campaign for %q: allowed is %t", c.grant, c.campaign, d.Allowed())
		}
	}
}
