package campaigns

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func TestAHopperLeasesAheadAndHandsBackWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 1000, newYork)
		h, stop := feed(t, s, rules.Always(), HopperSettings{Size: 100})
		if n := h.State().Callable; n != 100 {
			t.Errorf("%d are callable", n)
		}
		for i := range 60 {
			p, ok := h.Next(time.Now())
			if !ok || p.ID != int64(i+1) {
				t.Fatalf("contact %d in place %d", p.ID, i)
			}
			s.dialed(p)
		}
		synctest.Wait()
		if n := h.State().Callable; n < 90 {
			t.Errorf("%d are callable after 60 were taken: it was not filled up", n)
		}
		stop()
		if got := s.states(); got[ContactDone] != 60 || got[ContactReady] != 940 {
			t.Errorf("states: %v", got)
		}
	})
}

func TestNextNeverWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 10, newYork)
		s.delay = time.Hour
		h, stop := feed(t, s, rules.Always(), HopperSettings{})
		before := time.Now()
		if _, ok := h.Next(before); ok || time.Since(before) != 0 {
			t.Error("something came, or it waited")
		}
		if st := h.State(); st.Asked || !strings.Contains(st.Why(), "being read") {
			t.Errorf("state: %+v, %s", st, st.Why())
		}
		stop()
	})
}

func TestContactsWhoseWindowIsClosedStandAsideUntilItOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Saturday 00:00 UTC; in New York Friday 19:00
		week, err := rules.ParseWeek(map[string][]string{"mon-sun": {"09:00-20:00"}})
		if err != nil {
			t.Fatal(err)
		}
		zones := []string{"America/New_York", "Europe/Madrid", "America/Los_Angeles"}
		s := newShelf(t, 30, func(i int) string { return zones[i%3] })
		h, stop := feed(t, s, week, HopperSettings{})
		if st := h.State(); st.Callable != 20 || st.Aside != 10 {
			t.Errorf("state: %+v", st)
		}
		if opens := h.State().Opens.UTC(); opens != time.Date(2000, 1, 1, 8, 0, 0, 0, time.UTC) {
			t.Errorf("opens at %s, not at nine in Madrid", opens)
		}
		time.Sleep(59*time.Minute + 45*time.Second) // 19:59:45 in New York: it could not ring and be greeted any more
		for range 10 {
			p, ok := h.Next(time.Now())
			if _, zone := p.Dial(); !ok || zone[0] != "America/Los_Angeles" {
				t.Fatalf("%v %v", zone, ok)
			}
			s.dialed(p)
		}
		if p, ok := h.Next(time.Now()); ok {
			t.Errorf("%v is called out of hours", p.Phones[0].Zones)
		}
		if why := h.State().Why(); !strings.Contains(why, "window is closed for all 20") {
			t.Error(why)
		}
		time.Sleep(8*time.Hour - 59*time.Minute - 45*time.Second)
		for range 10 {
			p, ok := h.Next(time.Now())
			if _, zone := p.Dial(); !ok || zone[0] != "Europe/Madrid" {
				t.Fatalf("at nine in Madrid: %v %v", zone, ok)
			}
			s.dialed(p)
		}
		stop()
	})
}

func TestAContactOfNoKnownZoneIsNeverOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 3, func(int) string { return "Mars/Olympus" })
		h, stop := feed(t, s, rules.Always(), HopperSettings{})
		if p, ok := h.Next(time.Now()); ok {
			t.Errorf("offered: %+v", p)
		}
		stop()
	})
}

func TestChangedWindowsAreUsedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 10, newYork)
		var never rules.Week
		never[time.Sunday] = []rules.Span{{From: 0, To: 60}}
		h, stop := feed(t, s, never, HopperSettings{})
		if _, ok := h.Next(time.Now()); ok {
			t.Error("open too early")
		}
		c := NewCampaign("c")
		c.ID, c.Windows = 1, rules.Always()
		h.Set(c)
		if _, ok := h.Next(time.Now()); !ok {
			t.Error("still closed")
		}
		c.Windows = never
		h.Set(c)
		if _, ok := h.Next(time.Now()); ok {
			t.Error("still open")
		}
		s.dialed(Contact{ID: 1})
		stop()
	})
}

