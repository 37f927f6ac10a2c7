package web

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api/session"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// frame is what every page has around its content; views embed it.
type frame struct {
	Title string // translated already
	User  campaigns.User
	Path  string // of the page, for the way back
	Theme string // light, dark, or empty: as the system has it
	Langs []*catalog.Catalog
	Lang  *catalog.Catalog
}

// framed is a view that has a frame.
type framed interface{ language() *catalog.Catalog }

func (f frame) language() *catalog.Catalog { return f.Lang }

// frame is the frame of the page that a request asks for. The title is an
// English text, which is translated here.
func (p *Pages) frame(r *http.Request, title string) frame {
	u, _ := session.From(r.Context())
	lang := p.lang(r)
	return frame{Title: lang.T(title), User: u, Path: r.URL.Path, Theme: theme(r), Langs: p.langs.All(), Lang: lang}
}

// How long a browser remembers how somebody likes the pages.
const remember = 365 * 24 * time.Hour

// lang is the language that somebody chose, else the one that is set for them,
// else the one their browser asks for.
func (p *Pages) lang(r *http.Request) *catalog.Catalog {
	if chosen, err := r.Cookie("lang"); err == nil {
		if c, ok := p.langs.Find(chosen.Value); ok {
			return c
		}
	}
	if u, known := session.From(r.Context()); known {
		if c, ok := p.langs.Find(u.Language); ok {
			return c
		}
	}
	return p.langs.Match(r.Header.Get("Accept-Language"))
}

func theme(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// look remembers language and theme, and goes back to where it was asked.
func (p *Pages) look(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	for _, name := range []string{"lang", "theme"} {
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: url.QueryEscape(r.PostFormValue(name)), Path: "/", MaxAge: int(remember.Seconds()),
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, "\\") {
		back = "/"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// words are the texts of a language, for the modules.
func (p *Pages) words(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	c, ok := p.langs.Find(r.PathValue("lang"))
	if !ok {
		return p.nothing(w, r, campaigns.User{})
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("v") == c.Mark() {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return json.NewEncoder(w).Encode(c.Texts())
}

// link is one entry of the way through the house.
type link struct {
	Path, Text string
	Here       bool
}

// Nav is where the user may go, in the words of the frame's language.
func (f frame) Nav() []link {
	if f.User.Login == "" {
		return nil
	}
	var out []link
	for _, l := range []struct {
		path, text string
		need       campaigns.Permission
	}{
		{"/desk", "Desk", campaigns.DoCalls},
		{"/live", "Floor", campaigns.SeeFloor},
		{"/campaigns", "Campaigns", campaigns.SeeCampaigns},
		{"/calls", "Calls", campaigns.SeeCalls},
		{"/performance", "Performance", campaigns.SeePerformance},
		{"/compliance", "Compliance", campaigns.SeeCompliance},
		{"/office", "Office", campaigns.SeeCampaigns},
	} {
		if f.User.Role.May(l.need) {
			out = append(out, link{l.path, f.Lang.T(l.text), f.Path == l.path || strings.HasPrefix(f.Path, l.path+"/")})
		}
	}
	return out
}

// home leads everybody to where they work: the page that is set for them, else
// that of their role.
func (p *Pages) home(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	starts := map[campaigns.Role]string{
		campaigns.Agent: "/desk", campaigns.Supervisor: "/live", campaigns.Manager: "/campaigns", campaigns.Compliance: "/compliance", campaigns.Admin: "/office",
	}
	to := starts[u.Role]
	if slices.Contains(startPages(), u.Start) {
		to = u.Start
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// moments writes a time with its day and year, as people of a language do: what
// is kept for five years is read and printed in another one.
func moments(c *catalog.Catalog, t time.Time) string {
	u := t.UTC()
	return c.T("%s %d %s %s %s UTC", c.T(u.Format("Mon")), u.Day(), c.T(u.Format("Jan")), u.Format("2006"), u.Format("15:04"))
}

// funcs are what the templates of a language may call.
func (p *Pages) funcs(c *catalog.Catalog) template.FuncMap {
	return template.FuncMap{
		"t":       c.T,
		"words":   func(code any) string { return c.T(words(code)) },
		"asset":   p.static.url,
		"percent": func(v float64) string { return c.T("%.1f %%", v*100) },
		"share":   share,
		"elapsed": func(since time.Time) string { return elapsed(time.Since(since)) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"odds":    times,
		"rule":    func(r rules.ID) string { return c.T(ruleWords(r)) },
		"about":   func(v rules.Verdict) string { return verdictTitle(c, v) },
		"heavy":   weightiest,
		"kind":    func(t rules.Type) string { return typeWords(c, t) },
		"class":   func(class abandonment.Class) string { return classWords(c, class) },
		"formula": func(f abandonment.Formula) string { return formulaWords(c, f) },
		"runs":    func(s abandonment.Start) string { return startWords(c, s) },
		"window":  func(w abandonment.Window) string { return windowWords(c, w) },
		"group":   func(g abandonment.Group) string { return groupWords(c, g) },
		"when":    func(t time.Time) string { return moments(c, t) },
		"has":     func(list []string, s string) bool { return slices.Contains(list, s) },
	}
}
