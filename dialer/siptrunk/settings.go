package siptrunk

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// Settings are what Open needs: the trunks, and what they share.
type Settings struct {
	Trunks []Trunk

	// Media is what every leg is opened with: local address, port range, poller.
	// Its Allow is not used: each trunk has a list of its own.
	Media media.Settings

	// Name goes out as User-Agent; empty sends none.
	Name string

	// Share is asked for every line and every call that goes out, when several
	// nodes have the trunks together; nil means that they are this node's alone.
	Share Share

	// MaxWait bounds how long a call waits for a trunk's CPS limit before it
	// fails as "trunk full"; 0 means 2 s.
	MaxWait time.Duration

	// SetupTime bounds the time from INVITE to the first 18x, on top of which
	// the ring time runs; 0 means 20 s. ITU-T E.721 asks of an international
	// call 8 s on average and 11 s for 95 % at normal load.
	SetupTime time.Duration

	// RingTime is used by requests that name none; 0 means 25 s.
	RingTime time.Duration

	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

// Trunk is the settings of one way to a carrier.
type Trunk struct {
	// Name is how campaigns, pages and the call log call it: letters, digits, dash.
	Name string

	// Host is the carrier's name or address. A name without a port is looked up by SRV.
	Host string
	Port int
	// Transport is udp, tcp or tls; empty means udp. With tls the certificate must carry Host.
	Transport string
	// OutboundProxy, "host" or "host:port", takes the messages instead of Host.
	OutboundProxy string

	// Listen is our own address for this trunk; port 0 lets the system choose.
	Listen netip.AddrPort
	// Advertise stands in Via and Contact instead of Listen, behind NAT.
	Advertise netip.AddrPort
	// TLS is the base of our side of TLS: roots, and a certificate when the
	// carrier asks for one. Nil means the system's roots, TLS 1.2 or newer.
	TLS *tls.Config

	// Register makes the trunk register; false is an IP trunk.
	Register        bool
	RegisterExpires time.Duration // 0 means 300 s
	Username        string
	AuthUsername    string // when it differs from Username
	Password        string
	Realm           string // the only realm to answer; empty means the first that asks

	// FromUser stands in From when the trunk's CLI goes into the identity
	// header; empty means the caller ID.
	FromUser   string
	FromDomain string // empty means Host
	// CallerIDs are E.164; the first is used when a request names none.
	CallerIDs []string
	// IdentityHeader carries the caller ID beside From: p-asserted-identity
	// (RFC 3325), remote-party-id, or empty for none.
	IdentityHeader string
	// Headers go out with every INVITE, each as "Name: value". In a value
	// {attempt}, {campaign} and {caller_id} stand for those of the call.
	Headers []string
	// AttestHeaders are headers in which this carrier reports the STIR/SHAKEN
	// attestation, beside the usual ones.
	AttestHeaders []string
	// TrustIdentity believes the P-Asserted-Identity of calls that come in (RFC
	// 3325 section 5); else, and without one, a caller is who From says.
	TrustIdentity bool

	Codecs []media.Codec // in order of preference; empty means PCMU, PCMA
	// AllowMedia are networks beside the public internet and the trunk's own
	// address that the carrier's SDP may name.
	AllowMedia []netip.Prefix

	MaxChannels int     // lines, at least 1
	MaxCPS      float64 // new calls a second, above 0
	// MaxPending bounds INVITEs that have had no response at all, not even a
	// 100: what a dead carrier can cost, and the brake on retransmission storms; 0 means 20.
	MaxPending int

	// NoReply is how long an INVITE may stay without any response, timer B of
	// RFC 3261; 0 means its 32 s. A shorter one fails over sooner, but a carrier
	// that is merely slow then rings a person whom we already call elsewhere.
	NoReply time.Duration

	OptionsPing time.Duration // 0 sends none
	// SessionTimer asks for RFC 4028 refreshes of this interval; 0 asks for none.
	SessionTimer time.Duration
	// AllowedIPs are the sources that are read beside the trunk's own
	// addresses; everything else is dropped unanswered. Needed for UDP when
	// Host is a name.
	AllowedIPs []netip.Prefix

	Dial DialPlan

	// Priority orders trunks when a request names none: lower first. Weight
	// shares calls among neighbours of one priority; 0 takes no share.
	Priority int
	Weight   int
}

const (
	defaultMaxWait         = 2 * time.Second
	defaultSetupTime       = 20 * time.Second
	defaultRingTime        = 25 * time.Second
	defaultRegisterExpires = 300 * time.Second
	defaultMaxPending      = 20
	minSessionTimer        = 90 * time.Second // RFC 4028 section 4
	minRegisterExpires     = 30 * time.Second
	minOptionsPing         = time.Second
	minNoReply             = 4 * time.Second // four INVITEs are lost before we give up
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Identity headers a trunk may ask for.
const (
	IdentityAsserted = "p-asserted-identity" // RFC 3325 section 9.1
	IdentityRPID     = "remote-party-id"
)

// Validate checks everything that can be checked without the network and names
// all that is wrong, each with the trunk and the setting.
func (s Settings) Validate() error {
	var errs []error
	if len(s.Trunks) == 0 {
		errs = append(errs, errors.New("no trunk is configured: add one under trunks"))
	}
	seen := map[string]bool{}
	for i, t := range s.Trunks {
		for _, err := range t.problems() {
			errs = append(errs, fmt.Errorf("trunk %d (%s): %w", i+1, t.Name, err))
		}
		if seen[t.Name] {
			errs = append(errs, fmt.Errorf("trunk %d: the name %q is taken by another trunk", i+1, t.Name))
		}
		seen[t.Name] = true
	}
	for name, d := range map[string]time.Duration{"max_wait": s.MaxWait, "setup_time": s.SetupTime, "ring_time": s.RingTime} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("%s: %s is negative", name, d))
		}
	}
	return errors.Join(errs...)
}

