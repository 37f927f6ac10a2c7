package api

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// timed is a writer that notes its deadline.
type timed struct {
	http.ResponseWriter
	deadline time.Time
	at       []time.Time // of each write
}

func (w *timed) SetReadDeadline(time.Time) error    { return nil }
func (w *timed) SetWriteDeadline(t time.Time) error { w.deadline = t; return nil }
func (w *timed) FlushError() error                  { return nil }

func (w *timed) Write(p []byte) (int, error) {
	w.at = append(w.at, w.deadline)
	return w.ResponseWriter.Write(p)
}

// TestAStreamHasADeadlineWhileItWritesAndNoneWhileItWaits: over HTTP/2 one that
// passes ends the stream, and agents would lose theirs every ten seconds.
func TestAStreamHasADeadlineWhileItWritesAndNoneWhileItWaits(t *testing.T) {
	w := &timed{ResponseWriter: httptest.NewRecorder()}
	s := openStream(w, httptest.NewRequest(http.MethodGet, "/v1/agent/events", nil))
	s.beat()
	s.send("1", "state", map[string]int{"a": 1})
	if s.err != nil || len(w.at) != 3 {
		t.Fatalf("%d writes, %v", len(w.at), s.err)
	}
	for i, at := range w.at {
		if at.IsZero() {
			t.Errorf("write %d may last for ever", i+1)
		}
	}
	if !w.deadline.IsZero() {
		t.Errorf("the stream ends at %s although nobody is slow", w.deadline)
	}
}

// TestAStreamIsReadOverHTTP2 as browsers read it over HTTPS.
func TestAStreamIsReadOverHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := openStream(w, r)
		s.beat()
		if s.err != nil {
			t.Error(s.err)
		}
		<-r.Context().Done()
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	res, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "event: pulse") {
	}
	if lines.Err() != nil || res.ProtoMajor != 2 {
		t.Errorf("%v over HTTP/%d", lines.Err(), res.ProtoMajor)
	}
}
