package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Validate says everything that is wrong with the values, by key.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
	}
	for _, l := range []struct {
		key, addr string
		required  bool
	}{
		{"http.listen", c.HTTP.Listen, true}, {"admin.listen", c.Admin.Listen, false}, {"sip.listen", c.SIP.Listen, true},
		{"sip.tls_listen", c.SIP.TLSListen, false}, {"phones.listen", c.Phones.Listen, true}, {"softphone.listen", c.Softphone.Listen, false},
	} {
		if err := checkAddr(l.addr); err != nil && (l.required || l.addr != "") {
			bad(l.key, "%w", err)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level", "%q: debug, info, warn or error", c.Log.Level)
	}
	if !slices.Contains([]string{"auto", "text", "json"}, c.Log.Format) {
		bad("log.format", "%q: auto, text or json", c.Log.Format)
	}
	if !slices.Contains([]string{"auto", "epoll", "plain"}, c.Media.Relay) {
		bad("media.relay", "%q: auto, epoll or plain", c.Media.Relay)
	}
	if _, _, err := c.Media.PortRange(); err != nil {
		bad("media.ports", "%w", err)
	}
	for _, ip := range []struct{ key, value string }{{"media.ip", c.Media.IP}, {"media.advertise", c.Media.Advertise}, {"sip.advertise", c.SIP.Advertise}, {"softphone.public_ip", c.Softphone.PublicIP}} {
		if _, err := netip.ParseAddr(ip.value); ip.value != "" && err != nil {
			bad(ip.key, "%q is not an IP address", ip.value)
		}
	}
	for _, n := range c.Phones.Networks {
		if _, err := netip.ParsePrefix(n); err != nil {
			bad("phones.networks", "%q is not a network as 10.0.0.0/8", n)
		}
	}
	for _, d := range c.Phones.Digest {
		if d != "md5" && d != "sha-256" {
			bad("phones.digest", "%q: md5 or sha-256", d)
		}
	}
	for i, s := range c.Softphone.ICEServers {
		if scheme, _, ok := strings.Cut(s.URL, ":"); !ok || !slices.Contains([]string{"stun", "stuns", "turn", "turns"}, scheme) {
			bad(fmt.Sprintf("softphone.ice_servers[%d].url", i+1), "%q is not a server as turns:turn.example.com:443", s.URL)
		}
	}
	pairs := [][2]string{{c.HTTP.TLSCert, c.HTTP.TLSKey}, {c.SIP.TLSCert, c.SIP.TLSKey}}
	for i, key := range []string{"http.tls_cert", "sip.tls_cert"} {
		if (pairs[i][0] == "") != (pairs[i][1] == "") {
			bad(key, "certificate and key go together")
		}
	}
	errs = append(errs, c.checkNames()...)
	errs = append(errs, c.checkCluster()...)
	errs = append(errs, c.checkFiles()...)
	return errors.Join(errs...)
}

func (c Config) checkNames() []error {
	var errs []error
	trunks, campaigns := map[string]bool{}, map[string]bool{}
	for i, t := range c.Trunks {
		key := fmt.Sprintf("trunks[%d]", i+1)
		if t.Name == "" || trunks[t.Name] {
			errs = append(errs, fmt.Errorf("%s.name: %q: each trunk needs a name of its own", key, t.Name))
		}
		if t.Host == "" {
			errs = append(errs, fmt.Errorf("%s.host: missing", key))
		}
		trunks[t.Name] = true
	}
	for i, cp := range c.Campaigns {
		key := fmt.Sprintf("campaigns[%d]", i+1)
		if cp.Name == "" || campaigns[cp.Name] {
			errs = append(errs, fmt.Errorf("%s.name: %q: each campaign needs a name of its own", key, cp.Name))
		}
		campaigns[cp.Name] = true
		for _, name := range cp.Trunks {
			if !trunks[name] {
				errs = append(errs, fmt.Errorf("%s.trunks: no trunk is named %q", key, name))
			}
		}
		errs = append(errs, checkPrompts(key+".safe_harbors", cp.SafeHarbors)...)
		for _, l := range cp.Lists {
			if _, err := os.Stat(l.File); err != nil {
				errs = append(errs, fmt.Errorf("%s.lists: %w", key, err))
			}
		}
	}
	for i, u := range c.Users {
		for _, name := range u.Campaigns {
			if !campaigns[name] {
				errs = append(errs, fmt.Errorf("users[%d].campaigns: no campaign is named %q", i+1, name))
			}
		}
	}
	return errs
}

// language is the shape of a BCP 47 tag (RFC 5646 section 2.1).
var language = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// checkPrompts wants a file for each language, and one only.
func checkPrompts(key string, prompts []Prompt) []error {
	var errs []error
	seen := map[string]bool{}
	for i, p := range prompts {
		tag := strings.ToLower(p.Language)
		switch {
		case !language.MatchString(tag):
			errs = append(errs, fmt.Errorf("%s[%d].language: %q is not a language as es or pt-BR", key, i+1, p.Language))
		case seen[tag]:
			errs = append(errs, fmt.Errorf("%s[%d].language: %s has a message already", key, i+1, p.Language))
		case p.File == "":
			errs = append(errs, fmt.Errorf("%s[%d].file: missing", key, i+1))
		}
		seen[tag] = true
	}
	return errs
}

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address as 127.0.0.1:8080", addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q: the port must be 0 to 65535", addr)
	}
	if _, err := netip.ParseAddr(host); host != "" && host != "localhost" && err != nil {
		return fmt.Errorf("%q: %q is not an IP address of this machine", addr, host)
	}
	return nil
}

// PortRange reads media.ports, as 20000-20999.
func (m Media) PortRange() (from, to uint16, err error) {
	a, b, ok := strings.Cut(m.Ports, "-")
	lo, errA := strconv.ParseUint(strings.TrimSpace(a), 10, 16)
	hi, errB := strconv.ParseUint(strings.TrimSpace(b), 10, 16)
	if !ok || errA != nil || errB != nil || lo < 1024 || hi < lo+3 {
		return 0, 0, fmt.Errorf("%q is not a range of ports as 20000-20999, from 1024 on, at least four wide", m.Ports)
	}
	return uint16(lo), uint16(hi), nil
}
