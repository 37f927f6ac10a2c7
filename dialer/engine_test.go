package dialer

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestAWholeCampaignEndsWithOneOutcomeForEveryAttempt(t *testing.T) {
	for _, mode := range []campaigns.Mode{campaigns.Progressive, campaigns.Predictive, campaigns.Preview} {
		t.Run(string(mode), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, mixed(1, 0.4, 40*time.Second))
				h.store.load(1, 500)
				h.run()
				h.wrapUps(func() time.Duration { return 5 * time.Second })
				h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = mode; c.Retry = nil }))
				for id := range int64(10) {
					h.agent(id+1, true, 1)
				}
				h.until(8*time.Hour, "all contacts done", func() bool { return h.store.done() == 500 })
				out := h.store.outcomes()
				v := h.view(1)
				if v.Totals.Placed != 500 || v.Totals.Answered != v.Totals.Bridged+v.Totals.Abandoned+out[campaigns.CalleeHungUp] {
					t.Errorf("totals do not add up: %+v, ledger %v", v.Totals, out)
				}
				if n := h.store.cancelled(); n != 0 {
					t.Errorf("%d calls were withdrawn in a shift that lost nobody", n)
				}
				h.stop()
				if n := len(h.store.rows()); n != 500 {
					t.Errorf("%d outcomes for 500 attempts", n)
				}
			})
		})
	}
}
