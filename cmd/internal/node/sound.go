package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/blobs"
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

// prompts reads the messages of campaigns.
type prompts struct {
	files  blobs.Store
	shared bool // by the record store, also those that are named with their path
}

// safeHarbor reads the safe-harbour messages of a campaign by language; the
// one under "" is for every other language.
func (p prompts) safeHarbor(c campaigns.Campaign) (map[string]media.Prompt, error) {
	files := maps.Clone(c.SafeHarbors)
	if files == nil {
		files = map[string]string{}
	}
	if c.SafeHarbor != "" {
		files[""] = c.SafeHarbor
	}
	messages := make(map[string]media.Prompt, len(files))
	for _, language := range slices.Sorted(maps.Keys(files)) {
		message, err := p.read(files[language])
		if err != nil {
			return nil, unreadable(c.Name, files[language], err)
		}
		messages[language] = message
	}
	return messages, nil
}

// unreadable names the file, not the folders above it, which may be those of
// the operator.
func unreadable(campaign, file string, err error) error {
	return &campaigns.Problem{
		Kind: campaigns.KindConflict, Code: "prompt_unreadable", Cause: err,
		Text: fmt.Sprintf("safe_harbor of campaign %s: %s cannot be read as a WAV file; messages lie in the folder %q of the data folder.",
			campaign, filepath.Base(file), promptsFolder),
	}
}

// read opens a plain name among the prompts, out of which no link leads, and an
// absolute path, which only the configuration can give, where it is.
func (p prompts) read(file string) (media.Prompt, error) {
	ctx, cancel := context.WithTimeout(context.Background(), awayWithin)
	defer cancel()
	open := func() (io.ReadCloser, error) { return p.files.Open(ctx, file) }
	if filepath.IsAbs(file) {
		open = func() (io.ReadCloser, error) {
			f, err := os.Open(file)
			if errors.Is(err, fs.ErrNotExist) && p.shared {
				return p.files.Open(ctx, file)
			}
			return f, err
		}
	}
	f, err := open()
	if err != nil {
		return media.Prompt{}, err
	}
	defer f.Close()
	return media.LoadWAV(f)
}
