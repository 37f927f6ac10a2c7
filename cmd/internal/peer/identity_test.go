package peer

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

func TestEachNodeDerivesTheSameAuthorityAndAnotherSecretAnother(t *testing.T) {
	a, err := newIdentity(secret, Peer{Node: "a"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := newIdentity(secret, Peer{Node: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.authority.Raw, b.authority.Raw) {
		t.Error("two nodes of one house have different authorities")
	}
	other, err := newIdentity(bytes.Repeat([]byte("t"), 32), Peer{Node: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(a.authority.RawSubjectPublicKeyInfo, other.authority.RawSubjectPublicKeyInfo) {
		t.Error("two houses have one authority")
	}
	one, _ := Key(secret, "one")
	two, _ := Key(secret, "two")
	if len(one) != 32 || bytes.Equal(one, two) {
		t.Error("two purposes have one key")
	}
}

func TestAnIdentityThatIsNoneIsRefused(t *testing.T) {
	for _, name := range []string{"", "-a", "a-", "A", "a.b", "a b", strings.Repeat("a", 64)} {
		if _, err := newIdentity(secret, Peer{Node: name}); err == nil {
			t.Errorf("node %q is taken", name)
		}
	}
	if _, err := newIdentity(secret[:31], Peer{Node: "a"}); err == nil {
		t.Error("a short secret is taken")
	}
}

// Clocks of two nodes may be two hours apart, and a certificate may be half of its
// life old.
func TestCertificatesHoldAgainstClocksThatAreApart(t *testing.T) {
	a, _ := newIdentity(secret, Peer{Node: "a", Epoch: 7})
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	made, err := a.certificate(now)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		apart time.Duration
		good  bool
	}{{0, true}, {-119 * time.Minute, true}, {leafRenews + 119*time.Minute, true}, {-3 * time.Hour, false}, {leafLife + 3*time.Hour, false}} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: a.roots, CurrentTime: now.Add(c.apart), DNSName: hostOf("a")})
		if (err == nil) != c.good {
			t.Errorf("%s apart: %v", c.apart, err)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: a.roots, CurrentTime: now, DNSName: hostOf("b")}); err == nil {
		t.Error("the certificate of a is good for b")
	}
	if peer, err := peerOf(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}); err != nil || peer != (Peer{Node: "a", Epoch: 7}) {
		t.Errorf("it names %+v, %v", peer, err)
	}
}

func TestACertificateIsMadeAnewAtHalfOfItsTime(t *testing.T) {
	a, _ := newIdentity(secret, Peer{Node: "a"})
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	first, _ := a.certificate(now)
	for _, c := range []struct {
		at   time.Duration
		same bool
	}{{time.Hour, true}, {leafRenews - time.Second, true}, {leafRenews, false}} {
		next, err := a.certificate(now.Add(c.at))
		if err != nil || (next == first) != c.same {
			t.Errorf("after %s: the same %v, %v", c.at, next == first, err)
		}
	}
	back, _ := a.certificate(now.Add(-48 * time.Hour)) // the clock was set back
	if back == first {
		t.Error("a certificate of the future is shown")
	}
}

// knock shows a node a certificate and returns what comes of it.
func knock(t *testing.T, n *node, config *tls.Config) error {
	t.Helper()
	d := &tls.Dialer{Config: config}
	c, err := d.DialContext(within(t), "tcp", n.Addr().String())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(make([]byte, 1)) // TLS 1.3: the refusal of a client comes after its own handshake
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestStrangersAndOtherHousesAreRefusedByBothSides(t *testing.T) {
	n := openNode(t, "n")
	house, _ := newIdentity(secret, Peer{Node: "x", Epoch: 1})
	other, _ := newIdentity(bytes.Repeat([]byte("t"), 32), Peer{Node: "x", Epoch: 1})
	anyone := func(tls.ConnectionState) error { return nil }
	blind := func(id *identity, change func(*tls.Config)) *tls.Config { // trusts every server
		c := id.client("n", anyone, wordsProtocol)
		c.InsecureSkipVerify = true
		change(c)
		return c
	}
	for name, c := range map[string]*tls.Config{
		"without a certificate":        blind(house, func(c *tls.Config) { c.GetClientCertificate = nil }),
		"of another house":             blind(other, func(*tls.Config) {}),
		"of nobody":                    blind(house, func(c *tls.Config) { c.GetClientCertificate = selfSigned(t) }),
		"with TLS 1.2":                 blind(house, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }),
		"to another house's node":      other.client("n", anyone, wordsProtocol),
		"to a node of another name":    house.client("m", anyone, wordsProtocol),
		"as the node itself":           blind(sameAs(t, "n", 1), func(*tls.Config) {}),
		"with a protocol of their own": blind(house, func(c *tls.Config) { c.NextProtos = []string{"smtp"} }),
	} {
		if err := knock(t, n, c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	good := make(chan error, 1)
	go func() {
		c, err := (&tls.Dialer{Config: house.client("n", anyone, httpProtocol)}).Dial("tcp", n.Addr().String())
		if err == nil {
			_, err = c.Read(make([]byte, 1)) // the settings of HTTP/2
			_ = c.Close()
		}
		good <- err
	}()
	if err := <-good; err != nil {
		t.Errorf("one of the house: %v", err)
	}
}

func sameAs(t *testing.T, name string, epoch int64) *identity {
	t.Helper()
	id, err := newIdentity(secret, Peer{Node: name, Epoch: epoch})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func selfSigned(t *testing.T) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "forecall house", SerialNumber: "1"}, DNSNames: []string{hostOf("x")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, nil
	}
}

func TestANodeThatWasReplacedIsRefusedEverywhere(t *testing.T) {
	b := openNode(t, "b")
	anew := openNode(t, "a", func(s *Settings) { s.Self.Epoch = 2 })
	acquaint(anew, b)
	b.meets(t, "a")
	stale := openNode(t, "a") // wakes up with epoch 1
	stale.Know([]Address{b.at()})
	if _, err := stale.Ask(within(t), "b", "x", nil); err == nil || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("a question of the replaced one: %v", err)
	}
	if l, ok := stale.Link("b"); ok {
		t.Errorf("the replaced one has a link: %+v", l.Peer())
	}
	if l, ok := b.Link("a"); !ok || l.Peer().Epoch != 2 {
		t.Errorf("the link of b: %v", ok)
	}
}

func TestAFloodOfStrangersDoesNotKeepOutTheHouse(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	for range 100 { // who say nothing
		c, err := net.Dial("tcp", b.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	acquaint(a, b)
	ab, ba := linked(t, a, b)
	send(t, ab, 0, 10)
	hears(t, ba, 0, 10)
}
