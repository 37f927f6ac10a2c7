package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
)

// need is what a route asks of whoever uses it: nothing, a session, or a
// permission.
type need string

// The needs that are not permissions.
const (
	public   need = ""
	signedIn need = "session"
)

// allows tells what guard answers a user: 0 when they may.
func (n need) refuses(u campaigns.User, known bool) *edge.Fault {
	switch {
	case n == public:
		return nil
	case !known:
		return edge.NewFault(http.StatusUnauthorized, "not_logged_in", "Log in first.")
	case n == signedIn, u.Allow(campaigns.Permission(n)) == nil:
		return nil
	}
	return edge.NewFault(http.StatusForbidden, "forbidden", "Your role does not allow this.")
}

// route is one line of the table: what it is, who may use it, and how it is
// registered.
type route struct {
	method, path string
	need         need
	tag, summary string
	mount        func(*Server, huma.API, *guardedMux)
	opts         []option
}

// metaWithin is where an operation keeps how long its answer may take.
const metaWithin = "within"

// within gives an operation more time to answer than the server's limit.
func within(d time.Duration) option {
	return func(op *huma.Operation) {
		if op.Metadata == nil {
			op.Metadata = make(map[string]any)
		}
		op.Metadata[metaWithin] = d
	}
}

// unhurried lifts the deadline for reading a request that has been read:
// net/http would cancel its context at that deadline while it is worked on.
// The answer keeps the server's deadline, or gets the one given.
func unhurried(ctx context.Context, within time.Duration) error {
	w, ok := ctx.Value(writerKey{}).(http.ResponseWriter)
	if !ok {
		return errors.New("a handler runs outside the guard")
	}
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift the deadline of a request: %w", err)
	}
	if within == 0 {
		return nil
	}
	if err := c.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return fmt.Errorf("move the deadline of an answer: %w", err)
	}
	return nil
}

// option changes the description of an operation.
type option func(*huma.Operation)

// pattern is that of the standard mux.
func (rt route) pattern() string { return rt.method + " " + rt.path }

// do is a route whose input and output huma reads, checks, describes and writes.
func do[I, O any](method, path string, n need, tag, summary string,
	handler func(context.Context, *I) (*O, error), opts ...option,
) route {
	rt := route{method: method, path: path, need: n, tag: tag, summary: summary, opts: opts}
	rt.mount = func(s *Server, h huma.API, _ *guardedMux) {
		op := rt.operation()
		op.BodyReadTimeout = s.BodyTimeout
		within, _ := op.Metadata[metaWithin].(time.Duration)
		huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
			if err := unhurried(ctx, within); err != nil {
				return nil, edge.FaultOf(ctx, s.Log, err)
			}
			out, err := handler(ctx, in)
			if err != nil {
				return nil, edge.FaultOf(ctx, s.Log, err)
			}
			return out, nil
		})
	}
	return rt
}

// plain is a route that writes its own answer and is not described.
func plain(method, path string, n need, handler http.HandlerFunc) route {
	rt := route{method: method, path: path, need: n}
	rt.mount = func(_ *Server, _ huma.API, m *guardedMux) { m.HandleFunc(rt.pattern(), handler) }
	return rt
}

// events is a route that streams server-sent events.
func events(path string, n need, tag, summary string, handler http.HandlerFunc) route {
	rt := route{method: http.MethodGet, path: path, need: n, tag: tag, summary: summary}
	rt.mount = func(_ *Server, h huma.API, m *guardedMux) {
		op := rt.operation()
		op.Responses = map[string]*huma.Response{"200": {
			Description: "Events, until the client or its session is gone.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
		h.OpenAPI().AddOperation(&op)
		m.HandleFunc(rt.pattern(), handler)
	}
	return rt
}

func (rt route) operation() huma.Operation {
	op := huma.Operation{
		Method: rt.method, Path: rt.path, Summary: rt.summary, Tags: []string{rt.tag}, OperationID: operationID(rt.method, rt.path),
	}
	if rt.need != public {
		op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
		op.Description = "For every role."
	}
	if rt.need != public && rt.need != signedIn {
		op.Description = "For " + strings.Join(rolesWith(campaigns.Permission(rt.need)), ", ") + "."
	}
	for _, opt := range rt.opts {
		opt(&op)
	}
	return op
}

// operationID names an operation for generated clients: post-agent-ready.
func operationID(method, path string) string {
	path = strings.NewReplacer("/v1", "", "{", "", "}", "", "/", "-").Replace(path)
	return strings.ToLower(method) + path
}

func rolesWith(p campaigns.Permission) []string {
	var names []string
	for _, r := range campaigns.Roles() {
		if r.May(p) {
			names = append(names, string(r))
		}
	}
	return names
}

// who is the user of a request that has passed the guard.
func who(ctx context.Context) campaigns.User {
	u, _ := session.From(ctx)
	return u
}
