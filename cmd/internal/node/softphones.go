package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/softphone"
)

// openSoftphones listens for the headsets in browsers; an empty address is none.
func (n *Node) openSoftphones(context.Context) error {
	c := n.settings.Config.Softphone
	n.headsets = &headsets{watchers: make(map[int64]map[chan struct{}]struct{})}
	if c.Listen == "" && n.settings.Headsets == nil {
		return nil
	}
	listen, err := addrPort(c.Listen)
	if err != nil {
		return fmt.Errorf("softphone.listen: %w", err)
	}
	settings := softphone.Settings{Listen: listen, Conn: n.settings.Headsets, Changed: n.headsets.changed, Log: n.log}
	if c.PublicIP != "" {
		if settings.PublicIP, err = netip.ParseAddr(c.PublicIP); err != nil {
			return fmt.Errorf("softphone.public_ip: %w", err)
		}
	}
	if n.headsets.phones, err = softphone.Open(settings); err != nil {
		return fmt.Errorf("softphone.listen: %w; stop what listens there, or choose another port (0 takes a free one)", err)
	}
	n.later(n.headsets.phones.Close)
	return nil
}

// meterHeadsets shows the headsets in /metrics.
func (n *Node) meterHeadsets() {
	if n.headsets.phones != nil {
		n.meters.registry.MustRegister(ears{n.headsets.phones})
	}
}

// SoftphoneAddr is the UDP address of the headsets in browsers; zero = off.
func (n *Node) SoftphoneAddr() netip.AddrPort {
	if n.headsets.phones == nil {
		return netip.AddrPort{}
	}
	return n.headsets.phones.Addr()
}

// headsets is the headsets in browsers as the services see them.
type headsets struct {
	phones *softphone.Phones // nil: off

	mu       sync.Mutex
	watchers map[int64]map[chan struct{}]struct{}
	all      *headsetChanges // nil = nobody watches all of them
}

// headsetChanges collects whose headset has changed.
type headsetChanges struct {
	of    *headsets
	wake  chan struct{}
	users map[int64]bool
}

// watchAll collects the changes of all headsets of this node until forget is called;
// one at a time may.
func (h *headsets) watchAll() (changes *headsetChanges, forget func()) {
	c := &headsetChanges{of: h, wake: make(chan struct{}, 1), users: make(map[int64]bool)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = c
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all = nil
	}
}

// take returns who has changed since it was called last.
func (c *headsetChanges) take() []int64 {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	users := slices.Collect(maps.Keys(c.users))
	clear(c.users)
	return users
}

// users are those who have a headset here.
func (h *headsets) users() (all []int64) {
	if h.phones == nil {
		return nil
	}
	for _, s := range h.phones.States() {
		all = append(all, s.User)
	}
	return all
}

var _ campaigns.HeadsetSource = (*headsets)(nil)

// errSoftphoneOff is what everybody reads whose operator has turned it off.
var errSoftphoneOff = &campaigns.Problem{
	Kind: campaigns.KindUnavailable, Code: "softphone_off",
	Text: "Headsets in the browser are turned off here (softphone.listen); use a desk phone.",
}

// ConnectHeadset answers the offer of a user's page.
func (h *headsets) ConnectHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	if h.phones == nil {
		return "", "", errSoftphoneOff
	}
	answer, session, err = h.phones.Connect(ctx, user, offer)
	return answer, session, headsetProblem(err)
}

// DisconnectHeadset ends a connection.
func (h *headsets) DisconnectHeadset(user int64, session string) error {
	if h.phones == nil {
		return errSoftphoneOff
	}
	return headsetProblem(h.phones.Disconnect(user, session))
}

// TestHeadset answers an offer with an echo.
func (h *headsets) TestHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	if h.phones == nil {
		return "", "", errSoftphoneOff
	}
	answer, session, err = h.phones.Echo(ctx, user, offer)
	return answer, session, headsetProblem(err)
}

// EndHeadsetTest ends an echo.
func (h *headsets) EndHeadsetTest(user int64, session string) error {
	if h.phones == nil {
		return errSoftphoneOff
	}
	return headsetProblem(h.phones.EndEcho(user, session))
}

