package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

//go:embed templates/*.html
var templates embed.FS

// Settings is what the pages stand on; all of it is needed but Locales, the
// folder of an operator's own catalogues, and Manual.
type Settings struct {
	Locales  string
	Accounts *campaigns.Accounts
	Book     *campaigns.Book
	Lists    *campaigns.Lists
	Uploads  *api.Uploads
	Board    *campaigns.Wallboard
	Lookup   *campaigns.Lookup
	Scripts  *campaigns.Scripts
	Manual   *campaigns.Manual // nil = nobody dials by hand
	CallLog  *campaigns.CallLog
	Office   api.Office
	Meetings *campaigns.Meetings    // calendars and what stands in them
	Cases    *campaigns.Complaints  // what people were not content with
	Floor    campaigns.FloorSource  // whose last hour is drawn
	Heard    *campaigns.Recordings  // calls, one by one, with their sound
	Browse   *campaigns.CallBrowser // calls, a page at a time
	Sessions *session.Manager
	Log      *slog.Logger

	Compliance Compliance // services of the compliance desk
}

// Pages answers everything that is not the API.
type Pages struct {
	Settings
	mux     *http.ServeMux
	table   []page
	langs   *catalog.Set
	html    map[*catalog.Catalog]*template.Template
	static  *static
	past    *history   // the last hour of the floor
	futures *forecasts // what another goal would bring
	counted *counts    // how far lists are
}

// need is what a page asks of who opens it: nothing, a session, or a permission.
type need string

const (
	public   need = ""
	signedIn need = "session"
)

// page is one line of the table of pages.
type page struct {
	method, path string
	need         need
	handle       func(http.ResponseWriter, *http.Request, campaigns.User) error
}

// New builds the pages.
func New(s Settings) (*Pages, error) {
	p := &Pages{Settings: s, mux: http.NewServeMux(), past: newHistory(), futures: newForecasts(), counted: newCounts()}
	var err error
	if p.static, err = newStatic(); err != nil {
		return nil, err
	}
	if p.langs, err = catalog.Open(s.Locales); err != nil {
		return nil, err
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	p.table = slices.Concat(p.housePages(), p.deskPages(), p.floorPages(), p.callPages(), p.figurePages(), p.campaignPages(), p.uploadPages(), p.scriptPages(), p.officePages(),
		p.compliancePages())
	for _, line := range p.table {
		p.mux.HandleFunc(line.method+" "+line.path, p.guard(line))
	}
	return p, nil
}

// Close stops what is worked at for pages, and waits for it.
func (p *Pages) Close() {
	p.futures.close()
	p.counted.close()
}

// housePages are those that everybody has.
func (p *Pages) housePages() []page {
	return []page{
		{"GET", "/{$}", signedIn, p.home},
		{"GET", "/login", public, p.loginForm},
		{"POST", "/login", public, p.login},
		{"POST", "/logout", signedIn, p.logout},
		{"POST", "/look", public, p.look},
		{"GET", "/words/{lang}", public, p.words},
		{"GET", "/why", need(campaigns.SeeCampaigns), p.whyForm},
		{"POST", "/why", need(campaigns.SeeCampaigns), p.why},
		{"GET", "/static/{name}", public, p.static.serve},
		{"GET", "/", public, p.nothing},
	}
}

// parse reads the templates once for each language.
func (p *Pages) parse() error {
	p.html = map[*catalog.Catalog]*template.Template{}
	for _, c := range p.langs.All() {
		t, err := template.New("").Funcs(p.funcs(c)).ParseFS(templates, "templates/*.html")
		if err != nil {
			return fmt.Errorf("read the templates: %w", err)
		}
		p.html[c] = t
	}
	return nil
}

// ServeHTTP answers a request. It expects the edge and the sessions in front of it.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// guard lets in whom the table says: others go to the login, or are told no.
func (p *Pages) guard(line page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, known := session.From(r.Context())
		if line.need != public && !known {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		err := error(nil)
		if line.need != public && line.need != signedIn {
			err = u.Allow(campaigns.Permission(line.need))
		}
		if err == nil {
			err = line.handle(w, r, u)
		}
		if err != nil {
			p.fail(w, r, err)
		}
	}
}

// fail shows an error as a page: a sentence, and for what is our fault a
// reference that stands in the log.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := edge.FaultOf(r.Context(), p.Log, err)
	view := struct {
		frame
		Fault *edge.Fault
	}{p.frame(r, f.Title), f}
	if err := p.render(w, f.Status, "error.html", view); err != nil {
		p.Log.ErrorContext(r.Context(), "error page not rendered", "error", err)
	}
}

func (p *Pages) nothing(http.ResponseWriter, *http.Request, campaigns.User) error {
	return edge.NewFault(http.StatusNotFound, "no_such_page", "There is no such page.")
}

// render writes a page at once, or not at all, in the language of its frame.
func (p *Pages) render(w http.ResponseWriter, status int, name string, view framed) error {
	var body bytes.Buffer
	if err := p.html[view.language()].ExecuteTemplate(&body, name, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the client may be gone
	return nil
}
