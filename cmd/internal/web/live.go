package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// liveView is the floor at one instant. The empty rows are what the module
// copies for rows that come later.
type liveView struct {
	frame
	api.Floor
	MayStart bool
	MayAsk   bool // why a number is called
	Total    totals
	Breach   []string // campaigns over their limit

	NoCampaign api.FloorCampaign
	NoAgent    api.Agent
	NoCall     api.FloorCall
	NoEnded    api.EndedCall
}

// totals is the strip at the top of the page.
type totals struct {
	Answered, Abandoned                 int
	Share, Limit                        float64 // Limit is the strictest of the campaigns'
	Ringing, Waiting, Talking           int
	Ready, OnCall, WrapUp, Away, Agents int
	PerMinute                           float64
}

func (p *Pages) live(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	snapshot, err := p.Board.Snapshot(u)
	if err != nil {
		return err
	}
	floor := api.FloorOf(snapshot)
	view := liveView{frame: p.frame(r, "Live"), Floor: floor, MayStart: u.Role.May(campaigns.StartCampaigns), MayAsk: u.Role.May(campaigns.SeeCampaigns), Total: totalsOf(floor)}
	for _, c := range floor.Campaigns {
		if c.Cap > 0 && c.Share > c.Cap {
			view.Breach = append(view.Breach, c.Name)
		}
	}
	return p.render(w, http.StatusOK, "live.html", view)
}

func totalsOf(f api.Floor) totals {
	t := totals{Agents: len(f.Agents)}
	for _, c := range f.Campaigns {
		t.Answered, t.Abandoned = t.Answered+c.Answered, t.Abandoned+c.Abandoned
		t.Ringing, t.Waiting, t.Talking = t.Ringing+c.Ringing, t.Waiting+c.Waiting, t.Talking+c.Talking
		t.PerMinute += c.PerMinute
		if c.Cap > 0 && (t.Limit == 0 || c.Cap < t.Limit) {
			t.Limit = c.Cap
		}
	}
	if t.Answered > 0 {
		t.Share = float64(t.Abandoned) / float64(t.Answered)
	}
	for _, a := range f.Agents {
		switch a.State {
		case campaigns.AgentReady:
			t.Ready++
		case campaigns.AgentTalking, campaigns.AgentReserved, campaigns.AgentPreview, campaigns.AgentElsewhere:
			t.OnCall++
		case campaigns.AgentWrapUp:
			t.WrapUp++
		default:
			t.Away++
		}
	}
	return t
}

// moveCampaign starts, pauses, drains or stops a campaign and goes back.
func (p *Pages) moveCampaign(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	move, ok := map[string]func(context.Context, campaigns.User, int64) (campaigns.Campaign, error){
		"start": p.Book.Start, "pause": p.Book.Pause, "drain": p.Book.Drain, "stop": p.Book.Stop,
	}[r.PathValue("action")]
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if !ok || err != nil {
		return edge.NewFault(http.StatusNotFound, "no_such_page", "There is no such page.")
	}
	if _, err := move(r.Context(), u, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/live", http.StatusSeeOther)
	return nil
}

// campaignRow is a campaign with what the user may do with it.
type campaignRow struct {
	Row      api.FloorCampaign
	MayStart bool
}

// With gives a campaign's row to its template.
func (v liveView) With(c api.FloorCampaign) campaignRow {
	return campaignRow{Row: c, MayStart: v.MayStart}
}
