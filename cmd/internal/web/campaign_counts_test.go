package web

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestALongCountIsMadeOnceForEverybodyWhoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := newCounts(), 0
		slow := func(ctx context.Context) ([]campaigns.ListFigures, error) {
			asked++
			select {
			case <-time.After(8 * time.Second):
				return []campaigns.ListFigures{{Contacts: 1_000_000}}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		first := c.begin(t.Context(), 1, slow)
		if second := c.begin(t.Context(), 1, slow); second != first {
			t.Error("a second look counts again")
		}
		<-first.done
		if again := c.begin(t.Context(), 1, slow); again != first || asked != 1 {
			t.Errorf("a fresh count was thrown away; counted %d times", asked)
		}
		time.Sleep(countHolds*8*time.Second + time.Second)
		if later := c.begin(t.Context(), 1, slow); later == first {
			t.Error("a count that is old is not made anew")
		}
		c.close() // stops the second one, which has just begun
		if asked != 2 || c.last[1][0].Contacts != 1_000_000 {
			t.Errorf("counted %d times, the last figures %+v", asked, c.last[1])
		}
	})
}
