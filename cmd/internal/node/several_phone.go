package node

import (
	"context"
	"encoding/json"
	"time"
)

// This file is where in the house a desk phone is.

const (
	// askPhone asks a node for how long the registration of an extension holds there.
	askPhone = "phone"
	// phoneWithin is how long a node may take to answer that.
	phoneWithin = 500 * time.Millisecond
)

// phoneAt is the node where a desk phone has registered last; empty = at none that
// answers. A phone that lost its node, or its power, is registered where it was until
// that runs out, and who calls it there waits for half a minute in vain.
func (s *several) phoneAt(ctx context.Context, extension string) (node string) {
	ctx, cancel := context.WithTimeout(ctx, phoneWithin)
	defer cancel()
	type holds struct {
		node string
		yet  time.Duration
	}
	others := s.member.View().Nodes
	answers := make(chan holds, len(others))
	asked := 0
	for _, n := range others {
		if n.Name == s.name {
			continue
		}
		asked++
		s.n.work.Go(func() { answers <- holds{n.Name, s.phoneHoldsAt(ctx, n.Name, extension)} })
	}
	longest := s.n.phones.Holds(extension)
	if longest > 0 {
		node = s.name
	}
	for range asked {
		if a := <-answers; a.yet > longest {
			node, longest = a.node, a.yet
		}
	}
	return node
}

// phoneHoldsAt is nought when the node does not answer, or knows no such question.
func (s *several) phoneHoldsAt(ctx context.Context, node, extension string) (yet time.Duration) {
	answer, err := s.peers.Ask(ctx, node, askPhone, []byte(extension))
	if err != nil || json.Unmarshal(answer, &yet) != nil {
		return 0
	}
	return yet
}
