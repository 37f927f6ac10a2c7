package internalleg

import (
	"context"
	"fmt"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/sipua"
)

// Stations finds the phone of a reference, wherever it is.
type Stations struct {
	Legs *Legs
	// Address is where a node takes internal legs; false when it is not known.
	Address func(node string) (sipua.Target, bool)
}

var _ dialer.Stations = Stations{}

// Resolve returns the station that a node and a name stand for: the phone itself
// when the node is this one, else a leg to it, which is the caller's to hang up.
func (s Stations) Resolve(ctx context.Context, node, station string) (dialer.Station, error) {
	if node == s.Legs.settings.Node {
		phone, ok := s.Legs.settings.Phone(station)
		if !ok {
			return nil, fmt.Errorf("station %s of this node: %w", station, ErrNoPhone)
		}
		return phone, nil
	}
	at, ok := s.Address(node)
	if !ok {
		return nil, fmt.Errorf("station %s at %s: %w: no address of it is known", station, node, ErrNoAnswer)
	}
	return s.Legs.Dial(ctx, Request{Node: node, At: at, Station: station})
}
