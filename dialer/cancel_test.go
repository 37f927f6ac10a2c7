package dialer

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestACampaignThatCancelsWithdrawsNothingThatHasRungForLessThanTheLaw(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := team(t, 8, 4000, mixed(61, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry, c.Cancel = nil, true })
		time.Sleep(80 * time.Minute)
		h.underCap(1)
		h.hard()
		h.stop()
		unheard, rung := 0, 0
		for _, a := range h.store.rows() {
			switch {
			case a.Outcome != campaigns.Cancelled || a.Error != errWithdrawnNobody.Error():
			case a.RingingAt.IsZero():
				unheard++
			default:
				rung++
				if d := a.EndedAt.Sub(a.RingingAt); d < campaigns.MinRingTime {
					t.Errorf("withdrawn after %s of ringing", d)
				}
			}
			if a.Outcome == campaigns.Cancelled && a.EndedBy != "us" {
				t.Errorf("row: %+v", a)
			}
		}
		t.Logf("%d withdrawn before they rang, %d after their least ringing, of %d", unheard, rung, len(h.store.rows()))
		if rung == 0 {
			t.Error("nothing was withdrawn: the setting does not reach pacing")
		}
	})
}

func TestACampaignThatDoesNotCancelWithdrawsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 8, 600, mixed(62, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(2*time.Hour, "all done", func() bool { return h.store.done() == 600 })
		h.stop()
		if n := h.store.cancelled(); n != 0 {
			t.Errorf("%d calls were withdrawn", n)
		}
	})
}
