package web

import (
	"errors"
	"net"
	"net/http"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
)

// loginView is the login page: empty, or with what went wrong.
type loginView struct {
	frame
	Login string
	Wrong string
}

func (p *Pages) loginForm(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	if _, known := session.From(r.Context()); known {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return p.render(w, http.StatusOK, "login.html", loginView{frame: p.frame(r, "Log in")})
}

func (p *Pages) login(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	login := r.PostFormValue("login")
	u, err := p.Accounts.Login(r.Context(), login, r.PostFormValue("password"), place(r))
	var problem *campaigns.Problem
	if errors.As(err, &problem) {
		status := edge.FaultOf(r.Context(), p.Log, err).Status
		return p.render(w, status, "login.html", loginView{p.frame(r, "Log in"), login, problem.Text})
	}
	if err != nil {
		return err
	}
	if _, _, err := p.Sessions.Begin(r.Context(), w, u); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (p *Pages) logout(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	if err := p.Sessions.End(r.Context(), w); err != nil {
		return err
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// place is the address that a request came from, without its port.
func place(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
