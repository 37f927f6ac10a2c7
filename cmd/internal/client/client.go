// Package client talks to a running forecall over its API, as any program
// would: the command line uses it, and so do the robot agents of the demo.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
)

// answerWithin bounds a request that is no stream and whose context has no
// deadline of its own.
const answerWithin = 30 * time.Second

// Client is a session with a server. It is safe for use by many goroutines
// once it has logged in.
type Client struct {
	base  string
	http  *http.Client
	token string
}

// New returns a client of the server at base, as http://127.0.0.1:8080.
func New(base string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), http: &http.Client{}}
}

// At is the same session at another node of the house, as a browser has it whose
// balancer leads it elsewhere.
func (c *Client) At(base string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), http: c.http, token: c.token}
}

// Refusal is an answer that says no (RFC 9457).
type Refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// Error is the server's sentence.
func (r *Refusal) Error() string {
	text := r.Detail
	if text == "" {
		text = r.Title
	}
	return fmt.Sprintf("server answered %d %s: %s", r.Status, r.Code, text)
}

// Login begins a session.
func (c *Client) Login(ctx context.Context, login, password string) (api.Me, error) {
	var answer api.LoginAnswer
	err := c.do(ctx, http.MethodPost, "/v1/login", map[string]string{"login": login, "password": password}, nil, &answer)
	c.token = answer.Token
	return answer.User, err
}

// Post sends body as JSON and reads the answer into out; nil skips either.
func (c *Client) Post(ctx context.Context, path string, body, out any) error {
	return c.do(ctx, http.MethodPost, path, body, nil, out)
}

// Change sends what is to change of a resource and reads the answer into out;
// nil skips it.
func (c *Client) Change(ctx context.Context, path string, body, out any) error {
	return c.do(ctx, http.MethodPatch, path, body, nil, out)
}

// Put replaces a resource and reads the answer into out; nil skips it.
func (c *Client) Put(ctx context.Context, path string, body, out any) error {
	return c.do(ctx, http.MethodPut, path, body, nil, out)
}

// Read reads a resource into out.
func (c *Client) Read(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, nil, out)
}

// Delete removes a resource and reads the answer into out.
func (c *Client) Delete(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodDelete, path, nil, nil, out)
}

// Dispose says what came of a call; the same key again changes nothing.
func (c *Client) Dispose(ctx context.Context, key string, d api.Disposition) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/call/disposition", d, http.Header{"Idempotency-Key": {key}}, nil)
}

func (c *Client) do(ctx context.Context, method, path string, body any, header http.Header, out any) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, answerWithin)
		defer stop()
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(text)
	}
	res, err := c.send(ctx, method, path, content, "application/json", header)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}

// send makes a request; an answer of 400 or more is a *Refusal.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader, contentType string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if header != nil {
		req.Header = header
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	if res.StatusCode < http.StatusBadRequest {
		return res, nil
	}
	defer res.Body.Close()
	refusal := &Refusal{Status: res.StatusCode}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(refusal); err != nil {
		refusal.Title = res.Status
	}
	return nil, refusal
}

// Upload streams content to path with a query and reads the answer into out.
func (c *Client) Upload(ctx context.Context, path string, query url.Values, content io.Reader, out any) error {
	res, err := c.send(ctx, http.MethodPost, path+"?"+query.Encode(), content, "text/csv", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(out)
}

// Download copies a resource of any size to w.
func (c *Client) Download(ctx context.Context, path string, query url.Values, w io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, path+"?"+query.Encode(), nil, "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("download %s: %w", path, err)
	}
	return nil
}

// What a name may not be found as.
var (
	ErrNoCampaign = errors.New("no campaign is named so")
	ErrNoUser     = errors.New("nobody has this login")
)

// CampaignID finds a campaign by name; none of that name is ErrNoCampaign.
func (c *Client) CampaignID(ctx context.Context, name string) (int64, error) {
	var book struct {
		Campaigns []struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"campaigns"`
	}
	if err := c.Read(ctx, "/v1/campaigns", &book); err != nil {
		return 0, err
	}
	for _, k := range book.Campaigns {
		if k.Name == name {
			return k.ID, nil
		}
	}
	return 0, fmt.Errorf("%w: %s", ErrNoCampaign, name)
}

// UserID finds a user by login, which takes the right to list users; nobody
// of that login is ErrNoUser.
func (c *Client) UserID(ctx context.Context, login string) (int64, error) {
	var book struct {
		Users []api.User `json:"users"`
	}
	if err := c.Read(ctx, "/v1/users", &book); err != nil {
		return 0, err
	}
	for _, u := range book.Users {
		if u.Login == login {
			return u.ID, nil
		}
	}
	return 0, fmt.Errorf("%w: %s", ErrNoUser, login)
}

// IsDoNotCall tells whether a number is on the service's do-not-call list.
func (c *Client) IsDoNotCall(ctx context.Context, number string) (bool, error) {
	err := c.Post(ctx, "/v1/do-not-call/find", map[string]string{"number": number}, nil)
	if no, ok := errors.AsType[*Refusal](err); ok && no.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}