func TestClosedContactsAreHandedBackUntilTheirTimeAndNotFetchedOverAndOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 1000, newYork)
		var never rules.Week
		never[time.Sunday] = []rules.Span{{From: 600, To: 660}}
		h, stop := feed(t, s, never, HopperSettings{Size: 50, Aside: 120})
		time.Sleep(time.Hour - time.Second)
		if st := h.State(); st.Aside != 120 || st.Closed != 880 || !strings.Contains(st.Why(), "closed for all 1000") {
			t.Errorf("%d stand aside, %d were handed back: %s", st.Aside, st.Closed, st.Why())
		}
		if opens := h.State().Opens.UTC(); opens != time.Date(2000, 1, 2, 15, 0, 0, 0, time.UTC) {
			t.Errorf("opens at %s, not on Sunday at ten", opens)
		}
		if most := int(time.Hour/longestAway) * 1000; s.given > most {
			t.Errorf("%d contacts were leased while nothing may be dialed, more than %d", s.given, most)
		}
		stop()
	})
}

func TestContactsThatAreClosedDoNotKeepTheOpenOnesFromBeingCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Saturday 00:00 UTC: Friday evening in New York, Saturday 09:00 in Tokyo
		week, err := rules.ParseWeek(map[string][]string{"mon-sun": {"08:00-18:30"}})
		if err != nil {
			t.Fatal(err)
		}
		s := newShelf(t, 1000, func(i int) string {
			if i < 300 {
				return "America/New_York"
			}
			return "Asia/Tokyo"
		})
		h, stop := feed(t, s, week, HopperSettings{Size: 40, Aside: 20})
		for i := range 700 {
			p, ok := h.Next(time.Now())
			if !ok {
				t.Fatalf("nothing to dial after %d calls: %s", i, h.State().Why())
			}
			if _, zone := p.Dial(); zone[0] != "Asia/Tokyo" {
				t.Fatalf("%v is called out of hours", zone)
			}
			s.dialed(p)
			synctest.Wait()
		}
		if p, ok := h.Next(time.Now()); ok {
			t.Errorf("%v is called out of hours", p.Phones[0].Zones)
		}
		time.Sleep(13*time.Hour + longestAway) // 08:15 in New York
		for i := range 300 {
			p, ok := h.Next(time.Now())
			if !ok {
				t.Fatalf("after the window has opened: only %d: %s", i, h.State().Why())
			}
			s.dialed(p)
			synctest.Wait()
		}
		stop()
	})
}

func TestWindowsThatAreWidenedReachContactsThatWereHandedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 100, newYork)
		var never rules.Week
		never[time.Sunday] = []rules.Span{{From: 600, To: 660}}
		h, stop := feed(t, s, never, HopperSettings{Size: 50, Aside: 5})
		c := NewCampaign("c")
		c.ID, c.Windows = 1, rules.Always()
		h.Set(c)
		time.Sleep(longestAway + time.Second)
		if n := h.State().Callable; n != 50 {
			t.Errorf("%d can be dialed a quarter of an hour after the windows were widened", n)
		}
		stop()
	})
}

func TestWhatCouldNotBeHandedBackIsHandedBackLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 30, newYork)
		h, stop := feed(t, s, rules.Always(), HopperSettings{Size: 50, Aside: 1})
		s.set(func() { s.fail = errors.New("database is locked") })
		until := time.Now().Add(time.Hour)
		for range 3 {
			p, _ := h.Next(time.Now())
			h.Return(p, until)
		}
		time.Sleep(time.Minute)
		s.set(func() { s.fail = nil })
		time.Sleep(time.Minute)
		if n := s.states()[ContactWaiting]; n != 2 {
			t.Errorf("%d wait in the store, one stands aside", n)
		}
		stop()
	})
}

