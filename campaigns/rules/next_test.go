package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// allZones are the names of the time zone database that comes with Go.
func allZones(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// foresight is how far the brute force walks.
const foresight = 9 * 24 * time.Hour

// bruteNext is Next by deciding for every minute.
func bruteNext(p *Plan, f *Facts, now time.Time) (time.Time, bool) {
	var d Decision
	if p.Decide(f, now, &d); d.Allowed() {
		return now, true
	}
	for at := now.Truncate(time.Minute).Add(time.Minute); at.Before(now.Add(foresight)); at = at.Add(time.Minute) {
		if p.Decide(f, at, &d); d.Allowed() {
			return at, true
		}
	}
	return time.Time{}, false
}

// found counts what the walk found, so that a test can show that it saw
// something.
type found struct{ now, later, never int }

func (n *found) count(want time.Time, ok bool, now time.Time) {
	switch {
	case !ok:
		n.never++
	case want.Equal(now):
		n.now++
	default:
		n.later++
	}
}

func (n *found) check(t *testing.T) {
	t.Helper()
	if all := n.now + n.later + n.never; everyNth == 1 && (n.later < all/4 || n.now < all/40 || n.never < all/20) {
		t.Errorf("%+v: too little of one kind to show anything", *n)
	}
	t.Logf("%+v", *n)
}

// sameNext compares Next with the brute force; what lies beyond its foresight
// cannot be seen by it.
func sameNext(t *testing.T, p *Plan, f *Facts, now time.Time, n *found) {
	t.Helper()
	var d Decision
	p.Decide(f, now, &d)
	got, gotOK := d.Next()
	want, wantOK := bruteNext(p, f, now)
	n.count(want, wantOK, now)
	if !wantOK && (!gotOK || !got.Before(now.Add(foresight))) {
		return
	}
	if gotOK != wantOK || !got.Equal(want) {
		t.Fatalf("from %s in %v: next %s %v, minute by minute %s %v\nprimary %s\n%s\nfacts %+v", now.UTC(), p.place.Zones, got.UTC(), gotOK, want.UTC(), wantOK,
			d.PrimaryRule(), p.book.sets[0].Source, *f)
	}
}

// someRules writes rules that time decides, at random.
func someRules(rng *rand.Rand) string {
	var b strings.Builder
	for i := range 1 + rng.IntN(2) {
		fmt.Fprintf(&b, "  - {id: w%d, type: window, weekly: %s, cite: x%s}\n", i, someHours(rng), pick(rng, "", ", margin: ring+amd+5s", ", holidays: es",
			", holidays: es, pre_holiday: [\"09:00-12:00\"], margin: 95s", ", unless: consent.out_of_hours"))
	}
	for i, text := range []string{
		"type: cap, max: %d, per: %dh, elapsed: true", "type: cap, max: %d, per: %dd, key: [person]", "type: cap, max: %d, per: %dd, elapsed: true, key: [seller]",
	} {
		if rng.IntN(2) == 0 {
			fmt.Fprintf(&b, "  - {id: c%d, "+text+", cite: x}\n", i, 1+rng.IntN(3), 1+rng.IntN(12))
		}
	}
	for i, text := range []string{
		"type: cooldown, after: refused, for: %dd", "type: cooldown, after: conversation, for: %dd, first_day: true", "type: guard, after: [abandoned, machine], for: %dh, unless: reserved_agent",
	} {
		if rng.IntN(2) == 0 {
			fmt.Fprintf(&b, "  - {id: s%d, "+text+", cite: x}\n", i, 1+rng.IntN(6))
		}
	}
	if rng.IntN(8) == 0 {
		fmt.Fprintf(&b, "  - {id: k, type: consent, any: [consent: {max_age: %dd}, contract], cite: x}\n", 1+rng.IntN(9))
	}
	if rng.IntN(10) == 0 {
		b.WriteString("  - {id: l, type: list, list: one, grace: 3d, unless: consent, cite: x}\n")
	}
	return b.String()
}

func pick(rng *rand.Rand, list ...string) string { return list[rng.IntN(len(list))] }

func someHours(rng *rand.Rand) string {
	switch rng.IntN(6) {
	case 0, 1, 2:
		return `{mon-sun: ["08:00-21:00"]}`
	case 3:
		return `{mon-fri: ["10:00-13:00", "14:00-20:00"], sat: ["00:00-24:00"]}`
	case 4:
		return `{mon-sun: ["00:00-00:30", "01:30-04:00", "23:30-24:00"]}`
	}
	var days []string
	for d, spans := range randomWeek(rng) {
		if len(spans) > 0 {
			var texts []string
			for _, s := range spans {
				texts = append(texts, `"`+s.String()+`"`)
			}
			days = append(days, dayNames[d]+": ["+strings.Join(texts, ", ")+"]")
		}
	}
	return "{" + strings.Join(days, ", ") + "}"
}

// someFacts are facts whose times are whole minutes, so that a walk by minutes
// meets every edge.
func someFacts(rng *rand.Rand, at time.Time, zones []string) Facts {
	minutes := func(days int) time.Duration { return time.Duration(rng.IntN(days*1440)) * time.Minute }
	at = at.Truncate(time.Minute)
	f := Facts{Number: "+34600111222", Place: Place{Country: "ES", Zones: zones, Regions: []string{"ES-CT"}}}
	when := at
	for range rng.IntN(6) {
		when = when.Add(-minutes(3))
		f.History = append(f.History, Past{At: when, Outcome: pick(rng, "connected", "machine", "abandoned_msg", "no_answer"), Seller: pick(rng, "Acme", "Other"),
			Refused: rng.IntN(5) == 0, Other: rng.IntN(4) == 0})
	}
	for i := range rng.IntN(3) {
		before := minutes(8)
		before -= minutes(8)
		g := Grant{ID: itoa(i), Kind: pick(rng, "consent", "contract", "out_of_hours"), At: at.Add(before)}
		if rng.IntN(2) == 0 {
			g.Until = at.Add(minutes(9))
		}
		f.Consents = append(f.Consents, g)
	}
	f.Lists = []Listed{{Loaded: true, Listed: rng.IntN(2) == 0, RegisteredAt: at.Add(-minutes(3)), AccessedAt: at}}
	if rng.IntN(3) == 0 {
		f.LastTry = at.Add(-minutes(1))
	}
	f.Reserved, f.Agreed = rng.IntN(6) == 0, rng.IntN(6) == 0
	return f
}

// near is an instant within two days of a change of a zone's clocks in 2026, or
// any of that year when there is none.
func near(rng *rand.Rand, t testing.TB, name string) time.Time {
	loc, err := Location(name)
	if err != nil {
		t.Fatal(err)
	}
	from, to := utc(t, "2026-01-01 00:00:00"), utc(t, "2027-01-01 00:00:00")
	var changes []time.Time
	for at := from; ; {
		_, end := at.In(loc).ZoneBounds()
		if end.IsZero() || end.After(to) {
			break
		}
		changes = append(changes, end)
		at = end
	}
	if len(changes) == 0 || rng.IntN(4) == 0 {
		return from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)/time.Second))) * time.Second)
	}
	return changes[rng.IntN(len(changes))].Add(time.Duration(rng.IntN(4*86400)-2*86400) * time.Second)
}

