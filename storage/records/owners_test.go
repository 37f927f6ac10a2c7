package records

import (
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestAStoreOfOneProcessGrantsCampaignsAndDuties(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 6)
	call := func(p campaigns.Contact, fence int64) error {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Fence = fence
		return db.Begin(t.Context(), c, a)
	}
	fence, err := db.TakeCampaign(t.Context(), c.ID)
	must(t, err)
	if fence != 0 {
		t.Errorf("a process that has not joined got fence %d", fence)
	}
	must(t, call(leaseAll(t, db, c)[0], fence))
	_, err = db.Join(t.Context(), "alone", "", "")
	must(t, err)
	fence, err = db.TakeCampaign(t.Context(), c.ID)
	must(t, err)
	stock := leaseAll(t, db, c) // the lease of before is over
	must(t, call(stock[0], fence))
	must(t, db.ReleaseCampaign(t.Context(), c.ID, fence))
	if err := call(stock[1], fence); !errors.Is(err, campaigns.ErrNotLeased) && !errors.Is(err, campaigns.ErrSuperseded) {
		t.Errorf("a call after the campaign was released: %v", err)
	}
	again, err := db.TakeCampaign(t.Context(), c.ID)
	must(t, err)
	if err := call(leaseAll(t, db, c)[0], fence); !errors.Is(err, campaigns.ErrSuperseded) || again <= fence {
		t.Errorf("a call under fence %d while %d is in force: %v", fence, again, err)
	}
	for range 2 {
		duty, err := db.TakeDuty(t.Context(), "clerk", time.Hour)
		must(t, err)
		must(t, db.KeepDuty(t.Context(), "clerk", duty, time.Hour))
	}
	clean(t, db)
}
