package sipua

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
)

// glareTries is how often an offer that met the peer's own (491) is repeated.
const glareTries = 5

// Reinvite sends a new offer inside the call, for hold or a move of the media,
// and returns the peer's answer. A 491 (both sides offered at once) is repeated
// after the back-off of RFC 3261 14.1. A refusal is a *Failure, and the call
// goes on as it was; 408 and 481 end it (12.2.1.2). When ctx ends first, the
// exchange is finished behind the caller's back.
func (c *Call) Reinvite(ctx context.Context, offer []byte) ([]byte, error) {
	if len(offer) == 0 {
		return nil, fmt.Errorf("reinvite: no session description to offer")
	}
	if err := c.lockOffer(ctx); err != nil {
		return nil, err
	}
	type result struct {
		sdp []byte
		err error
	}
	out := make(chan result, 1)
	started := c.ua.spawn(func() {
		defer c.unlockOffer()
		sdp, err := c.reinvite(offer)
		out <- result{sdp, err}
	})
	if !started {
		c.unlockOffer()
		return nil, ErrClosed
	}
	select {
	case r := <-out:
		return r.sdp, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lockOffer takes the only token: one offer at a time (RFC 3264 4).
func (c *Call) lockOffer(ctx context.Context) error {
	select {
	case c.offering <- struct{}{}:
		return nil
	case <-c.done:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Call) unlockOffer() { <-c.offering }

func (c *Call) reinvite(offer []byte) ([]byte, error) {
	use := c.auth.again()
	for glares := 0; ; {
		ev, err := c.exchange(offer, use)
		if err != nil {
			return nil, &Failure{Err: err}
		}
		res := ev.res
		switch {
		case res.StatusCode < 300:
			sdp := sdpOf(res)
			c.mu.Lock()
			c.localSDP = offer
			if sdp != nil {
				c.remoteSDP = sdp
			}
			c.mu.Unlock()
			return sdp, nil
		case res.StatusCode == 491 && glares < glareTries:
			glares++
			select {
			case <-time.After(c.glareWait()):
				continue
			case <-c.done:
				return nil, ErrEnded
			}
		case challenged(res) && use.answer(res, ev.flow, ev.req) == nil:
			continue
		}
		c.lostBy(res.StatusCode)
		q850, _, _ := parseReason(res)
		return nil, &Failure{Code: res.StatusCode, Reason: res.Reason, Q850: q850, RetryAfter: retryAfter(res)}
	}
}

// glareWait: who made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, so that
// they do not meet again.
func (c *Call) glareWait() time.Duration {
	const unit = 10 * time.Millisecond
	if c.outgoing {
		return 2100*time.Millisecond + time.Duration(rand.N(191))*unit //nolint:gosec // spreading, not secrecy
	}
	return time.Duration(rand.N(201)) * unit //nolint:gosec // as above
}

// lostBy ends the call when an answer says that the peer knows it no more.
func (c *Call) lostBy(code int) {
	if code == 481 || code == 408 {
		c.hangup(Ending{By: ByTimeout, Code: code, Reason: "dialog lost"}, nil)
	}
}

type exchanged struct {
	txEvent
	req *sip.Request
}

// exchange sends one re-INVITE and acknowledges its answer.
func (c *Call) exchange(offer []byte, use *credentialUse) (exchanged, error) {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return exchanged{}, ErrEnded
	}
	seq := c.d.nextSeq()
	d := c.d
	c.mu.Unlock()
	ctx := context.Background()
	f, err := c.ua.dialogFlow(ctx, &d)
	if err != nil {
		return exchanged{}, err
	}
	req := c.ua.dialogRequest(&d, sip.INVITE, seq, f)
	use.sign(req)
	req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	req.AppendHeader(sip.NewHeader("Supported", "timer"))
	c.currentSession().request(req)
	setSDP(req, offer)
	k := newForks(c.ua)
	tx, err := c.ua.startClient(ctx, req, f, 0, k.deliver)
	if err != nil {
		return exchanged{}, err
	}
	ev, err := c.awaitFinal(k)
	k.first(ev, nil)
	if err != nil || ev.res.StatusCode >= 300 {
		k.settle()
		if err != nil {
			tx.terminate()
		}
		return exchanged{ev, req}, err
	}
	if contact := ev.res.Contact(); contact != nil { // target refresh
		d.target = contact.Address
		c.mu.Lock()
		c.d.target = contact.Address
		c.mu.Unlock()
	}
	ack, err := c.ua.ackAnswer(ctx, &d, seq, use, nil)
	k.acked(d.remoteTag, ack)
	s := sessionFromResponse(ev.res)
	c.box.put(func() { c.resetSession(s) })
	return exchanged{ev, req}, err
}

func (c *Call) awaitFinal(k *forks) (txEvent, error) {
	limit := time.After(4 * lifespan) // a re-INVITE is answered by a machine, it does not ring
	for {
		select {
		case <-k.box.ready:
		case <-limit:
			return txEvent{}, ErrNoReply
		case <-c.released:
			return txEvent{}, ErrEnded
		}
		for _, ev := range k.box.take() {
			if ev.err != nil || ev.res.StatusCode >= 200 {
				return ev, ev.err
			}
		}
	}
}

// handleReinvite answers an offer of the peer.
func (c *Call) handleReinvite(req *sip.Request, tx *serverTx, f flow) {
	if c.isOver() {
		tx.respond(481, "Call/Transaction Does Not Exist")
		return
	}
	if c.unacked != nil || !c.tryOffer() {
		tx.respond(491, "Request Pending")
		return
	}
	c.unlockOffer() // run is the only one who answers; ours waits for its turn at the peer
	s, ok := sessionFromRequest(req)
	if !ok {
		tx.respond(422, "Session Interval Too Small", Header{"Min-SE", seconds(minSession)})
		return
	}
	offer := sdpOf(req)
	answer, code := c.answerOffer(offer)
	if code >= 300 {
		tx.respond(code, reasonText(code))
		return
	}
	c.refreshTarget(req)
	res := c.ua.response(req, 200, "OK", f)
	c.mu.Lock()
	user := c.d.contact
	c.mu.Unlock()
	res.AppendHeader(contactFor(user, f))
	res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	res.AppendHeader(sip.NewHeader("Supported", "timer"))
	s.respond(res)
	setSDP(res, answer)
	tx.reply(res)
	c.resetSession(s)
	c.repeatUntilAck(&unacked{seq: req.CSeq().SeqNo, res: res, tx: tx, offered: offer == nil})
}

// tryOffer reports false while an offer of ours is open.
func (c *Call) tryOffer() bool {
	select {
	case c.offering <- struct{}{}:
		return true
	default:
		return false
	}
}

// answerOffer asks the handler, unless nothing changes: a session refresh
// repeats the last offer.
func (c *Call) answerOffer(offer []byte) (answer []byte, code int) {
	c.mu.Lock()
	ask, local, remote := c.onOffer, c.localSDP, c.remoteSDP
	c.mu.Unlock()
	if offer != nil && bytes.Equal(offer, remote) {
		return local, 200
	}
	if ask == nil {
		return nil, 488
	}
	answer, code = ask(offer)
	if code == 0 {
		code = 200
	}
	if code < 300 && len(answer) == 0 {
		code = 488
	}
	if code < 300 {
		c.mu.Lock()
		c.localSDP = answer
		if offer != nil {
			c.remoteSDP = offer
		}
		c.mu.Unlock()
	}
	return answer, code
}

func (c *Call) refreshTarget(req *sip.Request) {
	if contact := req.Contact(); contact != nil {
		c.mu.Lock()
		c.d.target = contact.Address
		c.mu.Unlock()
	}
}

func (c *Call) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// handleUpdate answers UPDATE (RFC 3311): a refresh, or an offer.
func (c *Call) handleUpdate(req *sip.Request, tx *serverTx) {
	s, ok := sessionFromRequest(req)
	if !ok {
		tx.respond(422, "Session Interval Too Small", Header{"Min-SE", seconds(minSession)})
		return
	}
	offer := sdpOf(req)
	var answer []byte
	if offer != nil {
		if c.unacked != nil || !c.tryOffer() {
			tx.respond(491, "Request Pending")
			return
		}
		c.unlockOffer()
		var code int
		if answer, code = c.answerOffer(offer); code >= 300 {
			tx.respond(code, reasonText(code))
			return
		}
	}
	c.refreshTarget(req)
	res := c.ua.response(req, 200, "OK", tx.from)
	c.mu.Lock()
	user := c.d.contact
	c.mu.Unlock()
	res.AppendHeader(contactFor(user, tx.from))
	res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	s.respond(res)
	setSDP(res, answer)
	tx.reply(res)
	c.resetSession(s)
}

// reasonText is the phrase beside a status code that a handler chose.
func reasonText(code int) string {
	if t, ok := phrases[code]; ok {
		return t
	}
	return "Rejected"
}

var phrases = map[int]string{
	180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK",
	302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
	408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type", 480: "Temporarily Unavailable",
	484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	491: "Request Pending", 500: "Server Internal Error", 503: "Service Unavailable", 504: "Server Time-out",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 607: "Unwanted", 608: "Rejected",
}
