package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/cluster"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/peer"
	"github.com/forecall/forecall/dialer/siptrunk"
	"github.com/forecall/forecall/storage/redis"
)

// live is what the nodes of a house have together at each moment: what is left of
// the trunks' limits. With live: redis it is shared by Redis; without, and while
// Redis is away, each node has its safe part, and which nodes there are the record
// store tells.
type live struct {
	house  *redis.House // nil: the nodes have no Redis
	trunks []redis.Trunk
	limits atomic.Pointer[redis.Limits] // nil until the node has joined
	begun  chan struct{}                // closed then
	up     atomic.Bool                  // Redis answered the last ping
	took   atomic.Int64                 // how long that took, nanoseconds

	mu   sync.Mutex
	told time.Time // when the store was asked for what the limits were told last
}

var _ siptrunk.Share = (*live)(nil)

// openLive opens the way to Redis; it need not be there.
func (n *Node) openLive(trunks []siptrunk.Trunk) error {
	c := n.settings.Config
	if !c.Several() {
		return nil
	}
	l := &live{begun: make(chan struct{})}
	for _, t := range trunks {
		l.trunks = append(l.trunks, redis.Trunk{Name: t.Name, Lines: t.MaxChannels, CPS: t.MaxCPS})
	}
	n.live = l
	if c.Live != config.LiveRedis {
		return nil
	}
	at, err := redis.ParseAddress(c.Redis.URL)
	if err != nil {
		return fmt.Errorf("redis.url: %w", err)
	}
	name, err := peer.Key([]byte(c.Cluster.Secret), "redis house")
	if err != nil {
		return fmt.Errorf("cluster.secret: %w", err)
	}
	// Houses that share a Redis are told apart by their secrets.
	if l.house, err = redis.Open(redis.Settings{Address: at, House: hex.EncodeToString(name[:8]), Log: n.log}); err != nil {
		return fmt.Errorf("redis.url: %w", err)
	}
	n.later(l.house.Close)
	return nil
}

// nodeLife names one life of a node to the others.
func nodeLife(n campaigns.Node) string { return fmt.Sprintf("%s:%d", n.Name, n.Epoch) }

// join begins a life of this node.
func (l *live) join(self campaigns.Node) error {
	if old := l.limits.Load(); old != nil {
		return old.Rejoin(nodeLife(self))
	}
	of := redis.Parts
	if l.house != nil {
		of = l.house.Limits
	}
	limits, err := of(nodeLife(self), l.trunks)
	if err != nil {
		return err
	}
	l.limits.Store(limits)
	close(l.begun)
	return nil
}

// see tells the limits who is there.
func (l *live) see(v cluster.View) {
	limits := l.limits.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	if limits == nil || !v.At.After(l.told) {
		return // said already
	}
	l.told = v.At
	members := make([]string, len(v.Nodes))
	for i, n := range v.Nodes {
		members[i] = nodeLife(n)
	}
	limits.Nodes(members, v.At)
}

// run keeps the limits, from when the node has joined until ctx is done.
func (l *live) run(ctx context.Context) {
	select {
	case <-l.begun:
		l.limits.Load().Run(ctx)
	case <-ctx.Done():
	}
}

// errNotJoined is why a node that is one of several calls nobody at its start.
var errNotJoined = errors.New("this node has not joined the others yet")

// Take asks for a line and a turn.
func (l *live) Take(ctx context.Context, trunk string, out bool) (from, until time.Time, err error) {
	limits := l.limits.Load()
	if limits == nil {
		return time.Now().Add(time.Second), until, errNotJoined
	}
	return limits.Take(ctx, trunk, out)
}

// Free gives a line back.
func (l *live) Free(trunk string) {
	if limits := l.limits.Load(); limits != nil {
		limits.Free(trunk)
	}
}

// Room is how many calls could leave within so long.
func (l *live) Room(trunk string, within time.Duration) (calls int, why string) {
	limits := l.limits.Load()
	if limits == nil {
		return 0, errNotJoined.Error()
	}
	return limits.Room(trunk, within)
}

// standing is where the node stands with its trunks, nil until it has joined.
func (l *live) standing() []redis.Standing {
	limits := l.limits.Load()
	if limits == nil {
		return nil
	}
	return limits.State()
}
