package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/deskphone"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/storage/records"
)

// secretsEvery is how often the secrets of the phones are read anew: a user
// who is new can register that soon.
const secretsEvery = 5 * time.Second

// secretsSoonest is how often at most an unknown phone makes us look.
const secretsSoonest = time.Second

// secrets answers the registrar from memory.
type secrets struct {
	db     *records.DB
	known  atomic.Pointer[map[string]sipua.Secret]
	missed chan struct{} // holds a token when somebody was asked for who is not known
}

// find returns the digest secret of an extension.
func (s *secrets) find(extension string) (sipua.Secret, bool) {
	known := s.known.Load()
	if known == nil {
		return sipua.Secret{}, false
	}
	secret, ok := (*known)[extension]
	if !ok { // perhaps another node has just made the user: the phone asks again
		select {
		case s.missed <- struct{}{}:
		default:
		}
	}
	return secret, ok
}

// read takes the secrets from the store.
func (s *secrets) read(ctx context.Context) error {
	users, err := s.db.Users(ctx)
	if err != nil {
		return fmt.Errorf("read the secrets of the phones: %w", err)
	}
	known := map[string]sipua.Secret{}
	for _, u := range users {
		if takesCalls(u) {
			known[u.Extension] = sipua.Secret{HA1MD5: u.PhoneHA1.MD5, HA1SHA256: u.PhoneHA1.SHA256}
		}
	}
	s.known.Store(&known)
	return nil
}

// follow reads the secrets anew until ctx is done.
func (s *secrets) follow(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(secretsEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		missed := s.missed
		if time.Since(last) < secretsSoonest {
			missed = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-missed:
		case <-tick.C:
		}
		last = time.Now()
		if err := s.read(ctx); err != nil && ctx.Err() == nil {
			log.Error("secrets of the phones", "error", err)
		}
	}
}

func takesCalls(u campaigns.User) bool {
	return !u.Disabled && u.Extension != "" && u.PhoneHA1 != campaigns.HA1{} && u.Role.May(campaigns.DoCalls)
}

// openPhones listens for agents' phones, over UDP and TCP on one port.
func (n *Node) openPhones(context.Context) error {
	c := n.settings.Config.Phones
	listen, err := addrPort(c.Listen)
	if err != nil {
		return fmt.Errorf("phones.listen: %w", err)
	}
	networks, err := prefixes("phones.networks", c.Networks)
	if err != nil {
		return err
	}
	n.secrets = &secrets{db: n.db, missed: make(chan struct{}, 1)}
	n.phones, err = deskphone.Open(deskphone.Settings{
		Listen:   []sipua.Listener{{Transport: "udp", Addr: listen}, {Transport: "tcp", Addr: listen}},
		Networks: networks, Realm: realm(c), Secret: n.secrets.find, Name: "forecall", Digest: digests(c.Digest),
		Media: n.media, AutoAnswer: true, Log: n.log,
	})
	if err != nil {
		return fmt.Errorf("phones.listen: %w", err)
	}
	n.later(n.phones.Close)
	return nil
}

// realm is what phones digest their secrets with. Those in the store are for
// one realm: after a change of it every phone needs its secret again.
func realm(c config.Phones) string { return cmp.Or(c.Realm, "forecall") }

// digests are the algorithms by the names that RFC 8760 gives them.
func digests(names []string) []string {
	var out []string
	for _, name := range names {
		out = append(out, strings.ToUpper(name))
	}
	return out
}

// PhonesAddr is where agents' phones register over UDP.
func (n *Node) PhonesAddr() netip.AddrPort { return n.phones.Addr("udp") }
