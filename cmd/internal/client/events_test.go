package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestAStreamFromWhichNothingComesEnds: a server whose cable is pulled closes
// nothing.
func TestAStreamFromWhichNothingComesEnds(t *testing.T) {
	leave := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "event: pulse\ndata: {}\n\nevent: state\ndata: {}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-leave
	}))
	defer server.Close()
	defer close(leave)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var names []string
	var last error
	for event, err := range New(server.URL).Events(ctx, "/") {
		if last = err; err == nil {
			names = append(names, event.Name)
		}
	}
	if !errors.Is(last, ErrQuiet) || len(names) != 1 || names[0] != "state" {
		t.Errorf("%v, %v", names, last)
	}
}
