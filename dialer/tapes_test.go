package dialer

import (
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// replay plays what the store kept of a campaign.
func (h *house) replay(campaign int64, other func(pacing.Policy) pacing.Policy) tape.Report {
	h.t.Helper()
	var all [][]byte
	for _, m := range h.store.tapes[campaign] {
		all = append(all, m.tape)
	}
	r, err := tape.Replay(all, other, nil)
	h.must(err)
	return r
}

func TestAShiftIsOnTapeMinuteByMinuteAndIsDecidedAgainTheSame(t *testing.T) {
	for speed, length := range map[float64]time.Duration{1: 20 * time.Minute, 10: 5 * time.Minute} {
		bubble(t, func(t *testing.T) {
			people := mixed(41, 0.4, 20*time.Second)
			h := newHouse(t, func(n string) callee {
				c, less := people(n), time.Duration(speed)
				c.setup, c.ring, c.talk, c.patience = c.setup/less, c.ring/less, c.talk/less, c.patience/less
				return c
			})
			h.engine.settings.Speed = speed
			h.store.load(1, 5000)
			h.run()
			h.wrapUps(func() time.Duration { return 3 * time.Second / time.Duration(speed) })
			for id := range int64(5) {
				h.agent(id+1, true, 1)
			}
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
			time.Sleep(length + 30*time.Second)
			h.soft()
			<-h.ended
			h.robots.Wait()
			tapes := h.store.tapes[1]
			if len(tapes) < int(length/tapeEvery)+1 {
				t.Fatalf("%d tapes of %s", len(tapes), length)
			}
			for i, m := range tapes[1 : len(tapes)-1] {
				if d := m.from.Sub(tapes[i].from); d < tapeEvery || d > tapeEvery+time.Second {
					t.Errorf("tape %d begins %s after the one before", i+1, d)
				}
			}
			r := h.replay(1, func(p pacing.Policy) pacing.Policy { p.Mode = pacing.Progressive; return p })
			v := h.view(1)
			if r.Different != 0 || r.Inexact || r.Lost != 0 || r.Placed != v.Totals.Placed || r.Placed < 50 || v.TapesLost != 0 {
				t.Errorf("report %+v, %d placed, %d tapes lost", r, v.Totals.Placed, v.TapesLost)
			}
			if r.OtherPlaced <= 0 || r.OtherPlaced >= float64(r.Placed) {
				t.Errorf("progressive would have placed %.0f of %d", r.OtherPlaced, r.Placed)
			}
			if d := r.To.Sub(r.From); d < time.Duration(speed)*(length-time.Minute) {
				t.Errorf("%s of the dialer's time on tape", d)
			}
		})
	}
}

func TestASlowStoreLosesMinutesOfTheTapeAndNotASecondOfDialing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 2000, mixed(42, 0.4, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.store.set(func() { h.store.slowTape = 5 * time.Minute })
		time.Sleep(20 * time.Minute)
		dialed := h.trunk.count()
		if v := h.view(1); v.TapesLost < 5 || v.Why.Cause == CauseStoreFailing {
			t.Errorf("%d tapes lost, why %+v", v.TapesLost, v.Why)
		}
		h.store.set(func() { h.store.slowTape = 0 })
		time.Sleep(10 * time.Minute)
		lost := h.view(1).TapesLost
		h.stop()
		if dialed < 100 || h.trunk.count() == dialed {
			t.Errorf("%d calls, then %d", dialed, h.trunk.count())
		}
		if r := h.replay(1, nil); r.Lost != lost || !r.Inexact {
			t.Errorf("%d minutes are missing on tape, %d were lost", r.Lost, lost)
		}
	})
}

func TestATapeThatTheStoreRefusesIsCountedAndDialingGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 500, mixed(43, 0.4, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.store.set(func() { h.store.failTape = errors.New("disk full") })
		time.Sleep(5*time.Minute + 30*time.Second)
		if v := h.view(1); v.TapesLost != 5 || v.Totals.Placed < 20 || len(h.store.tapes[1]) != 0 {
			t.Errorf("%d tapes lost, %d calls, %d tapes", v.TapesLost, v.Totals.Placed, len(h.store.tapes[1]))
		}
		h.stop()
	})
}

func TestOldTapesAreDroppedAtOnceAndEveryHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		began := time.Now()
		h.run()
		time.Sleep(3*time.Hour + time.Minute)
		h.stop()
		if len(h.store.dropped) != 4 {
			t.Fatalf("dropped %d times", len(h.store.dropped))
		}
		for i, before := range h.store.dropped {
			if want := began.Add(time.Duration(i)*time.Hour - 48*time.Hour); !before.Equal(want) {
				t.Errorf("drop %d: before %s, not %s", i, before, want)
			}
		}
	})
}

func TestNoTapesAreMadeWhenNobodyWantsThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(44, 0.4, 20*time.Second))
		h.engine.settings.KeepTapes = -1
		h.store.load(1, 100)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, nil))
		time.Sleep(3 * time.Minute)
		h.hard()
		h.stop()
		if len(h.store.tapes) != 0 || h.trunk.count() == 0 {
			t.Errorf("%d tapes, %d calls", len(h.store.tapes), h.trunk.count())
		}
	})
}

func TestPacingsInstantsComeFromTheMonotonicClockAndHaveNone(t *testing.T) {
	start := time.Now()
	for _, speed := range []float64{1, 30} {
		c := clock{start: start, speed: speed}
		v := c.virtual(start.Add(2 * time.Second))
		if v != v.Round(0) || v.Sub(start.Round(0).Truncate(time.Microsecond)) != time.Duration(speed)*2*time.Second {
			t.Errorf("speed %g: %s, %s after the start", speed, v, v.Sub(start.Round(0)))
		}
		if !c.virtual(time.Time{}).IsZero() {
			t.Error("no instant became one")
		}
	}
}
