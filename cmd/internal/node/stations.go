package node

import (
	"context"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
)

// station connects what a user talks with: the headset in the browser, which
// must be connected, or the desk phone, which is called.
func (f *floor) station(ctx context.Context, u campaigns.User, h campaigns.Handset) (dialer.Station, error) {
	h, err := h.Choose(u)
	if err != nil {
		return nil, err
	}
	if h == campaigns.HandsetBrowser {
		return f.headsets.call(ctx, u.ID)
	}
	station, err := f.phones.Call(ctx, u.Extension)
	if err != nil {
		return nil, phoneProblem(u, err)
	}
	return station, nil
}
