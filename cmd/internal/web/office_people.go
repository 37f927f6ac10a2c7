package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/forecall/forecall/campaigns"
)

// officePeoplePages are those about people: whom to meet, who complained, who
// works when, and what is asked of calls.
func (p *Pages) officePeoplePages() []page {
	see, edit := need(campaigns.SeeCampaigns), need(campaigns.EditCampaigns)
	calls, plan := need(campaigns.SeeCalls), need(campaigns.PlanShifts)
	return []page{
		{"GET", "/office/salespeople", see, p.salespeople},
		{"GET", "/office/new-salesperson", edit, p.newSalesperson},
		{"POST", "/office/new-salesperson", edit, p.putSalesperson},
		{"GET", "/office/salespeople/{id}", see, p.salesperson},
		{"POST", "/office/salespeople/{id}", edit, p.putSalesperson},
		{"GET", "/office/appointments/{id}", see, p.appointment},
		{"POST", "/office/appointments/{id}/cancel", edit, p.cancelAppointment},
		{"POST", "/office/appointments/{id}/move", edit, p.moveAppointment},
		{"GET", "/office/complaints", calls, p.complaints},
		{"POST", "/office/complaints/{id}", calls, p.answerComplaint},
		{"GET", "/office/shifts", need(campaigns.SeePerformance), p.shifts},
		{"POST", "/office/shifts", plan, p.planShifts},
		{"POST", "/office/shifts/cancel", plan, p.cancelShift},
		{"GET", "/office/score-form", edit, p.scoreForms},
		{"GET", "/office/score-form/{id}", edit, p.scoreForm},
		{"POST", "/office/score-form/{id}", edit, p.setScoreForm},
		{"GET", "/office/pause-reasons", edit, p.pauseReasons},
		{"POST", "/office/pause-reasons", edit, p.setPauseReasons},
		{"POST", "/office/pause-reasons/{id}", edit, p.setCampaignReasons},
	}
}

// complaintsView is what people were not content with.
type complaintsView struct {
	officeView
	State     string // open, closed or all
	Campaign  int64
	Campaigns []campaigns.Campaign
	Cases     []campaigns.Case
	More      int64  // those before this one are on the next page; 0 = there are none
	Refused   int64  // complaint whose answer was refused
	Typed     string // and what it said
}

// CampaignName is what the campaign of a complaint is called.
func (v complaintsView) CampaignName(id int64) string { return campaignName(v.Campaigns, id) }

// casesShown is how many complaints stand on a page.
const casesShown = 50

func (p *Pages) complaints(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showComplaints(w, r, u, complaintsView{officeView: officeIn(r, p.frame(r, "Complaints"))}, http.StatusOK)
}

func (p *Pages) showComplaints(w http.ResponseWriter, r *http.Request, u campaigns.User, v complaintsView, status int) error {
	f := campaigns.CaseFilter{State: campaigns.ComplaintState(r.FormValue("show")), Limit: casesShown}
	switch v.State = string(f.State); v.State {
	case "all":
		f.State = ""
	case "closed":
	default:
		v.State, f.State = "open", campaigns.ComplaintOpen
	}
	f.Campaign, _ = strconv.ParseInt(r.FormValue("campaign"), 10, 64) // 0 = all
	f.Before, _ = strconv.ParseInt(r.FormValue("before"), 10, 64)     // 0 = from the newest
	v.Campaign = f.Campaign
	var err error
	if v.Cases, err = p.Cases.List(r.Context(), u, f); err != nil {
		return err
	}
	if len(v.Cases) == casesShown {
		v.More = v.Cases[casesShown-1].ID
	}
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	return p.render(w, status, "office-complaints.html", v)
}

// answerComplaint closes a complaint with what was done, or opens it again.
func (p *Pages) answerComplaint(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, answer, done := pathNumber(r, "id"), typed(r, "answer"), "closed"
	state := campaigns.ComplaintState(typed(r, "state"))
	if state == campaigns.ComplaintOpen {
		done = "opened"
	}
	_, err := p.Cases.Set(r.Context(), u, id, state, answer)
	back := "/office/complaints"
	if show := typed(r, "show"); show == "all" || show == "closed" {
		back += "?show=" + show
	}
	return p.led(w, r, err, back, done, func(status int, wrong string) error {
		v := complaintsView{officeView: officeIn(r, p.frame(r, "Complaints")), Refused: id, Typed: answer}
		v.Wrong = wrong
		return p.showComplaints(w, r, u, v, status)
	})
}

// reasonsView is what agents choose from when they pause.
type reasonsView struct {
	officeView
	House     []string
	Campaigns []campaigns.Campaign
	Refused   int64 // campaign whose reasons were refused, -1 = the house's
	Typed     []string
}

func (p *Pages) pauseReasons(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showReasons(w, r, u, reasonsView{officeView: officeIn(r, p.frame(r, "Reasons to pause"))}, http.StatusOK)
}

