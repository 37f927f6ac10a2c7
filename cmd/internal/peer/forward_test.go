package peer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

func TestAQuestionIsAnsweredOrTellsWhyNot(t *testing.T) {
	a := openNode(t, "a")
	b := openNode(t, "b", func(s *Settings) {
		s.Answer = func(ctx context.Context, from Peer, name string, q []byte) ([]byte, error) {
			switch name {
			case "echo/of all": // a name is taken as it is
				return append([]byte(from.Node+" "), q...), nil
			case "problem":
				return nil, &campaigns.Problem{Kind: campaigns.KindConflict, Code: "no_seat", Text: "No seat is free."}
			case "wait":
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, errors.New("no such question")
		}
	})
	acquaint(a, b)
	if got, err := a.Ask(within(t), "b", "echo/of all", []byte("hello")); err != nil || string(got) != "a hello" {
		t.Errorf("%s, %v", got, err)
	}
	var p *campaigns.Problem
	if _, err := a.Ask(within(t), "b", "problem", nil); !errors.As(err, &p) || p.Kind != campaigns.KindConflict || p.Code != "no_seat" || p.Text != "No seat is free." {
		t.Errorf("a problem: %v", err)
	}
	if _, err := a.Ask(within(t), "b", "nothing", nil); err == nil || errors.Is(err, ErrNoAnswer) || !strings.Contains(err.Error(), "no such question") {
		t.Errorf("an error: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Ask(short, "b", "wait", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the deadline: %v", err)
	}
	if _, err := a.Ask(within(t), "c", "echo", nil); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("a node that nobody knows: %v", err)
	}
	if _, err := a.Ask(within(t), "b", "echo", make([]byte, maxQuestion+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := b.Ask(within(t), "a", "echo", nil); err == nil {
		t.Error("a node without answers answered")
	}
}

// front is a node that forwards all that comes to its website to b.
func front(t *testing.T, serve http.Handler) (site *httptest.Server, a, b *node) {
	t.Helper()
	a, b = openNode(t, "a"), openNode(t, "b", func(s *Settings) { s.Serve = serve })
	acquaint(a, b)
	a.meets(t, "b")
	site = httptest.NewServer(a.Forward(func() string { return "b" }))
	t.Cleanup(site.Close)
	t.Cleanup(site.Client().CloseIdleConnections)
	return site, a, b
}

// seen is a request as the handler has it.
type seen struct {
	Method, Host, URI, Remote, Cookie, Auth, From string
	Secure, Forwarded                             bool
	Peers                                         []string
	Body                                          string
}

func look(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	from, forwarded := Forwarded(r)
	s := seen{
		Method: r.Method, Host: r.Host, URI: r.RequestURI, Remote: r.RemoteAddr, Cookie: r.Header.Get("Cookie"), Auth: r.Header.Get("Authorization"),
		From: from.Node, Forwarded: forwarded, Secure: r.TLS != nil, Body: string(body),
	}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Forecall-") || strings.HasPrefix(name, "X-Forwarded") || name == "Forwarded" {
			s.Peers = append(s.Peers, fmt.Sprint(name, values))
		}
	}
	w.Header().Add("Set-Cookie", "session=2")
	w.WriteHeader(http.StatusTeapot)
	_ = json.NewEncoder(w).Encode(s)
}

func TestAForwardedRequestIsAsItCame(t *testing.T) {
	site, _, _ := front(t, http.HandlerFunc(look))
	r, err := http.NewRequestWithContext(within(t), http.MethodPut, site.URL+"/v1/a%2Fb?x=1&y=%20", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "calls.example.com"
	r.Header.Set("Cookie", "session=1")
	r.Header.Set("Authorization", "Bearer x")
	local := make(chan string, 1)
	client := site.Client()
	client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			local <- c.LocalAddr().String()
		}
		return c, err
	}}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got seen
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := seen{
		Method: "PUT", Host: "calls.example.com", URI: "/v1/a%2Fb?x=1&y=%20", Remote: <-local, Cookie: "session=1", Auth: "Bearer x",
		From: "a", Forwarded: true, Body: "hello",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it came as\n%+v, want\n%+v", got, want)
	}
	if res.StatusCode != http.StatusTeapot || res.Header.Get("Set-Cookie") != "session=2" {
		t.Errorf("answer: %s, %v", res.Status, res.Header)
	}
}

