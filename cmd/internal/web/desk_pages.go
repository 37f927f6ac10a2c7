package web

import (
	"net/http"

	"github.com/forecall/forecall/campaigns"
)

// deskPages are the agent's desk.
func (p *Pages) deskPages() []page {
	return []page{
		{"GET", "/desk", need(campaigns.DoCalls), p.desk},
	}
}

// deskView is the desk before anything happens; its modules fill it.
type deskView struct {
	frame
	Manual []string // campaigns that let the agent dial by hand
}

// desk is one page for the whole shift. What happens on it comes by the
// agent's stream of events; it needs script, as it holds the headset.
func (p *Pages) desk(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := deskView{frame: p.frame(r, "Desk")}
	if p.Manual != nil {
		var err error
		if v.Manual, err = p.Manual.Campaigns(r.Context(), u); err != nil {
			return err
		}
	}
	return p.render(w, http.StatusOK, "desk.html", v)
}
