package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
)

// callsView is a page of calls, and what it was asked for.
type callsView struct {
	frame
	Ask          callsAsked
	Number       string // that was looked for; it stands in no address
	Wrong        string
	Calls        []campaigns.SeenCall
	Next         int64
	Campaigns    []campaigns.Campaign
	Agents       []campaigns.User
	Outcomes     []campaigns.Outcome
	Dispositions []string
	MayExport    bool
}

// callsAsked is the form above the list.
type callsAsked struct {
	From, To    string // days of UTC, both included
	Campaign    int64
	Agent       int64
	Outcome     string
	Disposition string
	Recorded    string // yes, no, or empty: either
	After       int64
}

// Limits of the list: a week is looked at when nothing is said, and a page has
// so many calls.
const (
	callsDays = 7
	callsPage = 50
)

const dayLayout = "2006-01-02"

func callsAskedOf(q url.Values, now time.Time) callsAsked {
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(q.Get(key), 10, 64) // what is no number chooses nothing
		return max(n, 0)
	}
	a := callsAsked{
		From: q.Get("from"), To: q.Get("to"), Campaign: number("campaign"), Agent: number("agent"), Outcome: q.Get("outcome"),
		Disposition: q.Get("disposition"), Recorded: q.Get("recorded"), After: number("after"),
	}
	if !q.Has("from") {
		a.From = now.UTC().AddDate(0, 0, 1-callsDays).Format(dayLayout)
	}
	return a
}

// filter is the same for the service; wrong is what cannot be read of it.
func (a callsAsked) filter() (f campaigns.CallFilter, wrong bool) {
	f = campaigns.CallFilter{Campaign: a.Campaign, Agent: a.Agent, Disposition: a.Disposition, After: a.After, Limit: callsPage}
	var err, later error
	if a.From != "" {
		f.From, err = time.Parse(dayLayout, a.From)
	}
	if a.To != "" {
		if f.To, later = time.Parse(dayLayout, a.To); later == nil {
			f.To = f.To.AddDate(0, 0, 1)
		}
	}
	if a.Outcome != "" {
		f.Outcomes = []campaigns.Outcome{campaigns.Outcome(a.Outcome)}
	}
	if a.Recorded == "yes" || a.Recorded == "no" {
		yes := a.Recorded == "yes"
		f.Recorded = &yes
	}
	return f, err != nil || later != nil
}

// query is the address of the same list from another place on.
func (a callsAsked) query(after int64) string {
	q := url.Values{"from": {a.From}, "to": {a.To}}
	set := func(key, value string) {
		if value != "" && value != "0" {
			q.Set(key, value)
		}
	}
	set("campaign", strconv.FormatInt(a.Campaign, 10))
	set("agent", strconv.FormatInt(a.Agent, 10))
	set("outcome", a.Outcome)
	set("disposition", a.Disposition)
	set("recorded", a.Recorded)
	set("after", strconv.FormatInt(after, 10))
	return q.Encode()
}

// calls is the list, newest first.
func (p *Pages) calls(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := callsView{Ask: callsAskedOf(r.URL.Query(), time.Now())}
	f, wrong := v.Ask.filter()
	if wrong {
		v.Wrong = p.lang(r).T("Write days as 2026-11-22.")
		return p.listCalls(w, r, u, v, http.StatusUnprocessableEntity)
	}
	page, err := p.Browse.Page(r.Context(), u, f)
	if err != nil {
		return err
	}
	v.Calls, v.Next = page.Calls, page.Next
	return p.listCalls(w, r, u, v, http.StatusOK)
}

// callsOfNumber lists the calls to and from one number. It travels in the body
// of a form and stands in no address, which browsers and proxies keep.
func (p *Pages) callsOfNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := callsView{Ask: callsAskedOf(nil, time.Now()), Number: strings.TrimSpace(r.PostFormValue("number"))}
	if v.Number == "" {
		v.Wrong = p.lang(r).T("Write the number with its country, as +34600111222.")
		return p.listCalls(w, r, u, v, http.StatusUnprocessableEntity)
	}
	after, _ := strconv.ParseInt(r.PostFormValue("after"), 10, 64) // 0 is the first page
	page, err := p.Browse.Page(r.Context(), u, campaigns.CallFilter{Number: api.Dialed(v.Number), After: after, Limit: callsPage})
	if err != nil {
		return err
	}
	v.Calls, v.Next = page.Calls, page.Next
	return p.listCalls(w, r, u, v, http.StatusOK)
}

func (p *Pages) listCalls(w http.ResponseWriter, r *http.Request, u campaigns.User, v callsView, status int) error {
	all, err := p.Book.Campaigns(r.Context(), u)
	if err != nil {
		return err
	}
	names, err := p.Office.Roster.Names(r.Context(), u)
	if err != nil {
		return err
	}
	for _, n := range names {
		v.Agents = append(v.Agents, n)
	}
	slices.SortFunc(v.Agents, func(a, b campaigns.User) int { return strings.Compare(shownName(a), shownName(b)) })
	for _, c := range all {
		for _, d := range c.Dispositions {
			v.Dispositions = append(v.Dispositions, d.Code)
		}
	}
	slices.Sort(v.Dispositions)
	v.Dispositions = slices.Compact(v.Dispositions)
	v.frame, v.Campaigns, v.Outcomes, v.MayExport = p.frame(r, "Calls"), all, campaigns.Outcomes(), u.Role.May(campaigns.ExportCalls)
	return p.render(w, status, "calls.html", v)
}

// shownName is a user's name, or the login of one without.
func shownName(u campaigns.User) string {
	if u.Name == "" {
		return u.Login
	}
	return u.Name
}

// NameOf is an agent's name in a list of options.
func (v callsView) NameOf(u campaigns.User) string { return shownName(u) }

// NextPage is the address of the page after.
func (v callsView) NextPage() string { return "/calls?" + v.Ask.query(v.Next) }

// Export is the address of the same calls as a file.
func (v callsView) Export() string {
	f, wrong := v.Ask.filter()
	if wrong {
		return ""
	}
	q := url.Values{}
	set := func(key string, value string, given bool) {
		if given {
			q.Set(key, value)
		}
	}
	set("from", f.From.Format(time.RFC3339), !f.From.IsZero())
	set("to", f.To.Format(time.RFC3339), !f.To.IsZero())
	set("campaign", strconv.FormatInt(f.Campaign, 10), f.Campaign != 0)
	set("agent", strconv.FormatInt(f.Agent, 10), f.Agent != 0)
	set("outcome", v.Ask.Outcome, v.Ask.Outcome != "")
	set("disposition", f.Disposition, f.Disposition != "")
	return "/v1/calls/export?" + q.Encode()
}

// Whole tells whether the export has the same calls as the list: a file does
// not ask for recordings.
func (v callsView) Whole() bool { return v.Number == "" && v.Ask.Recorded == "" }

// Talked is how long the person and an agent talked; empty when they did not.
func (v callsView) Talked(c campaigns.SeenCall) string {
	if c.BridgedAt.IsZero() || c.EndedAt.Before(c.BridgedAt) {
		return ""
	}
	return elapsed(c.EndedAt.Sub(c.BridgedAt))
}
