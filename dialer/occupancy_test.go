package dialer

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// workDay lets an agent wait, work and rest in turn, and returns the share of
// work and the rests.
func workDay(o *occupancy, wait, work float64, length time.Duration) (share float64, rests int) {
	rng := rand.New(rand.NewPCG(8, 8))
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	o.pass(now, false)
	end, busy := now.Add(length), 0.0
	for now.Before(end) {
		now = now.Add(time.Duration(rng.ExpFloat64() * wait * float64(time.Second)))
		o.pass(now, false)
		d := rng.ExpFloat64() * work
		busy += d
		now = now.Add(time.Duration(d * float64(time.Second)))
		o.pass(now, true)
		if rest := o.rest(); rest > 0 {
			rests++
			now = now.Add(rest)
			o.pass(now, false)
		}
	}
	return busy / (length + now.Sub(end)).Seconds(), rests
}

func TestWorkSettlesAtTheCeilingAndNotAboveIt(t *testing.T) {
	for _, tc := range []struct {
		ceiling, wait float64
		want          float64
		least, most   int // rests in forty hours
	}{
		{0.85, 0, 0.85, 350, 620},
		{0.85, 5, 0.85, 350, 620},
		{0.5, 5, 0.5, 280, 380},
		{0.85, 200, 0.5, 0, 80}, // half of the time is spent waiting: only after the longest calls
		{1, 0, 1, 0, 0},
		{0, 0, 1, 0, 0},
	} {
		o := occupancy{ceiling: tc.ceiling, speed: 1}
		share, rests := workDay(&o, tc.wait, 200, 40*time.Hour)
		if math.Abs(share-tc.want) > 0.02 || (tc.ceiling > 0 && share > tc.ceiling+0.002) {
			t.Errorf("ceiling %g, waits of %g s: works %.3f of the time, want %g", tc.ceiling, tc.wait, share, tc.want)
		}
		if rests < tc.least || rests > tc.most {
			t.Errorf("ceiling %g, waits of %g s: %d rests", tc.ceiling, tc.wait, rests)
		}
	}
}

func TestARestIsNeitherAMomentNorAnHour(t *testing.T) {
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		waited, worked, want time.Duration
	}{
		{0, 30 * time.Second, 0}, // 5 s would be owed
		{0, 85 * time.Second, 15 * time.Second},
		{30 * time.Second, 4 * 85 * time.Second, 30 * time.Second},
		{8 * time.Hour, 8 * 85 * time.Second, time.Minute}, // a quiet morning buys one minute
		{0, 10 * time.Hour, longestRest},
	} {
		o := occupancy{ceiling: 0.85}
		o.pass(start, false)
		o.pass(start.Add(tc.waited), false)
		o.pass(start.Add(tc.waited+tc.worked), true)
		if got := o.rest().Round(time.Millisecond); got != tc.want {
			t.Errorf("%s of waiting and %s of work: a rest of %s, want %s", tc.waited, tc.worked, got, tc.want)
		}
	}
}

// works measures the share of their time that agents talk and wrap up, over
// a while.
func (h *house) works(agents int64, while time.Duration) float64 {
	h.t.Helper()
	busy, looks := 0, 0
	for end := time.Now().Add(while); time.Now().Before(end); time.Sleep(2 * time.Second) {
		for id := range agents {
			if looks++; h.state(id + 1).works() {
				busy++
			}
		}
	}
	return float64(busy) / float64(looks)
}

func TestTheOccupancyCeilingHoldsInOneCampaignAndInSeveral(t *testing.T) {
	longShift(t)
	for _, lists := range []int64{1, 2} {
		bubble(t, func(t *testing.T) {
			h := newHouse(t, func(string) callee { return answers(time.Second, 50*time.Second) })
			h.run()
			h.wrapUps(func() time.Duration { return 10 * time.Second })
			for id := range int64(4) {
				h.agent(id+1, true, 1, 2)
			}
			capped := func(c *campaigns.Campaign) { c.Mode, c.Retry, c.Ceiling = campaigns.Progressive, nil, 0.7 }
			for id := range lists {
				h.store.load(id+1, 60)
				h.apply(h.campaign(id+1, capped))
				h.reload(id+1, 40, 13*time.Minute) // they run dry and the team moves
			}
			if share := h.works(4, time.Hour); share > 0.715 || (lists == 2 && share < 0.6) {
				t.Errorf("with %d campaigns, agents work %.3f of the time under a ceiling of 0.7", lists, share)
			}
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
			h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
			h.store.load(1, 2000)
			h.until(20*time.Minute, "all rested", func() bool { return h.view(1).Agents[StateResting]+h.view(2).Agents[StateResting] == 0 })
			if share := h.works(4, 30*time.Minute); share < 0.9 {
				t.Errorf("without a ceiling they work %.3f of the time", share)
			}
			h.hard()
			h.stop()
		})
	}
}

func TestARestUnderTheCeilingShowsItsEndAndItsReasonAndRunsInTheDialersTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(100*time.Millisecond, 20*time.Second) })
		h.engine.settings.Speed = 10
		h.store.load(1, 3)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry, c.Ceiling = campaigns.Progressive, nil, 0.5 }))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		a, _ := h.engine.Agent(1)
		if left := time.Until(a.Until); a.State != StateResting || left < 15*time.Second || left > 21*time.Second || a.Reason == "" {
			t.Errorf("agent: %+v, %s left", a, left)
		}
		h.until(22*time.Second, "the next call", func() bool { return h.state(1) == StateTalking })
		h.hard()
		<-h.ended
	})
}
