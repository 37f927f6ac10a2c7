package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// serve puts a handler behind the edge, and returns its address and its log.
func serve(t *testing.T, handler http.HandlerFunc, change func(*http.Server)) (*httptest.Server, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	wrapped := Wrap(Settings{Secure: true, Log: logger, Streams: func(r *http.Request) bool { return r.URL.Path == "/upload" }}, handler)
	srv := httptest.NewUnstartedServer(wrapped)
	srv.Config = NewServer(wrapped, logger)
	if change != nil {
		change(srv.Config)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, log
}

func post(t *testing.T, url string, body io.Reader) (int, string) {
	t.Helper()
	res, err := http.Post(url, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestAPanicCostsOneRequestAndLeavesAReference(t *testing.T) {
	srv, log := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			panic("the table of secrets is empty")
		}
	}, nil)
	status, body := post(t, srv.URL+"/broken", nil)
	if status != 500 || strings.Contains(body, "secrets") || !strings.Contains(body, `"code":"internal"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := post(t, srv.URL+"/fine", nil); status != 200 {
		t.Errorf("the next request got %d", status)
	}
	srv.Close() // the log is complete
	if !strings.Contains(log.String(), "the table of secrets is empty") || !strings.Contains(log.String(), "reference=") {
		t.Errorf("log %s", log)
	}
}

func TestABodyIsReadUpToItsLimitAndAStreamBeyondIt(t *testing.T) {
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			FaultOf(r.Context(), slog.New(slog.DiscardHandler), err).Write(w)
			return
		}
		fmt.Fprint(w, n)
	}, nil)
	big := strings.Repeat("x", MaxBody+1)
	if status, body := post(t, srv.URL+"/", strings.NewReader(big)); status != 413 || !strings.Contains(body, "too_large") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := post(t, srv.URL+"/upload", strings.NewReader(big)); status != 200 || body != fmt.Sprint(len(big)) {
		t.Errorf("%d %s", status, body)
	}
}

func TestAClientThatSendsItsHeadersTooSlowlyIsCutOff(t *testing.T) {
	srv, _ := serve(t, func(http.ResponseWriter, *http.Request) {}, func(s *http.Server) { s.ReadHeaderTimeout = 50 * time.Millisecond })
	var slow []net.Conn
	for range 200 {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	if status, _ := post(t, srv.URL, nil); status != 200 {
		t.Errorf("beside slow clients: %d", status)
	}
	for _, c := range slow {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatalf("the connection was not closed: %v", err)
		}
	}
}

func TestHeadersBeyondTheirLimitAreRefused(t *testing.T) {
	srv, _ := serve(t, func(http.ResponseWriter, *http.Request) {}, nil)
	req, err := http.NewRequest(http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestEveryKindOfProblemHasItsStatus(t *testing.T) {
	for kind, want := range map[campaigns.ProblemKind]int{
		campaigns.KindInvalid: 422, campaigns.KindNotFound: 404, campaigns.KindForbidden: 403, campaigns.KindConflict: 409,
		campaigns.KindUnknown: 401, campaigns.KindTooMany: 429, campaigns.KindUnavailable: 503,
	} {
		err := fmt.Errorf("deep inside: %w", &campaigns.Problem{Kind: kind, Code: "c", Text: "A sentence.", Cause: errors.New("secret")})
		f := FaultOf(t.Context(), slog.New(slog.DiscardHandler), err)
		if f.Status != want || f.Code != "c" || f.Detail != "A sentence." {
			t.Errorf("%s: %+v", kind, f)
		}
	}
	forbidden := FaultOf(t.Context(), slog.New(slog.DiscardHandler), fmt.Errorf("as agent: %w", campaigns.ErrForbidden))
	if forbidden.Status != 403 || strings.Contains(forbidden.Detail, "agent") {
		t.Errorf("forbidden: %+v", forbidden)
	}
}

func TestTLSIsKeptOnceItWasUsed(t *testing.T) {
	srv, _ := serve(t, func(http.ResponseWriter, *http.Request) {}, nil)
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if !strings.Contains(res.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Error("no HSTS")
	}
}
