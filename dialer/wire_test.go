package dialer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// parted is a house with a wire between brain and hands, whatever the environment
// says.
func parted(t *testing.T, callee func(string) callee) *house {
	h := newHouse(t, callee)
	if h.wire == nil {
		h.wire = part(t, h.engine)
	}
	return h
}

func TestALinkSaysEverythingOnceAndInOrderWhereverItIsCut(t *testing.T) {
	for seed := range uint64(30) {
		bubble(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			a, b := newLink(), newLink()
			const n = 400
			var talkers sync.WaitGroup
			for side, l := range map[string]*link{"a": a, "b": b} {
				pause := time.Duration(rng.IntN(20)) * time.Millisecond
				talkers.Go(func() {
					for i := range n {
						l.say(frame{Word: &word{Kind: wordTalk, Name: side, Claim: i, At: time.Now()}})
						time.Sleep(pause)
					}
				})
			}
			var mu sync.Mutex
			got := map[string][]int{}
			hear := func(f frame) {
				mu.Lock()
				defer mu.Unlock()
				got[f.Word.Name] = append(got[f.Word.Name], f.Word.Claim)
			}
			all := func() bool { mu.Lock(); defer mu.Unlock(); return len(got["a"]) >= n && len(got["b"]) >= n }
			for !all() {
				p, q := NewPipe()
				a.begin(b.hasHeard())
				b.begin(a.hasHeard())
				ctx, cut := context.WithTimeout(context.Background(), time.Duration(rng.ExpFloat64()*float64(300*time.Millisecond)))
				var both sync.WaitGroup
				both.Go(func() { _ = a.carry(ctx, p, hear) })
				both.Go(func() { _ = b.carry(ctx, q, hear) })
				both.Wait()
				cut()
			}
			talkers.Wait()
			for side, heard := range got {
				for i, claim := range heard {
					if i != claim || len(heard) != n {
						t.Fatalf("seed %d: side %s: message %d is %d, of %d", seed, side, i, claim, len(heard))
					}
				}
			}
		})
	}
}

func TestALinkNoticesWithinTwoSecondsThatTheOtherSideIsSilent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLink()
		p, other := NewPipe() // nobody reads the other end, and it does not break
		l.begin(0)
		began := time.Now()
		err := l.carry(context.Background(), p, func(frame) {})
		if d := time.Since(began); err == nil || d != aloneAfter {
			t.Errorf("after %s: %v", d, err)
		}
		if _, err := other.Receive(); !errors.Is(err, errCut) {
			t.Error("the pipe was not closed")
		}
	})
}

func TestInstantsComeThroughAWireAsAges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		at := time.Now()
		time.Sleep(time.Second)
		text, err := frame{N: 1, Word: &word{Kind: wordRinging, At: at}}.encode(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		skewed := time.Now().Add(time.Hour) // the other node's clock
		f, err := decodeFrame(text, skewed)
		if err != nil || skewed.Sub(f.Word.At) != time.Second {
			t.Errorf("%v: %s ago", err, skewed.Sub(f.Word.At))
		}
	})
}

func TestErrorsComeThroughAWireAsTheyAre(t *testing.T) {
	for _, known := range faults() {
		err := faultOf(fmt.Errorf("tried: %w", known.err)).err()
		if !errors.Is(err, known.err) || err.Error() != "tried: "+known.err.Error() {
			t.Errorf("%s: %v", known.code, err)
		}
		if got := faultOf(known.err).err(); !errors.Is(got, known.err) {
			t.Errorf("%s came as %v", known.code, got)
		}
	}
	busy, ok := errors.AsType[*BusyError](faultOf(&BusyError{Name: "Ben", State: StateTalking}).err())
	if !ok || busy.Name != "Ben" || busy.State != StateTalking {
		t.Errorf("busy: %+v", busy)
	}
	if not, ok := errors.AsType[*NotNowError](faultOf(&NotNowError{Why: Why{Cause: CauseRules, Text: "no"}}).err()); !ok || not.Why.Cause != CauseRules {
		t.Errorf("not now: %+v", not)
	}
	if faultOf(nil).err() != nil || faultOf(errors.New("x")).err().Error() != "x" {
		t.Error("none, or an unknown one")
	}
}

