package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// whyView is the question, and the answer once it has been asked. The number travels in the body of a form and stands in
// no address, which browsers and proxies keep.
type whyView struct {
	frame
	Campaigns []campaigns.Campaign
	Number    string
	Campaign  int64
	At        string
	Wrong     string // what is wrong with the question
	Answer    *api.Explanation
}

func (p *Pages) whyForm(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showWhy(w, r, u, whyView{}, http.StatusOK)
}

// why answers the form.
func (p *Pages) why(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := whyView{Number: strings.TrimSpace(r.PostFormValue("number")), At: strings.TrimSpace(r.PostFormValue("at"))}
	v.Campaign, _ = strconv.ParseInt(r.PostFormValue("campaign"), 10, 64) // 0 is no campaign, which is told
	at, err := moment(v.At)
	if err != nil {
		v.Wrong = "Write the time as 2026-11-22T10:30, in UTC, or leave it empty for now."
		return p.showWhy(w, r, u, v, http.StatusUnprocessableEntity)
	}
	e, err := p.Lookup.Explain(r.Context(), u, v.Campaign, api.Dialed(v.Number), at)
	if err != nil {
		fault := edge.FaultOf(r.Context(), p.Log, err)
		if fault.Status >= http.StatusInternalServerError || fault.Status == http.StatusForbidden {
			return err
		}
		v.Wrong = fault.Detail
		return p.showWhy(w, r, u, v, fault.Status)
	}
	answer := api.ExplanationOf(e)
	v.Answer = &answer
	return p.showWhy(w, r, u, v, http.StatusOK)
}

func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse("2006-01-02T15:04", strings.TrimSuffix(text, "Z"))
}

func (p *Pages) showWhy(w http.ResponseWriter, r *http.Request, u campaigns.User, v whyView, status int) error {
	all, err := p.Book.Campaigns(r.Context(), u)
	if err != nil {
		return err
	}
	v.frame, v.Campaigns = p.frame(r, "Why is a number called, or not?"), all
	return p.render(w, status, "why.html", v)
}

// MaySeeCompliance tells whether the way back leads to the compliance desk too.
func (v whyView) MaySeeCompliance() bool { return v.User.Allow(campaigns.SeeCompliance) == nil }

// CampaignName is the name of a campaign by its number.
func (v whyView) CampaignName(id int64) string {
	for _, c := range v.Campaigns {
		if c.ID == id {
			return c.Name
		}
	}
	return strconv.FormatInt(id, 10)
}

// hourBar is one hour of the drawing of the next day.
type hourBar struct {
	api.HourChance
	X, Y, Height float64
	Mark         string // under the bar: every sixth hour
}

// Height of the drawing of the hours, and width of one of them, in its own units.
const (
	hoursHigh = 60
	hourWide  = 10
)

// Bars draws the hours of a contact against the likeliest of them.
func (v whyView) Bars(hours []api.HourChance) []hourBar {
	best := 0.0
	for _, h := range hours {
		best = max(best, h.Answer)
	}
	bars := make([]hourBar, len(hours))
	for i, h := range hours {
		b := hourBar{HourChance: h, X: float64(i * hourWide)}
		if best > 0 {
			b.Height = h.Answer / best * hoursHigh
		}
		b.Y = hoursHigh - b.Height
		if i%6 == 0 {
			b.Mark = h.Local
		}
		bars[i] = b
	}
	return bars
}

// Best are the three best open hours, the best one first.
func (v whyView) Best(hours []api.HourChance) []api.HourChance {
	open := slices.DeleteFunc(slices.Clone(hours), func(h api.HourChance) bool { return !h.Open })
	slices.SortStableFunc(open, func(a, b api.HourChance) int { return cmp.Compare(b.Answer, a.Answer) })
	return open[:min(3, len(open))]
}