// A client may write what it wants: it is believed nothing.
func TestAClientCannotForgeWhereItComesFrom(t *testing.T) {
	site, _, _ := front(t, http.HandlerFunc(look))
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, site.URL+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["forecall-peer-client"] = []string{"6.6.6.6:6"}
	r.Header.Set(headerWhat, whatAsk)
	r.Header.Set(headerSecure, "1")
	r.Header.Set("Connection", headerClient+", "+headerWhat)
	r.Header.Set("X-Forwarded-For", "6.6.6.6")
	r.Header.Set("Forwarded", "for=6.6.6.6")
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got seen
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.Remote, "127.0.0.1:") || got.Secure || got.Peers != nil || got.From != "a" {
		t.Errorf("it came as %+v", got)
	}
}

func TestWhetherTheClientCameByTLSIsKnown(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b", func(s *Settings) { s.Serve = http.HandlerFunc(look) })
	acquaint(a, b)
	site := httptest.NewTLSServer(a.Forward(func() string { return "b" }))
	defer site.Close()
	res, err := site.Client().Get(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got seen
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || !got.Secure {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEventsPassAsTheyCome(t *testing.T) {
	more := make(chan string)
	gone := make(chan struct{})
	site, _, _ := front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case s := <-more:
				_, _ = io.WriteString(w, "data: "+s+"\n\n")
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	ctx, leave := context.WithCancel(within(t))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, site.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { more <- "first" }()
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for _, want := range []string{"first", "second", "third"} { // each is there before the next is sent
		if want != "first" {
			more <- want
		}
		if !lines.Scan() || lines.Text() != "data: "+want || !lines.Scan() {
			t.Fatalf("%q instead of %s", lines.Text(), want)
		}
	}
	leave()
	wait(t, "the handler hears that the client is gone", gone)
}

func TestWhatHasMovedIsToldToTryAgainAndStreamsEnd(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b", func(s *Settings) {
		s.Serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/stream" {
				_, _ = io.WriteString(w, "data: first\n\n")
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done() // it is not heard any more
		})
	})
	acquaint(a, b)
	a.meets(t, "b")
	forward := a.Forward(func() string { return "b" })
	asked, moved := make(chan struct{}, 2), make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, end := context.WithCancelCause(r.Context())
		defer end(nil)
		asked <- struct{}{}
		go func() {
			<-moved
			end(ErrMoved)
		}()
		forward.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(site.Close)
	t.Cleanup(site.Client().CloseIdleConnections)
	stream, err := site.Client().Get(site.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }()
	waiting := make(chan int, 1)
	go func() { waiting <- status(t, site.URL+"/question") }()
	<-asked
	<-asked
	close(moved)
	if got := <-waiting; got != http.StatusServiceUnavailable {
		t.Errorf("a question is answered with %d", got)
	}
	if text, err := io.ReadAll(stream.Body); err == nil {
		t.Errorf("the stream ends as if it were complete: %q", text)
	}
}

