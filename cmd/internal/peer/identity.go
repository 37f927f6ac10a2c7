package peer

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// leastSecret is how long the secret of a house is at least, in octets.
const leastSecret = 32

// How long a certificate is good, and how far clocks may be apart.
const (
	leafLife   = 24 * time.Hour
	leafRenews = leafLife / 2
	clockSkew  = 2 * time.Hour
)

// domain is where the names of certificates end; .internal is nobody's (ICANN 2024).
const domain = ".forecall.internal"

// nodeName is what a node may be called: it stands in names of hosts.
var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Peer is a node as its certificate names it.
type Peer struct {
	Node  string
	Epoch int64 // how often the house has counted this node as gone
}

// Key derives a key of 32 octets for one purpose from the secret of the house, the
// same on each node.
func Key(secret []byte, purpose string) ([]byte, error) {
	if len(secret) < leastSecret {
		return nil, fmt.Errorf("the secret of the house has %d octets, and %d are needed", len(secret), leastSecret)
	}
	return hkdf.Key(sha256.New, secret, nil, "forecall 1: "+purpose, 32)
}

// identity is this node's proof that it is of the house, and its measure of others.
type identity struct {
	authority *x509.Certificate
	signer    ed25519.PrivateKey
	roots     *x509.CertPool

	mu   sync.Mutex
	self Peer
	leaf *tls.Certificate
	made time.Time
}

func newIdentity(secret []byte, self Peer) (*identity, error) {
	if !nodeName.MatchString(self.Node) {
		return nil, fmt.Errorf("node name %q: letters a-z, digits and dashes, at most 63", self.Node)
	}
	seed, err := Key(secret, "authority of the peers")
	if err != nil {
		return nil, err
	}
	id := &identity{signer: ed25519.NewKeyFromSeed(seed), roots: x509.NewCertPool(), self: self}
	if id.authority, err = authorityOf(id.signer); err != nil {
		return nil, err
	}
	id.roots.AddCert(id.authority)
	return id, nil
}

// authorityOf makes the certificate of the house, which is the same on each node
// and goes nowhere.
func authorityOf(key ed25519.PrivateKey) (*x509.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "forecall house"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the authority of the house: %w", err)
	}
	return x509.ParseCertificate(der)
}

// certificate returns this node's, made anew when half of its time is over.
func (id *identity) certificate(now time.Time) (*tls.Certificate, error) {
	id.mu.Lock()
	defer id.mu.Unlock()
	if age := now.Sub(id.made); id.leaf != nil && age < leafRenews && age > -leafRenews {
		return id.leaf, nil
	}
	leaf, err := id.make(now)
	if err != nil {
		return nil, fmt.Errorf("make this node's certificate: %w", err)
	}
	id.leaf, id.made = leaf, now
	return leaf, nil
}

func (id *identity) make(now time.Time) (*tls.Certificate, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: id.self.Node, SerialNumber: strconv.FormatInt(id.self.Epoch, 10)},
		DNSNames:     []string{hostOf(id.self.Node)},
		NotBefore:    now.Add(-clockSkew), NotAfter: now.Add(leafLife + clockSkew),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, id.authority, public, id.signer)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, nil
}

// renew gives this node another epoch.
func (id *identity) renew(epoch int64) {
	id.mu.Lock()
	defer id.mu.Unlock()
	id.self.Epoch, id.leaf = epoch, nil
}

func (id *identity) peer() Peer {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.self
}

// hostOf is the name in the certificate of a node, and in our URLs.
func hostOf(node string) string { return node + domain }

// nodeOf reads what hostOf wrote.
func nodeOf(host string) (string, bool) {
	node, ok := strings.CutSuffix(host, domain)
	return node, ok && nodeName.MatchString(node)
}

var errNameless = errors.New("the certificate of the peer does not name a node")

// peerOf reads a certificate whose chain was verified.
func peerOf(c tls.ConnectionState) (Peer, error) {
	if len(c.PeerCertificates) == 0 {
		return Peer{}, errNameless
	}
	leaf := c.PeerCertificates[0]
	if len(leaf.DNSNames) != 1 || leaf.IsCA {
		return Peer{}, errNameless
	}
	node, ok := nodeOf(leaf.DNSNames[0])
	epoch, err := strconv.ParseInt(leaf.Subject.SerialNumber, 10, 64)
	if !ok || err != nil {
		return Peer{}, errNameless
	}
	return Peer{Node: node, Epoch: epoch}, nil
}

// server is how connections are taken, and client how a node is called. verify has
// the last word on who is there.
func (id *identity) server(verify func(tls.ConnectionState) error, protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: protocols, SessionTicketsDisabled: true,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: id.roots, VerifyConnection: verify,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return id.certificate(time.Now()) },
	}
}

func (id *identity) client(node string, verify func(tls.ConnectionState) error, protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: protocols,
		RootCAs: id.roots, ServerName: hostOf(node), VerifyConnection: verify,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return id.certificate(time.Now()) },
	}
}
