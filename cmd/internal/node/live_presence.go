package node

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/redis"
)

// presenceSaid is how often a node says anew which phones it has.
const presenceSaid = 500 * time.Millisecond

// keepPresence tells the other nodes, through Redis, of this one and of the agents
// whose phones are here, until ctx is done. It is a hint of where to ask first; who
// is wrong asks on.
func (s *several) keepPresence(ctx context.Context) {
	house := s.n.live.house
	if house == nil {
		return
	}
	self := redis.Node{Name: s.name, Address: s.reached(s.n.settings.Config), Version: s.n.settings.Version}
	p := house.Presence(self)
	s.presence.Store(p)
	s.n.work.Go(func() { p.Run(ctx) })
	tick := time.NewTicker(presenceSaid)
	defer tick.Stop()
	seated := map[int64]bool{}
	for {
		now := map[int64]bool{}
		for _, agent := range s.hands.Agents() {
			now[agent] = true
			p.Seat(agent, false, true)
		}
		for agent := range seated {
			if !now[agent] {
				p.Seat(agent, false, false)
			}
		}
		seated = now
		self.Agents, self.Lines = len(now), s.n.linesInUse()
		p.Tell(self)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// linesInUse is how many lines of its trunks this node uses.
func (n *Node) linesInUse() (lines int) {
	for _, t := range n.trunks.State() {
		lines += t.Lines
	}
	return lines
}

// askOrder is the other nodes in the order in which they are asked for a user's
// phone: first the one that was said to have it.
func (s *several) askOrder(user int64) []campaigns.Node {
	nodes := slices.DeleteFunc(slices.Clone(s.member.View().Nodes), func(n campaigns.Node) bool { return n.Name == s.name })
	p := s.presence.Load()
	if p == nil {
		return nodes
	}
	has := p.View().Agents[user].Phone
	slices.SortStableFunc(nodes, func(a, b campaigns.Node) int {
		if a.Name == b.Name || (a.Name != has && b.Name != has) {
			return strings.Compare(a.Name, b.Name)
		}
		if a.Name == has {
			return -1
		}
		return 1
	})
	return nodes
}
