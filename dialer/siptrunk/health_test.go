package siptrunk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/sipua"
)

func TestATrunkIsUsedWhileItIsRegistered(t *testing.T) {
	t.Parallel()
	binds := make(chan sipua.Binding, 8)
	registrar, err := sipua.NewRegistrar(sipua.RegistrarSettings{
		Realm:  "carrier",
		Secret: func(user string) (sipua.Secret, bool) { return sipua.Secret{Password: "s3cret"}, user == "trunk" },
		OnBind: func(b sipua.Binding) { binds <- b },
	})
	if err != nil {
		t.Fatal(err)
	}
	at := carrier(t, refuse(486), func(s *sipua.Settings) { s.Registrar = registrar })
	trunks := open(t, trunkTo("a", at, account, func(t *Trunk) { t.Register = true }))
	eventually(t, "the trunk registers", func() bool { room, _ := trunks.Room(nil); return room > 0 })
	if b := <-binds; b.User != "trunk" || !b.Online {
		t.Errorf("bound %+v", b)
	}
	if r := trunks.State()[0].Registration; !r.Active || !r.Used || time.Until(r.Expires) < time.Minute {
		t.Errorf("registration %+v", r)
	}
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
	if err := trunks.Close(); err != nil {
		t.Error(err)
	}
	if b := <-binds; b.Online {
		t.Errorf("still bound after Close: %+v", b)
	}

	wrong := open(t, trunkTo("a", at, account, func(t *Trunk) { t.Register, t.Password = true, "guess" }))
	eventually(t, "the refusal is known", func() bool { return wrong.State()[0].Registration.Error != "" })
	if room, why := wrong.Room(nil); room != 0 || !strings.Contains(why, "not registered") {
		t.Errorf("room %d, %q", room, why)
	}
	mustFail(t, wrong, within(t), request(callee), campaigns.RouteFailed)
}

func TestATrunkThatDoesNotAnswerOptionsIsNotUsedUntilItDoes(t *testing.T) {
	t.Parallel()
	var asleep atomic.Bool
	at := carrier(t, refuse(486), func(s *sipua.Settings) { s.Allow = func(netip.Addr) bool { return !asleep.Load() } })
	trunks := open(t, trunkTo("a", at, func(t *Trunk) { t.OptionsPing = time.Second }))
	eventually(t, "an answer", func() bool { return trunks.State()[0].OptionsCode == 200 })
	if s := trunks.State()[0]; !s.Up || s.OptionsRTT <= 0 || s.OptionsAt.IsZero() {
		t.Errorf("%+v", s)
	}
	asleep.Store(true)
	eventually(t, "the trunk goes down", func() bool { return !trunks.State()[0].Up })
	if room, why := trunks.Room(nil); room != 0 || !strings.Contains(why, "no reply to 2 OPTIONS") {
		t.Errorf("room %d, %q", room, why)
	}
	asleep.Store(false)
	eventually(t, "the trunk comes back", func() bool { room, _ := trunks.Room(nil); return room > 0 })
}

func TestTLSChecksTheCarriersName(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"localhost": true, "carrier.example": false} {
		cert, roots := certificate(t, name)
		at := carrier(t, refuse(486), func(s *sipua.Settings) {
			s.Listen[0].Transport, s.Listen[0].TLS = "tls", &tls.Config{Certificates: []tls.Certificate{cert}}
		})
		trunks := open(t, trunkTo("a", at, func(t *Trunk) {
			t.Host, t.Transport, t.TLS = "localhost", "tls", &tls.Config{RootCAs: roots}
		}))
		want := campaigns.Busy
		if !good {
			want = campaigns.RouteFailed
		}
		failed := mustFail(t, trunks, within(t), request(callee), want)
		if !good && !strings.Contains(failed.Error(), "not localhost") {
			t.Errorf("%v", failed)
		}
	}
}

// certificate signs itself for one name.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
