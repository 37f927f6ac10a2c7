package dialer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// Stations finds the phones of agents of other nodes, for the time of a call. What
// it returns is up when it returns; hanging it up ends the way to the phone and not
// the phone.
type Stations interface {
	Resolve(ctx context.Context, node, phone string) (Station, error)
}

// phone is a phone of an agent on this node.
type phone struct {
	station Station
	let     context.CancelFunc // nil = nobody was signed in with it yet
}

// hold gives a phone a name; one that has a name keeps it.
func (h *Hands) hold(st Station) (ref PhoneRef, held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, p := range h.phones {
		if p.station == st {
			return PhoneRef{h.node, name}, true
		}
	}
	name := uuid.NewString()
	h.phones[name] = &phone{station: st}
	return PhoneRef{h.node, name}, false
}

// drop forgets a phone that nobody was signed in with; it is not hung up.
func (h *Hands) drop(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.phones[name]; p != nil && p.let == nil {
		delete(h.phones, name)
	}
}

// keep watches, in a goroutine of its own, for the end of a phone, and hangs it up
// when the agent leaves.
func (h *Hands) keep(name string, agent int64) {
	h.mu.Lock()
	p := h.phones[name]
	if p == nil || p.let != nil {
		h.mu.Unlock()
		return
	}
	let, release := context.WithCancel(context.Background())
	p.let = release
	h.mu.Unlock()
	h.work.Go(func() {
		defer release()
		select {
		case <-p.station.Done():
			h.say(word{Kind: wordPhoneLost, Agent: agent, Phone: name})
			<-let.Done()
		case <-let.Done():
			h.gone(agent, name)
		}
		h.mu.Lock()
		delete(h.phones, name)
		h.mu.Unlock()
		within, cancel := context.WithTimeout(context.Background(), hangupWithin)
		defer cancel()
		p.station.Hangup(within)
	})
}

// gone says that a phone is hung up, when a brain still counts on it: it did not ask.
func (h *Hands) gone(agent int64, name string) {
	h.mu.Lock()
	s, known := h.agents[agent]
	h.mu.Unlock()
	if known && s.Phone == name {
		h.say(word{Kind: wordPhoneLost, Agent: agent, Phone: name, Fault: faultOf(ErrHandsLeave)})
	}
}

// letGo lets a phone be hung up.
func (h *Hands) letGo(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.phones[name]; p != nil && p.let != nil {
		p.let()
	}
}

// here is a phone of this node, or nil.
func (h *Hands) here(ref PhoneRef) Station {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.phones[ref.Phone]; p != nil && ref.Node == h.node {
		return p.station
	}
	return nil
}

// Phone is the phone of this node that others call by a name which it gave: what the
// other end of Stations asks. It must not be hung up.
func (h *Hands) Phone(name string) (Station, bool) {
	st := h.here(PhoneRef{h.node, name})
	return st, st != nil
}

// Resolve finds a phone: one of this node at once, one of another by way of
// Settings.Stations. The error is ErrNoPhone, with the reason.
func (h *Hands) Resolve(ctx context.Context, ref PhoneRef) (Station, error) {
	if st := h.here(ref); st != nil {
		return st, nil
	}
	if ref.Node == h.node || h.settings.Stations == nil {
		return nil, ErrNoPhone
	}
	st, err := h.settings.Stations.Resolve(ctx, ref.Node, ref.Phone)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPhone, err)
	}
	return st, nil
}

// goneStation stands for a phone that is not found: it is lost already.
type goneStation struct{ Station }

// Done is closed.
func (goneStation) Done() <-chan struct{} {
	gone := make(chan struct{})
	close(gone)
	return gone
}

// Agents are the agents whose phones are on this node, by id.
func (h *Hands) Agents() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.agents))
}