func (t Trunk) problems() []error {
	return slices.Concat(t.addressProblems(), t.loginProblems(), t.callerProblems(), t.headerProblems(), t.limitProblems(), t.Dial.problems())
}

func (t Trunk) addressProblems() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !namePattern.MatchString(t.Name) {
		bad("name %q: use letters, digits, dot, dash and underscore, at most 64", t.Name)
	}
	if t.Host == "" {
		bad("host: the carrier's name or address is missing")
	} else if err := (sipua.URI{Host: t.Host}).Check(); err != nil {
		bad("host %q: %w", t.Host, err)
	}
	if t.Port < 0 || t.Port > 65535 {
		bad("port %d: not between 1 and 65535", t.Port)
	}
	if !slices.Contains([]string{"", "udp", "tcp", "tls"}, t.Transport) {
		bad("transport %q: use udp, tcp or tls", t.Transport)
	}
	if !t.Listen.IsValid() {
		bad("listen: our own address for this trunk is missing, such as 0.0.0.0:0")
	}
	if t.OutboundProxy != "" {
		if _, err := sipua.ParseURI("sip:" + t.OutboundProxy); err != nil {
			bad("outbound_proxy %q: %w", t.OutboundProxy, err)
		}
	}
	return errs
}

func (t Trunk) loginProblems() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if t.Register && t.Username == "" {
		bad("username: a trunk that registers needs one")
	}
	if t.Username == "" && t.AuthUsername+t.Password != "" {
		bad("username: missing beside auth_username or password")
	}
	for name, user := range map[string]string{"username": t.Username, "from_user": t.FromUser} {
		if err := (sipua.URI{User: user}).Check(); err != nil {
			bad("%s: %w", name, err)
		}
	}
	if err := (sipua.URI{Host: t.FromDomain}).Check(); err != nil {
		bad("from_domain %q: %w", t.FromDomain, err)
	}
	if strings.ContainsAny(t.AuthUsername+t.Realm, "\r\n\"\\") {
		bad("auth_username, realm: no quotes, backslashes or line breaks")
	}
	if t.RegisterExpires != 0 && t.RegisterExpires < minRegisterExpires {
		bad("register_expires %s: at least %s", t.RegisterExpires, minRegisterExpires)
	}
	return errs
}

func (t Trunk) callerProblems() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, id := range t.CallerIDs {
		if err := rules.Dialable(id); err != nil {
			bad("caller_ids %q: %w", id, err)
		}
	}
	if !slices.Contains([]string{"", IdentityAsserted, IdentityRPID}, strings.ToLower(t.IdentityHeader)) {
		bad("identity_header %q: use %s, %s or nothing", t.IdentityHeader, IdentityAsserted, IdentityRPID)
	}
	if t.FromUser != "" && t.IdentityHeader == "" {
		bad("from_user %q hides the caller ID: set identity_header, so that the person called sees who calls", t.FromUser)
	}
	for i, c := range t.Codecs {
		if !c.Known() || slices.Contains(t.Codecs[:i], c) {
			bad("codecs: %s: use pcmu and pcma, each once", c)
		}
	}
	return errs
}

func (t Trunk) limitProblems() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if t.MaxChannels < 1 {
		bad("max_channels %d: at least 1", t.MaxChannels)
	}
	if t.MaxCPS <= 0 || t.MaxCPS > 10_000 {
		bad("max_cps %g: above 0, at most 10000", t.MaxCPS)
	}
	if t.MaxPending < 0 || t.Weight < 0 {
		bad("max_pending, weight: not negative")
	}
	if t.NoReply != 0 && t.NoReply < minNoReply {
		bad("no_reply %s: at least %s, or 0 for the 32 s of RFC 3261", t.NoReply, minNoReply)
	}
	if t.OptionsPing != 0 && t.OptionsPing < minOptionsPing {
		bad("options_ping %s: at least %s, or 0 for none", t.OptionsPing, minOptionsPing)
	}
	if t.SessionTimer != 0 && t.SessionTimer < minSessionTimer {
		bad("session_timer %s: at least %s (RFC 4028 section 4), or 0 for none", t.SessionTimer, minSessionTimer)
	}
	return errs
}

// filled returns the trunk with its defaults.
func (t Trunk) filled() Trunk {
	if t.Transport == "" {
		t.Transport = "udp"
	}
	if t.RegisterExpires == 0 {
		t.RegisterExpires = defaultRegisterExpires
	}
	if t.MaxPending == 0 {
		t.MaxPending = defaultMaxPending
	}
	if len(t.Codecs) == 0 {
		t.Codecs = []media.Codec{media.PCMU, media.PCMA}
	}
	if t.FromDomain == "" {
		t.FromDomain = t.Host
	}
	if t.AuthUsername == "" {
		t.AuthUsername = t.Username
	}
	t.IdentityHeader = strings.ToLower(t.IdentityHeader)
	return t
}

func (s Settings) filled() Settings {
	if s.MaxWait == 0 {
		s.MaxWait = defaultMaxWait
	}
	if s.SetupTime == 0 {
		s.SetupTime = defaultSetupTime
	}
	if s.RingTime == 0 {
		s.RingTime = defaultRingTime
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}
