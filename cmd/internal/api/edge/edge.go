package edge

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// MaxBody is what a request may carry, in bytes, unless its route streams.
const MaxBody = 1 << 20

// MaxUpload is what a streamed upload may carry, in bytes.
const MaxUpload = 4 << 30

// The Content-Security-Policy of pages and of the API: nothing inline, nothing
// from elsewhere, no frame around us.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; media-src 'self' blob:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"form-action 'self'; require-trusted-types-for 'script'"

// Settings of the edge.
type Settings struct {
	Secure  bool // served over TLS: tell browsers to keep to it
	Log     *slog.Logger
	Streams func(*http.Request) bool // routes whose body may be as large as MaxUpload; nil = none
}

// Wrap puts a handler behind the edge.
func Wrap(s Settings, next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		NewFault(http.StatusForbidden, "cross_origin", "The request came from another site.").Write(w)
	}))
	return headers(s.Secure, recovered(s.Log, squeezed(limited(s.Streams, origin.Handler(next)))))
}

// headers sets what every answer carries; a handler may replace them.
func headers(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into one lost request.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			caught := recover()
			if caught == nil {
				return
			}
			err, ok := caught.(error)
			if !ok {
				err = fmt.Errorf("panic: %v", caught)
			}
			if errors.Is(err, http.ErrAbortHandler) {
				panic(caught) // net/http's own way to cut a connection
			}
			if r.Context().Err() == nil {
				err = fmt.Errorf("%w\n%s", err, debug.Stack())
			}
			FaultOf(r.Context(), log, err).Write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

// limited bounds the body of a request.
func limited(streams func(*http.Request) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(MaxBody)
		if streams != nil && streams(r) {
			limit = MaxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// NewServer returns a server with the limits that keep slow and greedy clients
// from the calls: headers within 5 s, requests within 15 s, answers within
// 30 s; streams and uploads move their own deadlines.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
