package node

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// askBarred asks a node why it calls nobody.
const askBarred = "barred"

// barredWithin is how long the nodes may take to say why they call nobody: a little
// more than one takes to find out that its store does not answer.
const barredWithin = writableWithin + 500*time.Millisecond

// barred is what the nodes that live say of why they call nobody.
func (s *several) barred(ctx context.Context) map[string][]campaigns.NodeBar {
	ctx, cancel := context.WithTimeout(ctx, barredWithin)
	defer cancel()
	var mu sync.Mutex
	out := make(map[string][]campaigns.NodeBar)
	var work sync.WaitGroup
	for _, one := range s.member.View().Nodes {
		work.Go(func() {
			bars := s.barredAt(ctx, one.Name)
			mu.Lock()
			defer mu.Unlock()
			out[one.Name] = bars
		})
	}
	work.Wait()
	return out
}

// barredAt asks one of them; none when it does not answer.
func (s *several) barredAt(ctx context.Context, node string) (bars []campaigns.NodeBar) {
	if node == s.name {
		return s.n.whyNoCalls(ctx)
	}
	answer, err := s.peers.Ask(ctx, node, askBarred, nil)
	if err == nil {
		err = json.Unmarshal(answer, &bars)
	}
	if err != nil {
		s.n.log.Debug("a node does not say why it calls nobody", "node", node, "error", err)
		return nil
	}
	return bars
}
