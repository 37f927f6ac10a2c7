package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// keepFor is how long the answer to a request with a key is kept.
const keepFor = 24 * time.Hour

// maxKey is the longest Idempotency-Key, in bytes.
const maxKey = 128

// answer is what was answered to a request with a key.
type answer struct {
	Status int    `json:"status"`
	Type   string `json:"type"`
	Body   []byte `json:"body"`
}

// once makes a request with an Idempotency-Key be done once: the same key
// brings the first answer again, with another body it is refused. Answers
// that are our fault, and "too many", are not kept, so that trying again helps.
func (s *Server) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if key == "" || r.Method != http.MethodPost || s.Streams(r) || secret(r) || who(r.Context()).ID == 0 {
			next.ServeHTTP(w, r)
			return
		}
		if err := s.doOnce(w, r, key, next); err != nil {
			edge.FaultOf(r.Context(), s.Log, err).Write(w)
		}
	})
}

// secret tells whether the answer holds a token, which is never written down.
func secret(r *http.Request) bool {
	return r.URL.Path == loginPath || r.URL.Path == passwordPath
}

func (s *Server) doOnce(w http.ResponseWriter, r *http.Request, key string, next http.Handler) error {
	if len(key) > maxKey {
		return edge.NewFault(http.StatusUnprocessableEntity, "key_long", "An Idempotency-Key has at most 128 characters.")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read a request with a key: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	user, digest := who(r.Context()).ID, digestOf(r, body)
	kept, fresh, err := s.Keys.Reserve(r.Context(), user, key, digest, time.Now().Add(keepFor))
	switch {
	case err != nil:
		return fmt.Errorf("reserve an idempotency key: %w", err)
	case fresh:
		return s.doFirst(w, r, key, next)
	case !bytes.Equal(kept.Request, digest):
		return edge.NewFault(http.StatusConflict, "key_reused", "The Idempotency-Key belongs to another request.")
	case kept.Answer == nil:
		return edge.NewFault(http.StatusConflict, "key_busy", "A request with this Idempotency-Key is at work; try again in a moment.")
	}
	return replay(w, kept.Answer)
}

// doFirst does the request and keeps its answer. A panic gives the key back.
func (s *Server) doFirst(w http.ResponseWriter, r *http.Request, key string, next http.Handler) (err error) {
	user := who(r.Context()).ID
	ctx := context.WithoutCancel(r.Context()) // the client's patience does not decide what is remembered
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	kept := false
	defer func() {
		if !kept {
			if dropErr := s.Keys.DropKey(ctx, user, key); dropErr != nil {
				s.Log.ErrorContext(ctx, "idempotency key not dropped", "user", user, "error", dropErr)
			}
		}
	}()
	next.ServeHTTP(rec, r)
	if rec.status >= http.StatusInternalServerError || rec.status == http.StatusTooManyRequests {
		return nil
	}
	packed, err := json.Marshal(answer{Status: rec.status, Type: rec.Header().Get("Content-Type"), Body: rec.body.Bytes()})
	if err != nil {
		panic(err) // bytes and numbers always marshal
	}
	if err := s.Keys.KeepAnswer(ctx, user, key, packed); err != nil {
		s.Log.ErrorContext(ctx, "answer not kept", "user", user, "error", err)
		return nil // it was done and answered
	}
	kept = true
	return nil
}

func replay(w http.ResponseWriter, packed []byte) error {
	var a answer
	if err := json.Unmarshal(packed, &a); err != nil {
		return fmt.Errorf("read a kept answer: %w", err)
	}
	if a.Type != "" {
		w.Header().Set("Content-Type", a.Type)
	}
	w.Header().Set("Idempotent-Replayed", "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
	return nil
}

// digestOf names a request: method, path and body.
func digestOf(r *http.Request, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	h.Write(body)
	return h.Sum(nil)
}

// recorder writes an answer and remembers it.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets deadlines through to the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
