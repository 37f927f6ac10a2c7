package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// proofPages are persons, holds, retention and the audit.
func (p *Pages) proofPages() []page {
	see, access := need(campaigns.SeeCompliance), need(campaigns.SubjectAccess)
	return []page{
		{"GET", "/compliance/people", access, p.people},
		{"POST", "/compliance/people", access, p.findPerson},
		{"POST", "/compliance/people/file", access, p.personFile},
		{"POST", "/compliance/people/erase", need(campaigns.SubjectErase), p.erasePerson},
		{"GET", "/compliance/holds", see, p.holds},
		{"POST", "/compliance/holds", need(campaigns.SetHolds), p.setHold},
		{"POST", "/compliance/holds/release", need(campaigns.SetHolds), p.releaseHold},
		{"GET", "/compliance/retention", see, p.retention},
		{"POST", "/compliance/retention", need(campaigns.SetHolds), p.setRetention},
		{"GET", "/compliance/audit", need(campaigns.SeeLedger), p.audit},
		{"GET", "/compliance/audit/export", need(campaigns.SeeLedger), p.auditExport},
	}
}

// proofCards are their doors.
func (p *Pages) proofCards(lang *catalog.Catalog) []complianceCard {
	if p.Compliance.Proof.Subjects == nil {
		return nil
	}
	return []complianceCard{
		{"/compliance/people", lang.T("People"), lang.T("What is known of a number: the file a person asks for, and erasure"), campaigns.SubjectAccess, complianceProof, p.peopleToday},
		{"/compliance/holds", lang.T("Legal holds"), lang.T("What must not be deleted, whoever asks for it"), campaigns.SeeCompliance, complianceProof, p.holdsToday},
		{"/compliance/retention", lang.T("Retention"), lang.T("How long what is kept, and what the next night deletes"), campaigns.SeeCompliance, complianceProof, nil},
		{"/compliance/audit", lang.T("Audit"), lang.T("Who did what, changed what, listened to what, took what away"), campaigns.SeeLedger, complianceProof, nil},
	}
}

// peopleView is what is known of a person.
type peopleView struct {
	officeView
	Number  string
	File    *campaigns.SubjectFile // nil = nobody was looked for
	Bases   []campaigns.Basis
	Basis   campaigns.Basis
	Waiting []campaigns.ErasureAsk
	Stones  []campaigns.Tombstone
}

func (p *Pages) peopleIn(r *http.Request) peopleView {
	return peopleView{officeView: officeIn(r, p.frame(r, "People")), Bases: campaigns.Bases(), Basis: campaigns.BasisObjected}
}

func (p *Pages) people(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showPeople(w, r, u, p.peopleIn(r), http.StatusOK)
}

func (p *Pages) showPeople(w http.ResponseWriter, r *http.Request, u campaigns.User, v peopleView, status int) (err error) {
	if v.Waiting, err = p.Compliance.Proof.Subjects.Waiting(r.Context(), u); err != nil {
		return err
	}
	if v.Stones, err = p.Compliance.Proof.Subjects.Done(r.Context(), u, 20); err != nil {
		return err
	}
	return p.render(w, status, "compliance-people.html", v)
}

// findPerson shows what is known of a number. It is a POST: addresses stand in
// logs and in the history of browsers.
func (p *Pages) findPerson(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := p.peopleIn(r)
	v.Number = dialed(typed(r, "number"))
	f, err := p.Compliance.Proof.Subjects.Look(r.Context(), u, v.Number)
	if err != nil {
		return p.peopleWrong(w, r, u, v, err)
	}
	v.File = &f
	return p.showPeople(w, r, u, v, http.StatusOK)
}

func (p *Pages) peopleWrong(w http.ResponseWriter, r *http.Request, u campaigns.User, v peopleView, err error) error {
	return p.led(w, r, err, "/compliance/people", "", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showPeople(w, r, u, v, status)
	})
}

