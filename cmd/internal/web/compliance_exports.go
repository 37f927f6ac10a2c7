package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// exportPages are the files of calls that people asked for.
func (p *Pages) exportPages() []page {
	if p.Compliance.Exports == nil {
		return nil
	}
	take := need(campaigns.ExportCalls)
	return []page{
		{"GET", "/compliance/exports", take, p.exports},
		{"POST", "/compliance/exports", take, p.askExport},
		{"POST", "/compliance/exports/{id}/cancel", take, p.cancelExport},
		{"POST", "/compliance/exports/{id}/again", take, p.repeatExport},
		{"GET", "/compliance/exports/{id}/file", take, p.fetchExport},
	}
}

// exportsView is the list of exports.
type exportsView struct {
	officeView
	Exports   []shownExport
	Everybody bool // not the user's own alone
	Open      bool // something goes on, which the page's module follows
}

// shownExport is an export as a line of the list.
type shownExport struct {
	campaigns.Export
	lang *catalog.Catalog
	now  time.Time
}

func (p *Pages) exports(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showExports(w, r, u, exportsView{officeView: officeIn(r, p.frame(r, "Exports"))}, http.StatusOK)
}

func (p *Pages) showExports(w http.ResponseWriter, r *http.Request, u campaigns.User, v exportsView, status int) error {
	all, err := p.Compliance.Exports.List(r.Context(), u)
	if err != nil {
		return err
	}
	v.Everybody = u.Role.May(campaigns.SeeLedger)
	for _, e := range all {
		v.Exports = append(v.Exports, shownExport{e, v.Lang, time.Now()})
		v.Open = v.Open || !e.Over()
	}
	return p.render(w, status, "compliance-exports.html", v)
}

// askExport queues the calls of a search.
func (p *Pages) askExport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	s, err := searchAskedOf(r).search()
	if err == nil {
		_, err = p.Compliance.Exports.Ask(r.Context(), u, campaigns.Export{
			Format: campaigns.ExportFormat(typed(r, "format")), Search: s, Fields: r.PostForm["field"], Reason: typed(r, "reason"),
		})
	}
	return p.exportLed(w, r, u, err, "queued")
}

func (p *Pages) cancelExport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	_, err := p.Compliance.Exports.Cancel(r.Context(), u, pathNumber(r, "id"))
	return p.exportLed(w, r, u, err, "stopped")
}

func (p *Pages) repeatExport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	_, err := p.Compliance.Exports.Again(r.Context(), u, pathNumber(r, "id"))
	return p.exportLed(w, r, u, err, "queued")
}

func (p *Pages) exportLed(w http.ResponseWriter, r *http.Request, u campaigns.User, err error, done string) error {
	return p.led(w, r, err, "/compliance/exports", done, func(status int, wrong string) error {
		v := exportsView{officeView: officeIn(r, p.frame(r, "Exports"))}
		v.Wrong = wrong
		return p.showExports(w, r, u, v, status)
	})
}

// fetchWithin is how long a file may take on its way; a client that reads
// nothing for so long is cut off.
const fetchWithin = 30 * time.Minute

// fetchExport sends the file.
func (p *Pages) fetchExport(w http.ResponseWriter, r *http.Request, u campaigns.User) (err error) {
	e, file, err := p.Compliance.Exports.Fetch(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); closed != nil {
			p.Log.WarnContext(r.Context(), "close an export", "export", e.ID, "error", closed)
		}
	}()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fetchWithin)); err != nil {
		edge.FaultOf(r.Context(), p.Log, fmt.Errorf("give a download time: %w", err))
	}
	h := w.Header()
	h.Set("Content-Type", exportTypes[e.Format])
	h.Set("Cache-Control", "private, no-store")
	h.Set("Digest", "sha-256="+e.SHA256)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="calls-%d-%s%s"`, e.ID, e.At.UTC().Format("20060102-1504"), e.Ending()))
	http.ServeContent(w, r, "", e.Ended, file)
	return nil
}

// exportTypes are the media types of the formats.
var exportTypes = map[campaigns.ExportFormat]string{
	campaigns.FormatCSV: "text/csv; charset=utf-8", campaigns.FormatJSONLines: "application/jsonl; charset=utf-8",
	campaigns.FormatParquet: "application/vnd.apache.parquet", campaigns.FormatSignedZip: "application/zip",
}

// Percent is how much is written, 0 to 100.
func (e shownExport) Percent() int64 {
	switch {
	case e.State == campaigns.ExportDone || e.State == campaigns.ExportExpired:
		return 100
	case e.Total == 0:
		return 0
	}
	return min(100*e.Rows/e.Total, 100)
}

// Pace says how fast it is and how long it takes yet.
func (e shownExport) Pace() string {
	rate := e.Rate(e.now)
	switch left := e.Left(e.now); {
	case rate <= 0:
		return ""
	case left > 0:
		return e.lang.T("%.0f calls a second, %s left", rate, elapsed(left))
	default:
		return e.lang.T("%.0f calls a second", rate)
	}
}

// What says what was searched, without whose number it was.
func (e shownExport) What() string { return e.Search.Words() }

// Size is that of the file.
func (e shownExport) Size() string { return e.lang.T("%d kB", (e.Octets+999)/1000) }

// exportsToday is what stands on the card.
func (p *Pages) exportsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	if p.Compliance.Exports == nil {
		return nil, nil
	}
	all, err := p.Compliance.Exports.List(ctx, u)
	if err != nil {
		return nil, err
	}
	open, ready := 0, 0
	for _, e := range all {
		if !e.Over() {
			open++
		}
		if e.State == campaigns.ExportDone {
			ready++
		}
	}
	return []complianceLine{{"off", lang.T("%d at work, %d files to fetch", open, ready)}}, nil
}
