package sipua

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ErrCancelled is returned when the caller has given up, or another final
// response has gone, before the answer.
var ErrCancelled = errors.New("call was cancelled")

// Incoming is an INVITE that came in and has no final answer yet.
type Incoming struct {
	ua       *UA
	req      *sip.Request
	tx       *serverTx
	from     flow
	tag      string
	at       time.Time
	session  session
	branches *branches

	mu   sync.Mutex
	rseq uint32
	open map[uint32]chan struct{} // reliable provisionals without PRACK
	call *Call
}

// branches is what all forks of one INVITE share.
type branches struct {
	inc       *Incoming // the first
	cancelled chan struct{}

	mu     sync.Mutex
	done   bool
	ignore bool
	all    []*Incoming
}

func newIncoming(ua *UA, req *sip.Request, tx *serverTx, f flow, s session) *Incoming {
	inc := &Incoming{
		ua: ua, req: req, tx: tx, from: f, tag: rand.Text()[:16], at: time.Now(), session: s,
		open: map[uint32]chan struct{}{}, branches: &branches{cancelled: make(chan struct{})},
	}
	inc.branches.inc, inc.branches.all = inc, []*Incoming{inc}
	return inc
}

func (inc *Incoming) key() dialogKey { return dialogKey{inc.req.CallID().Value(), inc.tag} }

// serve runs the handler; a call it leaves without an answer is refused.
func (inc *Incoming) serve() {
	defer func() {
		if p := recover(); p != nil {
			inc.ua.panicked("incoming call", p)
			_ = inc.Reject(500, "Server Internal Error")
		}
		inc.branches.forget()
	}()
	inc.ua.settings.Serve.Incoming(inc)
	if !inc.tx.isFinal() {
		_ = inc.Reject(480, "Temporarily Unavailable")
	}
}

// forget takes early branches that were not answered out of the dialog table.
func (b *branches) forget() {
	b.mu.Lock()
	all := b.all
	b.mu.Unlock()
	for _, inc := range all {
		inc.ua.dropDialog(inc.key(), inc)
	}
}

// CallID is the Call-ID.
func (inc *Incoming) CallID() string { return inc.req.CallID().Value() }

// From is the caller as it presents itself.
func (inc *Incoming) From() Party {
	from := inc.req.From()
	return Party{Name: unquoted(from.DisplayName), URI: URI{User: from.Address.User, Host: from.Address.Host, Port: from.Address.Port}}
}

// To is who is called: the Request-URI, which is what counts.
func (inc *Incoming) To() URI {
	r := inc.req.Recipient
	return URI{User: r.User, Host: r.Host, Port: r.Port}
}

// Header is the first value of a header, by its long name.
func (inc *Incoming) Header(name string) (string, bool) { return headerValue(inc.req, name) }

// Headers are all values of a header, by its long name.
func (inc *Incoming) Headers(name string) []string { return headerValues(inc.req, name) }

// Offer is the caller's SDP, nil when it wants us to offer.
func (inc *Incoming) Offer() []byte { return sdpOf(inc.req) }

// Source is where the INVITE came from, by the network and not by its headers.
func (inc *Incoming) Source() netip.AddrPort { return inc.from.addr }

// Transport is udp, tcp or tls.
func (inc *Incoming) Transport() string { return inc.from.transport }

// ReceivedAt is when the INVITE came.
func (inc *Incoming) ReceivedAt() time.Time { return inc.at }

// Cancelled is closed when the caller gives up. The INVITE is then refused with
// 487 by itself, unless IgnoreCancel was called.
func (inc *Incoming) Cancelled() <-chan struct{} { return inc.branches.cancelled }

// IgnoreCancel makes a CANCEL answered but not obeyed, so that Answer works
// after it: how a real network lets an answer cross a cancel. For tests.
func (inc *Incoming) IgnoreCancel() {
	inc.branches.mu.Lock()
	inc.branches.ignore = true
	inc.branches.mu.Unlock()
	inc.tx.detach()
}

// Fork is the same INVITE at another far end, with a To tag of its own: each
// fork may ring and be answered, as behind a forking proxy. For tests.
func (inc *Incoming) Fork() (*Incoming, error) {
	f := newIncoming(inc.ua, inc.req, inc.tx, inc.from, inc.session)
	f.branches, f.at = inc.branches, inc.at
	if err := inc.ua.addDialog(f.key(), f); err != nil {
		return nil, err
	}
	b := inc.branches
	b.mu.Lock()
	b.all = append(b.all, f)
	b.mu.Unlock()
	return f, nil
}