// ReportHeadset takes what a page measured.
func (h *headsets) ReportHeadset(user int64, session string, r campaigns.HeadsetReport) error {
	if h.phones == nil {
		return errSoftphoneOff
	}
	return headsetProblem(h.phones.Report(user, session, softphone.PageReport(r)))
}

// Headset tells how a user's headset is.
func (h *headsets) Headset(user int64) campaigns.Headset {
	if h.phones == nil {
		return campaigns.Headset{Phase: campaigns.HeadsetNone}
	}
	s := h.phones.State(user)
	return campaigns.Headset{
		Session: s.Session, Phase: campaigns.HeadsetPhase(s.Phase), Since: s.Since, Heard: s.Heard, InUse: s.InUse,
		LossUp: s.UpLoss, LossDown: s.DownLoss, JitterMS: max(s.JitterMS, s.DownJitterMS), RTTMS: s.RoundTripMS,
		MOS: s.MOS, LevelDB: s.Level, Problem: campaigns.HeadsetProblem(s.Problem),
	}
}

// call takes a user's headset for a shift, or to listen.
func (h *headsets) call(ctx context.Context, user int64) (dialer.Station, error) {
	if h.phones == nil {
		return nil, errSoftphoneOff
	}
	st, err := h.phones.Call(ctx, user)
	return st, headsetProblem(err)
}

// headsetProblem turns the refusals of softphones into problems that people may
// read.
func headsetProblem(err error) error {
	if err == nil {
		return nil
	}
	if offer, ok := errors.AsType[*softphone.OfferError](err); ok {
		return &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "offer_" + offer.Code, Text: offer.Text, Cause: err}
	}
	for _, refusal := range []struct {
		err  error
		kind campaigns.ProblemKind
		code string
		text string
	}{
		{softphone.ErrNotConnected, campaigns.KindConflict, "headset_not_connected", "Connect your headset first; the browser asks for the microphone."},
		{softphone.ErrNoSound, campaigns.KindConflict, "headset_silent", "No sound came from your browser; allow the microphone, and let UDP through the firewall."},
		{softphone.ErrTooMany, campaigns.KindTooMany, "headsets_full", "As many headsets are connected as this server takes; ask your administrator."},
		{softphone.ErrUnknown, campaigns.KindNotFound, "headset_unknown", "This connection of the headset does not exist any more."},
		{softphone.ErrClosed, campaigns.KindUnavailable, "stopping", "The service stops."},
		{context.DeadlineExceeded, campaigns.KindConflict, "headset_silent", "No sound came from your browser in time; allow the microphone, and let UDP through the firewall."},
	} {
		if errors.Is(err, refusal.err) {
			return &campaigns.Problem{Kind: refusal.kind, Code: refusal.code, Text: refusal.text, Cause: err}
		}
	}
	return err
}

// changed wakes those who watch a user's headset. It does not wait.
func (h *headsets) changed(user int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all != nil {
		h.all.users[user] = true
		select {
		case h.all.wake <- struct{}{}:
		default:
		}
	}
	for wake := range h.watchers[user] {
		select {
		case wake <- struct{}{}:
		default: // it is to look already
		}
	}
}

// watch wakes whenever a user's headset has changed, until forget is called.
func (h *headsets) watch(user int64) (wake chan struct{}, forget func()) {
	wake = make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[user] == nil {
		h.watchers[user] = make(map[chan struct{}]struct{})
	}
	h.watchers[user][wake] = struct{}{}
	return wake, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.watchers[user], wake); len(h.watchers[user]) == 0 {
			delete(h.watchers, user)
		}
	}
}

// joined adds the changes of a user's headset to a stream of wake-ups, and ends
// with that.
func (f *floor) joined(wake <-chan struct{}, user int64) <-chan struct{} {
	both := make(chan struct{}, 1)
	changed, forget := f.headsets.watch(user)
	f.watching.Go(func() {
		defer close(both)
		defer forget()
		for {
			select {
			case _, ok := <-wake:
				if !ok {
					return
				}
			case <-changed:
			}
			select {
			case both <- struct{}{}:
			default:
			}
		}
	})
	return both
}

// iceServers are those of the configuration.
func iceServers(c config.Config) (servers []api.ICEServer) {
	for _, s := range c.Softphone.ICEServers {
		servers = append(servers, api.ICEServer{URLs: []string{s.URL}, Username: s.Username, Credential: s.Credential})
	}
	return servers
}
