package sipua

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ErrEnded is returned by requests on a call that is over.
var ErrEnded = errors.New("call has ended")

// Call is an answered call, placed or taken. One goroutine runs everything
// that arrives for it, in the order of arrival; methods may be used by many.
type Call struct {
	ua       *UA
	id       string
	outgoing bool
	auth     *credentialUse
	answer   *sip.Response // the 200 of a call that we placed; does not change

	box      *mailbox[func()]
	done     chan struct{} // closed when the conversation is over
	released chan struct{} // closed when nothing is left to say either
	acked    chan struct{} // closed when the ACK of our 200 is there
	offering chan struct{} // holds a token while an offer of ours is open

	// Owned by run.
	unacked  *unacked // our 200 to an INVITE that has no ACK yet
	resend   *time.Timer
	deadline *time.Timer // next refresh, or the end of the session

	mu         sync.Mutex
	d          dialog
	timings    Timings
	ending     Ending
	over       bool
	gone       bool
	ackSeen    bool
	localSDP   []byte
	remoteSDP  []byte
	onOffer    func(offer []byte) (answer []byte, code int)
	onRemote   func(sdp []byte)
	session    session
	refreshing bool // our refresh has no answer yet
}

// unacked repeats a 200 until its ACK comes (RFC 3261 13.3.1.4).
type unacked struct {
	seq      uint32
	res      *sip.Response
	tx       *serverTx
	interval time.Duration
	until    time.Time
	offered  bool // the ACK brings the answer to our offer
}

func (ua *UA) newCall(d dialog, auth *credentialUse, t Timings) *Call {
	c := &Call{
		ua: ua, id: d.callID, d: d, auth: auth, timings: t,
		box: newMailbox[func()](), done: make(chan struct{}), released: make(chan struct{}),
		acked: make(chan struct{}), offering: make(chan struct{}, 1),
		resend: newStoppedTimer(), deadline: newStoppedTimer(),
	}
	return c
}

func newStoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// ID is the Call-ID.
func (c *Call) ID() string { return c.id }

// RemoteSDP is the peer's latest session description: that of the answer, or
// the early one when the answer had none. Do not change it.
func (c *Call) RemoteSDP() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remoteSDP
}

// LocalSDP is our latest session description. Do not change it.
func (c *Call) LocalSDP() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.localSDP
}

// AnswerHeader is the first value of a header of the answer, by its long name,
// of a call that we placed.
func (c *Call) AnswerHeader(name string) (string, bool) {
	if c.answer == nil {
		return "", false
	}
	return headerValue(c.answer, name)
}

// Timings are the instants of the call so far.
func (c *Call) Timings() Timings {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timings
}

// Done is closed when the conversation is over: a BYE came or left.
func (c *Call) Done() <-chan struct{} { return c.done }

// End tells how the call ended; it is the zero value before Done is closed.
func (c *Call) End() Ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

// OnReinvite sets who answers an offer inside the call: hold, a move of the
// media, a change of codec. offer is nil when the peer asks us to offer
// (delayed offer; its answer then comes to OnRemoteSDP). The answer goes out
// with 200 when code is 0 or 200, else the offer is refused with code and the
// call goes on as it was. It runs on the call's goroutine and must return soon.
// A refresh that changes nothing is answered without asking. Without a handler
// other offers are refused with 488.
func (c *Call) OnReinvite(answer func(offer []byte) (sdp []byte, code int)) {
	c.mu.Lock()
	c.onOffer = answer
	c.mu.Unlock()
}

// OnRemoteSDP sets who hears of a new remote session description that answers
// an offer of ours in a 200 (see OnReinvite). Same goroutine, same haste.
func (c *Call) OnRemoteSDP(f func(sdp []byte)) {
	c.mu.Lock()
	c.onRemote = f
	c.mu.Unlock()
}

// Bye ends the call and waits for the reply, or ctx. The call is over, and Done
// closed, at once; any final response, or none in 32 s, is as good as 200. On
// a call that has ended it returns nil.
func (c *Call) Bye(ctx context.Context, headers ...Header) error {
	if err := checkHeaders(headers); err != nil {
		return fmt.Errorf("bye: %w", err)
	}
	c.hangup(Ending{By: ByLocal}, headers)
	select {
	case <-c.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hangup ends the call from our side; the BYE goes on by itself.
func (c *Call) hangup(e Ending, hs []Header) {
	if !c.end(e) {
		return
	}
	sent := c.ua.spawn(func() {
		defer c.release()
		if !c.outgoing { // RFC 3261 15: not before the ACK is there
			select {
			case <-c.acked:
			case <-time.After(lifespan):
			case <-c.ua.closing: // whose caller is gone would hold Close up for 32 s
			case <-c.released:
				return
			}
		}
		c.mu.Lock()
		d := c.d
		c.d.localSeq += 2 // one BYE, one more with credentials
		c.mu.Unlock()
		c.ua.bye(&d, c.auth, hs)
	})
	if !sent {
		c.release()
	}
}

// end closes Done; only the first ending counts.
func (c *Call) end(e Ending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.over = true
	e.At = time.Now()
	c.ending, c.timings.EndedAt = e, e.At
	close(c.done)
	return true
}

// release forgets the dialog: from here on the peer gets 481.
func (c *Call) release() {
	c.mu.Lock()
	first := !c.gone
	c.gone = true
	c.mu.Unlock()
	if first {
		c.ua.dropDialog(c.d.key(), c)
		close(c.released)
	}
}

func (c *Call) farewell(ctx context.Context) {
	c.hangup(Ending{By: ByLocal, Reason: "shutdown"}, nil)
	select {
	case <-c.released:
	case <-ctx.Done():
	}
}

// start runs the call; u is our 200 when we took it.
func (c *Call) start(u *unacked) {
	if u == nil {
		c.sawAck()
	} else {
		c.repeatUntilAck(u)
	}
	if !c.ua.spawn(c.run) {
		c.end(Ending{By: ByLocal, Reason: "shutdown"})
		c.release()
		return
	}
	if c.ua.isClosed() { // Close may have looked before this call stood in the table
		c.hangup(Ending{By: ByLocal, Reason: "shutdown"}, nil)
	}
}

// run is the call's goroutine.
func (c *Call) run() {
	defer c.resend.Stop()
	defer c.deadline.Stop()
	for {
		select {
		case <-c.box.ready:
			for _, f := range c.box.take() {
				c.guard(f)
			}
		case <-c.resend.C:
			c.repeatAnswer()
		case <-c.deadline.C:
			c.sessionDue()
		case <-c.released:
			c.drain()
			return
		}
	}
}

// drain answers what arrived between the last look and the release.
func (c *Call) drain() {
	for _, f := range c.box.take() {
		c.guard(f)
	}
}

// guard keeps a panic of a handler to the message that caused it.
func (c *Call) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.ua.panicked("call "+c.id, p)
		}
	}()
	f()
}

