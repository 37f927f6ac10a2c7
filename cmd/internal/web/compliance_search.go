package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/api"
)

// searchPages are the search of the compliance desk and one call's dossier.
func (p *Pages) searchPages() []page {
	if p.Compliance.Search == nil {
		return nil
	}
	return []page{
		{"GET", "/compliance/search", need(campaigns.SeeCompliance), p.search},
		{"POST", "/compliance/search", need(campaigns.SeeCompliance), p.search},
	}
}

// searchView is the question, and the calls that it chooses.
type searchView struct {
	officeView
	Ask       searchAsked
	Found     *campaigns.SearchedCalls
	Took      time.Duration
	Campaigns []campaigns.Campaign
	Lists     []campaigns.List // of the campaign that is chosen
	Agents    []campaigns.User
	Outcomes  []campaigns.Outcome
	Codes     []string // of dispositions
	Formats   []campaigns.ExportFormat
	MayExport bool
}

// searchAsked is the form: every field as it was typed. What names a person
// travels in the body of a form and stands in no address.
type searchAsked struct {
	Number, CallerID                  string
	From, To                          string // 2026-11-22T10:30, UTC
	Campaign, List, Agent, Code       string
	Outcome, Disposition, After, Sent string
}

// searchFields are the names of the fields in forms and addresses.
func (a *searchAsked) fields() map[string]*string {
	return map[string]*string{
		"number": &a.Number, "cli": &a.CallerID, "from": &a.From, "to": &a.To, "campaign": &a.Campaign, "list": &a.List, "agent": &a.Agent,
		"code": &a.Code, "outcome": &a.Outcome, "disposition": &a.Disposition, "after": &a.After, "sent": &a.Sent,
	}
}

func searchAskedOf(r *http.Request) (a searchAsked) {
	for name, to := range a.fields() {
		if r.Method == http.MethodPost {
			*to = typed(r, name)
		} else if name != "number" {
			*to = strings.TrimSpace(r.URL.Query().Get(name))
		}
	}
	return a
}

// hiddenField is a field of a form that nobody sees.
type hiddenField struct{ Name, Value string }

