package edge

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// squeezable are the kinds of content that shrink; streams of events and sound
// are not among them.
var squeezable = []string{"text/html", "text/css", "text/javascript", "application/json", "application/problem+json", "image/svg+xml", "text/csv"}

// squeezed compresses answers for clients that take gzip (RFC 9110 section
// 8.4.1.3). Answers to requests for a range, and those that are encoded
// already, go as they are. Nothing secret that a page reflects stands beside
// what an attacker may choose: sessions are in cookies, and no token is in a body.
func squeezed(next http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Header.Get("Range") != "" || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		s := &squeezer{ResponseWriter: w, pool: pool}
		defer s.close()
		next.ServeHTTP(s, r)
	})
}

// squeezer decides with the header whether it compresses.
type squeezer struct {
	http.ResponseWriter
	pool    *sync.Pool
	decided bool
	zip     *gzip.Writer // nil = as it is
}

// Unwrap gives http.ResponseController the writer beneath.
func (s *squeezer) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *squeezer) WriteHeader(status int) {
	if !s.decided && status >= http.StatusOK {
		s.decided = true
		h := s.Header()
		h.Add("Vary", "Accept-Encoding")
		if fits(h.Get("Content-Type")) && h.Get("Content-Encoding") == "" && status != http.StatusNoContent && status != http.StatusNotModified {
			h.Del("Content-Length")
			h.Set("Content-Encoding", "gzip")
			s.zip = s.pool.Get().(*gzip.Writer)
			s.zip.Reset(s.ResponseWriter)
		}
	}
	s.ResponseWriter.WriteHeader(status)
}

func fits(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	for _, k := range squeezable {
		if kind == k {
			return true
		}
	}
	return false
}

func (s *squeezer) Write(b []byte) (int, error) {
	if !s.decided {
		if s.Header().Get("Content-Type") == "" {
			s.Header().Set("Content-Type", http.DetectContentType(b))
		}
		s.WriteHeader(http.StatusOK)
	}
	if s.zip == nil {
		return s.ResponseWriter.Write(b)
	}
	return s.zip.Write(b)
}

// FlushError sends what is there, for answers that go out piece by piece.
func (s *squeezer) FlushError() error {
	if s.zip != nil {
		if err := s.zip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(s.ResponseWriter).Flush()
}

func (s *squeezer) close() {
	if s.zip == nil {
		return
	}
	_ = s.zip.Close() // the client may be gone
	s.zip.Reset(nil)
	s.pool.Put(s.zip)
}