func (p *Pages) personFile(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	number := dialed(typed(r, "number"))
	f, err := p.Compliance.Proof.Subjects.File(r.Context(), u, number)
	if err != nil {
		v := p.peopleIn(r)
		v.Number = number
		return p.peopleWrong(w, r, u, v, err)
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="person.zip"`)
	err = report.WriteSubject(w, f, func(rec campaigns.Recording) (io.ReadSeekCloser, error) {
		_, sound, err := p.Heard.Hear(r.Context(), u, rec.Attempt, true) // written down, one by one
		return sound, err
	})
	if err != nil {
		p.Log.ErrorContext(r.Context(), "the file of a person ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (p *Pages) erasePerson(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := p.peopleIn(r)
	v.Number, v.Basis = typed(r, "number"), campaigns.Basis(typed(r, "basis"))
	ask, stone, err := p.Compliance.Proof.Subjects.Erase(r.Context(), u, v.Number, v.Basis, typed(r, "confirm"))
	done := "erased"
	switch {
	case err != nil:
	case stone == nil && ask.State == campaigns.ErasureRestricted:
		done = "restricted"
	case stone == nil:
		done = "erase-later"
	}
	return p.led(w, r, err, "/compliance/people", done, func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showPeople(w, r, u, v, status)
	})
}

// peopleToday is which erasures wait.
func (p *Pages) peopleToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	waiting, err := p.Compliance.Proof.Subjects.Waiting(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(waiting) == 0 {
		return []complianceLine{{"on", lang.T("No erasure waits")}}, nil
	}
	return []complianceLine{{"wait", lang.T("%d erasures wait for a call to end or a hold to be released", len(waiting))}}, nil
}

// holdsView is what must not be deleted.
type holdsView struct {
	officeView
	Open, Over []campaigns.Hold
	Campaigns  []campaigns.Campaign
	Typed      campaigns.Hold
}

func (p *Pages) holds(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showHolds(w, r, u, holdsView{officeView: officeIn(r, p.frame(r, "Legal holds"))}, http.StatusOK)
}

func (p *Pages) showHolds(w http.ResponseWriter, r *http.Request, u campaigns.User, v holdsView, status int) error {
	all, err := p.Compliance.Proof.Subjects.Holds(r.Context(), u, true)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, h := range all {
		if h.Open(now) {
			v.Open = append(v.Open, h)
		} else {
			v.Over = append(v.Over, h)
		}
	}
	if v.Campaigns, err = p.Book.Campaigns(r.Context(), u); err != nil {
		return err
	}
	return p.render(w, status, "compliance-holds.html", v)
}

// CampaignName is the name of a campaign that a hold covers.
func (v holdsView) CampaignName(id int64) string {
	for _, c := range v.Campaigns {
		if c.ID == id {
			return c.Name
		}
	}
	return strconv.FormatInt(id, 10)
}

func (p *Pages) setHold(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	h := campaigns.Hold{Scope: campaigns.HoldScope(typed(r, "scope")), Reason: typed(r, "reason")}
	var err error
	switch h.Scope {
	case campaigns.HoldNumber:
		h.Number = dialed(typed(r, "number"))
	case campaigns.HoldCampaign:
		h.Campaign, _ = strconv.ParseInt(typed(r, "campaign"), 10, 64) // none is refused below
	case campaigns.HoldSeller:
		h.Seller = typed(r, "seller")
	case campaigns.HoldPeriod:
		if h.From, err = typedDay(typed(r, "from")); err == nil {
			h.To, err = typedDay(typed(r, "to"))
		}
	}
	if err == nil {
		h.Until, err = typedDay(typed(r, "until"))
	}
	if err == nil {
		_, err = p.Compliance.Proof.Subjects.Hold(r.Context(), u, h)
	}
	return p.led(w, r, err, "/compliance/holds", "held", func(status int, wrong string) error {
		v := holdsView{officeView: officeIn(r, p.frame(r, "Legal holds")), Typed: h}
		v.Wrong = wrong
		return p.showHolds(w, r, u, v, status)
	})
}

func (p *Pages) releaseHold(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(typed(r, "hold"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	_, err = p.Compliance.Proof.Subjects.Release(r.Context(), u, id, typed(r, "why"))
	return p.led(w, r, err, "/compliance/holds", "released", func(status int, wrong string) error {
		v := holdsView{officeView: officeIn(r, p.frame(r, "Legal holds"))}
		v.Wrong = wrong
		return p.showHolds(w, r, u, v, status)
	})
}

// holdsToday is how many hold.
func (p *Pages) holdsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	open, err := p.Compliance.Proof.Subjects.Holds(ctx, u, false)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	return []complianceLine{{"on", lang.T("%d holds", len(open))}}, nil
}
