package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// campaignsView is every campaign with where it stands.
type campaignsView struct {
	frame
	Rows    []campaignStand
	MayEdit bool
	Wrong   string
	New     string // name that was typed
}

// campaignStand is a campaign in the list.
type campaignStand struct {
	campaigns.Campaign
	Depth    campaigns.Depth
	On       bool // the floor knows it
	Floor    campaigns.CampaignStatus
	Due      int // callbacks whose time has come
	MayStart bool
}

// Progress is the share of contacts that are done, 0 to 100.
func (s campaignStand) Progress() float64 {
	if s.Depth.Total == 0 {
		return 0
	}
	return 100 * float64(s.Depth.Done) / float64(s.Depth.Total)
}

// AnswerRate is answered by a person over placed, 0 to 1.
func (s campaignStand) AnswerRate() float64 {
	if s.Floor.Placed == 0 {
		return 0
	}
	return float64(s.Floor.PickedUp) / float64(s.Floor.Placed)
}

// Can tells whether the campaign may become so, by this user.
func (s campaignStand) Can(status string) bool {
	return s.MayStart && s.Status.May(campaigns.Status(status))
}

// Over tells whether too many were abandoned.
func (s campaignStand) Over() bool { return s.Floor.AbandonShare() > s.Cap }

func (p *Pages) campaigns(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showCampaigns(w, r, u, campaignsView{}, http.StatusOK)
}

func (p *Pages) showCampaigns(w http.ResponseWriter, r *http.Request, u campaigns.User, v campaignsView, status int) error {
	all, err := p.Book.Campaigns(r.Context(), u)
	if err != nil {
		return err
	}
	v.frame, v.MayEdit = p.frame(r, "Campaigns"), u.Role.May(campaigns.EditCampaigns)
	floor := map[int64]campaigns.CampaignStatus{}
	if s, err := p.Board.Snapshot(u); err == nil { // who may not see the floor sees the rest
		for _, c := range s.Campaigns {
			floor[c.ID] = c
		}
	}
	for _, c := range all {
		row, err := p.stand(r, u, c)
		if err != nil {
			return err
		}
		row.Floor, row.On = floor[c.ID], floor[c.ID].ID != 0
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b campaignStand) int {
		return cmp.Or(cmp.Compare(rank(a.Status), rank(b.Status)), cmp.Compare(a.Name, b.Name))
	})
	return p.render(w, status, "campaigns.html", v)
}

// rank puts what goes on before what is over.
func rank(s campaigns.Status) int {
	return slices.Index([]campaigns.Status{campaigns.Running, campaigns.Draining, campaigns.Paused, campaigns.Draft, campaigns.Stopped}, s)
}

// stand reads where the contacts of a campaign stand.
func (p *Pages) stand(r *http.Request, u campaigns.User, c campaigns.Campaign) (campaignStand, error) {
	row := campaignStand{Campaign: c, MayStart: u.Role.May(campaigns.StartCampaigns)}
	var err error
	if row.Depth, err = p.Book.Depth(r.Context(), u, c.ID); err != nil {
		return row, err
	}
	due, err := p.CallLog.Callbacks(r.Context(), u, campaigns.CallbackFilter{Campaign: c.ID, Open: true, To: time.Now()})
	row.Due = len(due)
	return row, err
}

// newCampaign stores a draft and leads to its settings.
func (p *Pages) newCampaign(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	name := p.form(r).text("name")
	c, err := p.Book.Create(r.Context(), u, campaigns.NewCampaign(name))
	if text, refused := sentence(err); refused {
		return p.showCampaigns(w, r, u, campaignsView{Wrong: text, New: name}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d", c.ID), http.StatusSeeOther)
	return nil
}

// cloneCampaign stores a draft with the settings of another: no list, no call.
func (p *Pages) cloneCampaign(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	if c.Name, err = p.freeName(r, u, c.Name); err != nil {
		return err
	}
	c.Schedule = nil // or the clone would start by itself
	clone, err := p.Book.Create(r.Context(), u, c)
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d", clone.ID), http.StatusSeeOther)
	return nil
}

// freeName is a name that no campaign has: Spring 2, Spring 3.
func (p *Pages) freeName(r *http.Request, u campaigns.User, name string) (string, error) {
	all, err := p.Book.Campaigns(r.Context(), u)
	if err != nil {
		return "", err
	}
	base := []rune(name)
	base = base[:min(len(base), 58)]
	for n := 2; ; n++ {
		free := fmt.Sprintf("%s %d", string(base), n)
		if !slices.ContainsFunc(all, func(c campaigns.Campaign) bool { return c.Name == free }) {
			return free, nil
		}
	}
}