// Hidden are the fields that ask the same again, as of the page after.
func (a searchAsked) Hidden() (out []hiddenField) {
	for name, v := range a.fields() {
		if *v != "" && name != "after" {
			out = append(out, hiddenField{name, *v})
		}
	}
	slices.SortFunc(out, func(a, b hiddenField) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

const minuteLayout = "2006-01-02T15:04"

// search is the same for the service.
func (a searchAsked) search() (s campaigns.CallSearch, err error) {
	wrong := func(text string) error {
		return &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "search_invalid", Text: text}
	}
	s = campaigns.CallSearch{CallerID: api.Dialed(a.CallerID), Disposition: a.Disposition}
	s.Number, s.Digits = sought(a.Number)
	for field, to := range map[string]*int64{a.Campaign: &s.Campaign, a.List: &s.List, a.Agent: &s.Agent, a.After: &s.After} {
		if field == "" {
			continue
		}
		if *to, err = strconv.ParseInt(field, 10, 64); err != nil || *to < 0 {
			return s, wrong("Choose campaign, list and agent from the lists.")
		}
	}
	if a.Code != "" {
		if s.Code, err = strconv.Atoi(a.Code); err != nil || s.Code < 100 || s.Code > 699 {
			return s, wrong("A SIP answer is a number from 100 to 699.")
		}
	}
	for _, t := range []struct {
		text string
		to   *time.Time
	}{{a.From, &s.From}, {a.To, &s.To}} {
		if t.text == "" {
			continue
		}
		if *t.to, err = readMinute(t.text); err != nil {
			return s, wrong("Write times as 2026-11-22T10:30, in UTC.")
		}
	}
	if a.Outcome != "" {
		s.Outcomes = []campaigns.Outcome{campaigns.Outcome(a.Outcome)}
	}
	return s, s.Check()
}

// readMinute reads a time as a field of it sends, or a day, in UTC.
func readMinute(text string) (time.Time, error) {
	for _, layout := range []string{minuteLayout, "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Parse(dayLayout, text)
}

// sought tells a number in full, which begins with its plus, from the last
// digits of one. A leading 0 of a national number is no part of the number
// abroad.
func sought(text string) (number, digits string) {
	if strings.HasPrefix(text, "+") {
		return api.Dialed(text), ""
	}
	text = strings.TrimPrefix(api.Dialed(text), "+")
	if rest, ok := strings.CutPrefix(text, "00"); ok && len(rest) > 6 {
		return "+" + rest, ""
	}
	if rest, ok := strings.CutPrefix(text, "0"); ok && len(rest) > 6 {
		text = rest
	}
	return "", text
}

// searchRows is how many calls stand on a page.
const searchRows = 50

// search answers the form; before anything is asked, it shows the newest calls.
func (p *Pages) search(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := searchView{officeView: officeIn(r, p.frame(r, "Search calls")), Ask: searchAskedOf(r)}
	s, err := v.Ask.search()
	if err == nil {
		s.Limit = searchRows
		began := time.Now()
		var found campaigns.SearchedCalls
		found, err = p.Compliance.Search.Find(r.Context(), u, s)
		v.Found, v.Took = &found, time.Since(began)
	}
	if err == nil {
		return p.showSearch(w, r, u, v, s.Campaign, http.StatusOK)
	}
	return p.led(w, r, err, "", "", func(status int, wrong string) error {
		v.Found, v.Wrong = nil, wrong
		return p.showSearch(w, r, u, v, 0, status)
	})
}

func (p *Pages) showSearch(w http.ResponseWriter, r *http.Request, u campaigns.User, v searchView, campaign int64, status int) error {
	var err error
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if campaign != 0 {
		if v.Lists, err = p.Lists.Lists(r.Context(), u, campaign); err != nil {
			return err
		}
	}
	names, err := p.Office.Roster.Names(r.Context(), u)
	if err != nil {
		return err
	}
	for _, n := range names {
		v.Agents = append(v.Agents, n)
	}
	slices.SortFunc(v.Agents, func(a, b campaigns.User) int { return strings.Compare(shownName(a), shownName(b)) })
	for _, c := range v.Campaigns {
		for _, d := range c.Dispositions {
			v.Codes = append(v.Codes, d.Code)
		}
	}
	slices.Sort(v.Codes)
	v.Codes, v.Outcomes = slices.Compact(v.Codes), campaigns.Outcomes()
	if v.MayExport = u.Role.May(campaigns.ExportCalls) && p.Compliance.Exports != nil; v.MayExport {
		v.Formats = p.Compliance.Exports.Formats()
	}
	return p.render(w, status, "compliance-search.html", v)
}

// NameOf is an agent's name in a list of options.
func (v searchView) NameOf(u campaigns.User) string { return shownName(u) }

// Is tells whether an option is the one that was chosen.
func (v searchView) Is(id int64, chosen string) bool { return strconv.FormatInt(id, 10) == chosen }

// Milliseconds is how long the search took.
func (v searchView) Milliseconds() int64 { return v.Took.Milliseconds() }

// Next are the fields of the page after.
func (v searchView) Next() []hiddenField {
	return append(v.Ask.Hidden(), hiddenField{"after", strconv.FormatInt(v.Found.Next, 10)})
}

// Refusals is the way to what the rules refused in the same campaign and time.
func (v searchView) Refusals() string {
	q := url.Values{}
	for name, value := range map[string]string{"campaign": v.Ask.Campaign, "from": v.Ask.From, "to": v.Ask.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/compliance/refusals?" + q.Encode()
}

// Talked is how long the person and an agent talked; empty when they did not.
func (v searchView) Talked(c campaigns.Call) string {
	return callsView{}.Talked(campaigns.SeenCall{Call: c})
}

// Columns are the fields that an export can have.
func (searchView) Columns() []string { return report.Columns() }
