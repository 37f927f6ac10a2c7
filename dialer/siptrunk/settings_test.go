package siptrunk

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

func TestSettingsThatCannotWorkAreRefusedWithTheirName(t *testing.T) {
	good := func() Trunk { return trunkTo("a", netip.MustParseAddrPort("127.0.0.1:5060")) }
	if err := (Settings{Trunks: []Trunk{good()}}).Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Trunk){
		"name":             func(t *Trunk) { t.Name = "a b" },
		"host":             func(t *Trunk) { t.Host = "" },
		"not allowed":      func(t *Trunk) { t.Host = "sip.example;maddr=1.2.3.4" },
		"port":             func(t *Trunk) { t.Port = 70000 },
		"transport":        func(t *Trunk) { t.Transport = "sctp" },
		"listen":           func(t *Trunk) { t.Listen = netip.AddrPort{} },
		"outbound_proxy":   func(t *Trunk) { t.OutboundProxy = "proxy;lr" },
		"username":         func(t *Trunk) { t.Register = true },
		"beside":           func(t *Trunk) { t.Password = "x" },
		"from_user":        func(t *Trunk) { t.FromUser = "acct" },
		"from_domain":      func(t *Trunk) { t.FromDomain = "a@b" },
		"auth_username":    func(t *Trunk) { t.Username, t.AuthUsername = "u", "a\"b" },
		"register_expires": func(t *Trunk) { t.RegisterExpires = time.Second },
		"caller_ids":       func(t *Trunk) { t.CallerIDs = []string{"911"} },
		"identity_header":  func(t *Trunk) { t.IdentityHeader = "x-caller" },
		"codecs":           func(t *Trunk) { t.Codecs = []media.Codec{18} },
		"max_channels":     func(t *Trunk) { t.MaxChannels = 0 },
		"max_cps":          func(t *Trunk) { t.MaxCPS = 0 },
		"max_pending":      func(t *Trunk) { t.MaxPending = -1 },
		"no_reply":         func(t *Trunk) { t.NoReply = time.Second },
		"options_ping":     func(t *Trunk) { t.OptionsPing = time.Millisecond },
		"session_timer":    func(t *Trunk) { t.SessionTimer = time.Minute },
		"dial.format":      func(t *Trunk) { t.Dial.Format = "x" },
	} {
		trunk := good()
		change(&trunk)
		err := (Settings{Trunks: []Trunk{trunk}}).Validate()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "trunk 1 (") {
			t.Errorf("%s: %v", want, err)
		}
		if trunks, err := Open(Settings{Trunks: []Trunk{trunk}}); err == nil {
			t.Errorf("%s: opened all the same", want)
			_ = trunks.Close()
		}
	}
}

func TestSettingsNameEveryProblemAtOnce(t *testing.T) {
	bad := trunkTo("a", netip.MustParseAddrPort("127.0.0.1:5060"), func(t *Trunk) { t.MaxCPS, t.MaxChannels = -1, -1 })
	err := Settings{Trunks: []Trunk{bad, bad}, RingTime: -1}.Validate()
	for _, want := range []string{"max_cps", "max_channels", "ring_time", `the name "a" is taken`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
	if err := (Settings{}).Validate(); err == nil || !strings.Contains(err.Error(), "no trunk") {
		t.Errorf("no trunk: %v", err)
	}
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	first := open(t, trunkTo("a", anyPort(), func(t *Trunk) { t.Port = 5060 }))
	taken := first.routes[0].ua.Addr("udp")
	s := Settings{Trunks: []Trunk{trunkTo("b", netip.MustParseAddrPort("127.0.0.1:5060"), func(t *Trunk) { t.Listen = taken })}, Media: newMedia(t)}
	if trunks, err := Open(s); err == nil || !strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), "trunk b") {
		t.Errorf("%v", err)
		if trunks != nil {
			_ = trunks.Close()
		}
	}
}
