package campaigns

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// knowing feeds a hopper of a campaign that knows odds.
func knowing(t *testing.T, s *shelf, week rules.Week, settings HopperSettings) (*Hopper, func()) {
	t.Helper()
	c := NewCampaign("c")
	c.ID, c.Windows, c.KnowOdds = 1, week, true
	h := NewHopper(s, c, settings)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	synctest.Wait()
	return h, func() {
		cancel()
		<-ended
		if n := s.states()[ContactLeased]; n != 0 && s.fail == nil {
			t.Errorf("%d contacts are left leased", n)
		}
	}
}

// teach lets a hopper hear of calls at every hour of a week, in which people
// answer best at one hour of their day, and those of list 2 better than others.
func teach(h *Hopper, best int) {
	r := rand.New(rand.NewPCG(1, 2))
	berlin, _ := time.LoadLocation("Europe/Berlin")
	start := time.Date(1999, 12, 20, 0, 0, 0, 0, berlin) // a Monday
	for i := range 7 * 24 * 20 {
		at := start.Add(time.Duration(i) * 3 * time.Minute)
		list := int64(1 + i%2)
		p := 0.1
		if d := at.Hour() - best; d >= -1 && d <= 1 {
			p = 0.4
		}
		if list == 2 {
			p *= 1.8
		}
		c := Contact{List: list, Phones: []Phone{{Zones: []string{"Europe/Berlin"}}}}
		h.Resolved(c, at, r.Float64() < p)
	}
}

func TestAHopperThatDoesNotUseOddsShowsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, stop := feed(t, newShelf(t, 10, newYork), rules.Always(), HopperSettings{})
		if got := h.Odds(time.Now(), nil); len(got) != 0 {
			t.Errorf("%v", got)
		}
		if _, ok := h.Pick(time.Now(), 0); ok {
			t.Error("picked without a window")
		}
		stop()
	})
}

func TestPickTakesTheContactWhoseOddsWereShownOnceAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 300, newYork)
		for i, c := range s.contacts {
			c.List = int64(1 + i%2)
		}
		h, stop := knowing(t, s, rules.Always(), HopperSettings{})
		teach(h, 18)
		now := time.Now()
		odds := h.Odds(now, make([]float64, 7))
		if len(odds) != OddsWindow {
			t.Fatalf("%d odds", len(odds))
		}
		picked := make(map[int64]bool)
		for _, i := range []int{5, 0, 127, 64, 1} {
			p, ok := h.Pick(now, i)
			if !ok || picked[p.ID] {
				t.Fatalf("place %d: contact %d, %t", i, p.ID, ok)
			}
			if c := h.Chance(p, now); c.Odds != odds[i] || (p.List == 2) != (c.Odds == slices.Max(odds)) {
				t.Errorf("place %d: shown %.3f, has %.3f, list %d", i, odds[i], c.Odds, p.List)
			}
			picked[p.ID] = true
			s.dialed(p)
			if _, ok := h.Pick(now, i); ok {
				t.Errorf("place %d was given twice", i)
			}
		}
		first, _ := h.Next(now) // takes a place of the window as well
		s.dialed(first)
		if _, ok := h.Pick(now, 2); picked[first.ID] || ok {
			t.Errorf("contact %d was given twice, or its place again: %t", first.ID, ok)
		}
		for _, i := range []int{-1, 128, 1 << 30} {
			if _, ok := h.Pick(now, i); ok {
				t.Errorf("place %d", i)
			}
		}
		stop()
	})
}

func TestACallbackGoesBeforeAnyOddsAndSoDoesAListOfHigherPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 60, newYork)
		for i, c := range s.contacts {
			c.List = int64(1 + i%2)
			c.Rank = map[bool]int{true: 5, false: 0}[i >= 50]
		}
		s.contacts[20].Rank, s.contacts[20].Callback = 1000, 1
		h, stop := knowing(t, s, rules.Always(), HopperSettings{})
		teach(h, 18)
		for _, want := range []int{1, 10, 49} {
			n := len(h.Odds(time.Now(), nil))
			if n != want {
				t.Fatalf("%d in the window, not %d", n, want)
			}
			for i := range n {
				p, ok := h.Pick(time.Now(), n-1-i)
				if !ok || p.Rank != map[int]int{1: 1000, 10: 5, 49: 0}[want] {
					t.Fatalf("rank %d, %t", p.Rank, ok)
				}
				s.dialed(p)
			}
		}
		stop()
	})
}

