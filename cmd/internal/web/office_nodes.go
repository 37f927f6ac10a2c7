package web

import (
	"net/http"

	"github.com/forecall/forecall/campaigns"
)

// nodesView is the nodes of the house.
type nodesView struct {
	officeView
	Nodes []campaigns.NodeStanding
	Apart []campaigns.TrunkShare // dialed at the nodes' own shares
}

func (p *Pages) nodes(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showNodes(w, r, u, "", http.StatusOK)
}

func (p *Pages) showNodes(w http.ResponseWriter, r *http.Request, u campaigns.User, wrong string, status int) (err error) {
	v := nodesView{officeView: officeIn(r, p.frame(r, "Nodes"))}
	v.Wrong = wrong
	if v.Nodes, err = p.Office.Nodes.List(r.Context(), u); err != nil {
		return err
	}
	if v.Apart, err = p.Office.Nodes.SafeShares(r.Context(), u); err != nil {
		return err
	}
	return p.render(w, status, "office-nodes.html", v)
}

// drainNode marks a node, or takes the mark away.
func (p *Pages) drainNode(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	do, done := p.Office.Nodes.Drain, "drains"
	if typed(r, "drain") != "yes" {
		do, done = p.Office.Nodes.Undrain, "undrained"
	}
	err := do(r.Context(), u, typed(r, "node"))
	return p.led(w, r, err, "/office/nodes", done, func(status int, wrong string) error {
		return p.showNodes(w, r, u, wrong, status)
	})
}
