package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// officePages are what an office keeps. Every one is a page with forms: what
// they ask for is done, and the browser is led back to the page.
func (p *Pages) officePages() []page {
	return slices.Concat([]page{
		{"GET", "/office", need(campaigns.SeeCampaigns), p.office},
		{"GET", "/office/users", need(campaigns.EditUsers), p.users},
		{"GET", "/office/users/{login}", need(campaigns.EditUsers), p.user},
		{"POST", "/office/users/{login}", need(campaigns.EditUsers), p.changeUser},
		{"GET", "/office/new-user", need(campaigns.EditUsers), p.newUser},
		{"POST", "/office/new-user", need(campaigns.EditUsers), p.createUser},
		{"GET", "/office/prompts", need(campaigns.SeeCampaigns), p.prompts},
		{"POST", "/office/prompts", need(campaigns.EditCampaigns), p.uploadPrompt},
		{"POST", "/office/prompts/delete", need(campaigns.EditCampaigns), p.deletePrompt},
		{"GET", "/office/caller-ids", need(campaigns.SeeCampaigns), p.callerIDs},
		{"POST", "/office/caller-ids", need(campaigns.EditCampaigns), p.putCallerID},
		{"POST", "/office/caller-ids/edit", need(campaigns.EditCampaigns), p.editCallerID},
		{"POST", "/office/caller-ids/delete", need(campaigns.EditCampaigns), p.deleteCallerID},
	}, p.officeTechPages(), p.officePeoplePages())
}

// officeTechPages are the ways out of the house, for calls and for events.
func (p *Pages) officeTechPages() []page {
	trunks, hooks := need(campaigns.TestTrunks), need(campaigns.EditWebhooks)
	return []page{
		{"GET", "/office/trunks", trunks, p.trunks},
		{"POST", "/office/trunks/test-call", trunks, p.testCall},
		{"POST", "/office/trunks/test-numbers", need(campaigns.EditUsers), p.vouchNumber},
		{"POST", "/office/trunks/test-numbers/delete", need(campaigns.EditUsers), p.forgetNumber},
		{"GET", "/office/nodes", need(campaigns.SeeNodes), p.nodes},
		{"POST", "/office/nodes", need(campaigns.DrainNodes), p.drainNode},
		{"GET", "/office/webhooks", hooks, p.webhooks},
		{"GET", "/office/new-webhook", hooks, p.newWebhook},
		{"POST", "/office/new-webhook", hooks, p.createWebhook},
		{"GET", "/office/webhooks/{id}", hooks, p.webhook},
		{"POST", "/office/webhooks/{id}", hooks, p.changeWebhook},
		{"POST", "/office/webhooks/{id}/secret", hooks, p.rotateWebhook},
		{"POST", "/office/webhooks/{id}/test", hooks, p.testWebhook},
		{"POST", "/office/webhooks/{id}/replay", hooks, p.replayDelivery},
		{"POST", "/office/webhooks/{id}/delete", hooks, p.deleteWebhook},
	}
}

// officeView is what every page of the office has: its frame, and what the
// last form came to.
type officeView struct {
	frame
	Done  string // a code that the template has words for
	Wrong string // why a form was refused
}

// officeIn is that of a request, in a frame.
func officeIn(r *http.Request, f frame) officeView {
	return officeView{frame: f, Done: r.URL.Query().Get("done")}
}

// May tells templates what the user may do.
func (v officeView) May(permission string) bool {
	return v.User.Role.May(campaigns.Permission(permission))
}

// Brief is a name as far as a table shows it: a name of a hundred thousand
// letters is a page that a browser lays out for minutes.
func (officeView) Brief(name string) string { return shortened(name, 200) }

// Long is a text as far as a page shows it.
func (officeView) Long(text string) string { return shortened(text, 10_000) }

func shortened(text string, most int) string {
	if short := cut(text, most); short != text {
		return short + "…"
	}
	return text
}

