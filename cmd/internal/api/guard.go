package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/forecall/forecall/cmd/internal/api/session"
)

// writerKey is where a request's context holds its http.ResponseWriter, for
// the deadlines beneath.
type writerKey struct{}

// guardedMux registers handlers behind the guard of their line in the table.
// A pattern that is not in the table panics: it has no owner who said who may
// use it.
type guardedMux struct {
	server *Server
	needs  map[string]need
	done   map[string]bool
}

func newGuardedMux(s *Server) *guardedMux {
	g := &guardedMux{server: s, needs: make(map[string]need), done: make(map[string]bool)}
	for _, rt := range s.routes {
		if _, twice := g.needs[rt.pattern()]; twice {
			panic("api: " + rt.pattern() + " stands in the table twice")
		}
		g.needs[rt.pattern()] = rt.need
	}
	return g
}

// HandleFunc registers a handler under a pattern of the table.
func (g *guardedMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	n, ok := g.needs[pattern]
	if !ok {
		panic("api: " + pattern + " is not in the table of routes")
	}
	g.done[pattern] = true
	keyed := g.server.once(http.HandlerFunc(handler))
	g.server.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		u, known := session.From(r.Context())
		if fault := n.refuses(u, known); fault != nil {
			if !known {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			fault.Write(w)
			return
		}
		keyed.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), writerKey{}, w)))
	})
}

// ServeHTTP answers as the mux beneath.
func (g *guardedMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.server.mux.ServeHTTP(w, r) }

// complete is an error when a line of the table led to no handler.
func (g *guardedMux) complete() error {
	for pattern := range g.needs {
		if !g.done[pattern] {
			return fmt.Errorf("api: %s stands in the table and has no handler", pattern)
		}
	}
	return nil
}
