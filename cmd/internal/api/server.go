package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
)

// Watcher tells of changes around one agent: a value arrives when something
// may have changed; the channel is closed when ctx ends. Values may be
// dropped while one waits to be read.
type Watcher interface {
	Watch(ctx context.Context, agent int64) <-chan struct{}
}

// Keys keeps answers to requests with an Idempotency-Key.
type Keys interface {
	Reserve(ctx context.Context, user int64, key string, request []byte, until time.Time) (kept campaigns.Kept, fresh bool, err error)
	KeepAnswer(ctx context.Context, user int64, key string, answer []byte) error
	DropKey(ctx context.Context, user int64, key string) error
}

// Settings is what the API stands on; all of it is needed.
type Settings struct {
	Accounts      *campaigns.Accounts
	Desk          *campaigns.Desk
	Book          *campaigns.Book
	Lists         *campaigns.Lists
	CallLog       *campaigns.CallLog
	Meetings      *campaigns.Meetings
	Complaints    *campaigns.Complaints
	Days          *campaigns.Days
	Scripts       *campaigns.Scripts
	DNC           *campaigns.Suppression
	Registry      *campaigns.Registry // do-not-call registers of others
	RegisterLoads *RegisterLoads
	Board         *campaigns.Wallboard
	Lookup        *campaigns.Lookup
	Office        Office
	Clock         *campaigns.Clock
	Headsets      *campaigns.Headsets
	ICEServers    []ICEServer // that browsers are told of
	Sessions      *session.Manager
	Imports       *Importer
	Watch         Watcher
	Supervision   *campaigns.Supervision
	Recordings    *campaigns.Recordings
	Keys          Keys
	Consents      *campaigns.Consents
	Abandonment   *campaigns.Abandonment
	Manual        *campaigns.Manual
	Agreed        *campaigns.Agreed
	Stops         *campaigns.Stops
	Checks        *campaigns.Checks // answers of others about numbers
	RuleDesk      *campaigns.RuleDesk
	Compliance    Compliance
	Replays       *campaigns.Replays
	BodyTimeout   time.Duration // for reading a JSON body; 0 = 5 s
	Heartbeat     time.Duration // of streams of events, which ask their session again with each; 0 = 15 s
	Version       string        // of the program, for the OpenAPI document
	Log           *slog.Logger
}

// Server answers /v1 and /docs.
type Server struct {
	Settings
	mux    *http.ServeMux
	routes []route
	spec   []byte // the OpenAPI document
	shared sharedFloor
}

// New builds the server; every route of the table is registered, and none
// that is not in it.
func New(s Settings) (*Server, error) {
	if s.Heartbeat <= 0 {
		s.Heartbeat = heartbeat
	}
	srv := &Server{Settings: s, mux: http.NewServeMux()}
	srv.routes = srv.table()
	guarded := newGuardedMux(srv)
	h := humago.New(guarded, humaConfig(s.Version))
	for _, rt := range srv.routes {
		rt.mount(srv, h, guarded)
	}
	if err := guarded.complete(); err != nil {
		return nil, err
	}
	spec, err := json.Marshal(describe(h.OpenAPI()))
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	srv.spec = spec
	srv.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		edge.NewFault(http.StatusNotFound, "no_such_resource", "There is no such resource, or it does not know this method.").Write(w)
	})
	return srv, nil
}

// ServeHTTP answers a request. It expects the edge and the sessions in front
// of it; see Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Streams tells whether a request may carry a large body.
func (s *Server) Streams(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == importPath || r.URL.Path == dncImportPath || r.URL.Path == consentImportPath || r.URL.Path == promptsPath || registerStreams(r))
}

// humaConfig is huma without what it would fetch from elsewhere and without
// links in bodies.
func humaConfig(version string) huma.Config {
	c := huma.DefaultConfig("forecall", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{faults}
	c.RejectUnknownQueryParameters = true
	c.Info.Description = "Outbound dialing: agents, campaigns, lists, calls. Times are RFC 3339 in UTC, durations are " +
		"strings such as 25s, money is in the smallest unit of its currency, numbers are E.164. Every POST takes an " +
		"Idempotency-Key of at most 128 characters: the same key again brings the first answer again, for a day."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "The token that POST /v1/login returns."},
		"cookie": {Type: "apiKey", In: "cookie", Name: "forecall", Description: "The same token, as a browser keeps it."},
	}
	return c
}

// faults turns huma's own errors, which concern the form of a request, into
// ours. Values that were sent are not echoed: they may be numbers of people.
func faults(_ huma.Context, _ string, body any) (any, error) {
	e, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	f := edge.NewFault(e.Status, "invalid_request", "The request is not well formed.")
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		f.Code, f.Detail = "too_large", "The request is too large."
	case http.StatusRequestTimeout:
		f.Code, f.Detail = "too_slow", "The request arrived too slowly."
	case http.StatusUnsupportedMediaType:
		f.Code, f.Detail = "media_type", "The content type is not one that this resource takes."
	}
	for _, d := range e.Errors {
		f.Errors = append(f.Errors, edge.Detail{Location: d.Location, Message: d.Message})
	}
	return f, nil
}