// led ends the handling of a form: back to a page when all went well, the page
// with a sentence when the form was refused.
func (p *Pages) led(w http.ResponseWriter, r *http.Request, err error, to, done string, again func(status int, wrong string) error) error {
	var problem *campaigns.Problem
	switch {
	case err == nil:
		join := "?"
		if strings.Contains(to, "?") {
			join = "&"
		}
		http.Redirect(w, r, to+join+"done="+url.QueryEscape(done), http.StatusSeeOther)
		return nil
	case errors.As(err, &problem) && problem.Kind != campaigns.KindNotFound:
		return again(edge.FaultOf(r.Context(), p.Log, err).Status, problem.Text)
	}
	return err
}

// typed is a field of a form without the blanks around it.
func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// lines are the lines of a field that hold something.
func lines(r *http.Request, name string) []string {
	var out []string
	for line := range strings.Lines(r.PostFormValue(name)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// tile is a door of the office.
type tile struct{ Path, Name, Text string }

// officeStart is the first page of the office.
type officeStart struct {
	officeView
	Groups []tileGroup
}

// tileGroup is doors that belong together.
type tileGroup struct {
	Name  string
	Tiles []tile
}

// office shows the doors that the user may open.
func (p *Pages) office(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := officeStart{officeView: officeIn(r, p.frame(r, "Office"))}
	lang := v.Lang
	may := func(needed campaigns.Permission, of tile) []tile {
		if u.Role.May(needed) {
			return []tile{of}
		}
		return nil
	}
	for _, g := range []tileGroup{
		{lang.T("People"), slices.Concat(
			may(campaigns.EditUsers, tile{"/office/users", lang.T("Users and roles"), lang.T("Who logs in, for which campaigns, with which phone")}),
			may(campaigns.SeePerformance, tile{"/office/shifts", lang.T("Shifts"), lang.T("Who is to be there when, and who was")}),
			may(campaigns.EditCampaigns, tile{"/office/pause-reasons", lang.T("Reasons to pause"), lang.T("What agents choose from when they pause")}),
			may(campaigns.EditCampaigns, tile{"/office/score-form", lang.T("Scoring form"), lang.T("What is asked of a call that is heard again")}))},
		{lang.T("Customers"), slices.Concat(
			may(campaigns.SeeCampaigns, tile{"/office/salespeople", lang.T("Salespeople"), lang.T("Calendars with free slots, and the appointments in them")}),
			may(campaigns.SeeCalls, tile{"/office/complaints", lang.T("Complaints"), lang.T("What people were not content with, and what was done")}))},
		{lang.T("Calls"), slices.Concat(
			may(campaigns.SeeCampaigns, tile{"/office/caller-ids", lang.T("Caller IDs"), lang.T("Numbers that people see, by pool, and how often today")}),
			may(campaigns.SeeCampaigns, tile{"/office/prompts", lang.T("Recorded messages"), lang.T("Upload, listen, and see who plays them")}),
			may(campaigns.TestTrunks, tile{"/office/trunks", lang.T("Trunks"), lang.T("How the ways to the telephone network stand; place a test call")}))},
		{lang.T("Programs"), slices.Concat(
			may(campaigns.EditWebhooks, tile{"/office/webhooks", lang.T("Webhooks"), lang.T("Who is told of events, signed; what was sent and answered")}),
			may(campaigns.SeeNodes, tile{"/office/nodes", lang.T("Nodes"), lang.T("The machines that work together; drain one before it is stopped")}))},
	} {
		if len(g.Tiles) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return p.render(w, http.StatusOK, "office.html", v)
}

// campaignName is what a campaign of a list is called; empty = unknown.
func campaignName(all []campaigns.Campaign, id int64) string {
	for _, c := range all {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

// campaignsByName lists all campaigns for a choice.
func (p *Pages) campaignsByName(r *http.Request, u campaigns.User) ([]campaigns.Campaign, error) {
	all, err := p.Book.Campaigns(r.Context(), u)
	slices.SortFunc(all, func(a, b campaigns.Campaign) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return all, err
}
