package web

import (
	"net/http"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// campaignPages are campaigns and their lists.
func (p *Pages) campaignPages() []page {
	see, edit := need(campaigns.SeeCampaigns), need(campaigns.EditCampaigns)
	return []page{
		{"GET", "/campaigns", see, p.campaigns},
		{"POST", "/campaigns", edit, p.newCampaign},
		{"POST", "/campaigns/{id}/clone", edit, p.cloneCampaign},
		{"GET", "/campaigns/{id}", see, p.campaign},
		{"POST", "/campaigns/{id}", edit, p.saveCampaign},
		{"GET", "/campaigns/{id}/products", see, p.campaignProducts},
		{"POST", "/campaigns/{id}/products", edit, p.saveProducts},
		{"GET", "/campaigns/{id}/outcomes", see, p.campaignOutcomes},
		{"POST", "/campaigns/{id}/outcomes", edit, p.saveOutcomes},
		{"GET", "/campaigns/{id}/calls", see, p.campaignCalls},
		{"POST", "/campaigns/{id}/calls", edit, p.saveCalls},
		{"GET", "/campaigns/{id}/lists", see, p.campaignLists},
		{"POST", "/campaigns/{id}/lists/{list}", edit, p.saveList},
		{"POST", "/campaigns/{id}/filter", edit, p.saveFilter},
		{"POST", "/campaigns/{id}/recycle", edit, p.recycle},
		{"GET", "/campaigns/{id}/what-if", edit, p.whatIf},
		{"POST", "/campaigns/{id}/what-if", edit, p.askWhatIf},
		{"POST", "/campaigns/{id}/aim", edit, p.saveAim},
		{"GET", "/campaigns/{id}/what-if/chart.svg", edit, p.whatIfChart},
	}
}

// within is the campaign that a page is about, with what stands at its top.
type within struct {
	frame
	Campaign campaigns.Campaign
	Here     string // which of its pages
	Saved    bool
	Wrong    string // why a form was refused
}

// May tells templates what the user may do.
func (v within) May(permission string) bool { return v.User.Role.May(campaigns.Permission(permission)) }

// Can tells whether the campaign may become so from where it stands.
func (v within) Can(status string) bool {
	return v.May(string(campaigns.StartCampaigns)) && v.Campaign.Status.May(campaigns.Status(status))
}

// Is tells which of the campaign's pages this is.
func (v within) Is(page string) bool { return v.Here == page }

// in reads the campaign that an address names.
func (p *Pages) in(r *http.Request, u campaigns.User, here, title string) (within, error) {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return within{}, err
	}
	v := within{Campaign: c, Here: here, Saved: r.URL.Query().Has("saved")}
	v.frame = p.frame(r, title)
	v.Title = c.Name + " · " + v.Title
	return v, nil
}

// backTo is where a form that may stand on several pages leads back to: an
// address of ours that it names, or the one given.
func backTo(r *http.Request, otherwise string) string {
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, "\\") {
		return otherwise
	}
	return back
}
