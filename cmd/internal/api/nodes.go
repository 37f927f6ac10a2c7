package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// nodeRoutes is the nodes of a house of several.
func (s *Server) nodeRoutes() []route {
	return []route{
		do(get, "/v1/nodes", seeNodes, "nodes", "The nodes that ever took part, those that live first; none in a house of one node that stands alone", s.nodes),
		do(post, "/v1/nodes/{name}/drain", drainNodes, "nodes", "Take no new work: calls go elsewhere, conversations go on, the floor is another's; until it is undrained", s.drainNode),
		do(post, "/v1/nodes/{name}/undrain", drainNodes, "nodes", "Take work again", s.undrainNode),
	}
}

// Node is a node of the house.
type Node struct {
	campaigns.NodeStanding
	SilentMS int64 `json:"silent_ms" doc:"How long ago it said that it lives."`
	Alive    bool  `json:"alive" doc:"It takes part, and said so within the last seconds."`
	Drained  bool  `json:"drained" doc:"It is to drain, and carries no call: a stop by SIGTERM ends none."`
}

// NodeOf is a node as the API shows it.
func NodeOf(n campaigns.NodeStanding) Node {
	return Node{n, n.Silent.Milliseconds(), n.Alive(), n.Drained()}
}

// Standing is the node as package campaigns has it.
func (n Node) Standing() campaigns.NodeStanding {
	n.Silent = time.Duration(n.SilentMS) * time.Millisecond
	return n.NodeStanding
}

// NodeList is the nodes of the house.
type NodeList struct {
	Nodes []Node `json:"nodes"`
	// SafeShares are the trunks that are dialed at each node's own share.
	SafeShares []campaigns.TrunkShare `json:"safe_shares,omitempty" doc:"Trunks that are dialed at each node's own share, because Redis is away."`
}

type nodesOutput struct{ Body NodeList }

func (s *Server) nodes(ctx context.Context, _ *struct{}) (*nodesOutput, error) {
	all, err := s.Office.Nodes.List(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &nodesOutput{NodeList{Nodes: []Node{}}}
	if out.Body.SafeShares, err = s.Office.Nodes.SafeShares(ctx, who(ctx)); err != nil {
		return nil, err
	}
	for _, n := range all {
		out.Body.Nodes = append(out.Body.Nodes, NodeOf(n))
	}
	return out, nil
}

// ByNode is an input that names a node (exported for the same reason as ByID).
type ByNode struct {
	Name string `path:"name" maxLength:"253"`
}

func (s *Server) drainNode(ctx context.Context, in *ByNode) (*struct{}, error) {
	return nil, s.Office.Nodes.Drain(ctx, who(ctx), in.Name)
}

func (s *Server) undrainNode(ctx context.Context, in *ByNode) (*struct{}, error) {
	return nil, s.Office.Nodes.Undrain(ctx, who(ctx), in.Name)
}