func TestTheLawIsJudgedAgainAtThePick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Saturday 00:00 UTC: Friday 19:00 in New York
		week, err := rules.ParseWeek(map[string][]string{"mon-sun": {"09:00-20:00"}})
		if err != nil {
			t.Fatal(err)
		}
		s := newShelf(t, 10, newYork)
		h, stop := knowing(t, s, week, HopperSettings{})
		if n := len(h.Odds(time.Now(), nil)); n != 10 {
			t.Fatalf("%d open", n)
		}
		time.Sleep(59*time.Minute + 45*time.Second) // it could not ring and be greeted any more
		for i := range 10 {
			if p, ok := h.Pick(time.Now(), i); ok {
				t.Errorf("contact %d is called out of hours", p.ID)
			}
		}
		if st := h.State(); st.Callable != 0 || st.Aside != 10 {
			t.Errorf("state %+v", st)
		}
		stop()
	})
}

func TestThoseAreCalledFirstWhoseHourItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // 00:00 UTC: 01:00 in Berlin, 18:00 in Chicago
		zones := []string{"Europe/Berlin", "America/Chicago"}
		s := newShelf(t, 100, func(i int) string { return zones[i%2] })
		h, stop := knowing(t, s, rules.Always(), HopperSettings{})
		teach(h, 18)
		time.Sleep(rankEvery + time.Second)
		for i := range 50 {
			p, ok := h.Next(time.Now())
			if _, zone := p.Dial(); !ok || zone[0] != "America/Chicago" {
				t.Fatalf("call %d goes to %v", i, zone)
			}
			s.dialed(p)
		}
		var ids []int64
		for range 50 {
			p, _ := h.Next(time.Now())
			ids = append(ids, p.ID)
			s.dialed(p)
		}
		if !slices.IsSorted(ids) {
			t.Errorf("those for whom it is no better or worse are not in the list's order: %v", ids)
		}
		stop()
	})
}

func TestWhoIsPassedOverForLongGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zones := []string{"Europe/Berlin", "America/Chicago"}
		s := newShelf(t, 3000, func(i int) string { return zones[min(1, i/20)] }) // 20 of Berlin, where it is night
		h, stop := knowing(t, s, rules.Always(), HopperSettings{Size: 100, Patience: time.Hour})
		teach(h, 18)
		time.Sleep(rankEvery + time.Second)
		last := time.Time{}
		began := time.Now()
		for range 200 { // ten a minute, and Chicago would last for hours
			for range 10 {
				p, ok := h.Next(time.Now())
				if !ok {
					t.Fatal(h.State().Why())
				}
				if _, zone := p.Dial(); zone[0] == "Europe/Berlin" {
					last = time.Now()
				}
				s.dialed(p)
			}
			time.Sleep(time.Minute)
		}
		if waited := last.Sub(began); last.IsZero() || waited < 50*time.Minute || waited > 70*time.Minute {
			t.Errorf("the last of those passed over was called after %s", waited)
		}
		stop()
	})
}

func TestAContactGivenBackIsOfferedFirstAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 50, newYork)
		h, stop := knowing(t, s, rules.Always(), HopperSettings{})
		teach(h, 18)
		h.Odds(time.Now(), nil)
		p, _ := h.Pick(time.Now(), 30)
		h.Return(p, time.Time{})
		if again, ok := h.Next(time.Now()); !ok || again.ID != p.ID {
			t.Errorf("contact %d, not %d", again.ID, p.ID)
		}
		s.dialed(p)
		stop()
	})
}

// drawer is an OddsMemory of one campaign.
type drawer struct {
	mu    sync.Mutex
	model []byte
	fail  error
	saves int
}

func (d *drawer) SaveOdds(_ context.Context, _ int64, model []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saves++
	d.model = slices.Clone(model)
	return d.fail
}

