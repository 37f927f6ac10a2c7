package edge

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTextIsCompressedForClientsThatTakeItAndNothingElseIs(t *testing.T) {
	page := strings.Repeat("<p>The same again.</p>", 500)
	for _, c := range []struct {
		kind, accept, span string
		want               bool
	}{
		{"text/html; charset=utf-8", "gzip, br", "", true},
		{"application/json", "gzip", "", true},
		{"text/html; charset=utf-8", "", "", false},
		{"text/event-stream", "gzip", "", false},
		{"audio/wav", "gzip", "", false},
		{"text/html", "gzip", "bytes=0-9", false},
	} {
		h := Wrap(Settings{Log: slog.New(slog.DiscardHandler)}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			_, _ = io.WriteString(w, page[:100])
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, page[100:])
		}))
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept-Encoding", c.accept)
		r.Header.Set("Range", c.span)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := io.Reader(w.Body)
		if zipped := w.Header().Get("Content-Encoding") == "gzip"; zipped != c.want {
			t.Errorf("%+v: compressed %v", c, zipped)
		} else if zipped {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != page {
			t.Errorf("%+v: %d bytes came, %v", c, len(got), err)
		}
	}
}
