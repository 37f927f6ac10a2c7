package node

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// Limits of a trunk whose settings name none.
const (
	defaultChannels = 30
	defaultCPS      = 10
)

// TrunkSettings turns the configuration's trunks into those of package siptrunk.
func TrunkSettings(c config.Config, m media.Settings, log *slog.Logger) (siptrunk.Settings, error) {
	s := siptrunk.Settings{Media: m, Name: "forecall", Log: log}
	base, err := trunkTLS(c.SIP)
	if err != nil {
		return s, err
	}
	for i, t := range c.Trunks {
		trunk, err := trunkOf(c.SIP, t, i == 0)
		if err != nil {
			return s, fmt.Errorf("trunks[%d] (%s): %w", i+1, t.Name, err)
		}
		trunk.TLS = base
		s.Trunks = append(s.Trunks, trunk)
	}
	return s, s.Validate()
}

func trunkOf(sip config.SIP, t config.Trunk, first bool) (siptrunk.Trunk, error) {
	listen, err := trunkListen(sip, t, first)
	if err != nil {
		return siptrunk.Trunk{}, err
	}
	codecs, err := codecsOf(t.Codecs)
	if err != nil {
		return siptrunk.Trunk{}, err
	}
	allowed, errA := prefixes("allowed_ips", t.AllowedIPs)
	allowMedia, errM := prefixes("allow_media", t.AllowMedia)
	out := siptrunk.Trunk{
		Name: t.Name, Host: t.Host, Port: t.Port, Transport: t.Transport, OutboundProxy: t.OutboundProxy, Listen: listen,
		Register: t.Register, RegisterExpires: t.RegisterExpires, Username: t.Username, AuthUsername: t.AuthUsername,
		Password: t.Password, Realm: t.Realm, FromUser: t.FromUser, FromDomain: t.FromDomain, CallerIDs: t.CallerIDs,
		IdentityHeader: t.IdentityHeader, TrustIdentity: t.TrustIdentity, Headers: t.Headers, AttestHeaders: t.AttestHeaders, Codecs: codecs, AllowMedia: allowMedia, AllowedIPs: allowed,
		MaxChannels: or(t.MaxChannels, defaultChannels), MaxCPS: or(t.MaxCPS, defaultCPS), MaxPending: t.MaxPending,
		NoReply: t.NoReply, OptionsPing: t.OptionsPing, SessionTimer: t.SessionTimer,
		Dial: siptrunk.DialPlan(t.Dial), Priority: t.Priority, Weight: t.Weight,
	}
	if sip.Advertise != "" {
		ip, err := netip.ParseAddr(sip.Advertise)
		if err != nil {
			return siptrunk.Trunk{}, fmt.Errorf("sip.advertise: %w", err)
		}
		out.Advertise = netip.AddrPortFrom(ip, listen.Port())
	}
	return out, errors.Join(errA, errM)
}

// trunkListen is our address for a trunk: its own, sip.listen (or
// sip.tls_listen) for the first one, and a free port beside it for the others.
func trunkListen(sip config.SIP, t config.Trunk, first bool) (netip.AddrPort, error) {
	if t.Listen != "" {
		return addrPort(t.Listen)
	}
	base := sip.Listen
	if t.Transport == "tls" && sip.TLSListen != "" {
		base = sip.TLSListen
	}
	listen, err := addrPort(base)
	if err != nil || first {
		return listen, err
	}
	return netip.AddrPortFrom(listen.Addr(), 0), nil
}

func trunkTLS(sip config.SIP) (*tls.Config, error) {
	if sip.TLSCert == "" && sip.TLSCA == "" {
		return nil, nil
	}
	base := &tls.Config{MinVersion: tls.VersionTLS12}
	if sip.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(sip.TLSCert, sip.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("sip.tls_cert: %w", err)
		}
		base.Certificates = []tls.Certificate{cert}
	}
	if sip.TLSCA != "" {
		pem, err := os.ReadFile(sip.TLSCA)
		if err != nil {
			return nil, fmt.Errorf("sip.tls_ca: %w", err)
		}
		base.RootCAs = x509.NewCertPool()
		if !base.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("sip.tls_ca: %s holds no certificate in PEM form", sip.TLSCA)
		}
	}
	return base, nil
}

func codecsOf(names []string) ([]media.Codec, error) {
	var out []media.Codec
	for _, name := range names {
		switch strings.ToLower(name) {
		case "pcmu":
			out = append(out, media.PCMU)
		case "pcma":
			out = append(out, media.PCMA)
		default:
			return nil, fmt.Errorf("codecs: %q: pcmu and pcma are what telephone networks and we speak", name)
		}
	}
	return out, nil
}

// prefixes reads networks; a single address is a network of one.
func prefixes(key string, texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is neither an address nor a network as 198.51.100.0/24", key, text)
		}
		out = append(out, p)
	}
	return out, nil
}

// addrPort reads host:port; an empty host is every address of this machine.
func addrPort(text string) (netip.AddrPort, error) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address as 0.0.0.0:5060", text)
	}
	host := strings.Trim(text[:i], "[]")
	switch host {
	case "":
		host = "0.0.0.0"
	case "localhost":
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(text[i+1:], 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q: the port must be 0 to 65535", text)
	}
	return netip.AddrPortFrom(ip, uint16(port)), nil
}

func or[T int | float64](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}