func (d *drawer) Odds(context.Context, int64) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail == nil && d.model == nil {
		return nil, ErrNotFound
	}
	return d.model, d.fail
}

// kept is how often it was written to.
func (d *drawer) kept() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.saves
}

func TestWhatWasLearnedIsThereInTheNextShift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := &drawer{}
		s := newShelf(t, 20, newYork)
		h, stop := knowing(t, s, rules.Always(), HopperSettings{Memory: memory})
		teach(h, 18)
		time.Sleep(keepOdds + 10*time.Second)
		if n := memory.kept(); n != 1 {
			t.Errorf("kept %d times in five minutes", n)
		}
		h.Resolved(*s.contacts[0], time.Now(), true)
		want := h.Chance(*s.contacts[0], time.Now()).Answer
		stop()
		again, stopAgain := knowing(t, s, rules.Always(), HopperSettings{Memory: memory})
		if got := again.Chance(*s.contacts[0], time.Now()).Answer; got != want {
			t.Errorf("%g, not %g", got, want)
		}
		stopAgain()
		if memory.saves != 2 {
			t.Errorf("kept %d times, the last time with nothing new", memory.saves)
		}
	})
}

func TestAMemoryThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := &drawer{fail: errors.New("disk"), model: []byte("what was learned")}
		h, stop := knowing(t, newShelf(t, 20, newYork), rules.Always(), HopperSettings{Memory: memory})
		if n := h.State().Callable; n != 20 {
			t.Errorf("%d callable: nobody is called for want of odds", n)
		}
		teach(h, 18)
		time.Sleep(10 * keepOdds)
		stop()
		if memory.saves != 0 {
			t.Errorf("written over %d times", memory.saves)
		}
	})
}

func TestGarbledOddsAreLearnedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := &drawer{model: []byte(`{"v":7}`)}
		h, stop := knowing(t, newShelf(t, 20, newYork), rules.Always(), HopperSettings{Memory: memory})
		teach(h, 18)
		stop()
		if !strings.HasPrefix(string(memory.model), `{"v":1`) {
			t.Errorf("%.40s", memory.model)
		}
	})
}

func TestChancesUseTheClockOfThePersonAndTheirHistory(t *testing.T) {
	at := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)
	c := Contact{
		List: 3, Tries: 2, Last: NoAnswer, TriedAt: at.Add(-3 * time.Hour), Phone: 1,
		Phones: []Phone{{Region: "US"}, {Region: "ES", Kind: "mobile", Zones: []string{"Atlantic/Canary", "Europe/Madrid"}}},
	}
	f := factsOf(c, at)
	if f.Hour != 23 || f.Weekday != time.Sunday || f.Region != "ES" || !f.Mobile || f.SinceLast != 3*time.Hour || f.Tries != 2 ||
		f.Last != "no_answer" || f.Phone != 1 || f.List != 3 || f.Zone != "Atlantic/Canary" {
		t.Errorf("%+v", f)
	}
	c.Zones = []string{"Asia/Tokyo"}
	if f := factsOf(c, at); f.Hour != 8 || f.Weekday != time.Monday {
		t.Errorf("in Tokyo: %+v", f)
	}
	if f := factsOf(Contact{}, at); f.Hour != 23 || f.Zone != "" || f.SinceLast != 0 {
		t.Errorf("of nothing known: %+v", f)
	}
}

func BenchmarkHopperOddsAndPick(b *testing.B) {
	c := NewCampaign("c")
	c.Windows, c.KnowOdds = rules.Always(), true
	h := NewHopper(nil, c, HopperSettings{})
	teach(h, 18)
	zones := []string{"America/New_York"}
	now := time.Now()
	var batch []Contact
	for i := range 1200 {
		batch = append(batch, Contact{ID: int64(i), Phones: []Phone{{Number: "+15550000001", Zones: zones}}})
	}
	h.admit(batch, now)
	buf := make([]float64, 0, OddsWindow)
	b.ReportAllocs()
	for b.Loop() {
		buf = h.Odds(now, buf)
		p, ok := h.Pick(now, 64)
		if !ok {
			b.Fatal("nothing picked")
		}
		h.callable = append(h.callable, &queued{Contact: p, since: now})
	}
}
