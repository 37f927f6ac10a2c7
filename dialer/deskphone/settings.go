package deskphone

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// Settings are what Open needs.
type Settings struct {
	// Listen are the sockets that phones register at.
	Listen []sipua.Listener
	// Networks are where phones may be; messages from elsewhere are dropped
	// unread. Empty means anywhere, which only a closed network should be.
	Networks []netip.Prefix
	// Realm is what the phones digest their password with; empty means "forecall".
	Realm string
	// Secret looks up the digest secret of an extension. It is asked for each
	// REGISTER, from many goroutines, and must be quick.
	Secret func(extension string) (sipua.Secret, bool)
	// Digest are the algorithms that phones are challenged with, in order of
	// preference: SHA-256 and MD5; empty means both. Only MD5 is for phones that
	// give up when they read an algorithm they do not know, as baresip 1.0 does.
	Digest []string
	// BehindNAT accepts phones whose Contact is not where they register from.
	BehindNAT bool
	// Name goes out as Server and User-Agent, and stands on the phone's display.
	Name string

	// Media is what each leg is opened with.
	Media media.Settings
	// Codecs in order of preference; empty means PCMU, PCMA.
	Codecs []media.Codec

	// AutoAnswer asks the phone to take the call by itself, in the ways that
	// phones know (RFC 5373 and the older Call-Info and Alert-Info).
	AutoAnswer bool
	// RingTime is how long the agent has to take the call; 0 means 30 s.
	RingTime time.Duration
	// FirstSound is how long after the answer the phone's sound must come; 0 means 5 s.
	FirstSound time.Duration
	// SilenceLimit is how long its sound may stop until the phone counts as
	// lost; 0 means 2 s. Below zero it may stop for ever: for phones that
	// suppress silence.
	SilenceLimit time.Duration
	// SessionTimer is the refresh interval to ask for (RFC 4028); 0 means 30 min.
	SessionTimer time.Duration

	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

const (
	defaultRingTime     = 30 * time.Second
	defaultFirstSound   = 5 * time.Second
	defaultSilenceLimit = 2 * time.Second
	leastSilenceLimit   = 500 * time.Millisecond // jitter and a lost burst are no dead phone
)

// Validate names all that is wrong.
func (s Settings) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(s.Listen) == 0 {
		bad("phones listen: no address for phones to register at")
	}
	if s.Secret == nil {
		bad("phones secret: nobody knows the phones' passwords")
	}
	if s.SilenceLimit > 0 && s.SilenceLimit < leastSilenceLimit {
		bad("phones silence_limit %s: at least %s, or below 0 for none", s.SilenceLimit, leastSilenceLimit)
	}
	if s.RingTime < 0 || s.FirstSound < 0 || s.SessionTimer < 0 {
		bad("phones ring_time, first_sound, session_timer: not negative")
	}
	for i, c := range s.Codecs {
		if !c.Known() || slices.Contains(s.Codecs[:i], c) {
			bad("phones codecs: %s: use pcmu and pcma, each once", c)
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
	fill(&s.RingTime, defaultRingTime)
	fill(&s.FirstSound, defaultFirstSound)
	fill(&s.SilenceLimit, defaultSilenceLimit)
	if s.Realm == "" {
		s.Realm = "forecall"
	}
	if len(s.Codecs) == 0 {
		s.Codecs = []media.Codec{media.PCMU, media.PCMA}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}

// allow says which sources are read at all.
func (s Settings) allow(ip netip.Addr) bool {
	return len(s.Networks) == 0 || slices.ContainsFunc(s.Networks, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}