// inDialog is the mouth of the mailbox; called by readers.
func (c *Call) inDialog(req *sip.Request, tx *serverTx, f flow) {
	select {
	case <-c.released:
		if tx != nil {
			tx.respond(481, "Call/Transaction Does Not Exist")
		}
		return
	default:
	}
	if !c.box.put(func() { c.handle(req, tx, f) }) && tx != nil {
		tx.respond(503, "Service Unavailable")
	}
}

// handle is the table of requests inside the dialog (RFC 3261 12.2.2).
func (c *Call) handle(req *sip.Request, tx *serverTx, f flow) {
	if req.IsAck() {
		c.handleAck(req)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			tx.respond(500, "Server Internal Error")
			panic(p)
		}
	}()
	if !c.fromPeer(req) {
		tx.respond(481, "Call/Transaction Does Not Exist")
		return
	}
	if !c.inOrder(req) && (req.Method == sip.INVITE || req.Method == sip.UPDATE) {
		tx.respond(500, "Server Internal Error")
		return
	}
	switch req.Method {
	case sip.BYE:
		c.handleBye(req, tx)
	case sip.INVITE:
		c.handleReinvite(req, tx, f)
	case sip.UPDATE:
		c.handleUpdate(req, tx)
	default:
		tx.answerPlain(req)
	}
}

// isWith reports whether the peer of this call has that tag.
func (c *Call) isWith(tag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.d.remoteTag == tag
}

// fromPeer compares the tag of the far side; another one is another branch.
func (c *Call) fromPeer(req *sip.Request) bool {
	return c.isWith(tagOf(req.From().Params))
}

// inOrder is false for a request older than the last one.
func (c *Call) inOrder(req *sip.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := req.CSeq().SeqNo
	if c.d.remoteSeq != 0 && seq <= c.d.remoteSeq {
		return false
	}
	c.d.remoteSeq = seq
	return true
}

// handleBye ends the call, also when our own BYE is on its way (glare) and when
// the ACK has not come yet.
func (c *Call) handleBye(req *sip.Request, tx *serverTx) {
	tx.respond(200, "OK")
	q850, code, text := parseReason(req)
	c.end(Ending{By: ByRemote, Q850: q850, Code: code, Reason: text})
	c.sawAck() // who hangs up has heard the answer
	c.release()
}

func (c *Call) handleAck(req *sip.Request) {
	u := c.unacked
	if u == nil || req.CSeq().SeqNo != u.seq || !c.fromPeer(req) {
		return
	}
	c.unacked = nil
	c.resend.Stop()
	sdp := sdpOf(req)
	if u.offered && sdp != nil {
		c.setRemote(sdp)
	}
	c.sawAck()
}

func (c *Call) setRemote(sdp []byte) {
	c.mu.Lock()
	c.remoteSDP = sdp
	told := c.onRemote
	c.mu.Unlock()
	if told != nil {
		told(sdp)
	}
}

func (c *Call) sawAck() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ackSeen {
		return
	}
	c.ackSeen = true
	setOnce(&c.timings.AckedAt, time.Now())
	close(c.acked)
}

// repeatUntilAck starts the repetition of our 200.
func (c *Call) repeatUntilAck(u *unacked) {
	u.interval, u.until = timerT1, time.Now().Add(lifespan)
	c.unacked = u
	c.resend.Reset(u.interval)
}

func (c *Call) repeatAnswer() {
	u := c.unacked
	if u == nil {
		return
	}
	if !time.Now().Before(u.until) {
		c.unacked = nil
		c.hangup(Ending{By: ByTimeout, Reason: "no ACK"}, nil)
		c.sawAckLost()
		return
	}
	u.tx.repeat(u.res)
	u.interval = min(2*u.interval, timerT2)
	c.resend.Reset(min(u.interval, time.Until(u.until)))
}

// sawAckLost lets the BYE go out after 64*T1 without ACK.
func (c *Call) sawAckLost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ackSeen {
		c.ackSeen = true
		close(c.acked)
	}
}
