package sipua

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// calling is an INVITE that has no final answer yet: our client state machine
// above the transaction. Its fields belong to the goroutine inside UA.Invite,
// except those under mu.
//
//	          1xx: report, PRACK, remember SDP
//	            +--+
//	send INVITE v  |        2xx
//	----------> waiting ----------> ACK, Call
//	  ^          |   |      401/407/422
//	  +----------|---+ (once each, CSeq + 1)
//	             |          3xx..6xx, timer B, connection lost
//	             +----------------> Failure
//	             | ctx ends
//	             v          after a 1xx: CANCEL, then at most 64*T1
//	         cancelling --2xx--> ACK, BYE, Failure{AnsweredAfterCancel}
//	                    --else-> Failure{Cancelled}
type calling struct {
	ua   *UA
	inv  Invite
	flow flow
	tag  string
	seq  uint32
	auth *credentialUse

	session, minSE time.Duration
	timings        Timings
	req            *sip.Request
	tx             *clientTx
	forks          *forks
	rel            map[string]*earlyLeg // by To tag
	earlySDP       []byte               // the last one, of any branch
	attest         Attestation
	gotProvisional bool
	ringing        bool
	cancelled      bool
	cancelSent     bool

	abort     chan struct{} // closed by farewell
	abortOnce sync.Once
	over      chan struct{} // closed when run returns

	mu      sync.Mutex
	call    *Call
	failed  bool
	backlog []func(*Call)
}

// earlyLeg is what one branch has said before the answer.
type earlyLeg struct {
	sdp     []byte
	dialog  dialog
	rseq    uint32 // last reliable provisional taken, 0 for none
	started bool
}

func (c *calling) key() dialogKey { return dialogKey{c.inv.CallID, c.tag} }

// run tries until there is an answer or nothing left to try.
func (c *calling) run(ctx context.Context) (*Call, error) {
	defer close(c.over)
	for {
		ev, err := c.try(ctx)
		if err != nil {
			return nil, c.fail(nil, err)
		}
		res := ev.res
		switch {
		case res.StatusCode < 300 && c.cancelled:
			c.releaseLate(ev)
			return nil, c.fail(res, c.why(ctx))
		case res.StatusCode < 300:
			return c.answered(ctx, ev)
		case c.cancelled || c.isAborted():
			return nil, c.fail(res, c.why(ctx))
		}
		if err := c.again(ev); err != nil {
			if errors.Is(err, errNotAgain) {
				err = nil
			}
			return nil, c.fail(res, err)
		}
	}
}

var errNotAgain = errors.New("final")

// again prepares another try when the refusal asks for one: credentials, or a
// longer session. Redirects are never followed: they are how calls are turned
// to numbers that cost.
func (c *calling) again(ev txEvent) error {
	res := ev.res
	switch {
	case challenged(res):
		if err := c.auth.answer(res, ev.flow, c.req); err != nil {
			return err
		}
	case res.StatusCode == 422 && c.session > 0:
		least, ok := headerSeconds(res, "min-se")
		if !ok || least <= c.minSE || least > 24*time.Hour { // RFC 4028 7.3; the same answer twice is final
			return errNotAgain
		}
		c.minSE, c.session = least, max(least, c.session)
	default:
		return errNotAgain
	}
	c.seq++
	return nil
}

// try sends one INVITE and waits for its final response.
func (c *calling) try(ctx context.Context) (txEvent, error) {
	c.req = c.build()
	c.forks = newForks(c.ua)
	if err := c.send(ctx); err != nil {
		return txEvent{}, err
	}
	c.flow = c.tx.flow
	c.auth.hop = c.flow.addr.Addr()
	provisional := false
	var giveUp <-chan time.Time
	done, abort := ctx.Done(), c.abort
	for {
		select {
		case <-c.forks.box.ready:
		case <-done:
			done, c.cancelled = nil, true
		case <-abort:
			abort, c.cancelled = nil, true
		case <-giveUp:
			// RFC 3261 9.1: no final response 64*T1 after CANCEL. A late 200 is
			// ended by releaseStray.
			c.forks.settle()
			c.tx.terminate()
			return txEvent{}, ErrNoReply
		}
		events := c.forks.box.take()
		for i, ev := range events {
			if ev.err != nil {
				return ev, ev.err
			}
			if c.timings.FirstResponseAt.IsZero() {
				c.timings.FirstResponseAt = ev.at
			}
			c.hearAttested(ev.res)
			if ev.res.StatusCode >= 200 {
				c.forks.first(ev, events[i+1:])
				return ev, nil
			}
			provisional, c.gotProvisional = true, true
			c.provisional(ev)
		}
		if c.cancelled && provisional && giveUp == nil {
			giveUp = time.After(lifespan)
			c.sendCancel()
		}
	}
}

