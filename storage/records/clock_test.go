package records

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestTheClockIsTrustedWhileBothClocksAgree(t *testing.T) {
	type reading struct {
		wall, mono time.Duration // since the start
		ok         bool
	}
	hours := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	tests := []struct {
		name     string
		readings []reading
	}{
		{"at rest", []reading{{0, 0, true}, {time.Second, time.Second, true}, {hours(24), hours(24), true}}},
		{"just below the limit", []reading{{3 * time.Second, time.Second, true}}},
		{"forward two seconds and a bit", []reading{{3001 * time.Millisecond, time.Second, false}}},
		{"forward an hour", []reading{{hours(1), time.Second, false}, {hours(2), hours(1), false}}},
		{"forward a day and back where it was", []reading{{hours(24), time.Second, false}, {2 * time.Second, 2 * time.Second, true}}},
		{"back an hour", []reading{{hours(3), hours(3), true}, {hours(2), hours(3) + time.Second, false}}},
		{"back an hour, caught up by being set right", []reading{
			{hours(3), hours(3), true}, {hours(2), hours(3) + time.Second, false}, {hours(3) + time.Minute, hours(3) + time.Minute, true},
		}},
		{"one second at a time", []reading{
			{2 * time.Second, time.Second, true}, {4 * time.Second, 2 * time.Second, true}, {6 * time.Second, 3 * time.Second, false},
		}},
		{"a slow drift is forgiven", []reading{
			{hours(1) + 1800*time.Millisecond, hours(1), true}, {hours(2) + 3600*time.Millisecond, hours(2), true},
			{hours(3) + 5400*time.Millisecond, hours(3), true},
		}},
		{"the machine slept", []reading{{hours(1), hours(1), true}, {hours(9), hours(1) + time.Minute, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			c := newClock(start, time.Time{})
			last := time.Time{}
			for i, r := range tt.readings {
				got, err := c.see(start.Add(r.wall), r.mono)
				if (err == nil) != r.ok || err != nil && !errors.Is(err, campaigns.ErrClock) {
					t.Fatalf("reading %d: %v", i, err)
				}
				if r.ok && got.Before(last) {
					t.Fatalf("reading %d: %s after %s", i, got, last)
				}
				if r.ok {
					last = got
				}
			}
		})
	}
}

func TestAfterAJumpNobodyIsCalledUntilItIsAcknowledged(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t)
			c, l := newCampaign(t, db, "c")
			fill(t, db, l, 5)
			stock := leaseAll(t, db, c)
			first := campaigns.NewAttempt(c, stock[0], "", time.Now())
			must(t, db.Begin(t.Context(), c, first))
			jumped := jumpClock(t, db, jump)
			if err := db.ClockFault(t.Context()); !errors.Is(err, campaigns.ErrClock) {
				t.Fatalf("fault %v, want ErrClock", err)
			}
			second := campaigns.NewAttempt(c, stock[1], "", time.Now())
			if err := db.Begin(t.Context(), c, second); !errors.Is(err, campaigns.ErrClock) {
				t.Fatalf("got %v, want ErrClock", err)
			}
			if d, err := db.Weigh(t.Context(), c, stock[1], second.Number, false, time.Now()); err != nil || d.PrimaryRule() != rules.Clock {
				t.Fatalf("it is explained by %v, %v: not that the clock jumped", d, err)
			}
			first.Outcome = campaigns.NoAnswer
			must(t, db.Finish(t.Context(), *first)) // what is in the air ends as ever
			jumped.undo()
			must(t, db.ClockFault(t.Context()))
			must(t, db.Begin(t.Context(), c, second))
			jumped.redo()
			must(t, db.AcknowledgeClock(t.Context(), "admin"))
			must(t, db.ClockFault(t.Context()))
			third := campaigns.NewAttempt(c, stock[2], "", time.Now())
			must(t, db.Begin(t.Context(), c, third))
			if got := third.IntentAt.Sub(second.IntentAt); (got - jump).Abs() > time.Minute {
				t.Fatalf("the intent moved by %s, the clock by %s", got, jump)
			}
			f, err := db.Verify(t.Context(), time.Now())
			if err != nil || !f.Clean() {
				t.Fatalf("%+v, %v", f, err)
			}
		})
	}
}

