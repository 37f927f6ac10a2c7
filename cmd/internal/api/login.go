package api

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/forecall/forecall/campaigns"
)

// exchange gives a handler what it needs of the HTTP exchange itself: cookies,
// the place the request came from.
type exchange struct {
	w http.ResponseWriter
	r *http.Request
}

// Resolve takes hold of the exchange (huma.Resolver).
func (x *exchange) Resolve(ctx huma.Context) []error {
	x.r, x.w = humago.Unwrap(ctx)
	return nil
}

// from is the address that the request came from, without the port.
func (x *exchange) from() string {
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		return x.r.RemoteAddr
	}
	return host
}

// Me is a user as they see themselves.
type Me struct {
	ID          int64                  `json:"id"`
	Login       string                 `json:"login"`
	Name        string                 `json:"name"`
	Role        campaigns.Role         `json:"role"`
	Extension   string                 `json:"extension,omitempty" doc:"User part of the agent's SIP phone."`
	Campaigns   []string               `json:"campaigns" doc:"Names of the campaigns the agent works for."`
	Permissions []campaigns.Permission `json:"permissions"`
}

func meOf(u campaigns.User) Me {
	return Me{
		ID: u.ID, Login: u.Login, Name: u.Name, Role: u.Role, Extension: u.Extension,
		Campaigns: notNil(u.Campaigns), Permissions: notNil(u.Role.Permissions()),
	}
}

type loginInput struct {
	exchange
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
	}
}

// LoginAnswer is a session that has begun.
type LoginAnswer struct {
	Token   string    `json:"token" doc:"For Authorization: Bearer. Browsers get it as a cookie as well."`
	Expires time.Time `json:"expires_at"`
	User    Me        `json:"user"`
}

type loginOutput struct{ Body LoginAnswer }

func (s *Server) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	u, err := s.Accounts.Login(ctx, in.Body.Login, in.Body.Password, in.from())
	if err != nil {
		return nil, err
	}
	token, expires, err := s.Sessions.Begin(ctx, in.w, u)
	if err != nil {
		return nil, err
	}
	return &loginOutput{LoginAnswer{Token: token, Expires: expires.UTC(), User: meOf(u)}}, nil
}

type logoutInput struct{ exchange }

func (s *Server) logout(ctx context.Context, in *logoutInput) (*struct{}, error) {
	return nil, s.Sessions.End(ctx, in.w)
}

type meOutput struct{ Body Me }

func (s *Server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	return &meOutput{meOf(who(ctx))}, nil
}

type passwordInput struct {
	exchange
	Body struct {
		Old string `json:"old_password" maxLength:"1024"`
		New string `json:"new_password" minLength:"12" maxLength:"1024"`
	}
}

// password changes the user's own; every other session of theirs ends, and
// this one gets a new token.
func (s *Server) password(ctx context.Context, in *passwordInput) (*loginOutput, error) {
	u, err := s.Accounts.ChangePassword(ctx, who(ctx), in.Body.Old, in.Body.New, in.from())
	if err != nil {
		return nil, err
	}
	token, expires, err := s.Sessions.Begin(ctx, in.w, u)
	if err != nil {
		return nil, err
	}
	return &loginOutput{LoginAnswer{Token: token, Expires: expires.UTC(), User: meOf(u)}}, nil
}

// notNil makes an absent list an empty one: clients need not tell them apart.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