// send writes the INVITE, unless the call was withdrawn just now.
func (c *calling) send(ctx context.Context) (err error) {
	left := func() {}
	if c.inv.Leave != nil {
		if left, err = c.inv.Leave(); err != nil {
			return err
		}
	}
	defer left()
	c.timings.SentAt = time.Now()
	c.tx, err = c.ua.startClient(context.WithoutCancel(ctx), c.req, c.flow, c.inv.TransportTimeout, c.forks.deliver)
	return err
}

// hearAttested reports what a response says of our caller ID, once.
func (c *calling) hearAttested(res *sip.Response) {
	if a := c.attest.join(attested(res, c.inv.AttestHeaders)); a != c.attest {
		c.attest = a
		if c.inv.OnAttest != nil {
			c.inv.OnAttest(a)
		}
	}
}

// provisional notes and reports one 1xx. A reliable one that is out of order
// is as good as lost (RFC 3262 4): the peer repeats it.
func (c *calling) provisional(ev txEvent) {
	res := ev.res
	tag := tagOf(res.To().Params)
	leg := c.rel[tag]
	if leg == nil && len(c.rel) < 32 {
		leg = &earlyLeg{dialog: dialogFromResponse(res, c.flow)}
		c.rel[tag] = leg
	}
	if rseq, ok := headerUint(res, "rseq"); ok && leg != nil && tag != "" && hasOption(res, "100rel", "require") {
		if leg.rseq != 0 && rseq != leg.rseq+1 {
			return
		}
		leg.rseq = rseq
		c.prack(leg, res, rseq)
	}
	sdp := sdpOf(res)
	if sdp != nil {
		c.earlySDP = sdp
		if leg != nil {
			leg.sdp = sdp
		}
		setOnce(&c.timings.EarlyMediaAt, ev.at)
	}
	if res.StatusCode == 180 {
		c.ringing = true
		setOnce(&c.timings.RingingAt, ev.at)
	}
	if c.inv.OnEvent != nil {
		c.inv.OnEvent(Event{Code: res.StatusCode, Reason: res.Reason, SDP: sdp, Tag: tag, At: ev.at})
	}
}

// prack acknowledges a reliable provisional within its early dialog. The CSeq
// is the dialog's next; the ACK keeps to the INVITE's own.
func (c *calling) prack(leg *earlyLeg, res *sip.Response, rseq uint32) {
	if !leg.started { // the first may have come without Contact
		leg.dialog = dialogFromResponse(res, c.flow)
		leg.dialog.pinned, leg.started = c.inv.Pinned, true
	}
	seq := leg.dialog.nextSeq()
	d := leg.dialog
	rack := fmt.Sprintf("%d %d INVITE", rseq, res.CSeq().SeqNo)
	c.ua.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), lifespan)
		defer cancel()
		f, err := c.ua.dialogFlow(ctx, &d)
		if err != nil {
			return
		}
		use := c.auth.again()
		for range 2 {
			req := c.ua.dialogRequest(&d, sip.PRACK, seq, f)
			req.AppendHeader(sip.NewHeader("RAck", rack))
			use.sign(req)
			req.SetBody(nil)
			ev, err := c.ua.do(ctx, req, f)
			if err != nil || !challenged(ev.res) || use.answer(ev.res, ev.flow, req) != nil {
				return
			}
			seq += 1000 // out of the way of later PRACKs of this leg
		}
	})
}

// sendCancel follows RFC 3261 9.1: same branch, To without tag, same CSeq.
func (c *calling) sendCancel() {
	if c.cancelSent {
		return
	}
	c.cancelSent = true
	req := sip.NewRequest(sip.CANCEL, *c.req.Recipient.Clone())
	req.AppendHeader(c.req.Via().Clone())
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(sip.HeaderClone(c.req.From()))
	req.AppendHeader(sip.HeaderClone(c.req.To()))
	req.AppendHeader(sip.HeaderClone(c.req.CallID()))
	req.AppendHeader(cseq(c.req.CSeq().SeqNo, sip.CANCEL))
	c.ua.appendName(req, "User-Agent")
	req.SetBody(nil)
	// Whatever the answer is (200, 481, none): only the final response of the
	// INVITE counts.
	if _, err := c.ua.startClient(context.Background(), req, c.flow, 0, func(txEvent) {}); err != nil {
		c.ua.log.Debug("cancel not sent", "sip_call_id", c.inv.CallID, "error", err)
	}
}

