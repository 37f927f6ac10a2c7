package dialer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestPeopleWhoCallBackIntoAPredictiveCampaignAreServedAndTheCapIsKept(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := team(t, 10, 4000, mixed(33, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		rng := rand.New(rand.NewPCG(5, 5))
		rang := 0
		for end := time.Now().Add(time.Hour); time.Now().Before(end); rang++ {
			time.Sleep(time.Duration(rng.ExpFloat64() * float64(time.Minute)))
			number := fmt.Sprintf("+1555%07d", rng.IntN(4000)+1) // somebody of the list, called already or not
			h.ring(number, time.Duration(rng.ExpFloat64()*float64(time.Minute)), 10*time.Minute)
		}
		h.underCap(1)
		stopped := time.Now()
		h.hard()
		h.stop()
		var waits []time.Duration
		served := 0
		for _, a := range h.store.inbound() {
			switch {
			case a.Outcome == campaigns.InboundConnected:
				served++
				waits = append(waits, a.ConnectDelay)
			case !a.EndedAt.Before(stopped): // the house sends the last ones home
			default:
				t.Errorf("a caller ends %s: %s", a.Outcome, a.Error)
			}
		}
		slices.Sort(waits)
		median, worst := waits[len(waits)/2], waits[len(waits)-1]
		t.Logf("%d callers, %d served, waited %s in the median, %s at most", rang, served, median, worst)
		if served < 40 || median > 10*time.Second || worst > time.Minute {
			t.Errorf("%d served, waited %s in the median, %s at most", served, median, worst)
		}
	})
}

func TestWhateverAgentsAndCallersDoTheLawsHold(t *testing.T) {
	for seed := range uint64(6) {
		bubble(t, func(t *testing.T) {
			mode := []campaigns.Mode{campaigns.Predictive, campaigns.Progressive, campaigns.Preview}[seed%3]
			h := newHouse(t, mixed(seed, 0.4, 10*time.Second))
			h.engine.settings.Voices = func(campaigns.Campaign) (map[string]QueueVoice, error) {
				return map[string]QueueVoice{"": testVoice()}, nil
			}
			h.store.load(1, 300)
			h.run()
			h.wrapUps(func() time.Duration { return 2 * time.Second })
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry, c.Mode = nil, mode }))
			rng := rand.New(rand.NewPCG(seed, 1))
			for id := range int64(3) {
				h.agent(id+1, true, 1)
			}
			var storm sync.WaitGroup
			for range 300 {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(2*time.Second)))
				h.upset(t, rng, &storm)
			}
			storm.Wait()
			h.hard()
			h.stop()
			if n := len(h.store.inbound()); n < 40 {
				t.Errorf("only %d people called", n)
			}
		})
	}
}

// upset does one thing that may happen at any time.
func (h *house) upset(t *testing.T, rng *rand.Rand, storm *sync.WaitGroup) {
	t.Helper()
	agent := rng.Int64N(3) + 1
	switch rng.IntN(10) {
	case 0, 1, 2, 3:
		number := fmt.Sprintf("+1555%07d", rng.IntN(300)+1)
		if rng.IntN(5) == 0 {
			number = ""
		}
		c := h.ring(number, time.Duration(rng.ExpFloat64()*float64(8*time.Second)), time.Duration(rng.ExpFloat64()*float64(20*time.Second)))
		if key := byte('0' + rng.IntN(10)); rng.IntN(3) == 0 {
			storm.Go(func() {
				time.Sleep(8 * time.Second)
				c.press(key)
			})
		}
	case 4:
		_ = h.engine.Pause(t.Context(), agent, "now")
	case 5, 6, 7:
		_ = h.engine.Ready(t.Context(), agent)
	case 8:
		_ = h.engine.HangUp(t.Context(), agent)
	case 9:
		h.phones[agent].vanish()
		time.Sleep(100 * time.Millisecond)
		h.phones[agent] = newStation(t, fmt.Sprintf("agent %d again", agent))
		info := AgentInfo{ID: agent, Login: "again", Name: "Again", Campaigns: []int64{1}}
		if h.engine.SignIn(t.Context(), info, h.phones[agent]) == nil {
			_ = h.engine.Ready(t.Context(), agent)
		}
	}
}
