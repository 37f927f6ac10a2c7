package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
)

//go:embed templates/*.html
var templates embed.FS

// Settings is what the pages stand on; all of it is needed.
type Settings struct {
	Accounts *campaigns.Accounts
	Book     *campaigns.Book
	Board    *campaigns.Wallboard
	Lookup   *campaigns.Lookup
	Sessions *session.Manager
	Log      *slog.Logger
}

// Pages answers everything that is not the API.
type Pages struct {
	Settings
	mux    *http.ServeMux
	table  []page
	html   *template.Template
	static *static
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
	p := &Pages{Settings: s, mux: http.NewServeMux()}
	var err error
	if p.static, err = newStatic(); err != nil {
		return nil, err
	}
	p.html, err = template.New("").Funcs(p.funcs()).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	p.table = []page{
		{"GET", "/{$}", signedIn, p.home},
		{"GET", "/login", public, p.loginForm},
		{"POST", "/login", public, p.login},
		{"POST", "/logout", signedIn, p.logout},
		{"GET", "/live", need(campaigns.SeeFloor), p.live},
		{"GET", "/why", need(campaigns.SeeCampaigns), p.whyForm},
		{"POST", "/why", need(campaigns.SeeCampaigns), p.why},
		{"POST", "/campaigns/{id}/{action}", need(campaigns.StartCampaigns), p.moveCampaign},
		{"GET", "/static/{name}", public, p.static.serve},
		{"GET", "/", public, p.nothing},
	}
	for _, line := range p.table {
		p.mux.HandleFunc(line.method+" "+line.path, p.guard(line))
	}
	return p, nil
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
	u, _ := session.From(r.Context())
	view := struct {
		frame
		Fault *edge.Fault
	}{frameOf(f.Title, u), f}
	if err := p.render(w, f.Status, "error.html", view); err != nil {
		p.Log.ErrorContext(r.Context(), "error page not rendered", "error", err)
	}
}

func (p *Pages) nothing(http.ResponseWriter, *http.Request, campaigns.User) error {
	return edge.NewFault(http.StatusNotFound, "no_such_page", "There is no such page.")
}

// frame is what every page has around its content.
type frame struct {
	Title string
	User  campaigns.User
}

func frameOf(title string, u campaigns.User) frame { return frame{Title: title, User: u} }

// render writes a page at once, or not at all.
func (p *Pages) render(w http.ResponseWriter, status int, name string, view any) error {
	var body bytes.Buffer
	if err := p.html.ExecuteTemplate(&body, name, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the client may be gone
	return nil
}

func (p *Pages) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":   p.static.url,
		"percent": percent,
		"share":   share,
		"elapsed": func(since time.Time) string { return elapsed(time.Since(since)) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"words":   words,
		"note":    note,
		"odds":    times,
		"rule":    ruleWords,
		"when":    func(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04") + " UTC" },
	}
}
