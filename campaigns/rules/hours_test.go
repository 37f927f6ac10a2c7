package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func week(t testing.TB, days map[string][]string) Week {
	t.Helper()
	w, err := ParseWeek(days)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// local is a wall clock of a zone; for one that occurs twice it is the first.
func local(t testing.TB, zone, clock string) time.Time {
	t.Helper()
	loc, err := Location(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", clock, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func utc(t testing.TB, clock string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", clock)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAWindowIsOpenFromItsFirstMinuteToBeforeItsLast(t *testing.T) {
	w := week(t, map[string][]string{"mon": {"09:00-13:00", "14:00-20:00"}})
	madrid := []string{"Europe/Madrid"}
	for clock, open := range map[string]bool{
		"08:59:59": false, "09:00:00": true, "12:59:59": true, "13:00:00": false, "13:59:59": false,
		"14:00:00": true, "19:59:59": true, "20:00:00": false, "00:00:00": false, "23:59:59": false,
	} {
		if got := OpenAt(w, madrid, local(t, "Europe/Madrid", "2026-11-23 "+clock), 0); got != open {
			t.Errorf("%s: open is %v", clock, got)
		}
	}
	if OpenAt(w, madrid, local(t, "Europe/Madrid", "2026-11-24 10:00:00"), 0) {
		t.Error("open on a Tuesday")
	}
}

func TestTheMarginStopsDialingBeforeTheWindowCloses(t *testing.T) {
	w := week(t, map[string][]string{"mon-sun": {"08:00-21:00"}})
	zone := []string{"America/New_York"}
	ring := 25 * time.Second
	for clock, open := range map[string]bool{"20:59:30": true, "20:59:34": true, "20:59:35": false, "20:59:59": false, "08:00:00": true, "07:59:40": false} {
		if got := OpenAt(w, zone, local(t, zone[0], "2026-11-23 "+clock), ring); got != open {
			t.Errorf("%s: open is %v", clock, got)
		}
	}
	next, ok := NextOpen(w, zone, local(t, zone[0], "2026-11-23 20:59:40"), ring)
	if want := local(t, zone[0], "2026-11-24 08:00:00"); !ok || !next.Equal(want) {
		t.Errorf("next %v, want %v", next, want)
	}
}

func TestABreakShorterThanTheMarginIsSeen(t *testing.T) {
	w := week(t, map[string][]string{"mon-sun": {"09:00-13:00", "13:02-20:00"}})
	if OpenAt(w, []string{"Europe/Madrid"}, local(t, "Europe/Madrid", "2026-11-23 12:59:00"), 5*time.Minute) {
		t.Error("open over a break")
	}
}

func TestTheWindowHasToBeOpenInEveryZone(t *testing.T) {
	w := week(t, map[string][]string{"mon-sun": {"08:00-21:00"}})
	alaska := []string{"America/Adak", "America/Anchorage", "America/Juneau", "Pacific/Honolulu"}
	at := local(t, "America/Anchorage", "2026-11-23 08:30:00") // 07:30 in Adak
	if OpenAt(w, alaska, at, 0) {
		t.Error("open at 07:30 in Adak")
	}
	next, ok := NextOpen(w, alaska, at, 0)
	if want := local(t, "America/Adak", "2026-11-23 08:00:00"); !ok || !next.Equal(want) {
		t.Errorf("next %v, want %v", next.In(want.Location()), want)
	}
	v := check(t, call{Facts{Number: "+19071234567", Place: in(alaska...)}, Terms{Windows: w}}, at).Primary
	if v.OK || !strings.Contains(v.Detail, "07:30 in America/Adak") || !v.Next.Equal(next) {
		t.Errorf("verdict %+v", v)
	}
}

func TestZonesWhoseWindowsNeverMeetHaveNoNext(t *testing.T) {
	w := week(t, map[string][]string{"mon-fri": {"09:00-12:00"}})
	if next, ok := NextOpen(w, []string{"America/Adak", "Asia/Tokyo"}, utc(t, "2026-11-22 00:00:00"), 0); ok {
		t.Errorf("next %v", next)
	}
	for _, zones := range [][]string{nil, {"Nowhere/Else"}, {"Local"}, {""}} {
		if _, ok := NextOpen(Always(), zones, utc(t, "2026-11-22 00:00:00"), 0); ok || OpenAt(Always(), zones, utc(t, "2026-11-22 00:00:00"), 0) {
			t.Errorf("open in %q", zones)
		}
	}
	if _, ok := NextOpen(Week{}, []string{"Europe/Madrid"}, utc(t, "2026-11-22 00:00:00"), 0); ok {
		t.Error("an empty week opens")
	}
}

func TestTheWallClockRulesWhenTheClocksGoForward(t *testing.T) {
	day := week(t, map[string][]string{"mon-sun": {"08:00-21:00"}})
	night := week(t, map[string][]string{"mon-sun": {"01:30-04:00"}})
	inGap := week(t, map[string][]string{"mon-sun": {"02:15-02:45"}})
	for _, c := range []struct {
		name, zone string
		week       Week
		from, want string // UTC
	}{
		{"New York by day", "America/New_York", day, "2026-03-08 06:00:00", "2026-03-08 12:00:00"},         // 08:00 EDT
		{"Madrid by day", "Europe/Madrid", day, "2026-03-29 00:00:00", "2026-03-29 06:00:00"},              // 08:00 CEST
		{"New York over the gap", "America/New_York", night, "2026-03-08 06:00:00", "2026-03-08 06:30:00"}, // 01:30 EST, closes 04:00 EDT
		{"after the gap", "America/New_York", week(t, map[string][]string{"sun": {"02:30-04:00"}}), "2026-03-08 06:00:00", "2026-03-08 07:00:00"},
		{"a window inside the gap", "America/New_York", inGap, "2026-03-08 05:00:00", "2026-03-09 06:15:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			next, ok := NextOpen(c.week, []string{c.zone}, utc(t, c.from), 0)
			if want := utc(t, c.want); !ok || !next.Equal(want) {
				t.Errorf("next %v, want %v", next, want)
			}
		})
	}
	open := 0
	for at := utc(t, "2026-03-08 05:00:00"); at.Before(utc(t, "2026-03-09 04:00:00")); at = at.Add(time.Minute) {
		if OpenAt(night, []string{"America/New_York"}, at, 0) {
			open++
		}
	}
	if open != 90 {
		t.Errorf("a window of 150 minutes on the clock was open %d minutes on a day that lacks 60 of them", open)
	}
}

func TestBothPassesOfAnHourThatOccursTwiceAreOpen(t *testing.T) {
	w := week(t, map[string][]string{"sun": {"01:15-01:45"}})
	zone := []string{"America/New_York"}
	for clock, open := range map[string]bool{ // 2026-11-01, 01:00 to 02:00 EDT is 05:00 to 06:00 UTC, EST follows
		"05:14:59": false, "05:15:00": true, "05:44:59": true, "05:45:00": false, "06:14:59": false, "06:15:00": true, "06:44:59": true, "06:45:00": false,
	} {
		if got := OpenAt(w, zone, utc(t, "2026-11-01 "+clock), 0); got != open {
			t.Errorf("%s UTC: open is %v", clock, got)
		}
	}
	next, ok := NextOpen(w, zone, utc(t, "2026-11-01 05:50:00"), 0)
	if want := utc(t, "2026-11-01 06:15:00"); !ok || !next.Equal(want) {
		t.Errorf("next %v, want %v", next, want)
	}
}

// walked is how far walk goes.
const walked = 9 * 24 * time.Hour

// walk is NextOpen minute by minute, for nine days.
func walk(w Week, zones []string, t time.Time, margin time.Duration) (time.Time, bool) {
	if w.Empty() || len(zones) == 0 {
		return time.Time{}, false
	}
	if OpenAt(w, zones, t, margin) {
		return t, true
	}
	for at := t.Truncate(time.Minute).Add(time.Minute); at.Before(t.Add(walked)); at = at.Add(time.Minute) {
		if OpenAt(w, zones, at, margin) {
			return at, true
		}
	}
	return time.Time{}, false
}

// restless are zones with changes of every kind: at midnight, by half an hour,
// across the date line, with a negative summer time, in both hemispheres.
var restless = []string{
	"America/New_York", "Europe/Madrid", "America/Adak", "Asia/Tokyo", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/Havana",
	"Atlantic/Azores", "Australia/Lord_Howe", "Australia/Adelaide", "Asia/Kathmandu", "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia",
	"Pacific/Chatham", "America/St_Johns", "Antarctica/Troll", "Pacific/Kiritimati", "America/Nuuk", "Asia/Gaza", "UTC",
}

// changes are moments near changes of the clocks of 2026.
var changes = []string{
	"2026-03-08 07:00:00", "2026-03-29 01:00:00", "2026-10-25 01:00:00", "2026-11-01 06:00:00", "2026-04-04 16:00:00", "2026-04-23 22:00:00",
	"2026-03-28 22:00:00", "2026-09-06 04:00:00", "2026-10-03 15:00:00", "2026-02-15 02:00:00", "2026-03-22 02:00:00", "2026-12-31 23:00:00", "2028-02-29 00:00:00",
}

func randomWeek(rng *rand.Rand) Week {
	var w Week
	for d := range w {
		for from := rng.IntN(900); rng.IntN(3) > 0 && from < minutesPerDay; {
			to := min(from+1+rng.IntN(400), minutesPerDay)
			w[d] = append(w[d], Span{from, to})
			from = to + rng.IntN(200)
		}
	}
	return w
}

func compare(t *testing.T, w Week, zones []string, at time.Time, margin time.Duration) {
	t.Helper()
	got, gotOK := NextOpen(w, zones, at, margin)
	if gotOK && !got.Before(at.Add(walked)) {
		got, gotOK = time.Time{}, false
	}
	want, wantOK := walk(w, zones, at, margin)
	if gotOK != wantOK || !got.Equal(want) {
		t.Fatalf("%v in %v from %s, margin %s: %s %v, walking finds %s %v", w.Days(), zones, at.UTC(), margin, got.UTC(), gotOK, want.UTC(), wantOK)
	}
}

func TestNextOpenFindsWhatWalkingMinuteByMinuteFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	margins := []time.Duration{0, 27 * time.Second, time.Minute, 95 * time.Second, 10 * time.Minute}
	for range 300 {
		zones := make([]string, 1+rng.IntN(3))
		for i := range zones {
			zones[i] = restless[rng.IntN(len(restless))]
		}
		near := utc(t, changes[rng.IntN(len(changes))])
		at := near.Add(time.Duration(rng.IntN(96*3600)-48*3600) * time.Second)
		compare(t, randomWeek(rng), zones, at, margins[rng.IntN(len(margins))])
	}
}