// cancel is CANCEL, or BYE on an early dialog.
func (b *branches) cancel() {
	b.mu.Lock()
	first, ignore := !b.done, b.ignore
	b.done = true
	b.mu.Unlock()
	if !first {
		return
	}
	if !ignore { // sipgo has refused it already, unless the CANCEL was very quick, or a BYE
		_ = b.inc.Reject(487, "Request Terminated")
	}
	close(b.cancelled) // the handler may return now
}

// build makes a response with this branch's tag.
func (inc *Incoming) build(code int, reason string, sdp []byte, hs []Header) (*sip.Response, error) {
	if err := checkHeaders(hs); err != nil {
		return nil, err
	}
	if !clean(reason) {
		return nil, errors.New("reason holds a control character")
	}
	if reason == "" {
		reason = reasonText(code)
	}
	res := inc.ua.response(inc.req, code, reason, inc.from)
	res.To().Params.Add("tag", inc.tag)
	if code > 100 && code < 300 {
		res.AppendHeader(contactFor(inc.req.Recipient.User, inc.from))
		res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	}
	appendHeaders(res, hs)
	setSDP(res, sdp)
	return res, nil
}

// Ring sends a provisional response, 101 to 199, with early media when sdp is
// not nil. If the caller requires it, the response is sent reliably.
func (inc *Incoming) Ring(code int, sdp []byte, hs ...Header) error {
	if code < 101 || code > 199 {
		return fmt.Errorf("%d is not a provisional response", code)
	}
	if hasOption(inc.req, "100rel", "require") {
		return inc.ringReliably(code, sdp, hs, nil)
	}
	res, err := inc.build(code, "", sdp, hs)
	if err != nil {
		return err
	}
	if !inc.tx.reply(res) {
		return ErrCancelled
	}
	return nil
}

