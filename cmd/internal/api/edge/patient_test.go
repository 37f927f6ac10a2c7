package edge

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// patientServer serves with a deadline for the whole that is long over before a slow
// client is done.
func patientServer(t *testing.T, within time.Duration, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(Patient(w, r, within))
	}))
	s.Config.ReadTimeout, s.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// slowly gives an octet at a time, and then stands still when it is told to.
type slowly struct {
	left  int
	every time.Duration
	stand chan struct{} // nil: it ends
}

func (s *slowly) Read(b []byte) (int, error) {
	if s.left == 0 {
		if s.stand != nil {
			<-s.stand
		}
		return 0, io.EOF
	}
	<-time.After(s.every)
	s.left--
	b[0] = 'x'
	return 1, nil
}

func TestAClientThatSendsSlowlyIsHeardToTheEnd(t *testing.T) {
	t.Parallel()
	s := patientServer(t, 20*time.Second, func(w http.ResponseWriter, r *http.Request) {
		all, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		<-time.After(100 * time.Millisecond)
		if r.Context().Err() != nil {
			t.Error("the request was over while it was worked on")
		}
		_, _ = w.Write(all)
	})
	answer, err := http.Post(s.URL, "text/plain", &slowly{left: 10, every: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if all, err := io.ReadAll(answer.Body); err != nil || len(all) != 10 {
		t.Errorf("%d octets: %v", len(all), err)
	}
}

func TestAClientThatStandsStillIsCutOff(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	s := patientServer(t, 100*time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	stand := make(chan struct{})
	defer close(stand)
	go func() {
		if answer, err := http.Post(s.URL, "text/plain", &slowly{left: 3, stand: stand}); err == nil {
			_ = answer.Body.Close()
		}
	}()
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestAClientThatReadsNothingIsCutOff(t *testing.T) {
	t.Parallel()
	wrote := make(chan error, 1)
	s := patientServer(t, 100*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
		out, much := http.NewResponseController(w), bytes.Repeat([]byte("x"), 1<<16)
		for {
			_, err := w.Write(much)
			if err = errors.Join(err, out.Flush()); err != nil {
				wrote <- err
				return
			}
		}
	})
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
