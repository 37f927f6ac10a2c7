package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
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
	TV         bool // on a wall: large, and nothing to press
	MayStart   bool
	MayAsk     bool // why a number is called
	MaySteer   bool
	MayMonitor bool
	MayTake    bool // a call over
	MayMessage bool
	MayCalls   bool // see calls one by one
	MayStop    bool // throw the kill switch
	Stopped    []stopLine
	Total      totals
	Breach     []string // campaigns over their limit
	Near       []string // campaigns over four fifths of it
	Drawn      map[int64][]spark

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

// near is the part of a limit from which on it is warned of.
const near = 0.8

func (p *Pages) live(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	snapshot, err := p.Board.Snapshot(u)
	if err != nil {
		return err
	}
	floor := api.FloorOf(snapshot)
	slices.SortStableFunc(floor.Agents, byConcern)
	view := liveView{frame: p.frame(r, "Live"), Floor: floor, TV: r.URL.Query().Get("tv") != "", Total: totalsOf(floor)}
	view.Drawn = p.chartsOf(view.Lang, append(snapshot.Campaigns, campaigns.CampaignStatus{}))
	for _, c := range floor.Campaigns {
		switch {
		case c.Cap > 0 && c.Share > c.Cap:
			view.Breach = append(view.Breach, c.Name)
		case c.Cap > 0 && c.Share > near*c.Cap:
			view.Near = append(view.Near, c.Name)
		}
	}
	if err := p.stoppedOn(r, u, &view); err != nil {
		return err
	}
	if !view.TV {
		may := u.Role.May
		view.MayStart, view.MayAsk, view.MaySteer = may(campaigns.StartCampaigns), may(campaigns.SeeCampaigns), may(campaigns.SteerAgents)
		view.MayMonitor, view.MayMessage, view.MayCalls = may(campaigns.MonitorAgents), may(campaigns.SendMessages), may(campaigns.SeeCalls)
		view.MayTake = view.MayMonitor && may(campaigns.DoCalls)
	}
	return p.render(w, http.StatusOK, "live.html", view)
}

// stoppedOn puts on the page what the kill switch holds up, for who may throw it.
func (p *Pages) stoppedOn(r *http.Request, u campaigns.User, v *liveView) error {
	if v.TV || p.Compliance.Stops == nil || u.Allow(campaigns.StopCalls) != nil {
		return nil
	}
	holding, _, err := p.Compliance.Stops.List(r.Context(), u)
	if err != nil {
		return err
	}
	v.MayStop = true
	v.Stopped = (stopsView{Campaigns: campaignsOf(v.Floor)}).lines(holding, u)
	return nil
}

// campaignsOf are the names of the campaigns on the floor.
func campaignsOf(f api.Floor) []campaigns.Campaign {
	out := make([]campaigns.Campaign, len(f.Campaigns))
	for i, c := range f.Campaigns {
		out[i] = campaigns.Campaign{ID: c.ID, Name: c.Name}
	}
	return out
}

// HouseStopped tells whether no call of the house may leave.
func (v liveView) HouseStopped() bool {
	return slices.ContainsFunc(v.Stopped, func(s stopLine) bool { return s.Scope == campaigns.StopHouse })
}

// Acts tells whether there is something that the user may do to an agent.
func (v liveView) Acts() bool { return v.MaySteer || v.MayMonitor || v.MayMessage }

// concern is how soon a supervisor should look at an agent: who asks for help
// first, then who takes no calls.
func concern(a api.Agent) int {
	switch {
	case a.Talk != nil && a.Talk.Help:
		return 0
	case slices.Contains([]campaigns.AgentState{campaigns.AgentPaused, campaigns.AgentWrapUp, campaigns.AgentResting, campaigns.AgentElsewhere, campaigns.AgentOffline}, a.State):
		return 1
	case a.State == campaigns.AgentReady:
		return 3
	}
	return 2
}

// byConcern orders agents: whom to look at first, and among those who has been
// so for longest. The module orders them the same way.
func byConcern(a, b api.Agent) int {
	return cmp.Or(cmp.Compare(concern(a), concern(b)), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
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
	http.Redirect(w, r, backTo(r, "/live"), http.StatusSeeOther)
	return nil
}

// campaignRow is a campaign with what the user may do with it.
type campaignRow struct {
	Row      api.FloorCampaign
	MayStart bool
	Charts   []spark
	Words    []string // of the decision
	Left     string   // of the budget
}

// With gives a campaign's row to its template.
func (v liveView) With(c api.FloorCampaign) campaignRow {
	return campaignRow{Row: c, MayStart: v.MayStart, Charts: v.Drawn[c.ID], Words: decisionWords(v.Lang, c.Pacing), Left: budgetWords(v.Lang, c)}
}

// budget is how many more calls may be abandoned, one after the other, before
// the limit is passed; below zero, how many there are too many.
func budget(c api.FloorCampaign) int {
	if c.Cap <= 0 || c.Cap >= 1 {
		return 0
	}
	return int(math.Floor((c.Cap*float64(c.Answered)-float64(c.Abandoned))/(1-c.Cap) + 1e-9))
}

// agentCard is an agent with whether the user may do something to them.
type agentCard struct {
	api.Agent
	Acts bool
	Note string
	With string // who listens
}

// Card gives an agent to the template.
func (v liveView) Card(a api.Agent) agentCard {
	return agentCard{Agent: a, Acts: v.Acts(), Note: noteWords(v.Lang, a), With: monitorWords(v.Lang, a)}
}

// Helps tells whether the agent asks for a supervisor.
func (a agentCard) Helps() bool { return a.Talk != nil && a.Talk.Help }

// endedRow is a call that is over, with whether it can be opened.
type endedRow struct {
	api.EndedCall
	Opens bool
}

// Over gives an ended call to its template.
func (v liveView) Over(c api.EndedCall) endedRow { return endedRow{c, v.MayCalls} }
