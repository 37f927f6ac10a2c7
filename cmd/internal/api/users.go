package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// User is somebody who logs in, as those who manage users see them.
type User struct {
	ID        int64          `json:"id"`
	Login     string         `json:"login"`
	Name      string         `json:"name"`
	Role      campaigns.Role `json:"role"`
	Extension string         `json:"extension,omitempty"`
	Campaigns []string       `json:"campaigns"`
	Disabled  bool           `json:"disabled"`
	CreatedAt time.Time      `json:"created_at"`
	Team      string         `json:"team,omitempty"`
	Language  string         `json:"language,omitempty"`
	Start     string         `json:"start,omitempty"`
}

func userOf(u campaigns.User) User {
	return User{
		ID: u.ID, Login: u.Login, Name: u.Name, Role: u.Role, Extension: u.Extension,
		Campaigns: notNil(u.Campaigns), Disabled: u.Disabled, CreatedAt: u.CreatedAt.UTC(),
		Team: u.Team, Language: u.Language, Start: u.Start,
	}
}

type usersOutput struct {
	Body struct {
		Users []User `json:"users"`
	}
}

func (s *Server) users(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	list, err := s.Accounts.Users(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Users = make([]User, len(list))
	for i, u := range list {
		out.Body.Users[i] = userOf(u)
	}
	return out, nil
}

// UserChange is a user to create or to change.
type UserChange struct {
	Name        string   `json:"name" maxLength:"200"`
	Role        string   `json:"role" enum:"agent,supervisor,manager,compliance,admin"`
	Password    string   `json:"password,omitempty" maxLength:"1024" doc:"At least 12 characters; absent leaves it as it is."`
	Extension   string   `json:"extension,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9._-]*$" doc:"User part of the agent's SIP phone."`
	PhoneSecret string   `json:"phone_secret,omitempty" maxLength:"256" doc:"Digest secret of that phone; absent leaves it as it is."`
	Campaigns   []string `json:"campaigns,omitempty" maxItems:"1000" doc:"Names of the campaigns the agent works for."`
	Disabled    bool     `json:"disabled,omitempty"`
	Team        string   `json:"team,omitempty" maxLength:"64" doc:"Label that figures are read by."`
	Language    string   `json:"language,omitempty" maxLength:"35" pattern:"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$" doc:"Of the pages, BCP 47; absent for the browser's."`
	Start       string   `json:"start,omitempty" maxLength:"100" pattern:"^(/([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?)?$" doc:"Page after the log-in."`
}

func (ch UserChange) account(login string) campaigns.Account {
	return campaigns.Account{
		User: campaigns.User{
			Login: login, Name: ch.Name, Role: campaigns.Role(ch.Role), Extension: ch.Extension,
			Campaigns: ch.Campaigns, Disabled: ch.Disabled, CreatedAt: time.Now().UTC(),
			Team: ch.Team, Language: ch.Language, Start: ch.Start,
		},
		Password: ch.Password, PhoneSecret: ch.PhoneSecret,
	}
}

type userOutput struct{ Body User }

type newUserInput struct {
	Body struct {
		Login string `json:"login" minLength:"1" maxLength:"64"`
		UserChange
	}
}

func (s *Server) createUser(ctx context.Context, in *newUserInput) (*userOutput, error) {
	return userAnswer(s.Accounts.Create(ctx, who(ctx), in.Body.account(in.Body.Login)))
}

type userChangeInput struct {
	Login string `path:"login" maxLength:"64"`
	Body  UserChange
}

func (s *Server) changeUser(ctx context.Context, in *userChangeInput) (*userOutput, error) {
	return userAnswer(s.Accounts.Update(ctx, who(ctx), in.Body.account(in.Login)))
}

func userAnswer(u campaigns.User, err error) (*userOutput, error) {
	if err != nil {
		return nil, err
	}
	return &userOutput{userOf(u)}, nil
}