func TestUploadsAndAnswersStream(t *testing.T) {
	const size = 32 << 20
	site, _, _ := front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first := make([]byte, 1)
		_, _ = io.ReadFull(r.Body, first) // and answers, before the rest has come
		sum := sha256.New()
		sum.Write(first)
		n, err := io.Copy(sum, r.Body)
		_, _ = fmt.Fprintf(w, "%d %x %v", n+1, sum.Sum(nil), err)
	}))
	r, err := http.NewRequestWithContext(within(t), http.MethodPost, site.URL, io.LimitReader(rand.NewChaCha8([32]byte{1}), size))
	if err != nil {
		t.Fatal(err)
	}
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	sum := sha256.New()
	_, _ = io.CopyN(sum, rand.NewChaCha8([32]byte{1}), size)
	if want := fmt.Sprintf("%d %x <nil>", size, sum.Sum(nil)); err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestAConnectionThatIsUpgradedPassesBothWays(t *testing.T) {
	site, _, _ := front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = io.Copy(c, rw)
	}))
	c, err := net.Dial("tcp", site.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	reader := bufio.NewReader(c)
	res, err := http.ReadResponse(reader, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	for _, said := range []string{"one\n", "two\n"} {
		_, _ = io.WriteString(c, said)
		if got, err := reader.ReadString('\n'); err != nil || got != said {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

func TestANodeThatIsGoneIs503WithWhenToComeBack(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			a := openNode(t, "a")
			process, at := startOther(t, "b")
			a.Know([]Address{at})
			l := a.meets(t, "b")
			site := httptest.NewServer(a.Forward(func() string { return "b" }))
			t.Cleanup(site.Close)
			if err := process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			// Not known yet: it is tried, and given up. What was there before the signal was done.
			eventually(t, "requests are given up", func() bool { return status(t, site.URL) == http.StatusServiceUnavailable })
			eventually(t, "it is gone", func() bool { here, _ := l.Here(); return !here })
			is503(t, site.URL)
		})
	}
}

func status(t *testing.T, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	return res.StatusCode
}

func is503(t *testing.T, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var f edge.Fault
	if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || res.Header.Get("Content-Type") != "application/problem+json" || f.Code != "node_away" || f.Detail == "" {
		t.Errorf("%s %v %+v", res.Status, res.Header, f)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestARequestIsForwardedOnce(t *testing.T) {
	a := openNode(t, "a")
	var b *node
	b = openNode(t, "b", func(s *Settings) {
		s.Serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.Forward(func() string { return "a" }).ServeHTTP(w, r) })
	})
	acquaint(a, b)
	b.meets(t, "a")
	site := httptest.NewServer(a.Forward(func() string { return "b" }))
	t.Cleanup(site.Close)
	is503(t, site.URL)
	nobody := httptest.NewServer(a.Forward(func() string { return "" }))
	t.Cleanup(nobody.Close)
	is503(t, nobody.URL)
}

// Pages of a thousand desks hang on one node's floor at once.
func TestManyStreamsPassAtOnce(t *testing.T) {
	release := make(chan struct{})
	site, _, _ := front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: here\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	const streams = maxStreams + 50 // more than one connection takes
	first := make(chan error, streams)
	for range streams {
		go func() {
			r, err := http.NewRequestWithContext(within(t), http.MethodGet, site.URL, nil)
			if err != nil {
				first <- err
				return
			}
			res, err := site.Client().Do(r)
			if err == nil {
				_, err = io.ReadFull(res.Body, make([]byte, len("data: here\n\n")))
			}
			first <- err
			if res != nil {
				<-release
				_ = res.Body.Close()
			}
		}()
	}
	for range streams {
		if err := <-first; err != nil {
			t.Error(err)
		}
	}
	close(release)
}

func TestWhatIsNeitherQuestionNorForwardedIsRefused(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	acquaint(a, b)
	for _, what := range []string{"", "other", whatForward} {
		r, err := http.NewRequestWithContext(within(t), http.MethodGet, "https://"+hostOf("b")+"/", bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(headerWhat, what)
		res, err := a.browsers.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 400 && res.StatusCode != 404 {
			t.Errorf("%q: %s", what, res.Status)
		}
	}
}

// TestEventsOfANodeThatIsNotHeardAnyMoreEnd: its cable is pulled, so nothing is
// closed, and who reads them has to hear of it.
func TestEventsOfANodeThatIsNotHeardAnyMoreEnd(t *testing.T) {
	cable, a, _, _, _ := wired(t, func(s *Settings) {
		s.Serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "data: first\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
	})
	site := httptest.NewServer(a.Forward(func() string { return "b" }))
	t.Cleanup(site.Close)
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, site.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != "data: first" {
		t.Fatalf("%q", lines.Text())
	}
	cable.hold()
	for lines.Scan() { // until it ends
	}
	if err := lines.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the events ended with %v", err)
	}
}