func FuzzNextOpenFindsWhatWalkingFinds(f *testing.F) {
	f.Add(uint64(1), int64(1774746000), uint8(0), uint16(27))
	f.Add(uint64(99), int64(1793505600), uint8(7), uint16(0))
	f.Fuzz(func(t *testing.T, seed uint64, at int64, zone uint8, margin uint16) {
		rng := rand.New(rand.NewPCG(seed, 1))
		zones := []string{restless[int(zone)%len(restless)]}
		if seed%3 == 0 {
			zones = append(zones, restless[int(seed/3)%len(restless)])
		}
		at %= 4_000_000_000 // until 2096
		compare(t, randomWeek(rng), zones, time.Unix(max(at, 1_000_000_000), 0), time.Duration(margin%900)*time.Second)
	})
}

func TestALocationIsLoadedOnceAndNeverTheHosts(t *testing.T) {
	a, err := Location("Europe/Madrid")
	b, _ := Location("Europe/Madrid")
	if err != nil || a != b {
		t.Error("loaded twice")
	}
	for _, bad := range []string{"", "Local", "Mars/Base", "../etc/passwd", "EST5EDT4"} {
		if _, err := Location(bad); err == nil {
			t.Errorf("%q is a location", bad)
		}
	}
}

func TestAWeekIsReadAndWrittenAlike(t *testing.T) {
	for _, days := range []map[string][]string{
		{"mon-fri": {"09:00-13:00", "14:00-20:00"}, "sat": {"10:00-14:00"}},
		{"sat-mon": {"00:00-24:00"}},
		{"sun": {"23:59-24:00", "00:00-00:01"}},
		{},
	} {
		w := week(t, days)
		again := week(t, w.Days())
		if !slices.EqualFunc(w[:], again[:], slices.Equal) {
			t.Errorf("%v became %v", w, again)
		}
		text, err := w.MarshalJSON()
		var read Week
		if err != nil || read.UnmarshalJSON(text) != nil || !slices.EqualFunc(w[:], read[:], slices.Equal) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if !week(t, map[string][]string{"sat-mon": {"10:00-11:00"}}).Open(local(t, "UTC", "2026-11-22 10:30:00")) {
		t.Error("a range over the week's end lacks Sunday")
	}
	if w := week(t, map[string][]string{"mon": {"14:00-15:00", "09:00-10:00"}}); w[1][0].String() != "09:00-10:00" {
		t.Error("spans are not in order")
	}
}

func TestAMalformedWeekSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		days map[string][]string
		says string
	}{
		{map[string][]string{"monday": {"09:00-10:00"}}, "not a day"},
		{map[string][]string{"mon-": {"09:00-10:00"}}, "not a day"},
		{map[string][]string{"mon": {"09:00"}}, "not a span"},
		{map[string][]string{"mon": {"09:00-25:00"}}, "not a span of times"},
		{map[string][]string{"mon": {"21:00-09:00"}}, "ends before it begins"},
		{map[string][]string{"mon": {"09:00-09:00"}}, "ends before it begins"},
		{map[string][]string{"mon": {"09:00-12:00", "11:00-13:00"}}, "overlaps"},
		{map[string][]string{"mon-fri": {"09:00-10:00"}, "wed": {"11:00-12:00"}}, "already set"},
	} {
		if _, err := ParseWeek(c.days); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v does not say %q", c.days, err, c.says)
		}
	}
	var w Week
	if err := w.UnmarshalJSON([]byte(`["mon"]`)); err == nil {
		t.Error("a list is a week")
	}
}

func FuzzAWeekThatIsReadIsWrittenAlike(f *testing.F) {
	f.Add("mon-fri", "09:00-13:00", "sat", "10:00-14:00")
	f.Add("sun-sun", "00:00-24:00", "x", "9:00-9:01")
	f.Fuzz(func(t *testing.T, dayA, spanA, dayB, spanB string) {
		w, err := ParseWeek(map[string][]string{dayA: {spanA}, dayB: {spanB}})
		if err != nil {
			return
		}
		again, err := ParseWeek(w.Days())
		if err != nil || !slices.EqualFunc(w[:], again[:], slices.Equal) {
			t.Errorf("%v became %v, %v", w, again, err)
		}
	})
}

func BenchmarkNextOpenOverAWeekend(b *testing.B) {
	w := week(b, map[string][]string{"mon-fri": {"09:00-13:00", "14:00-20:00"}})
	at := utc(b, "2026-11-20 23:00:00")
	b.ReportAllocs()
	for b.Loop() {
		NextOpen(w, []string{"Europe/Madrid", "Atlantic/Canary"}, at, 27*time.Second)
	}
}
