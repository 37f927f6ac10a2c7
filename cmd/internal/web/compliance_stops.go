package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

func (p *Pages) stopPages() []page {
	may := need(campaigns.StopCalls)
	return []page{
		{"GET", "/compliance/stops", may, p.stops},
		{"POST", "/compliance/stops", may, p.throwStop},
		{"POST", "/compliance/stops/lift", may, p.liftStop},
	}
}

// stopsView is the kill switch: what is stopped now, and a form to stop more.
type stopsView struct {
	officeView
	Holding   []stopLine
	Lifted    []stopLine
	Campaigns []campaigns.Campaign
	Typed     campaigns.Stop
}

// stopLine is a stop with the name of what it holds up.
type stopLine struct {
	campaigns.Stop
	What string // name of the campaign, number or jurisdiction; empty for the house
	Mine bool   // of the whole house, thrown by who looks
}

func (p *Pages) stops(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := stopsView{officeView: officeIn(r, p.frame(r, "Kill switch"))}
	v.Typed.Scope, v.Typed.Value = campaigns.StopScope(r.URL.Query().Get("scope")), r.URL.Query().Get("value")
	return p.showStops(w, r, u, v, http.StatusOK)
}

func (p *Pages) showStops(w http.ResponseWriter, r *http.Request, u campaigns.User, v stopsView, status int) error {
	holding, lifted, err := p.Compliance.Stops.List(r.Context(), u)
	if err != nil {
		return err
	}
	if u.Allow(campaigns.SeeCampaigns) == nil {
		if v.Campaigns, err = p.Book.Campaigns(r.Context(), u); err != nil {
			return err
		}
	}
	v.Holding, v.Lifted = v.lines(holding, u), v.lines(lifted, u)
	return p.render(w, status, "compliance-stops.html", v)
}

func (v stopsView) lines(all []campaigns.Stop, u campaigns.User) []stopLine {
	out := make([]stopLine, len(all))
	for i, s := range all {
		out[i] = stopLine{Stop: s, What: s.Value, Mine: s.Scope == campaigns.StopHouse && s.By == u.Login}
		for _, c := range v.Campaigns {
			if s.Scope == campaigns.StopCampaign && s.Value == strconv.FormatInt(c.ID, 10) {
				out[i].What = c.Name
			}
		}
	}
	return out
}

func (p *Pages) throwStop(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in := campaigns.Stop{Scope: campaigns.StopScope(typed(r, "scope")), Reason: typed(r, "reason")}
	switch in.Scope {
	case campaigns.StopCampaign:
		in.Value = typed(r, "campaign")
	case campaigns.StopCallerID:
		in.Value = dialed(cmp.Or(typed(r, "number"), typed(r, "value")))
	case campaigns.StopJurisdiction:
		in.Value = cmp.Or(typed(r, "place"), typed(r, "value"))
	}
	_, err := p.Compliance.Stops.Throw(r.Context(), u, in)
	return p.led(w, r, err, "/compliance/stops", "stopped", func(status int, wrong string) error {
		v := stopsView{officeView: officeIn(r, p.frame(r, "Kill switch")), Typed: in}
		v.Wrong = wrong
		return p.showStops(w, r, u, v, status)
	})
}

func (p *Pages) liftStop(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(typed(r, "stop"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	err = p.Compliance.Stops.Lift(r.Context(), u, id, typed(r, "why"))
	return p.led(w, r, err, "/compliance/stops", "lifted", func(status int, wrong string) error {
		v := stopsView{officeView: officeIn(r, p.frame(r, "Kill switch"))}
		v.Wrong = wrong
		return p.showStops(w, r, u, v, status)
	})
}

// stopsToday is what is stopped now.
func (p *Pages) stopsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	holding, _, err := p.Compliance.Stops.List(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(holding) == 0 {
		return []complianceLine{{"on", lang.T("Nothing is stopped")}}, nil
	}
	return []complianceLine{{"bad", lang.T("%d stops hold calls up", len(holding))}}, nil
}
