package abandonment

import (
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t testing.TB, z *time.Location, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPeriodsBeginAndEndWhereTheLawSays(t *testing.T) {
	for _, c := range []struct {
		name, zone, first, now string
		window                 Window
		from, to               string
		n                      int
	}{
		{"16 CFR 310.4(b)(4)(i): the first block begins with the day of the first call", "America/New_York", "2026-01-05 10:30:00", "2026-01-20 12:00:00", ThirtyDays, "2026-01-05 00:00:00", "2026-02-04 00:00:00", 1},
		{"the last instant of a block", "America/New_York", "2026-01-05 10:30:00", "2026-02-03 23:59:59", ThirtyDays, "2026-01-05 00:00:00", "2026-02-04 00:00:00", 1},
		{"the next begins at once", "America/New_York", "2026-01-05 10:30:00", "2026-02-04 00:00:00", ThirtyDays, "2026-02-04 00:00:00", "2026-03-06 00:00:00", 2},
		{"a block with a day of 23 hours (8 March)", "America/New_York", "2026-01-05 10:30:00", "2026-03-20 09:00:00", ThirtyDays, "2026-03-06 00:00:00", "2026-04-05 00:00:00", 3},
		{"a block with a day of 25 hours (1 November)", "America/New_York", "2026-10-15 08:00:00", "2026-11-10 09:00:00", ThirtyDays, "2026-10-15 00:00:00", "2026-11-14 00:00:00", 1},
		{"over a leap day", "Europe/London", "2028-02-10 09:00:00", "2028-03-01 09:00:00", ThirtyDays, "2028-02-10 00:00:00", "2028-03-11 00:00:00", 1},
		{"CRTC: February ends where it ends", "America/Toronto", "2026-01-05 10:00:00", "2026-02-28 23:59:59", OneMonth, "2026-02-01 00:00:00", "2026-03-01 00:00:00", 0},
		{"CRTC: December", "America/Toronto", "2026-01-05 10:00:00", "2026-12-31 23:00:00", OneMonth, "2026-12-01 00:00:00", "2027-01-01 00:00:00", 0},
		{"CRTC: January after the 31st", "America/Toronto", "2026-01-31 10:00:00", "2026-01-31 23:00:00", OneMonth, "2026-01-01 00:00:00", "2026-02-01 00:00:00", 0},
		{"a day without midnight (Cairo, 24 April)", "Africa/Cairo", "2026-04-01 10:00:00", "2026-04-24 12:00:00", Window{Unit: Day}, "2026-04-24 01:00:00", "2026-04-25 00:00:00", 0},
		{"a day without midnight (Santiago, 6 September)", "America/Santiago", "2026-04-01 10:00:00", "2026-09-06 12:00:00", Window{Unit: Day}, "2026-09-06 01:00:00", "2026-09-07 00:00:00", 0},
		{"the day before it is 23 hours and ends there", "America/Santiago", "2026-04-01 10:00:00", "2026-09-05 12:00:00", Window{Unit: Day}, "2026-09-05 00:00:00", "2026-09-06 01:00:00", 0},
		{"Ofcom 2010: 24 hours are elapsed hours, here over a day of 25", "America/New_York", "2026-01-05 10:00:00", "2026-11-01 12:00:00", OneDay, "2026-10-31 13:00:00", "2026-11-01 12:00:00", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := zone(t, c.zone)
			got := c.window.At(at(t, z, c.now), at(t, z, c.first), z)
			if !got.From.Equal(at(t, z, c.from)) || !got.To.Equal(at(t, z, c.to)) || got.N != c.n {
				t.Errorf("%s to %s, block %d; want %s to %s, %d", got.From, got.To, got.N, c.from, c.to, c.n)
			}
		})
	}
}

func TestABlockIsTheSameWhereverItsInstantsAreWritten(t *testing.T) {
	z := zone(t, "Pacific/Auckland")
	first := at(t, z, "2026-03-01 09:00:00")
	a := ThirtyDays.At(first.Add(40*24*time.Hour).UTC(), first.UTC(), z)
	b := ThirtyDays.At(first.Add(40*24*time.Hour), first, z)
	if !a.From.Equal(b.From) || !a.To.Equal(b.To) {
		t.Errorf("%v and %v", a, b)
	}
}

func TestACampaignYoungerThanABlockIsCountedWhole(t *testing.T) {
	first := at(t, time.UTC, "2026-01-05 10:00:00")
	if all := ThirtyDays.All(first.Add(5*24*time.Hour), first, time.UTC); len(all) != 1 || !all[0].Whole {
		t.Errorf("young: %+v", all)
	}
	all := ThirtyDays.All(first.Add(70*24*time.Hour), first, time.UTC)
	if len(all) != 3 || all[0].Whole || all[2].Whole || all[0].N != 3 || all[2].N != 1 {
		t.Errorf("old: %+v", all)
	}
	if all := ThirtyDays.All(first, time.Time{}, time.UTC); len(all) != 1 {
		t.Errorf("a campaign that has not called: %+v", all)
	}
}

// Periods of every kind join without gap or overlap, hold their instant, and come
// in the same order as time: in every zone with a peculiar midnight.
func FuzzPeriodsFollowOneAnother(f *testing.F) {
	zones := []string{"UTC", "America/New_York", "America/Santiago", "America/Havana", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"}
	f.Add(int64(1767225600), uint32(5_000_000), uint8(0))
	for i := range zones {
		f.Add(int64(1767225600), uint32(20_000_000), uint8(i))
	}
	f.Fuzz(func(t *testing.T, start int64, gone uint32, which uint8) {
		z := zone(t, zones[int(which)%len(zones)])
		first := time.Unix(1_600_000_000+start%300_000_000, 0)
		now := first.Add(time.Duration(gone%80_000_000) * time.Second)
		for _, w := range []Window{ThirtyDays, {Blocks, 1}, {Blocks, 7}, OneMonth, {Unit: Day}} {
			all := w.All(now, first, z)
			if !all[0].Holds(now) {
				t.Fatalf("%s: %v does not hold %s", w, all[0], now)
			}
			if last := all[len(all)-1]; len(all) < mostPeriods && !last.Holds(first) {
				t.Fatalf("%s: the first period %v does not hold the first call %s", w, last, first)
			}
			for i, p := range all {
				if !p.To.After(p.From) {
					t.Fatalf("%s: empty period %v", w, p)
				}
				if i > 0 && !p.To.Equal(all[i-1].From) {
					t.Fatalf("%s: %v and %v do not join", w, p, all[i-1])
				}
				if got := w.At(p.From, first, z); !p.From.Before(first) && !got.From.Equal(p.From) {
					t.Fatalf("%s: %s is the beginning of %v and of %v", w, p.From, p, got)
				}
			}
		}
	})
}
