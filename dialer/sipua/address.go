package sipua

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// URI is a SIP address of a person or a line. Only characters that cannot
// leave their place in a message get through, see Check.
type URI struct {
	User string
	// Host is a name or an IP literal without brackets; empty means the next
	// hop (in To) or our own address (in From).
	Host string
	Port int
}

// Party is a URI with a name for displays.
type Party struct {
	Name string
	URI
}

// Target is where a request is sent.
type Target struct {
	// Host is a name or an IP literal. A name without a port is looked up by
	// SRV first and then by A and AAAA (RFC 3263); over TLS the certificate
	// must carry it.
	Host string
	Port int
	// Transport is udp, tcp or tls; empty means udp.
	Transport string
}

// Credentials answer a digest challenge. They are only used towards the next
// hop they were given with, and only for one realm: Realm, or when it is empty
// the first realm that asks.
type Credentials struct {
	User     string
	Password string
	Realm    string
}

// Header is one further header line of a request or a response.
type Header struct {
	Name  string
	Value string
}

// maxNamePart bounds user and host parts; E.164 needs 16, mail-like users less than 64.
const maxNamePart = 128

// ParseURI reads "sip:user@host:port", "user@host" or "user". Parameters and
// headers in the URI are refused, since they are how addresses are smuggled
// (";maddr=", "?Replaces=").
func ParseURI(s string) (URI, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(s, "sips:"), "sip:")
	user, hostport, found := strings.Cut(rest, "@")
	u := URI{User: user}
	if !found && rest != s {
		u, hostport = URI{}, rest
	}
	if hostport != "" {
		host, port, err := splitHostPort(hostport)
		if err != nil {
			return URI{}, fmt.Errorf("sip uri %q: %w", s, err)
		}
		u.Host, u.Port = host, port
	}
	if err := u.Check(); err != nil {
		return URI{}, err
	}
	return u, nil
}

func splitHostPort(s string) (string, int, error) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, tail, ok := strings.Cut(rest, "]")
		if !ok {
			return "", 0, errors.New("bracket is not closed")
		}
		if tail == "" {
			return host, 0, nil
		}
		s = "v6" + tail
		_, port, err := splitHostPort(s)
		return host, port, err
	}
	host, port, found := strings.Cut(s, ":")
	if !found {
		return s, 0, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q is not between 1 and 65535", port)
	}
	return host, int(n), nil
}

// Check refuses every character that could end the user part, the host or the
// line it stands in: CR, LF, @, ;, <, >, ?, quotes, blanks and control characters.
func (u URI) Check() error {
	if len(u.User) > maxNamePart || len(u.Host) > 255 {
		return errors.New("sip uri is too long")
	}
	for _, r := range u.User {
		if !isUserRune(r) {
			return fmt.Errorf("character %q is not allowed in a sip user", r)
		}
	}
	if u.Port < 0 || u.Port > 65535 {
		return fmt.Errorf("port %d is not between 1 and 65535", u.Port)
	}
	return checkHost(u.Host)
}

func isUserRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("+-_.!~*", r)
}

func checkHost(host string) error {
	if host == "" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	for _, r := range host {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '.' || r == '_' {
			continue
		}
		return fmt.Errorf("character %q is not allowed in a host name", r)
	}
	return nil
}

// String is the URI as it stands in a message.
func (u URI) String() string {
	su := u.sip()
	return su.String()
}

func (u URI) sip() sip.Uri {
	return sip.Uri{Scheme: "sip", User: u.User, Host: u.Host, Port: u.Port}
}

func (p Party) check() error {
	for _, r := range p.Name {
		if r < ' ' || r == 0x7f {
			return errors.New("display name holds a control character")
		}
	}
	if len(p.Name) > maxNamePart {
		return errors.New("display name is too long")
	}
	return p.Check()
}

// quoted escapes the display name for a quoted string (RFC 3261 25.1); sipgo
// writes the quotes but escapes nothing.
func (p Party) quoted() string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p.Name)
}

// unquoted takes the escapes of a quoted string out again.
func unquoted(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

func (t Target) withDefaults() (Target, error) {
	switch t.Transport {
	case "":
		t.Transport = "udp"
	case "udp", "tcp", "tls":
	default:
		return t, fmt.Errorf("transport %q is not udp, tcp or tls", t.Transport)
	}
	if t.Host == "" {
		return t, errors.New("target has no host")
	}
	if t.Port < 0 || t.Port > 65535 {
		return t, fmt.Errorf("port %d is not between 1 and 65535", t.Port)
	}
	return t, checkHost(t.Host)
}

func (t Target) String() string {
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.Port > 0 {
		host += ":" + strconv.Itoa(t.Port)
	}
	return t.Transport + ":" + host
}

// targetOf says where a request for this URI goes (RFC 3263 4 without NAPTR).
func targetOf(u *sip.Uri, fallback string) Target {
	t := Target{Host: strings.Trim(u.Host, "[]"), Port: u.Port, Transport: fallback}
	if v, ok := u.UriParams.Get("transport"); ok {
		t.Transport = strings.ToLower(v)
	}
	if u.IsEncrypted() {
		t.Transport = "tls"
	}
	if v, ok := u.UriParams.Get("maddr"); ok {
		t.Host = strings.Trim(v, "[]")
	}
	return t
}

// checkHeaders refuses headers of the caller that would break the message or
// replace one that the layer itself is answerable for.
func checkHeaders(hs []Header) error {
	for _, h := range hs {
		if err := h.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is wrong with a header that is to be added to a message: a
// name that is none or that the layer itself is answerable for, a value that
// would end it.
func (h Header) Check() error {
	if !isToken(h.Name) {
		return fmt.Errorf("header name %q is not a token", h.Name)
	}
	if ownHeaders[strings.ToLower(h.Name)] {
		return fmt.Errorf("header %s is set by the sip layer", h.Name)
	}
	for i := range len(h.Value) {
		if c := h.Value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("header %s holds a control character", h.Name)
		}
	}
	return nil
}

var ownHeaders = map[string]bool{
	"via": true, "v": true, "from": true, "f": true, "to": true, "t": true, "call-id": true, "i": true,
	"cseq": true, "max-forwards": true, "contact": true, "m": true, "route": true, "record-route": true,
	"content-length": true, "l": true, "content-type": true, "c": true, "authorization": true,
	"proxy-authorization": true, "session-expires": true, "x": true, "min-se": true, "rack": true, "rseq": true,
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-.!%*_+`'~", c) >= 0 {
			continue
		}
		return false
	}
	return s != ""
}
