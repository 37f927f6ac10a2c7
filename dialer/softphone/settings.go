package softphone

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// Settings are what Open needs.
type Settings struct {
	// Listen is the one UDP address for all browsers; port 0 takes a free one.
	Listen netip.AddrPort
	// Conn, when it is there, is used instead of Listen: a socket that was
	// opened elsewhere. Close closes it.
	Conn net.PacketConn
	// PublicIP is our address as browsers see it, when NAT stands between; zero
	// means those of this machine.
	PublicIP netip.Addr
	// Codecs in order of preference; empty means PCMU, PCMA. The law of the
	// trunk first spares a translation.
	Codecs []media.Codec
	// MaxPhones bounds how many connections there are; 0 means 2,000.
	MaxPhones int
	// FirstSound is how long after Connect sound must come; 0 means 15 s.
	FirstSound time.Duration
	// SilenceLimit is how long sound may stop until the phone counts as lost;
	// 0 means 1 s: browsers send all the time, muted or not.
	SilenceLimit time.Duration
	// Grace is how long a lost phone may take to come back; 0 means 6 s.
	Grace time.Duration
	// Changed is told of each change of a phone's phase or problem. It must not
	// wait.
	Changed func(user int64)
	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

const (
	defaultPhones       = 2000
	defaultFirstSound   = 15 * time.Second
	defaultSilenceLimit = time.Second
	defaultGrace        = 6 * time.Second
	leastSilenceLimit   = 500 * time.Millisecond // a busy laptop is no lost one
)

// Validate names all that is wrong.
func (s Settings) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Conn == nil && !s.Listen.IsValid() {
		bad("softphone listen: no address for browsers to send to")
	}
	if s.PublicIP.IsValid() && (s.PublicIP.IsUnspecified() || s.PublicIP.IsMulticast()) {
		bad("softphone public_ip %s: not an address that browsers can send to", s.PublicIP)
	}
	if s.SilenceLimit != 0 && s.SilenceLimit < leastSilenceLimit {
		bad("softphone silence_limit %s: at least %s", s.SilenceLimit, leastSilenceLimit)
	}
	if s.MaxPhones < 0 || s.FirstSound < 0 || s.Grace < 0 {
		bad("softphone max_phones, first_sound, grace: not negative")
	}
	for i, c := range s.Codecs {
		if !c.Known() || slices.Contains(s.Codecs[:i], c) {
			bad("softphone codecs: %s: use pcmu and pcma, each once", c)
		}
	}
	return errors.Join(errs...)
}

func (s Settings) filled() Settings {
	fill := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	fill(&s.FirstSound, defaultFirstSound)
	fill(&s.SilenceLimit, defaultSilenceLimit)
	fill(&s.Grace, defaultGrace)
	if s.MaxPhones == 0 {
		s.MaxPhones = defaultPhones
	}
	if len(s.Codecs) == 0 {
		s.Codecs = []media.Codec{media.PCMU, media.PCMA}
	}
	if s.Changed == nil {
		s.Changed = func(int64) {}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}