func TestAPlacementComesThroughAWireAsItWas(t *testing.T) {
	c := campaigns.NewCampaign("spring")
	c.ID, c.Windows, c.CallerIDs, c.Departments = 7, rules.Always(), []string{"+15551230001"}, []campaigns.Department{{Name: "Sales", Agents: []string{"ana"}}}
	c.CreatedAt = time.Unix(1_790_000_000, 0).UTC()
	p := campaigns.Contact{
		ID: 3, Campaign: 7, Name: "Ana", Language: "es", Country: "ES", Region: "ES-CT", Fields: map[string]string{"car": "red"},
		Phones: []campaigns.Phone{{Number: "+34600000001", Region: "ES", Zones: []string{"Europe/Madrid"}}},
	}
	row := campaigns.NewAttempt(c, p, "+15551230001", time.Unix(1_790_000_001, 5).UTC())
	was := deed{Kind: deedPlace, Campaign: 7, Attempt: row.ID, Place: &placing{Row: *row, Where: row.Place, Fence: 9, Contact: p, Version: 2}}
	settings := deed{Kind: deedCampaign, Campaign: 7, Version: 2, Settings: &c}
	for _, d := range []deed{was, settings} {
		text, err := frame{N: 1, Deed: &d}.encode(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		f, err := decodeFrame(text, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if d.Place != nil {
			d.Place.Row.Place = rules.Place{} // it comes in Where
		}
		if !reflect.DeepEqual(*f.Deed, d) {
			t.Errorf("came as\n%+v\nand was\n%+v", *f.Deed, d)
		}
	}
}

// TestAWireThatIsCutForASecondAtAnyTimeLosesNothing: what was said and not heard is
// said again: every call has its outcome, and every agent is free at the end.
func TestAWireThatIsCutForASecondAtAnyTimeLosesNothing(t *testing.T) {
	for seed := range uint64(15) {
		bubble(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 8))
			h := parted(t, mixed(seed, 0.5, 8*time.Second))
			h.store.load(1, 120)
			h.run()
			h.wrapUps(func() time.Duration { return 2 * time.Second })
			for id := range int64(6) {
				h.agent(id+1, true, 1)
			}
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
			cuts := 0
			for end := time.Now().Add(4 * time.Hour); h.store.done() < 120 && time.Now().Before(end); {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(1500*time.Millisecond)))
				mend := h.wire.cut()
				time.Sleep(time.Duration(1 + rng.Int64N(int64(time.Second))))
				mend()
				cuts++
			}
			if n := h.store.done(); n != 120 {
				t.Errorf("seed %d: %d of 120 contacts are done", seed, n)
			}
			h.until(2*time.Minute, "everybody is free", func() bool {
				for id := range int64(6) {
					if h.state(id+1) != StateReady {
						return false
					}
				}
				return true
			})
			v := h.view(1)
			out := h.store.outcomes()
			if v.Totals.Placed != 120 || v.Totals.Outcomes[campaigns.Connected] != out[campaigns.Connected] || v.Totals.Abandoned != out[campaigns.AbandonedMsg]+out[campaigns.AbandonedSilent]+out[campaigns.LateConnected] {
				t.Errorf("seed %d: the brain counts %+v, the ledger %v", seed, v.Totals, out)
			}
			t.Logf("seed %d: %d cuts, %v", seed, cuts, out)
			h.stop()
		})
	}
}

// TestAgentsMayDoAnythingWhileTheWireIsCut is the same with clicks at random.
func TestAgentsMayDoAnythingWhileTheWireIsCut(t *testing.T) {
	for seed := range uint64(8) {
		bubble(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 77))
			h := parted(t, mixed(seed, 0.5, 8*time.Second))
			h.store.load(1, 80)
			h.store.load(2, 80)
			h.run()
			for id := range int64(2) {
				h.apply(h.campaign(id+1, func(c *campaigns.Campaign) {
					c.Mode = []campaigns.Mode{campaigns.Predictive, campaigns.Progressive, campaigns.Preview}[rng.IntN(3)]
					c.Priority, c.WrapUp = rng.IntN(2), time.Duration(rng.IntN(20))*time.Second
				}))
			}
			phones := make(map[int64]*memStation)
			var clicks sync.WaitGroup
			for range 1500 {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(100*time.Millisecond)))
				if rng.IntN(40) == 0 {
					mend := h.wire.cut()
					time.AfterFunc(time.Duration(1+rng.Int64N(int64(time.Second))), mend)
					time.Sleep(1100 * time.Millisecond)
				}
				click(t, h, phones, int64(rng.IntN(6))+1, rng.IntN(32), &clicks)
			}
			clicks.Wait()
			h.soft()
			for id := range int64(6) {
				_ = h.engine.SignOut(t.Context(), id+1)
			}
			time.Sleep(2 * time.Minute)
			h.hard()
			h.stop()
			synctest.Wait()
		})
	}
}
