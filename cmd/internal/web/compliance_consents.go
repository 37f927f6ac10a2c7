package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/consentlist"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// consentPages are the ledger of what people permitted. Numbers travel in the
// bodies of forms, never in addresses.
func (p *Pages) consentPages() []page {
	see, edit := need(campaigns.SeeCompliance), need(campaigns.EditConsents)
	return []page{
		{"GET", "/compliance/consents", see, p.consents},
		{"POST", "/compliance/consents/find", see, p.findConsents},
		{"GET", "/compliance/consents/export", need(campaigns.ExportCalls), p.exportConsents},
		{"POST", "/compliance/consents/new", edit, p.enterConsent},
		{"POST", "/compliance/consents/withdraw", edit, p.withdrawConsents},
		{"GET", "/compliance/consents/{id}", see, p.consentFile},
		{"POST", "/compliance/consents/{id}/revoke", edit, p.revokeConsent},
	}
}

// consentsView is what a number permitted, and what ends soon.
type consentsView struct {
	officeView
	Number      string // asked for
	Asked       bool
	Found       []campaigns.Consent
	Withdrawals []campaigns.Withdrawal
	Ending      []campaigns.Consent // by their own end
	Days        int
	Campaigns   []campaigns.Campaign
	Campaign    int64
	Outlook     *campaigns.Outlook
	Kinds       []campaigns.ConsentKind
	Levels      []campaigns.ConsentLevel
	Typed       campaigns.Consent // a form that was refused
}

// Purposes are those of calls that a permission may be for.
func (consentsView) Purposes() []string {
	return []string{"sales", "debt", "service", "survey", "political", "charity"}
}

// Standing is where an entry stands now.
func (v consentsView) Standing(c campaigns.Consent) string { return c.Standing(time.Now()) }

// Mark is how that looks.
func (v consentsView) Mark(c campaigns.Consent) string { return consentMark(c) }

// Exact is a time as a proof has it, with its year.
func (consentsView) Exact(at time.Time) string { return exact(at) }

// Exact is the same of one entry.
func (consentView) Exact(at time.Time) string { return exact(at) }

func exact(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

func consentMark(c campaigns.Consent) string {
	switch c.Standing(time.Now()) {
	case "in_force":
		return "on"
	case "future":
		return "wait"
	}
	return "off"
}

// Days ahead that the page looks, unless asked otherwise.
const consentDays = 30

func (p *Pages) consents(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showConsents(w, r, u, p.newConsentsView(r), http.StatusOK)
}

func (p *Pages) newConsentsView(r *http.Request) consentsView {
	v := consentsView{officeView: officeIn(r, p.frame(r, "Consents")), Days: consentDays, Kinds: campaigns.ConsentKinds(), Levels: campaigns.ConsentLevels()}
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && n >= 1 && n <= 730 {
		v.Days = n
	}
	v.Campaign, _ = strconv.ParseInt(r.URL.Query().Get("campaign"), 10, 64) // 0 = none is looked at
	return v
}

func (p *Pages) showConsents(w http.ResponseWriter, r *http.Request, u campaigns.User, v consentsView, status int) (err error) {
	ctx, now := r.Context(), time.Now()
	if v.Ending, err = p.Compliance.Consents.List(ctx, u, campaigns.ConsentFilter{EndsAfter: now, EndsBefore: now.AddDate(0, 0, v.Days), Limit: 200}); err != nil {
		return err
	}
	if v.Campaigns, err = p.Book.Campaigns(ctx, u); err != nil {
		return err
	}
	if v.Campaign != 0 && p.Compliance.Outlook != nil {
		outlook, err := p.Compliance.Outlook.Of(ctx, u, v.Campaign, v.Days)
		if err != nil {
			return err
		}
		v.Outlook = &outlook
	}
	return p.render(w, status, "compliance-consents.html", v)
}

// find fills in what the ledger has of a number.
func (p *Pages) find(ctx context.Context, u campaigns.User, v *consentsView) (err error) {
	if v.Found, err = p.Compliance.Consents.List(ctx, u, campaigns.ConsentFilter{Number: dialed(v.Number)}); err != nil {
		return err
	}
	v.Withdrawals, err = p.Compliance.Consents.Withdrawals(ctx, u, dialed(v.Number))
	v.Asked = true
	return err
}

func (p *Pages) findConsents(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := p.newConsentsView(r)
	v.Number = typed(r, "number")
	return p.shown(w, r, u, v, p.find(r.Context(), u, &v))
}

// shown shows the page, with a sentence when what was asked for was refused.
func (p *Pages) shown(w http.ResponseWriter, r *http.Request, u campaigns.User, v consentsView, err error) error {
	problem, ok := errors.AsType[*campaigns.Problem](err)
	switch {
	case err == nil:
		return p.showConsents(w, r, u, v, http.StatusOK)
	case ok && problem.Kind == campaigns.KindInvalid:
		v.Wrong = problem.Text
		return p.showConsents(w, r, u, v, http.StatusUnprocessableEntity)
	}
	return err
}

func (p *Pages) enterConsent(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := p.newConsentsView(r)
	c := campaigns.Consent{
		Number: dialed(typed(r, "number")), Name: typed(r, "name"), Kind: campaigns.ConsentKind(typed(r, "kind")), Level: campaigns.ConsentLevel(typed(r, "level")),
		Seller: typed(r, "seller"), Purpose: typed(r, "purpose"), Goods: typed(r, "goods"), Source: campaigns.ConsentSource(typed(r, "source")),
		Wording: r.PostFormValue("wording"), Reference: typed(r, "reference"), Note: typed(r, "note"),
	}
	for _, ch := range r.PostForm["channel"] {
		c.Channels = append(c.Channels, campaigns.ConsentChannel(ch))
	}
	if c.Kind.Relation() {
		c.Level = ""
	}
	v.Typed, v.Number = c, c.Number
	var err error
	if c.At, err = moment(typed(r, "given")); err == nil {
		c.Until, err = moment(typed(r, "until"))
	}
	if err != nil {
		err = &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "time_invalid", Text: "Write times as 2026-11-22T10:30, in UTC."}
	} else if _, err = p.Compliance.Consents.Record(r.Context(), u, c); err == nil {
		v.Typed, v.Done = campaigns.Consent{}, "saved"
		err = p.find(r.Context(), u, &v)
	}
	return p.shown(w, r, u, v, err)
}

