package sipua_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// certificate is a self-signed one for a name.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// busy refuses every call.
var busy = sipua.HandlerFunc(func(inc *sipua.Incoming) { _ = inc.Reject(486, "") })

func TestATLSTrunkMustCarryTheNameThatWasDialled(t *testing.T) {
	cert, roots := certificate(t, "localhost")
	answered := make(chan *sipua.Call, 1)
	carrier := listen(t, sipua.Settings{
		Listen: []sipua.Listener{{Transport: "tls", Addr: anyPort, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}}},
		Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
			if inc.Transport() != "tls" {
				t.Errorf("over %s", inc.Transport())
			}
			call, err := inc.Answer(context.Background(), offer2(t))
			if err != nil {
				t.Error(err)
				return
			}
			answered <- call
		}),
	})
	silent, err := net.Dial("tcp", carrier.Addr("tls").String()) // shakes no hands, and holds nobody up
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	trunk := listen(t, sipua.Settings{DialTLS: &tls.Config{RootCAs: roots}, Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort}}})
	to := targetOf(carrier, "tls")
	to.Host = "localhost"
	for i := range 2 { // the second call uses the connection of the first
		call, err := trunk.Invite(limited(t), invite(t, to))
		if err != nil {
			t.Fatal(err)
		}
		far := <-answered
		if i == 0 { // the far side reaches us by the same connection
			err = far.Bye(limited(t))
			done(t, "the end", call.Done())
		} else {
			err = call.Bye(limited(t))
			done(t, "the end", far.Done())
		}
		if err != nil {
			t.Error(err)
		}
	}
	if n := carrier.Stats().Connections; n != 2 {
		t.Errorf("%d connections", n)
	}
	var f *sipua.Failure
	for name, change := range map[string]func(*sipua.Target, *sipua.Settings){
		"another name":    func(to *sipua.Target, _ *sipua.Settings) { to.Host = "127.0.0.1" },
		"an unknown root": func(_ *sipua.Target, s *sipua.Settings) { s.DialTLS = nil },
	} {
		wrong, s := to, sipua.Settings{DialTLS: &tls.Config{RootCAs: roots}}
		change(&wrong, &s)
		if _, err := listen(t, s).Invite(limited(t), invite(t, wrong)); !errors.As(err, &f) || !errors.Is(err, sipua.ErrTransport) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const optionsTCP = "OPTIONS sip:u@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n" +
	"From: <sip:a@127.0.0.1>;tag=t\r\nTo: <sip:u@127.0.0.1>\r\nCall-ID: tcp%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

func TestAStreamMayArriveByteByByteAndInOnePiece(t *testing.T) { // F41
	ua := listen(t, sipua.Settings{Listen: []sipua.Listener{{Transport: "tcp", Addr: anyPort}}})
	c, err := net.Dial("tcp", ua.Addr("tcp").String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(c)
	one := fmt.Sprintf(optionsTCP, 1, 1)
	for i := range len(one) {
		if _, err := c.Write([]byte{one[i]}); err != nil {
			t.Fatal(err)
		}
	}
	expectOK(t, r)
	_, _ = c.Write([]byte("\r\n\r\n")) // a ping (RFC 5626)
	if pong, err := r.ReadString('\n'); err != nil || pong != "\r\n" {
		t.Fatalf("pong %q, %v", pong, err)
	}
	_, _ = c.Write([]byte(fmt.Sprintf(optionsTCP, 2, 2) + fmt.Sprintf(optionsTCP, 3, 3)))
	expectOK(t, r)
	expectOK(t, r)
	_, _ = c.Write([]byte("garbage without any end\r\n\r\n")) // no boundary to resume at
	if _, err := r.ReadByte(); err == nil {
		t.Error("connection stays open after garbage")
	}
}

func expectOK(t *testing.T, r *bufio.Reader) {
	t.Helper()
	for first := true; ; first = false {
		l, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if first && l != "SIP/2.0 200 OK\r\n" {
			t.Fatalf("got %q", l)
		}
		if l == "\r\n" {
			return
		}
	}
}

func TestAConnectionLostWhileRingingFailsTheCallAtOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 8192)
		_, _ = c.Read(buf)
		_ = c.Close()
	}()
	ua := listen(t, sipua.Settings{})
	at := ln.Addr().(*net.TCPAddr)
	_, err = ua.Invite(limited(t), invite(t, sipua.Target{Host: "127.0.0.1", Port: at.Port, Transport: "tcp"}))
	var f *sipua.Failure
	if !errors.As(err, &f) || !errors.Is(err, sipua.ErrTransport) {
		t.Errorf("%v", err)
	}
	_ = ln.Close()
	if _, err := ua.Invite(limited(t), invite(t, sipua.Target{Host: "127.0.0.1", Port: at.Port, Transport: "tcp"})); !errors.Is(err, sipua.ErrTransport) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestConnectionsAreBoundedAndFiltered(t *testing.T) {
	ua := listen(t, sipua.Settings{MaxConnections: 2, Listen: []sipua.Listener{{Transport: "tcp", Addr: anyPort}}})
	var open []net.Conn
	for i := range 4 {
		c, err := net.Dial("tcp", ua.Addr("tcp").String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		open = append(open, c)
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = c.Write([]byte(fmt.Sprintf(optionsTCP, i, i)))
		_, err = bufio.NewReader(c).ReadByte()
		if (err == nil) != (i < 2) {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	_ = open
}

func TestAPortThatIsTakenIsNamedWithWhatToDo(t *testing.T) {
	first := listen(t, sipua.Settings{Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort}, {Transport: "tcp", Addr: anyPort}}})
	for _, transport := range []string{"udp", "tcp"} {
		_, err := sipua.Listen(sipua.Settings{Listen: []sipua.Listener{{Transport: transport, Addr: first.Addr(transport)}}})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(first.Addr(transport).Port())) || !strings.Contains(err.Error(), "in use") {
			t.Errorf("%s: %v", transport, err)
		}
	}
	for _, s := range []sipua.Settings{
		{}, {Listen: []sipua.Listener{{Transport: "sctp", Addr: anyPort}}}, {Listen: []sipua.Listener{{Transport: "tls", Addr: anyPort}}},
		{Listen: []sipua.Listener{{Transport: "udp"}}}, {Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort}, {Transport: "udp", Addr: anyPort}}},
		{Name: "a\r\nb", Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort}}},
	} {
		if ua, err := sipua.Listen(s); err == nil {
			_ = ua.Close()
			t.Errorf("listens with %+v", s)
		}
	}
}

