package campaigns

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func week(t *testing.T, days map[string][]string) rules.Week {
	t.Helper()
	w, err := rules.ParseWeek(days)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// adviser works in Madrid, an hour at a time with a quarter between.
func adviser(t *testing.T) Salesperson {
	return Salesperson{
		ID: 3, Name: "Eva", Zone: "Europe/Madrid", Hours: week(t, map[string][]string{"mon-fri": {"09:00-13:00", "15:00-16:00"}}),
		Slot: time.Hour, Buffer: 15 * time.Minute, Active: true, Phone: true,
	}
}

// begins lists the slots' beginnings by a clock.
func begins(t *testing.T, slots []Slot, zone string) string {
	t.Helper()
	loc, err := rules.Location(zone)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(slots))
	for i, s := range slots {
		out[i] = s.From.In(loc).Format("Mon 15:04")
		if i > 0 && s.From.Before(slots[i-1].To) {
			t.Errorf("slots overlap: %v, %v", slots[i-1], s)
		}
	}
	return strings.Join(out, ", ")
}

func TestFreeSlotsFollowTheSalespersonsOwnClock(t *testing.T) {
	s := adviser(t)
	monday := moment(t, "2026-11-23T00:00:00+01:00")
	now := monday.Add(-48 * time.Hour)
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), now, nil), s.Zone); got != "Mon 09:00, Mon 10:15, Mon 11:30, Mon 15:00" {
		t.Error(got)
	}
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), now, nil), "America/New_York"); got != "Mon 03:00, Mon 04:15, Mon 05:30, Mon 09:00" {
		t.Errorf("for somebody in New York: %s", got)
	}
	s.Notice = 3 * time.Hour
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), monday.Add(8*time.Hour), nil), s.Zone); got != "Mon 11:30, Mon 15:00" {
		t.Errorf("with notice: %s", got)
	}
	s.Notice, s.Holidays = 0, []string{"2026-11-23"}
	if got := begins(t, s.Free(monday, monday.Add(33*time.Hour), now, nil), s.Zone); got != "" {
		t.Errorf("on a holiday: %s", got)
	}
	s.Holidays, s.Away = nil, []Away{{From: monday.Add(9*time.Hour + 30*time.Minute), To: monday.Add(11*time.Hour + 45*time.Minute)}}
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), now, nil), s.Zone); got != "Mon 15:00" {
		t.Errorf("away: %s", got)
	}
	s.Active = false
	if got := s.Free(monday, monday.Add(24*time.Hour), now, nil); len(got) != 0 {
		t.Errorf("who has left still meets people: %v", got)
	}
}

func TestATakenSlotKeepsItsBufferFree(t *testing.T) {
	s := adviser(t)
	monday := moment(t, "2026-11-23T00:00:00+01:00")
	taken := []Booking{{From: monday.Add(10*time.Hour + 15*time.Minute), To: monday.Add(11*time.Hour + 15*time.Minute)}}
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), monday, taken), s.Zone); got != "Mon 09:00, Mon 11:30, Mon 15:00" {
		t.Error(got)
	}
	taken[0].To = taken[0].To.Add(time.Minute) // one minute into the buffer of the next
	if got := begins(t, s.Free(monday, monday.Add(24*time.Hour), monday, taken), s.Zone); got != "Mon 09:00, Mon 15:00" {
		t.Error(got)
	}
}

func TestSlotsAcrossAChangeOfTheClocks(t *testing.T) {
	night := Salesperson{ID: 1, Name: "N", Zone: "Europe/Madrid", Hours: week(t, map[string][]string{"sun": {"01:00-05:00"}}), Slot: 30 * time.Minute, Active: true}
	spring := moment(t, "2026-03-29T00:00:00+01:00") // 02:00 to 03:00 is not there
	slots := night.Free(spring, spring.Add(6*time.Hour), spring.Add(-time.Hour), nil)
	if got := begins(t, slots, night.Zone); got != "Sun 01:00, Sun 01:30, Sun 03:00, Sun 03:30, Sun 04:00, Sun 04:30" {
		t.Errorf("in spring: %s", got)
	}
	for _, s := range slots {
		if s.To.Sub(s.From) != 30*time.Minute {
			t.Errorf("a slot of %s", s.To.Sub(s.From))
		}
	}
	autumn := moment(t, "2026-10-25T00:00:00+02:00") // 02:00 to 03:00 is there twice
	if got := begins(t, night.Free(autumn, autumn.Add(7*time.Hour), autumn.Add(-time.Hour), nil), night.Zone); got != "Sun 01:00, Sun 01:30, Sun 02:00, Sun 02:30, Sun 03:00, Sun 03:30, Sun 04:00, Sun 04:30" {
		t.Errorf("in autumn: %s", got)
	}
	santiago := night // midnight itself is not there on 2026-09-06
	santiago.Zone, santiago.Hours = "America/Santiago", week(t, map[string][]string{"sun": {"00:00-02:00"}})
	day := moment(t, "2026-09-06T00:00:00-04:00")
	if got := begins(t, santiago.Free(day, day.Add(3*time.Hour), day.Add(-time.Hour), nil), santiago.Zone); got != "Sun 01:00, Sun 01:30" {
		t.Errorf("in Santiago: %s", got)
	}
}