func (p *Pages) withdrawConsents(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := p.newConsentsView(r)
	v.Number = typed(r, "number")
	_, err := p.Compliance.Consents.Withdraw(r.Context(), u, campaigns.Withdrawal{
		Number: dialed(v.Number), Seller: typed(r, "seller"), Source: campaigns.ConsentSource(typed(r, "source")), Note: typed(r, "why"), Reference: typed(r, "reference"),
	}, typed(r, "stop") != "")
	if err == nil {
		v.Done = "withdrawn"
		err = p.find(r.Context(), u, &v)
	}
	return p.shown(w, r, u, v, err)
}

// consentView is one entry with its life.
type consentView struct {
	officeView
	Entry campaigns.ConsentFile
	Mark  string
	Stand string
}

func (p *Pages) consentFile(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showConsent(w, r, u, r.PathValue("id"), "", http.StatusOK)
}

func (p *Pages) showConsent(w http.ResponseWriter, r *http.Request, u campaigns.User, id, wrong string, status int) error {
	f, err := p.Compliance.Consents.Find(r.Context(), u, id)
	if err != nil {
		return err
	}
	v := consentView{officeView: officeIn(r, p.frame(r, "Consent")), Entry: f, Mark: consentMark(f.Consent), Stand: f.Standing(time.Now())}
	v.Wrong = wrong
	return p.render(w, status, "compliance-consent.html", v)
}

func (p *Pages) revokeConsent(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id := r.PathValue("id")
	_, err := p.Compliance.Consents.Withdraw(r.Context(), u, campaigns.Withdrawal{ID: id, Source: campaigns.ConsentByPaper, Note: typed(r, "why")}, false)
	return p.led(w, r, err, "/compliance/consents/"+id, "withdrawn", func(status int, wrong string) error {
		return p.showConsent(w, r, u, id, wrong, status)
	})
}

// exportConsents hands the ledger out as a file.
func (p *Pages) exportConsents(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	if err := u.Allow(campaigns.SeeCompliance); err != nil {
		return err
	}
	out, name, kind := consentlist.NewCSV(w), "consents.csv", "text/csv; charset=utf-8"
	if r.URL.Query().Get("format") == "jsonl" {
		out, name, kind = consentlist.NewJSONLines(w), "consents.jsonl", "application/jsonl; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Hour)); err != nil {
		return err
	}
	err := p.Compliance.Consents.Export(r.Context(), u, campaigns.ConsentFilter{}, out.Write)
	if err = errors.Join(err, out.Close()); err != nil {
		p.Log.ErrorContext(r.Context(), "export of consents ended early", "error", err)
		panic(http.ErrAbortHandler) // a file that ends well is whole
	}
	return nil
}

// consentsToday is what ends soon, by its own end.
func (p *Pages) consentsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	now := time.Now()
	ending, err := p.Compliance.Consents.List(ctx, u, campaigns.ConsentFilter{EndsAfter: now, EndsBefore: now.AddDate(0, 0, consentDays), Limit: 200})
	switch {
	case err != nil:
		return nil, err
	case len(ending) == 0:
		return []complianceLine{{"on", lang.T("No consent ends within 30 days")}}, nil
	case len(ending) == 200:
		return []complianceLine{{"wait", lang.T("More than 200 consents end within 30 days")}}, nil
	}
	return []complianceLine{{"wait", lang.T("%d consents end within 30 days", len(ending))}}, nil
}
