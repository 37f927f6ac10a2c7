package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
)

// ErrPortsExhausted is the error of Open when every port pair of its range is taken.
var ErrPortsExhausted = errors.New("no free RTP port")

// PortRange hands out pairs of UDP ports: an even one for RTP and the next for
// RTCP (RFC 3550 section 11). A pair is with one session at a time, and one that
// came back is given out last, so that what is still on the wire for the old
// call does not land in the new.
type PortRange struct {
	from, to uint16

	mu    sync.Mutex
	taken []bool // by pair
	next  int
	free  int
}

// NewPortRange returns the pairs between two ports, both included, and an error
// when there is not one pair between them.
func NewPortRange(from, to uint16) (*PortRange, error) {
	first := int(from) + int(from)%2
	pairs := (int(to) + 1 - first) / 2
	if from == 0 || pairs < 1 {
		return nil, fmt.Errorf("RTP port range %d-%d holds no pair of an even port and the next", from, to)
	}
	return &PortRange{
		from:  uint16(first),
		to:    uint16(first + 2*pairs - 1),
		taken: make([]bool, pairs),
		next:  rand.IntN(pairs), // a stranger shall not know where calls begin
		free:  pairs,
	}, nil
}

// String returns the range as "10000-19999".
func (r *PortRange) String() string { return fmt.Sprintf("%d-%d", r.from, r.to) }

// Pairs returns how many sessions the range has room for.
func (r *PortRange) Pairs() int { return len(r.taken) }

// contains reports whether a port is of the range.
func (r *PortRange) contains(port uint16) bool { return port >= r.from && port <= r.to }

// take returns the even port of a free pair.
func (r *PortRange) take() (uint16, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.free == 0 {
		return 0, fmt.Errorf("%w: all %d pairs of %s are in calls; widen the range, two ports per leg", ErrPortsExhausted, len(r.taken), r)
	}
	for r.taken[r.next] {
		r.next = (r.next + 1) % len(r.taken)
	}
	pair := r.next
	r.taken[pair] = true
	r.free--
	r.next = (r.next + 1) % len(r.taken)
	return r.from + uint16(2*pair), nil
}

// put gives back the pair of an even port.
func (r *PortRange) put(port uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := int(port-r.from) / 2
	if r.taken[pair] {
		r.taken[pair] = false
		r.free++
	}
}