func TestASlotIsKnownByItsBegin(t *testing.T) {
	s := adviser(t)
	at := moment(t, "2026-11-23T10:15:00+01:00")
	if slot, ok := s.SlotAt(at, at.Add(-time.Hour)); !ok || !slot.From.Equal(at) || slot.To.Sub(slot.From) != time.Hour {
		t.Errorf("slot %+v, %t", slot, ok)
	}
	for _, other := range []time.Duration{-time.Minute, time.Minute, 24 * 5 * time.Hour} {
		if slot, ok := s.SlotAt(at.Add(other), at.Add(-time.Hour)); ok && !slot.From.Equal(at) && other < time.Hour {
			t.Errorf("%s away: slot %+v", other, slot)
		} else if other > time.Hour && ok {
			t.Errorf("on a Saturday: %+v", slot)
		}
	}
	if _, ok := s.SlotAt(at, at.Add(time.Hour)); ok {
		t.Error("a slot of the past")
	}
}

func TestACalendarSaysWhatIsWrongWithIt(t *testing.T) {
	if err := adviser(t).Validate(); err != nil {
		t.Error(err)
	}
	bad := Salesperson{Zone: "Mars", Slot: time.Second, Buffer: -1, Holidays: []string{"Christmas"}, Away: []Away{{}}}
	err := bad.Validate()
	for _, part := range []string{"name:", "zone", "hours:", "slot", "buffer", "holidays", "away"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
}

// meeting is an invitation with everything that has to be escaped.
func meeting(t *testing.T) Invitation {
	return Invitation{
		Booking: Booking{
			ID: 42, Person: "Eva Pérez; adviser, senior", From: moment(t, "2026-11-23T09:15:00Z"), To: moment(t, "2026-11-23T10:15:00Z"),
			State: BookingBooked, Zone: "America/New_York", How: AtPlace, Place: `Straße 1\2, 1º; ` + strings.Repeat("ő", 60),
			Note: "ring twice\r\nsecond line\nthird \x00\x07 line", Sequence: 2, CreatedAt: moment(t, "2026-11-22T08:00:00Z"), ChangedAt: moment(t, "2026-11-22T09:00:00Z"),
		},
		Seller: "Fibra Española, S.A.", Host: "forecall.example", Product: "1.0",
	}
}

func TestAnInvitationIsWhatCalendarProgramsTake(t *testing.T) {
	m := meeting(t)
	golden(t, "invitation.ics", m.Calendar())
	m.State, m.How, m.Phone, m.Place = BookingCancelled, ByPhone, "+34600111222", ""
	golden(t, "withdrawal.ics", m.Calendar())
	golden(t, "invitation.txt", meeting(t).Text()+"\n\n"+m.Text()+"\n")
}

func FuzzInvitationsAreWellFormed(f *testing.F) {
	f.Add("Eva", "Straße 1", "note\r\nEND:VCALENDAR\r\n", "Fibra")
	f.Add("", strings.Repeat("x", 500), strings.Repeat("漢", 200), "\\;,\n\x00\xff")
	f.Fuzz(func(t *testing.T, person, place, note, seller string) {
		i := Invitation{Booking: Booking{ID: 1, Person: person, Place: place, Note: note, Zone: "Europe/Madrid"}, Seller: seller, Host: "h", Product: "p"}
		cal := i.Calendar()
		if !strings.HasSuffix(cal, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n") {
			t.Fatalf("ends with %q", cal[max(0, len(cal)-40):])
		}
		for _, line := range strings.Split(strings.TrimSuffix(cal, "\r\n"), "\r\n") {
			if len(line) > maxLine || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("line %q", line)
			}
		}
		unfolded := strings.Split(strings.TrimSuffix(strings.ReplaceAll(cal, "\r\n ", ""), "\r\n"), "\r\n")
		for n, line := range unfolded {
			name, _, ok := strings.Cut(line, ":")
			if !ok || name != strings.ToUpper(name) || name == "BEGIN" && n != 0 && n != 5 {
				t.Fatalf("line %d: %q", n, line)
			}
		}
		want := "SUMMARY:" + escaped(i.summary())
		if len(unfolded) < 13 || unfolded[12] != want {
			t.Fatalf("the summary is %q, not %q", unfolded[12], want)
		}
	})
}