func TestAPhoneOverTCPIsCalledByItsOwnConnectionAndGoneWithIt(t *testing.T) {
	reg, heard := office(t)
	desk := listen(t, sipua.Settings{Registrar: reg, Listen: []sipua.Listener{{Transport: "tcp", Addr: anyPort}, {Transport: "udp", Addr: anyPort}}})
	phone, err := sipua.Listen(sipua.Settings{Serve: busy, Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Register(limited(t), sipua.Registration{
		Registrar: targetOf(desk, "tcp"), User: "ann", Auth: sipua.Credentials{User: "ann", Password: "secret"},
	}); err != nil {
		t.Fatal(err)
	}
	b := <-heard
	inv := invite(t, b.Target())
	inv.Pinned = true
	var f *sipua.Failure
	if _, err := desk.Invite(limited(t), inv); !errors.As(err, &f) || f.Code != 486 {
		t.Errorf("call to the phone: %v", err)
	}
	if n := desk.Stats().Connections; n != 1 {
		t.Errorf("%d connections", n)
	}
	_ = phone.Close()
	select {
	case b := <-heard:
		if b.Online || b.Why != "connection lost" {
			t.Errorf("binding %+v", b)
		}
	case <-time.After(patience):
		t.Error("the lost phone stays bound")
	}
}

// program finds a peer, or skips the test and says which package has it.
func program(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("FORECALL_PEERS") == "required" {
		t.Fatalf("%s is required: install the Debian package %s", name, pkg)
	}
	t.Skipf("no %s: the Debian package %s brings it", name, pkg)
	return ""
}

// freePort is a UDP port that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// sippUAS runs sipp as the called side and waits until it answers OPTIONS or
// anything else: its default scenario knows INVITE only, so a call is tried.
func sippUAS(t testing.TB) sipua.Target {
	t.Helper()
	path := program(t, "sipp", "sip-tester")
	at := freePort(t)
	cmd := exec.Command(path, "-sn", "uas", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-mp", fmt.Sprint(freePort(t)), "-p", fmt.Sprint(at), "-nostdin", "-buff_size", "4000000")
	cmd.Dir = t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return sipua.Target{Host: "127.0.0.1", Port: at}
}

func TestCallsToSippAreAnsweredAndEnded(t *testing.T) {
	to := sippUAS(t)
	ua := listen(t, sipua.Settings{})
	var first *sipua.Call
	deadline := time.Now().Add(patience)
	for first == nil { // until sipp is up: a refused INVITE is repeated anyway
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		inv := invite(t, to)
		inv.TransportTimeout = time.Second
		call, err := ua.Invite(ctx, inv)
		cancel()
		if err != nil && time.Now().After(deadline) {
			t.Fatal(err)
		}
		first = call
	}
	if err := first.Bye(limited(t)); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		call, err := ua.Invite(limited(t), invite(t, to))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sipua.ParseAudio(call.RemoteSDP()); err != nil {
			t.Error(err)
		}
		if err := call.Bye(limited(t)); err != nil {
			t.Error(err)
		}
	}
}

func TestCallsFromSippAreAnsweredAndEnded(t *testing.T) {
	path := program(t, "sipp", "sip-tester")
	ended := make(chan sipua.Ending, 200)
	ua := listen(t, sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
		_ = inc.Ring(180, nil)
		answer, _, err := sipua.Answer(inc.Offer(), sipua.SDPAudio{Addr: ourMedia})
		if err != nil {
			t.Error(err)
			return
		}
		call, err := inc.Answer(context.Background(), answer)
		if err != nil {
			t.Error(err)
			return
		}
		<-call.Done()
		ended <- call.End()
	})})
	cmd := exec.CommandContext(limited(t), path, "-sn", "uac", ua.Addr("udp").String(), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-mp", fmt.Sprint(freePort(t)),
		"-p", fmt.Sprint(freePort(t)), "-r", "100", "-m", "100", "-d", "50", "-nostdin", "-timeout", "12", "-timeout_error")
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sipp: %v\n%s", err, out)
	}
	for range 100 {
		if e := <-ended; e.By != sipua.ByRemote {
			t.Errorf("ending %+v", e)
		}
	}
}