func nextCase(t *testing.T, rng *rand.Rand, zones []string, at time.Time, h *Holidays, n *found) {
	t.Helper()
	f := someFacts(rng, at, zones)
	terms := always()
	terms.Cooldown = time.Duration(rng.IntN(30)) * time.Hour
	sameNext(t, book(t, h, set(t, someRules(rng))).Plan(terms, f.Place), &f, at, n)
}

// One case for every zone of the database, near a change of its clocks in 2026;
// FORECALL_MEASURE=1 runs fifty.
func TestTheNextAllowedTimeIsWhatAWalkByMinutesFindsInEveryZone(t *testing.T) {
	rng := rand.New(rand.NewPCG(2026, 7))
	h := holidaysOf(t, someHolidays)
	rounds := 1
	if os.Getenv("FORECALL_MEASURE") != "" {
		rounds = 50
	}
	names, n := allZones(t), found{}
	for range rounds {
		for i, name := range names {
			if i%everyNth > 0 {
				continue
			}
			nextCase(t, rng, []string{name}, near(rng, t, name), h, &n)
		}
	}
	n.check(t)
	t.Logf("%d zones, %d cases", len(names), rounds*len(names))
}

// neighbours are zones whose days meet, with changes of their own.
var neighbours = []string{
	"Europe/Madrid", "Atlantic/Canary", "Africa/Casablanca", "Atlantic/Azores", "Europe/Dublin", "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Antarctica/Troll",
	"America/Nuuk", "Europe/Chisinau", "Asia/Kathmandu", "America/St_Johns",
}

