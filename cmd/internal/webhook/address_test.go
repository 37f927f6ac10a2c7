package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/forecall/forecall/campaigns"
)

func TestOnlyPublicAddressesMayBeDialed(t *testing.T) {
	g := newGuard(nil)
	for _, ip := range []string{
		"127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1", "192.0.0.8", "192.0.2.1",
		"198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::1", "::", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001::1", "100::1", "::ffff:169.254.169.254",
	} {
		if err := g.check(netip.MustParseAddr(ip)); !errors.Is(err, ErrPrivate) {
			t.Errorf("%s may be dialed: %v", ip, err)
		}
	}
	for _, ip := range []string{"8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"} {
		if err := g.check(netip.MustParseAddr(ip)); err != nil {
			t.Errorf("%s may not be dialed: %v", ip, err)
		}
	}
	if err := g.check(netip.Addr{}); err == nil {
		t.Error("no address at all may be dialed")
	}
	allowed := newGuard([]netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")})
	for ip, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.1.3.3": false, "127.0.0.1": false} {
		if err := allowed.check(netip.MustParseAddr(ip)); (err == nil) != want {
			t.Errorf("%s with a network allowed: %v", ip, err)
		}
	}
}

// server is somebody's webhook on this machine.
func server(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, &asked
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func TestNoSpellingOfAPrivateAddressIsReached(t *testing.T) {
	s, asked := server(t, ok)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	sender := NewSender(nil, nil, "test")
	defer sender.Close()
	for _, host := range []string{
		"127.0.0.1", "localhost", "localhost.", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "0", "0.0.0.0", "[::1]", "[::]",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "127.0.0.1.", "[::1%25lo]", "１２７.0.0.1",
	} {
		trial := sender.Send(t.Context(), hook("http://"+host+":"+port+"/"), delivery())
		if trial.Arrived() || trial.Error == "" {
			t.Errorf("%s: %+v", host, trial)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server was reached %d times", n)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	inside, reached := server(t, ok)
	outside, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL, http.StatusTemporaryRedirect)
	})
	sender := NewSender(loopback(), nil, "test")
	defer sender.Close()
	trial := sender.Send(t.Context(), hook(outside.URL), delivery())
	if trial.Arrived() || trial.Status != 307 || !strings.Contains(trial.Error, "not followed") || reached.Load() != 0 {
		t.Errorf("%+v, reached %d times", trial, reached.Load())
	}
}

// nameServer is a DNS server on this machine that gives each question the next
// of its answers.
func nameServer(t *testing.T, answers ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := answered(buf[:n], answers, &asked); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

func answered(query []byte, answers []string, asked *atomic.Int64) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	if q.Type == dnsmessage.TypeA {
		n := int(asked.Add(1)) - 1
		ip := netip.MustParseAddr(answers[min(n, len(answers)-1)]).As4()
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}, Body: &dnsmessage.AResource{A: ip}}}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// A name that was public when somebody looked and is private when it is dialed
// is the oldest trick: what counts is the address of the connection itself.
func TestANameThatChangesItsAddressIsNotReached(t *testing.T) {
	s, reached := server(t, ok)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver, asked := nameServer(t, "93.184.216.34", "127.0.0.1", "127.0.0.1")
	if ips, err := resolver.LookupHost(t.Context(), "rebind.example."); err != nil || ips[0] != "93.184.216.34" {
		t.Fatal(ips, err)
	}
	sender := NewSender(nil, resolver, "test")
	defer sender.Close()
	trial := sender.Send(t.Context(), hook("http://rebind.example.:"+port), delivery())
	if trial.Arrived() || !strings.Contains(trial.Error, "private network") || reached.Load() != 0 || asked.Load() < 2 {
		t.Errorf("%+v, reached %d times, name asked %d times", trial, reached.Load(), asked.Load())
	}
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// hook is a webhook with a secret that is no secret.
func hook(url string) campaigns.Webhook {
	return campaigns.Webhook{ID: 1, Name: "test", URL: url, Secret: secret, Enabled: true}
}

const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func delivery() campaigns.Delivery {
	return campaigns.Delivery{ID: 1, Webhook: 1, Event: "evt_1", Kind: campaigns.EventSale, Body: `{"specversion":"1.0","id":"evt_1"}`, State: campaigns.DeliveryPending, CreatedAt: time.Now()}
}