func (p *Pages) showReasons(w http.ResponseWriter, r *http.Request, u campaigns.User, v reasonsView, status int) error {
	var err error
	if v.House, err = p.Office.House.PauseReasons(r.Context(), u); err != nil {
		return err
	}
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if v.Refused < 0 {
		v.House = v.Typed
	}
	for i := range v.Campaigns {
		if v.Campaigns[i].ID == v.Refused {
			v.Campaigns[i].PauseReasons = v.Typed
		}
	}
	return p.render(w, status, "office-reasons.html", v)
}

func (p *Pages) setPauseReasons(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	reasons := lines(r, "reasons")
	return p.reasonsSet(w, r, u, -1, reasons, p.Office.House.SetPauseReasons(r.Context(), u, reasons))
}

// setCampaignReasons gives a campaign reasons of its own; none for those of the
// house.
func (p *Pages) setCampaignReasons(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	c.PauseReasons = lines(r, "reasons")
	_, err = p.Book.Update(r.Context(), u, c)
	return p.reasonsSet(w, r, u, c.ID, c.PauseReasons, err)
}

func (p *Pages) reasonsSet(w http.ResponseWriter, r *http.Request, u campaigns.User, of int64, reasons []string, err error) error {
	return p.led(w, r, err, "/office/pause-reasons", "saved", func(status int, wrong string) error {
		v := reasonsView{officeView: officeIn(r, p.frame(r, "Reasons to pause")), Refused: of, Typed: reasons}
		v.Wrong = wrong
		return p.showReasons(w, r, u, v, status)
	})
}

// scoreView is the scoring form of a campaign.
type scoreView struct {
	officeView
	Campaigns []campaigns.Campaign
	Campaign  campaigns.Campaign
	Rows      []campaigns.ScoreQuestion // with empty ones to fill in
	Kinds     []campaigns.ScoreKind
	Points    int // that can be earned
}

// scoreForms leads to the form of a campaign, or says that there is none.
func (p *Pages) scoreForms(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	all, err := p.campaignsByName(r, u)
	if err != nil {
		return err
	}
	chosen, _ := strconv.ParseInt(r.URL.Query().Get("campaign"), 10, 64) // 0 = the first
	if chosen == 0 && len(all) > 0 {
		chosen = all[0].ID
	}
	if chosen != 0 {
		http.Redirect(w, r, fmt.Sprintf("/office/score-form/%d", chosen), http.StatusSeeOther)
		return nil
	}
	return p.render(w, http.StatusOK, "office-score.html", scoreView{officeView: officeIn(r, p.frame(r, "Scoring form"))})
}

func (p *Pages) scoreForm(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	return p.showScore(w, r, u, scoreView{officeView: officeIn(r, p.frame(r, "Scoring form")), Campaign: c, Rows: c.ScoreForm}, http.StatusOK)
}

// emptyRows is how many questions can be added at once.
const emptyRows = 3

func (p *Pages) showScore(w http.ResponseWriter, r *http.Request, u campaigns.User, v scoreView, status int) error {
	for _, q := range v.Rows {
		v.Points += q.Weight
	}
	for range emptyRows {
		v.Rows = append(v.Rows, campaigns.ScoreQuestion{Kind: campaigns.ScoreYesNo, Weight: 10})
	}
	v.Kinds = []campaigns.ScoreKind{campaigns.ScoreYesNo, campaigns.ScoreScale, campaigns.ScoreText}
	var err error
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	return p.render(w, status, "office-score.html", v)
}

func (p *Pages) setScoreForm(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	c.ScoreForm = questions(r)
	_, err = p.Book.Update(r.Context(), u, c)
	return p.led(w, r, err, fmt.Sprintf("/office/score-form/%d", c.ID), "saved", func(status int, wrong string) error {
		v := scoreView{officeView: officeIn(r, p.frame(r, "Scoring form")), Campaign: c, Rows: c.ScoreForm}
		v.Wrong = wrong
		return p.showScore(w, r, u, v, status)
	})
}

// questions reads the rows of a scoring form; a row without a text is none. A
// question keeps its key, by which answers are kept, when its text changes.
func questions(r *http.Request) []campaigns.ScoreQuestion {
	var out []campaigns.ScoreQuestion
	used := map[string]bool{}
	for i := range 60 {
		used[typed(r, fmt.Sprintf("key_%d", i))] = true
	}
	for i := range 60 { // more than a form may have, so that too many are refused in words
		field := func(name string) string { return typed(r, fmt.Sprintf("%s_%d", name, i)) }
		q := campaigns.ScoreQuestion{Key: field("key"), Text: field("text"), Kind: campaigns.ScoreKind(field("kind")), Fatal: field("fatal") != ""}
		if q.Text == "" {
			continue
		}
		q.Weight, _ = strconv.Atoi(field("weight")) // what is no number earns nothing
		if q.Kind == campaigns.ScoreText {
			q.Weight, q.Fatal = 0, false
		}
		for n := 1; q.Key == ""; n++ {
			if key := fmt.Sprintf("q%d", n); !used[key] {
				q.Key, used[key] = key, true
			}
		}
		out = append(out, q)
	}
	return out
}
