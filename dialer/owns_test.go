package dialer

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// owners gives out campaigns, and is away at first.
type owners struct {
	mu       sync.Mutex
	away     int
	fence    int64
	released []int64
}

func (o *owners) TakeCampaign(context.Context, int64) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away--; o.away >= 0 {
		return 0, errors.New("the store is away")
	}
	o.fence++
	return o.fence, nil
}

func (o *owners) ReleaseCampaign(_ context.Context, _, fence int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.released = append(o.released, fence)
	return nil
}

func TestNothingIsPlacedBeforeTheCampaignIsOursAndEachCallSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(1, 0.4, 20*time.Second))
		o := &owners{away: 3, fence: 6}
		h.engine.settings.Owns = o
		h.store.load(1, 20)
		h.run()
		h.wrapUps(func() time.Duration { return 5 * time.Second })
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.agent(1, true, 1)
		h.until(time.Hour, "all are called", func() bool { return h.store.done() == 20 })
		h.stop()
		h.store.mu.Lock()
		defer h.store.mu.Unlock()
		for id, a := range h.store.begun {
			if a.Fence != 7 {
				t.Errorf("attempt %s carries fence %d", id, a.Fence)
			}
		}
		if len(o.released) != 1 || o.released[0] != 7 || o.away >= 0 || len(h.store.begun) != 20 {
			t.Errorf("%d calls, then given back: %v", len(h.store.begun), o.released)
		}
	})
}
