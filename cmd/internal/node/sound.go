package node

import (
	"fmt"
	"net/netip"
	"runtime"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"os"
)

// MediaSettings opens the relay and the ports that legs are made with. The
// poller ends with its Close.
func MediaSettings(c config.Config) (media.Settings, error) {
	from, to, err := c.Media.PortRange()
	if err != nil {
		return media.Settings{}, err
	}
	ports, err := media.NewPortRange(from, to)
	if err != nil {
		return media.Settings{}, fmt.Errorf("media.ports: %w", err)
	}
	ip, err := mediaIP(c)
	if err != nil {
		return media.Settings{}, err
	}
	poller, err := newPoller(c.Media.Relay)
	if err != nil {
		return media.Settings{}, fmt.Errorf("media.relay: %w", err)
	}
	return media.Settings{IP: ip, Ports: ports, Poller: poller, EventPT: eventPT}, nil
}

// eventPT is the payload type of telephone-event in our SDP (RFC 4733), the
// one that most phones use.
const eventPT = 101

// mediaIP is media.ip, or the address that the trunks listen on.
func mediaIP(c config.Config) (netip.Addr, error) {
	if c.Media.IP != "" {
		return netip.ParseAddr(c.Media.IP)
	}
	listen, err := addrPort(c.SIP.Listen)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("sip.listen: %w", err)
	}
	if listen.Addr().IsUnspecified() {
		return netip.Addr{}, fmt.Errorf("media.ip: missing; sip.listen %s is every address of this machine, and an SDP must name one", c.SIP.Listen)
	}
	return listen.Addr(), nil
}

// newPoller chooses the relay loop: epoll where there is one, a goroutine per
// socket elsewhere.
func newPoller(relay string) (media.Poller, error) {
	if relay == "epoll" || (relay == "auto" && runtime.GOOS == "linux") {
		return media.NewEpollPoller(max(1, runtime.GOMAXPROCS(0)/2))
	}
	return media.NewPlainPoller(), nil
}

// message reads the safe-harbour message of a campaign: its own file, or the
// one that comes with the program.
func message(c campaigns.Campaign) (media.Prompt, error) {
	if c.SafeHarbor == "" {
		return media.Prompt{}, nil
	}
	f, err := os.Open(c.SafeHarbor)
	if err != nil {
		return media.Prompt{}, fmt.Errorf("safe_harbor of campaign %s: %w", c.Name, err)
	}
	defer f.Close()
	prompt, err := media.LoadWAV(f)
	if err != nil {
		return media.Prompt{}, fmt.Errorf("safe_harbor of campaign %s: %s: %w", c.Name, c.SafeHarbor, err)
	}
	return prompt, nil
}