// answered acknowledges the first 200 and makes the call.
func (c *calling) answered(ctx context.Context, ev txEvent) (*Call, error) {
	c.timings.AnsweredAt = ev.at
	d := dialogFromResponse(ev.res, c.flow)
	d.pinned = c.inv.Pinned
	leg := c.rel[d.remoteTag]
	if leg != nil && leg.started {
		d.localSeq = max(d.localSeq, leg.dialog.localSeq) // PRACKs took numbers
	}
	ack, err := c.ua.ackAnswer(context.WithoutCancel(ctx), &d, c.seq, c.auth, nil)
	if err != nil {
		return nil, c.fail(ev.res, err)
	}
	c.forks.acked(d.remoteTag, ack)
	c.timings.AckedAt = time.Now()
	sdp := sdpOf(ev.res)
	if sdp == nil && leg != nil {
		sdp = leg.sdp
	}
	if sdp == nil {
		sdp = c.earlySDP
	}
	call := c.ua.newCall(d, c.auth, c.timings)
	call.outgoing, call.answer = true, ev.res
	call.localSDP, call.remoteSDP = c.inv.Offer, sdp
	call.startSession(sessionFromResponse(ev.res))
	c.hand(call)
	call.start(nil)
	return call, nil
}

// ackAnswer builds and sends the ACK of a 2xx: its own branch, the INVITE's
// CSeq number, the route of the dialog, the INVITE's credentials (13.2.2.4).
func (ua *UA) ackAnswer(ctx context.Context, d *dialog, seq uint32, auth *credentialUse, sdp []byte) (sent, error) {
	f, err := ua.dialogFlow(ctx, d)
	if err != nil {
		return sent{}, fmt.Errorf("%w: acknowledge: %w", ErrTransport, err)
	}
	req := ua.dialogRequest(d, sip.ACK, seq, f)
	auth.sign(req)
	setSDP(req, sdp)
	return f.write(ctx, req)
}

// releaseLate ends an answer that crossed our CANCEL: somebody said hello.
func (c *calling) releaseLate(ev txEvent) {
	setOnce(&c.timings.AnsweredAt, ev.at)
	c.timings.AckedAt = time.Now()
	c.ua.release(ev.res, c.flow, c.auth, c.inv.Pinned, c.forks)
	c.timings.EndedAt = time.Now()
}

// fail makes the error of the call. res is nil when no final response came.
func (c *calling) fail(res *sip.Response, err error) *Failure {
	c.forks.settle()
	f := &Failure{
		GotProvisional: c.gotProvisional, Ringing: c.ringing, Cancelled: c.cancelled, Timings: c.timings, Err: err,
	}
	if res == nil {
		setOnce(&f.Timings.EndedAt, time.Now())
		return f
	}
	f.Code, f.Reason = res.StatusCode, res.Reason
	f.Q850, _, _ = parseReason(res)
	f.RetryAfter = retryAfter(res)
	f.AnsweredAfterCancel = c.cancelled && res.StatusCode < 300
	setOnce(&f.Timings.EndedAt, time.Now())
	return f
}

// farewell cancels the call when the UA closes.
func (c *calling) farewell(ctx context.Context) {
	c.abortOnce.Do(func() { close(c.abort) })
	select {
	case <-c.over:
	case <-ctx.Done():
	}
}

// why is what ended the attempt from our side.
func (c *calling) why(ctx context.Context) error {
	if c.isAborted() {
		return ErrClosed
	}
	return context.Cause(ctx)
}

func (c *calling) isAborted() bool {
	select {
	case <-c.abort:
		return true
	default:
		return false
	}
}

func setOnce(t *time.Time, v time.Time) {
	if t.IsZero() {
		*t = v
	}
}

func headerUint(m sip.Message, names ...string) (uint32, bool) {
	v, ok := headerValue(m, names...)
	if !ok {
		return 0, false
	}
	head, _ := splitParams(v)
	n, err := strconv.ParseUint(head, 10, 32)
	return uint32(n), err == nil
}

func headerSeconds(m sip.Message, names ...string) (time.Duration, bool) {
	n, ok := headerUint(m, names...)
	return time.Duration(n) * time.Second, ok
}
