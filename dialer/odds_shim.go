package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// blind is a hopper that knows no odds.
type blind struct{ *campaigns.Hopper }

func (blind) Odds(time.Time, []float64) []float64           { return nil }
func (blind) Pick(time.Time, int) (campaigns.Contact, bool) { return campaigns.Contact{}, false }
func (blind) Resolved(campaigns.Contact, time.Time, bool)   {}
