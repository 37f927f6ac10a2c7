package campaigns

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// bar is a Judge over a shelf: rule says what becomes of a contact.
type bar struct {
	*shelf
	rule  func(p Contact, now time.Time) Judgement
	asked int
	fault error
	back  int // calls of PutBack
	held  []Held
}

func (b *bar) Judge(_ context.Context, _ int64, people []Contact, now time.Time) ([]Judgement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked += len(people)
	if b.fault != nil {
		return nil, b.fault
	}
	out := make([]Judgement, len(people))
	for i, p := range people {
		out[i] = b.rule(p, now)
	}
	return out, nil
}

func (b *bar) PutBack(_ context.Context, back []Back) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.back++
	for _, one := range back {
		if len(one.Held.Stops) > 0 {
			b.held = append(b.held, one.Held)
		}
		c := b.contacts[one.Contact-1]
		if c.State != ContactLeased {
			b.t.Errorf("contact %d is put back in state %s", one.Contact, c.State)
		}
		c.State, c.NextAt = ContactWaiting, one.Until
		if one.Until.IsZero() {
			c.State = ContactDone
		}
	}
	return nil
}

func judged(t *testing.T, n int, rule func(p Contact, now time.Time) Judgement) (*bar, *Hopper, func()) {
	b := &bar{shelf: newShelf(t, n, newYork), rule: rule}
	h, stop := feed(t, b.shelf, rules.Always(), HopperSettings{Size: 100, Judge: b})
	return b, h, stop
}

func TestWhomTheRulesRefuseIsNeverOfferedAndComesBackInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opens := time.Now().Add(10 * time.Minute)
		b, h, stop := judged(t, 400, func(p Contact, now time.Time) Judgement {
			switch {
			case p.ID%4 == 1:
				return Judgement{Rule: "us.dnc.national", Detail: "the number is on the list"}
			case p.ID%4 == 2 && now.Before(opens):
				return Judgement{Rule: "us.fl.hours", Detail: "Sun 07:59 in America/New_York", Until: opens}
			}
			return Judgement{Allowed: true, Reserved: p.ID%4 == 3}
		})
		offered := map[int64]int{}
		take := func() {
			for {
				p, ok := h.Next(time.Now())
				if !ok {
					return
				}
				if p.ReservedOnly != (p.ID%4 == 3) {
					t.Errorf("contact %d: reserved only %t", p.ID, p.ReservedOnly)
				}
				offered[p.ID%4]++
				b.dialed(p)
				synctest.Wait()
			}
		}
		take()
		if offered[1]+offered[2] != 0 || offered[0] != 100 || offered[3] != 100 {
			t.Errorf("offered %v", offered)
		}
		st := h.State()
		if len(st.Barred) != 2 || st.Barred[0].Contacts != 100 || st.Barred[1].Contacts != 100 {
			t.Errorf("kept out: %+v", st.Barred)
		}
		if why := st.Why(); !strings.Contains(why, "100 us.fl.hours (Sun 07:59 in America/New_York)") || strings.Contains(why, "national") {
			t.Errorf("why: %s", why)
		}
		time.Sleep(11*time.Minute + 5*time.Second) // to the full minute, and a poll
		synctest.Wait()
		take()
		if offered[2] != 100 || offered[1] != 0 {
			t.Errorf("offered after it opened: %v", offered)
		}
		if b.asked > 600 {
			t.Errorf("judged %d times for 400 contacts", b.asked)
		}
		stop()
		if got := b.states(); got[ContactDone] != 400 {
			t.Errorf("states: %v", got)
		}
	})
}

// TestWhomAStopKeptOutIsOfferedAtOnceWhenItIsLifted: the store has made them due; the
// hopper neither waits for its next look nor says any more that they are kept out.
func TestWhomAStopKeptOutIsOfferedAtOnceWhenItIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := Held{Stops: []int64{7}, Due: time.Now()}
		b, h, stop := judged(t, 10, func(_ Contact, now time.Time) Judgement {
			return Judgement{Rule: string(rules.Stopped), Detail: "cora stopped every call", Until: now.Add(FixWait), Held: held}
		})
		if st := h.State(); st.Callable != 0 || len(st.Barred) != 1 || st.Barred[0].Contacts != 10 {
			t.Fatalf("under the stop: %+v", st)
		}
		b.set(func() {
			if len(b.held) != 10 || b.held[0].Due != held.Due {
				t.Errorf("the store was told of %+v", b.held)
			}
			b.rule = func(Contact, time.Time) Judgement { return Judgement{Allowed: true} }
			for _, c := range b.contacts {
				c.NextAt = held.Due
			}
		})
		h.Lifted()
		synctest.Wait()
		if st := h.State(); st.Callable != 10 || st.KeptOut() {
			t.Errorf("at the instant of the lift: %+v", st)
		}
		stop()
	})
}

func TestWithoutAnAnswerOfTheRulesNobodyIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bar{shelf: newShelf(t, 10, newYork), rule: func(Contact, time.Time) Judgement { return Judgement{Allowed: true} }}
		b.fault = errors.New("of the test")
		h, stop := feed(t, b.shelf, rules.Always(), HopperSettings{Judge: b})
		if _, ok := h.Next(time.Now()); ok || !strings.Contains(h.State().Why(), "of the test") {
			t.Errorf("offered, or silent: %s", h.State().Why())
		}
		b.set(func() { b.fault = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := h.State().Callable; n != 10 {
			t.Errorf("%d are callable when it answers again", n)
		}
		stop()
	})
}

func TestAMillionWhoMayNotBeCalledNowAreNotJudgedMoreOftenThanTheStoreCanBear(t *testing.T) {
	h := NewHopper(nil, Campaign{}, HopperSettings{})
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	opens := now.Add(6 * time.Hour)
	if got := h.awayUntil(opens, now); !got.Equal(now.Add(longestAway)) {
		t.Errorf("few wait until %s", got)
	}
	h.waiting = 1_000_000
	if got := h.awayUntil(opens, now).Sub(now); got < 1_000_000/anewPerSecond*time.Second {
		t.Errorf("a million wait for %s only", got)
	}
	if got := h.awayUntil(now.Add(20*time.Second), now); !got.Equal(now.Add(time.Minute)) {
		t.Errorf("until %s", got)
	}
}

// Who plans how long a list lasts must not hear of its end when it is there.
func TestAFullHopperKnowsHowManyAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, 1000, newYork)
		h, stop := feed(t, s, rules.Always(), HopperSettings{Size: 50})
		if d := h.State().Depth; d.Total != 1000 || d.Ready < 900 {
			t.Errorf("at first: %+v", d)
		}
		s.mu.Lock()
		for _, c := range s.contacts[500:] {
			c.State = ContactDone
		}
		s.mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if d := h.State().Depth; d.Total != 1000 || d.Ready > 500 {
			t.Errorf("half of the list is done: %+v", d)
		}
		stop()
	})
}
