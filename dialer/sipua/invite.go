package sipua

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Invite is a call to be placed.
type Invite struct {
	// To is who is called; without a host that of NextHop.
	To URI
	// From is who calls; without a host our own address.
	From Party
	// NextHop is where the INVITE goes: the trunk, or the phone's address.
	NextHop Target
	// CallID names the call on the wire; empty makes one up. It must not be in use.
	CallID string
	// Offer is the SDP, required.
	Offer []byte
	// Headers are added as they are, after a check.
	Headers []Header
	// Auth answers a 401 or 407 of the next hop, once.
	Auth Credentials
	// Leave, when it is not nil, is asked immediately before each INVITE of the
	// call is written: the first, and those that answer a challenge or ask for a
	// longer session. left is called when it is written, or could not be. With an
	// error nothing is written, and Invite fails with it. That a written INVITE is
	// repeated until the peer is heard (RFC 3261 17.1.1.2) asks nobody.
	Leave func() (left func(), err error)
	// OnEvent hears of every provisional response in the order they arrived, on
	// the goroutine that called Invite. It must return soon.
	OnEvent func(Event)
	// OnAttest hears, on the same goroutine, what any response says of the
	// signature over the caller ID, when it says more than the one before;
	// AttestHeaders are those of this peer beside the usual ones.
	OnAttest      func(Attestation)
	AttestHeaders []string
	// TransportTimeout is timer B: how long to wait for the first response; 0
	// means 32 s.
	TransportTimeout time.Duration
	// SessionExpires is the session timer to offer (RFC 4028): 0 means 30
	// minutes, negative offers none.
	SessionExpires time.Duration
	// Pinned keeps all requests of the call on the way to NextHop, whatever
	// Contact says: for phones behind NAT, whose Contact is of no use to us.
	Pinned bool
}

// Event is one provisional response.
type Event struct {
	Code   int
	Reason string
	// SDP is the early session description, nil if there is none. Early media is
	// not an answer.
	SDP []byte
	// Tag names the branch when the call forks.
	Tag string
	At  time.Time
}

const (
	defaultSession = 30 * time.Minute
	minSession     = 90 * time.Second // RFC 4028 4: the least there may be
)

func (inv Invite) check() error {
	if err := inv.To.Check(); err != nil {
		return fmt.Errorf("called address: %w", err)
	}
	if err := inv.From.check(); err != nil {
		return fmt.Errorf("caller: %w", err)
	}
	if len(inv.Offer) == 0 {
		return errors.New("no session description to offer")
	}
	if len(inv.CallID) > maxCallID || !clean(inv.CallID) || strings.ContainsAny(inv.CallID, " <>\"") {
		return errors.New("call-id is too long or holds a character that is not allowed")
	}
	return checkHeaders(inv.Headers)
}

// Invite places a call and blocks until it is answered or has failed; the error
// is a *Failure once anything was tried on the wire.
//
// When ctx ends, the call is cancelled: CANCEL leaves after the first 1xx (RFC
// 3261 9.1 forbids it earlier), and Invite returns when the final response is
// there, at the latest 32 s later. A 200 that crosses the CANCEL is
// acknowledged and ended, and reported as Failure.AnsweredAfterCancel.
func (ua *UA) Invite(ctx context.Context, inv Invite) (*Call, error) {
	if err := inv.check(); err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, &Failure{Err: err, Cancelled: true}
	}
	f, err := ua.flowTo(ctx, inv.NextHop)
	if err != nil {
		return nil, &Failure{Err: fmt.Errorf("%w: %w", ErrTransport, err)}
	}
	c := ua.newCalling(inv, f)
	if err := ua.addDialog(c.key(), c); err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	call, err := c.run(ctx)
	if err != nil {
		ua.dropDialog(c.key(), c)
		c.refuseBacklog()
		return nil, err
	}
	return call, nil
}

func (ua *UA) newCalling(inv Invite, f flow) *calling {
	if inv.CallID == "" {
		inv.CallID = newCallID()
	}
	if inv.To.Host == "" {
		inv.To.Host, inv.To.Port = inv.NextHop.Host, inv.NextHop.Port
	}
	if inv.From.Host == "" {
		local := f.face()
		inv.From.Host, inv.From.Port = local.Addr().String(), int(local.Port())
	}
	if inv.SessionExpires == 0 {
		inv.SessionExpires = defaultSession
	}
	c := &calling{
		ua: ua, inv: inv, flow: f, tag: ua.newTag(inv.CallID), session: inv.SessionExpires, minSE: minSession,
		seq: 1, rel: map[string]*earlyLeg{}, abort: make(chan struct{}), over: make(chan struct{}),
	}
	c.auth = newCredentialUse(inv.Auth, f.addr.Addr())
	return c
}

// build makes the INVITE of the current try.
func (c *calling) build() *sip.Request {
	uri := c.inv.To.sip()
	if c.flow.transport != "udp" {
		uri.UriParams = sip.HeaderParams{{K: "transport", V: c.flow.transport}}
	}
	req := c.ua.newRequest(sip.INVITE, uri, c.flow)
	req.AppendHeader(&sip.FromHeader{
		DisplayName: c.inv.From.quoted(), Address: c.inv.From.sip(), Params: sip.HeaderParams{{K: "tag", V: c.tag}},
	})
	req.AppendHeader(&sip.ToHeader{Address: c.inv.To.sip()})
	id := sip.CallIDHeader(c.inv.CallID)
	req.AppendHeader(&id)
	req.AppendHeader(cseq(c.seq, sip.INVITE))
	req.AppendHeader(contactFor(c.inv.From.User, c.flow))
	c.auth.sign(req)
	req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	req.AppendHeader(sip.NewHeader("Supported", "timer, 100rel"))
	if c.session > 0 {
		req.AppendHeader(sip.NewHeader("Session-Expires", seconds(c.session)))
		req.AppendHeader(sip.NewHeader("Min-SE", seconds(c.minSE)))
	}
	c.ua.appendName(req, "User-Agent")
	appendHeaders(req, c.inv.Headers)
	setSDP(req, c.inv.Offer)
	return req
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
