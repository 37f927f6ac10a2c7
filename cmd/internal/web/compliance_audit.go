package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// retentionView is how long what is kept.
type retentionView struct {
	officeView
	Due []campaigns.Due
}

// Days is a length in whole days.
func (retentionView) Days(d time.Duration) int64 { return int64(d / (24 * time.Hour)) }

func (p *Pages) retention(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showRetention(w, r, u, retentionView{officeView: officeIn(r, p.frame(r, "Retention"))}, http.StatusOK)
}

func (p *Pages) showRetention(w http.ResponseWriter, r *http.Request, u campaigns.User, v retentionView, status int) (err error) {
	if v.Due, err = p.Compliance.Proof.Retention.Due(r.Context(), u, time.Now().UTC()); err != nil {
		return err
	}
	return p.render(w, status, "compliance-retention.html", v)
}

func (p *Pages) setRetention(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	days, err := strconv.ParseInt(typed(r, "days"), 10, 32)
	if err != nil || days < 1 || days > 36600 {
		err = refusal("days_invalid", "Days are a whole number from 1 to 36600.", err)
	} else {
		err = p.Compliance.Proof.Retention.Set(r.Context(), u, typed(r, "kind"), time.Duration(days)*24*time.Hour)
	}
	return p.led(w, r, err, "/compliance/retention", "saved", func(status int, wrong string) error {
		v := retentionView{officeView: officeIn(r, p.frame(r, "Retention"))}
		v.Wrong = wrong
		return p.showRetention(w, r, u, v, status)
	})
}

// auditView is who did what.
type auditView struct {
	officeView
	Ask     url.Values
	Entries []campaigns.AuditEntry
	Older   string // address of the next page; empty = there is none
	CSV     string // addresses of the same as files
	Lines   string
}

// auditPage is how many entries a page has.
const auditPage = 100

// auditAsked is the filter of an address. What cannot be read chooses nothing.
func auditAsked(q url.Values) campaigns.AuditFilter {
	f := campaigns.AuditFilter{Kind: q.Get("kind"), By: q.Get("by"), Subject: q.Get("subject"), Limit: auditPage}
	f.From, _ = time.Parse(dayLayout, q.Get("from"))
	if to, err := time.Parse(dayLayout, q.Get("to")); err == nil {
		f.To = to.AddDate(0, 0, 1)
	}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	return f
}

func (p *Pages) audit(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	q := r.URL.Query()
	v := auditView{officeView: officeIn(r, p.frame(r, "Audit")), Ask: q}
	var err error
	if v.Entries, err = p.Compliance.Proof.Audit.Page(r.Context(), u, auditAsked(q)); err != nil {
		return err
	}
	asked := url.Values{}
	for _, key := range []string{"kind", "by", "subject", "from", "to"} {
		if q.Get(key) != "" {
			asked.Set(key, q.Get(key))
		}
	}
	v.CSV = "/compliance/audit/export?format=csv&" + asked.Encode()
	v.Lines = "/compliance/audit/export?format=jsonl&" + asked.Encode()
	if n := len(v.Entries); n == auditPage {
		asked.Set("before", strconv.FormatInt(v.Entries[n-1].Seq, 10))
		v.Older = "/compliance/audit?" + asked.Encode()
	}
	return p.render(w, http.StatusOK, "compliance-audit.html", v)
}

func (p *Pages) auditExport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	if err := u.Allow(campaigns.ExportCalls); err != nil {
		return err
	}
	format := r.URL.Query().Get("format")
	f := auditAsked(r.URL.Query())
	f.Before = 0
	if format != "jsonl" {
		format = "csv"
	}
	w.Header().Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}[format])
	w.Header().Set("Content-Disposition", `attachment; filename="audit.`+format+`"`)
	if err := p.Compliance.Proof.Audit.Export(r.Context(), u, f, format, w); err != nil {
		p.Log.ErrorContext(r.Context(), "the export of the audit ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