// RingReliably sends a provisional response with RSeq (RFC 3262), repeats it,
// and returns when its PRACK has come. The caller must have offered 100rel.
func (inc *Incoming) RingReliably(ctx context.Context, code int, sdp []byte, hs ...Header) error {
	if code < 101 || code > 199 {
		return fmt.Errorf("%d is not a reliable provisional response", code)
	}
	if !hasOption(inc.req, "100rel", "require", "supported", "k") {
		return errors.New("caller does not support reliable provisional responses")
	}
	acked := make(chan struct{})
	if err := inc.ringReliably(code, sdp, hs, acked); err != nil {
		return err
	}
	select {
	case <-acked:
		return nil
	case <-inc.Cancelled():
		return ErrCancelled
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (inc *Incoming) ringReliably(code int, sdp []byte, hs []Header, acked chan struct{}) error {
	res, err := inc.build(code, "", sdp, hs)
	if err != nil {
		return err
	}
	if acked == nil {
		acked = make(chan struct{})
	}
	inc.mu.Lock()
	inc.rseq++
	seq := inc.rseq
	inc.open[seq] = acked
	inc.mu.Unlock()
	res.AppendHeader(sip.NewHeader("Require", "100rel"))
	res.AppendHeader(sip.NewHeader("RSeq", fmt.Sprint(seq)))
	if !inc.tx.reply(res) {
		return ErrCancelled
	}
	inc.ua.spawn(func() { inc.repeatRinging(res, acked) })
	return nil
}

func (inc *Incoming) repeatRinging(res *sip.Response, acked <-chan struct{}) {
	limit := time.After(lifespan)
	for wait := timerT1; ; wait *= 2 {
		select {
		case <-acked:
			return
		case <-inc.Cancelled():
			return
		case <-inc.ua.closing:
			return
		case <-limit: // RFC 3262 3: no PRACK in 64*T1, the call is refused
			_ = inc.Reject(500, "Server Internal Error")
			return
		case <-time.After(wait):
			if inc.tx.isFinal() {
				return
			}
			inc.tx.repeat(res)
		}
	}
}

// Reject refuses the call with 300 to 699. An empty reason takes the usual one.
func (inc *Incoming) Reject(code int, reason string, hs ...Header) error {
	if code < 300 || code > 699 {
		return fmt.Errorf("%d is not a refusal", code)
	}
	res, err := inc.build(code, reason, nil, hs)
	if err != nil {
		return err
	}
	if !inc.tx.reply(res) {
		return ErrCancelled
	}
	return nil
}

// Redirect refuses the call with 3xx and a Contact.
func (inc *Incoming) Redirect(code int, to URI) error {
	if code < 300 || code > 399 {
		return fmt.Errorf("%d is not a redirect", code)
	}
	if err := to.Check(); err != nil {
		return err
	}
	res, err := inc.build(code, "", nil, nil)
	if err != nil {
		return err
	}
	res.AppendHeader(&sip.ContactHeader{Address: to.sip()})
	if !inc.tx.reply(res) {
		return ErrCancelled
	}
	return nil
}

// Authenticate asks the caller for credentials. When it returns false the call
// has been refused with 401 and the caller will come again with another INVITE.
func (inc *Incoming) Authenticate(a *Authenticator) (user string, ok bool) {
	v := a.check(inc.req, inc.from.addr.Addr(), time.Now())
	if v.ok {
		return v.user, true
	}
	res, err := inc.build(v.code, v.reason, nil, v.headers)
	if err == nil {
		inc.tx.reply(res)
	}
	return "", false
}

// Answer accepts the call with 200 and blocks until the ACK is there. sdp is
// the answer to Offer, or our offer when that is nil; the peer's answer is then
// in Call.RemoteSDP. Without an ACK in 32 s the call is ended and the error is
// ErrNoReply; when the UA is closed before the ACK, it is ErrClosed. A call that
// the peer hung up before its ACK is returned, ended.
func (inc *Incoming) Answer(ctx context.Context, sdp []byte, hs ...Header) (*Call, error) {
	call, err := inc.AnswerNow(sdp, hs...)
	if err != nil {
		return nil, err
	}
	select {
	case <-call.acked:
	case <-call.released: // Close hangs up without an ACK, and nobody hears one any more
	case <-ctx.Done():
		call.hangup(Ending{By: ByLocal, Reason: "given up"}, nil)
		return nil, ctx.Err()
	}
	select {
	case <-call.acked:
	default:
		return nil, fmt.Errorf("answer: %w", ErrClosed)
	}
	if e := call.End(); e.By == ByTimeout {
		return nil, fmt.Errorf("answer: %w: no ACK", ErrNoReply)
	}
	return call, nil
}

// AnswerNow accepts the call with 200 and does not wait for the ACK; media may
// flow from here on. The 200 is repeated until the ACK is there; without one in
// 32 s the call ends by itself, ByTimeout.
func (inc *Incoming) AnswerNow(sdp []byte, hs ...Header) (*Call, error) {
	res, err := inc.build(200, "OK", sdp, hs)
	if err != nil {
		return nil, err
	}
	if len(sdp) == 0 {
		return nil, errors.New("answer: no session description")
	}
	res.AppendHeader(sip.NewHeader("Supported", "timer"))
	inc.session.respond(res)
	call := inc.newCall(sdp)
	inc.mu.Lock()
	if inc.call != nil {
		inc.mu.Unlock()
		return nil, errors.New("answer: this branch has been answered")
	}
	inc.call = call
	inc.mu.Unlock()
	call.startSession(inc.session)
	inc.ua.swapDialog(inc.key(), call)
	if !inc.tx.reply(res) {
		call.end(Ending{By: ByRemote, Reason: "cancelled"})
		call.release()
		return nil, ErrCancelled
	}
	call.start(&unacked{seq: inc.req.CSeq().SeqNo, res: res, tx: inc.tx, offered: inc.Offer() == nil})
	return call, nil
}

func (inc *Incoming) newCall(sdp []byte) *Call {
	d := dialogFromRequest(inc.req, inc.tag, inc.from)
	call := inc.ua.newCall(d, nil, Timings{SentAt: inc.at, AnsweredAt: time.Now()})
	call.localSDP, call.remoteSDP = sdp, inc.Offer()
	return call
}

// inDialog takes requests on the early dialog.
func (inc *Incoming) inDialog(req *sip.Request, tx *serverTx, f flow) {
	switch req.Method {
	case sip.ACK:
	case sip.PRACK:
		inc.prack(req, tx)
	case sip.BYE: // RFC 3261 15: a caller may end an early dialog so
		tx.respond(200, "OK")
		inc.branches.cancel()
	case sip.UPDATE:
		if sdpOf(req) != nil {
			tx.respond(488, "Not Acceptable Here")
			return
		}
		tx.respond(200, "OK", Header{"Allow", allowedMethods})
	default:
		tx.answerPlain(req)
	}
}

func (inc *Incoming) prack(req *sip.Request, tx *serverTx) {
	rack, _ := headerValue(req, "rack")
	var rseq, seq uint32
	var method string
	if _, err := fmt.Sscan(rack, &rseq, &seq, &method); err != nil || seq != inc.req.CSeq().SeqNo {
		tx.respond(400, "Bad Request")
		return
	}
	inc.mu.Lock()
	acked := inc.open[rseq]
	delete(inc.open, rseq)
	inc.mu.Unlock()
	if acked == nil {
		tx.respond(481, "Call/Transaction Does Not Exist")
		return
	}
	tx.respond(200, "OK")
	close(acked)
}

func (inc *Incoming) farewell(context.Context) {
	_ = inc.Reject(503, "Service Unavailable")
	inc.branches.cancel()
}
