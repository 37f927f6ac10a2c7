package node

import (
	"context"
	"sync"

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

// headphones are the phones of those who listen and sign in for no campaign: a
// desk phone is called once and stays up until it is hung up there.
type headphones struct {
	connect func(ctx context.Context, u campaigns.User, h campaigns.Handset) (dialer.Station, error)

	mu sync.Mutex
	on map[int64]worn
}

// worn is what somebody listens with.
type worn struct {
	handset campaigns.Handset
	station dialer.Station
}

// station returns what a user listens with: what is up already, or a new one.
func (p *headphones) station(ctx context.Context, u campaigns.User, h campaigns.Handset) (dialer.Station, error) {
	h, err := h.Choose(u)
	if err != nil {
		return nil, err
	}
	if st := p.up(u.ID, h); st != nil {
		return st, nil
	}
	st, err := p.connect(ctx, u, h)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on == nil {
		p.on = make(map[int64]worn)
	}
	p.on[u.ID] = worn{h, st}
	return st, nil
}

// up returns a phone of that sort that is up, and forgets one that is not.
func (p *headphones) up(user int64, h campaigns.Handset) dialer.Station {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok := p.on[user]
	if !ok || w.handset != h {
		return nil
	}
	select {
	case <-w.station.Done():
		delete(p.on, user)
		return nil
	default:
		return w.station
	}
}
