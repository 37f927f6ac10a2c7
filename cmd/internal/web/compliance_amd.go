package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// amdView is the sample of calls that were taken for machines.
type amdView struct {
	officeView
	Cases     []campaigns.AMDCase
	Campaigns []campaigns.Campaign
	Names     map[int64]string
	Campaign  int64 // in the form
	Size      string
	Open      int
	Sample    abandonment.Sample
	Upper     string // bound, in words
}

// Sizes and times of the form.
const (
	amdWeek  = 7 * 24 * time.Hour
	amdMonth = 28 * 24 * time.Hour
)

func (p *Pages) amdCases(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := amdView{officeView: officeIn(r, p.frame(r, "Calls taken for machines")), Size: "75"}
	v.Campaign, _ = strconv.ParseInt(r.URL.Query().Get("campaign"), 10, 64) // all when it is none
	return p.showAMD(w, r, u, v, http.StatusOK)
}

func (p *Pages) showAMD(w http.ResponseWriter, r *http.Request, u campaigns.User, v amdView, status int) (err error) {
	if v.Campaigns, err = p.Book.Campaigns(r.Context(), u); err != nil {
		return err
	}
	v.Names = make(map[int64]string)
	for _, c := range v.Campaigns {
		v.Names[c.ID] = c.Name
	}
	now := time.Now()
	if v.Cases, err = p.Compliance.Abandonment.Cases(r.Context(), u, v.Campaign, now.Add(-amdMonth), now); err != nil {
		return err
	}
	for _, c := range v.Cases {
		switch c.Label {
		case "":
			v.Open++
		case campaigns.AMDHuman:
			v.Sample.Humans++
			fallthrough
		default:
			v.Sample.Labelled++
		}
	}
	v.Upper = abandonZone{}.Share(v.Sample.Upper())
	return p.render(w, status, "compliance-amd.html", v)
}

func (p *Pages) drawAMD(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, _ := strconv.ParseInt(typed(r, "campaign"), 10, 64) // the service knows no campaign 0
	size, _ := strconv.Atoi(typed(r, "size"))               // nor a sample of 0
	now := time.Now()
	_, err := p.Compliance.Abandonment.Draw(r.Context(), u, id, now.Add(-amdWeek), now, size)
	return p.led(w, r, err, "/compliance/amd?campaign="+strconv.FormatInt(id, 10), "saved", func(status int, wrong string) error {
		v := amdView{officeView: officeIn(r, p.frame(r, "Calls taken for machines")), Campaign: id, Size: typed(r, "size")}
		v.Wrong = wrong
		return p.showAMD(w, r, u, v, status)
	})
}

func (p *Pages) labelAMD(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	err := p.Compliance.Abandonment.Label(r.Context(), u, typed(r, "attempt"), campaigns.AMDLabel(typed(r, "label")))
	return p.led(w, r, err, "/compliance/amd?campaign="+typed(r, "campaign"), "saved", func(status int, wrong string) error {
		v := amdView{officeView: officeIn(r, p.frame(r, "Calls taken for machines")), Size: "75"}
		v.Wrong = wrong
		return p.showAMD(w, r, u, v, status)
	})
}