func TestTheNextAllowedTimeIsWhatAWalkByMinutesFindsOverSeveralZones(t *testing.T) {
	rng := rand.New(rand.NewPCG(2026, 8))
	h, names, n := holidaysOf(t, someHolidays), allZones(t), found{}
	for range 150 / everyNth {
		zones := make([]string, 2+rng.IntN(2))
		for i := range zones {
			zones[i] = names[rng.IntN(len(names))]
			if rng.IntN(3) > 0 {
				zones[i] = neighbours[rng.IntN(len(neighbours))]
			}
		}
		nextCase(t, rng, zones, near(rng, t, zones[0]), h, &n)
	}
	n.check(t)
}

func FuzzTheNextAllowedTimeIsWhatAWalkByMinutesFinds(f *testing.F) {
	h := holidaysOf(f, someHolidays)
	names := allZones(f)
	for seed := range uint64(20) {
		f.Add(seed, uint16(seed*31), uint16(seed*57))
	}
	f.Fuzz(func(t *testing.T, seed uint64, one, two uint16) {
		rng := rand.New(rand.NewPCG(seed, 4))
		zones := []string{names[int(one)%len(names)]}
		if two%2 == 0 {
			zones = append(zones, names[int(two/2)%len(names)])
		}
		nextCase(t, rng, zones, near(rng, t, zones[0]), h, &found{})
	})
}

func TestADayBeginsAtItsFirstInstantInEveryZone(t *testing.T) {
	for _, name := range allZones(t) {
		z, err := zoneOf(name)
		if err != nil {
			t.Fatal(err)
		}
		for d := dayOf(2026, time.January, 1); d < dayOf(2027, time.January, 2); d++ {
			at := z.begins(d)
			if z.date(at) < d || z.date(at-1) >= d {
				t.Fatalf("%s: %s begins at %s, a second before it is %s", name, d, time.Unix(at, 0).In(z.loc), time.Unix(at-1, 0).In(z.loc))
			}
			if noon := time.Unix(int64(d)*secondsPerDay+secondsPerDay/2, 0).UTC(); z.date(at) == d {
				y, m, dd := noon.Date()
				if local := time.Date(y, m, dd, 12, 0, 0, 0, z.loc); local.Unix() < at {
					t.Fatalf("%s: noon of %s is before it begins", name, d)
				}
			}
		}
	}
}

// Midnight is missing there: time.Date would say one o'clock, or the evening of
// the day before (compliance notes, section 4).
func TestADayWithoutMidnightBeginsLater(t *testing.T) {
	for _, c := range []struct{ zone, day, first string }{
		{"Africa/Cairo", "2026-04-24", "2026-04-24 01:00"}, {"Asia/Beirut", "2026-03-29", "2026-03-29 01:00"},
		{"America/Santiago", "2026-09-06", "2026-09-06 01:00"}, {"America/Havana", "2026-03-08", "2026-03-08 01:00"},
		{"Atlantic/Azores", "2026-03-29", "2026-03-29 01:00"}, {"Europe/Madrid", "2026-03-29", "2026-03-29 00:00"},
	} {
		z, err := zoneOf(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		d := utc(t, c.day+" 00:00:00").Unix() / secondsPerDay
		if got := time.Unix(z.begins(day(d)), 0).In(z.loc).Format("2006-01-02 15:04"); got != c.first {
			t.Errorf("%s: %s begins at %s, want %s", c.zone, c.day, got, c.first)
		}
	}
}

func TestTheZonesOfTheTestAreThoseOfTheDatabase(t *testing.T) {
	names := allZones(t)
	if len(names) < 590 || !slices.Contains(names, "Africa/Cairo") || bytes.Contains([]byte(strings.Join(names, " ")), []byte("  ")) {
		t.Errorf("%d zones", len(names))
	}
}