func TestACallbackThatComesDueDoesNotWaitBehindAFullHopper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 500, newYork)
		due := time.Now().Add(5 * time.Minute)
		any, personal := s.contacts[400], s.contacts[401]
		any.State, any.NextAt, any.Rank, any.Callback = ContactWaiting, due, 100, 1
		personal.State, personal.NextAt, personal.Rank, personal.Callback, personal.Agent = ContactWaiting, due, 100, 2, 7
		h, stop := feed(t, s, rules.Always(), HopperSettings{Size: 100})
		time.Sleep(5*time.Minute + 20*time.Second)
		p, ok := h.Next(time.Now())
		if !ok || p.ID != any.ID {
			t.Errorf("first is contact %d, not the callback", p.ID)
		}
		mine := h.Personal()
		if len(mine) != 1 || mine[0].ID != personal.ID {
			t.Errorf("personal: %+v", mine)
		}
		if n := h.State().Callable; n > 100 {
			t.Errorf("%d are in a hopper of 100", n)
		}
		h.Return(p, time.Time{})
		h.Return(mine[0], time.Time{})
		if again, _ := h.Next(time.Now()); again.ID != any.ID || len(h.Personal()) != 1 {
			t.Errorf("returned, the callback is not first: contact %d", again.ID)
		}
		s.dialed(*any)
		s.dialed(*personal)
		stop()
	})
}

func TestAContactThatIsPutOffComesBackAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 1, newYork)
		h, stop := feed(t, s, rules.Always(), HopperSettings{})
		p, _ := h.Next(time.Now())
		h.Return(p, time.Now().Add(10*time.Minute))
		c := NewCampaign("c")
		c.ID, c.Windows = 1, rules.Always()
		h.Set(c) // changed settings do not bring it back
		time.Sleep(9 * time.Minute)
		if _, ok := h.Next(time.Now()); ok {
			t.Error("back too early")
		}
		time.Sleep(time.Minute)
		if _, ok := h.Next(time.Now()); !ok {
			t.Error("not back")
		}
		s.dialed(p)
		stop()
	})
}

func TestAStoreThatFailsIsTriedAgainAndTheReasonIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 5, newYork)
		s.fail = errors.New("database is locked")
		h, stop := feed(t, s, rules.Always(), HopperSettings{})
		time.Sleep(5 * time.Minute)
		if why := h.State().Why(); !strings.Contains(why, "database is locked") {
			t.Error(why)
		}
		if s.leases > 60 {
			t.Errorf("the store was asked %d times in five minutes", s.leases)
		}
		s.set(func() { s.fail = nil })
		time.Sleep(15 * time.Second)
		if n := h.State().Callable; n != 5 {
			t.Errorf("%d callable", n)
		}
		stop()
	})
}

func TestAnEmptyHopperSaysWhy(t *testing.T) {
	later := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name string
		want string
		make func(*shelf)
	}{
		{"no list", "import a list", func(s *shelf) { s.contacts = nil }},
		{"all done", "all 4 contacts are done", func(s *shelf) {
			for _, c := range s.contacts {
				c.State = ContactDone
			}
		}},
		{"waiting", "4 contacts wait", func(s *shelf) {
			for _, c := range s.contacts {
				c.State, c.NextAt = ContactWaiting, later
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf(t, 4, newYork)
				tc.make(s)
				h, stop := feed(t, s, rules.Always(), HopperSettings{})
				if why := h.State().Why(); !strings.Contains(why, tc.want) {
					t.Error(why)
				}
				stop()
			})
		})
	}
}

func TestHopperQueuesAreJoinedByRankAndKeepTheirOrder(t *testing.T) {
	queue := func(ranks ...int) (out []*queued) {
		for i, r := range ranks {
			out = append(out, &queued{Contact: Contact{ID: int64(i), Rank: r}})
		}
		return out
	}
	a, b := queue(9, 5, 5, 1), queue(9, 7, 5)
	got := merged(a, b)
	if !slices.IsSortedFunc(got, func(x, y *queued) int { return y.Rank - x.Rank }) || len(got) != 7 {
		t.Errorf("%+v", got)
	}
	if len(merged(nil, b)) != 3 || len(merged(a, nil)) != 4 {
		t.Error("an empty queue loses contacts")
	}
}

func BenchmarkHopperNext(b *testing.B) {
	c := NewCampaign("c")
	c.Windows = rules.Always()
	h := NewHopper(nil, c, HopperSettings{})
	zones := []string{"America/New_York"}
	p := &queued{Contact: Contact{Phones: []Phone{{Number: "+15550000001", Zones: zones}}}}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		h.callable = append(h.callable[:0], p)
		if _, ok := h.Next(now); !ok {
			b.Fatal("closed")
		}
	}
}