// jump moves a store's wall clock and leaves its monotonic one alone.
type jump struct {
	t  *testing.T
	db *DB
	by time.Duration
}

func jumpClock(t *testing.T, db *DB, by time.Duration) jump {
	j := jump{t, db, by}
	j.redo()
	return j
}

func (j jump) redo() { j.set(j.by) }
func (j jump) undo() { j.set(0) }

func (j jump) set(by time.Duration) {
	j.t.Helper()
	must(j.t, j.db.do(j.t.Context(), func(x *tx) error {
		x.clock.off = by
		return nil
	}))
}

func TestAClockBehindTheLedgerAtStartRefusesToDial(t *testing.T) {
	db := openTest(t)
	path := pathOf(t, db)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 3)
	stock := leaseAll(t, db, c)
	jumpClock(t, db, time.Hour)
	must(t, db.AcknowledgeClock(t.Context(), "admin"))
	must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[0], "", time.Now())))
	must(t, db.Close())
	again, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer again.Close()
	if err := again.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[1], "", time.Now())); !errors.Is(err, campaigns.ErrClock) {
		t.Fatalf("got %v, want ErrClock", err)
	}
}

func TestAClockThatTheTimeServersCallWrongCallsNobodyUntilItIsRight(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 5)
	stock := leaseAll(t, db, c)
	for i, by := range []time.Duration{5*time.Second + time.Millisecond, -time.Minute} {
		db.SetClockOffset(by, "ntp.example.org")
		a := campaigns.NewAttempt(c, stock[i], "", time.Now())
		err := db.Begin(t.Context(), c, a)
		if !errors.Is(err, campaigns.ErrClockOff) || !errors.Is(err, campaigns.ErrClock) || !strings.Contains(err.Error(), "ntp.example.org") {
			t.Fatalf("%s off: %v", by, err)
		}
		d, err := db.Weigh(t.Context(), c, stock[i], a.Number, false, time.Now())
		if err != nil || d.PrimaryRule() != rules.Clock {
			t.Fatalf("%s off, explained by %v, %v", by, d, err)
		}
		must(t, db.AcknowledgeClock(t.Context(), "admin"))
		if err := db.ClockFault(t.Context()); !errors.Is(err, campaigns.ErrClockOff) {
			t.Fatalf("somebody acknowledged it away: %v", err)
		}
		db.SetClockOffset(5*time.Second, "ntp.example.org") // just enough
		must(t, db.Begin(t.Context(), c, a))
		record, err := db.Decision(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if said, err := rules.ReadRecord(record.Record); err != nil || said.Facts.Clock.Offset != 5*time.Second {
			t.Fatalf("the record says %+v, %v", said, err)
		}
	}
	f, err := db.Verify(t.Context(), time.Now())
	if err != nil || !f.Clean() {
		t.Fatalf("%+v, %v", f, err)
	}
}

func TestTheClockThatNodesShareWasReadSomeTimeBetweenQuestionAndAnswer(t *testing.T) {
	start := time.Now()
	c := newClock(start, time.Time{})
	shared := func(theirs, asked, told time.Duration) error {
		_, err := c.shared(start.Round(0).Add(theirs), start.Add(asked), start.Add(told), time.Time{})
		return err
	}
	for _, tt := range []struct {
		theirs, asked, told time.Duration
		fine                bool
	}{
		{0, 0, 0, true},
		{time.Second, time.Second, 9 * time.Second, true}, // the answer came late
		{20 * time.Second, 10 * time.Second, 20 * time.Second, true},
		{29 * time.Second, 30 * time.Second, 30 * time.Second, true},
		{27 * time.Second, 30 * time.Second, 30 * time.Second, false},
		{43 * time.Second, 30 * time.Second, 40 * time.Second, false},
		{40 * time.Second, 40 * time.Second, 40 * time.Second, true},
	} {
		if err := shared(tt.theirs, tt.asked, tt.told); (err == nil) != tt.fine {
			t.Errorf("%s, asked at %s and told at %s: %v", tt.theirs, tt.asked, tt.told, err)
		} else if err != nil && !errors.Is(err, campaigns.ErrClock) {
			t.Error(err)
		}
	}
}
