package sipua

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers of RFC 3261 17, table 4, at the values sipgo uses.
const (
	timerT1  = 500 * time.Millisecond
	timerT2  = 4 * time.Second
	lifespan = 64 * timerT1 // timers B, D, F, H, J, L and M
)

// Errors of the layer below the call; test with errors.Is.
var (
	// ErrNoReply means that nothing at all came back in time.
	ErrNoReply = errors.New("no reply")
	// ErrTransport means that the message could not be sent, or that the
	// connection was lost before the answer.
	ErrTransport = errors.New("transport failed")
)

// clientKey is the branch, which is ours and unique; CANCEL shares the one of
// its INVITE (RFC 3261 9.1).
type clientKey struct {
	branch string
	cancel bool
}

type clientState uint8

const (
	clientTrying clientState = iota // calling, in the INVITE machine
	clientProceeding
	clientCompleted // INVITE only: a refusal
	clientAccepted  // INVITE only, RFC 6026: every further 2xx goes up
	clientTerminated
)

// txEvent is a response, or the reason why there will be none.
type txEvent struct {
	res  *sip.Response
	flow flow
	err  error
	at   time.Time
}

// clientTx is our side of a client transaction of sipgo (RFC 3261 17.1, RFC
// 6026). sipgo sends, repeats, acknowledges refusals and keeps the timers; the
// responses however are taken from the tap of the transport, in the order they
// arrived, because sipgo starts a goroutine for each and so loses the order (183
// with SDP, 200 without: the 183 was late in 79 of 100 cases).
//
//	INVITE   Trying -1xx-> Proceeding -2xx-> Accepted --64*T1--> gone
//	            |              |
//	            +---3xx..6xx---+-----------> Completed -64*T1-> gone
//	other    Trying -1xx-> Proceeding -final-> gone
type clientTx struct {
	ua     *UA
	key    clientKey
	method sip.RequestMethod
	flow   flow
	invite bool
	// deliver runs in the order of arrival, on the reader's goroutine: it must
	// not block and must not call the transaction.
	deliver func(txEvent)
	quit    chan struct{} // closed by terminate

	mu         sync.Mutex
	state      clientState
	req        *sip.Request // until the final response
	conn       sip.Connection
	ack        sent        // to a refusal
	refusal    *txEvent    // waits until its ACK has left
	impatience *time.Timer // a timer B shorter than sipgo's
	expiry     *time.Timer
}

// startClient connects, registers the transaction and sends the request.
// timeout is timer B or F when it is shorter than 64*T1, else 0.
func (ua *UA) startClient(ctx context.Context, req *sip.Request, f flow, timeout time.Duration, deliver func(txEvent)) (*clientTx, error) {
	branch, _ := req.Via().Params.Get("branch")
	tx := &clientTx{
		ua: ua, req: req, flow: f, deliver: deliver, invite: req.IsInvite(), method: req.Method,
		key: clientKey{branch: branch, cancel: req.IsCancel()}, quit: make(chan struct{}),
	}
	ua.mu.Lock()
	if ua.torn {
		ua.mu.Unlock()
		return nil, ErrClosed
	}
	ua.clients[tx.key] = tx
	ua.mu.Unlock()
	f.steer(req)
	stx, err := ua.transactions.NewClientTransaction(ctx, req)
	if err != nil {
		tx.terminate()
		return nil, fmt.Errorf("%w: %w", ErrTransport, err)
	}
	tx.conn = stx.Connection()
	tx.connected(req)
	if timeout > 0 && timeout < lifespan {
		tx.mu.Lock()
		tx.impatience = time.AfterFunc(timeout, tx.outOfPatience)
		tx.mu.Unlock()
	}
	if err := stx.Init(); err != nil {
		stx.Terminate()
		tx.terminate()
		return nil, fmt.Errorf("%w: %w", ErrTransport, err)
	}
	if !ua.spawn(func() { tx.drain(stx) }) {
		stx.Terminate()
		tx.terminate()
		return nil, ErrClosed
	}
	return tx, nil
}

// connected fills in what only the connection knows: the peer's address behind
// a name, and our own port where we have no listener.
func (tx *clientTx) connected(req *sip.Request) {
	if !tx.flow.reliable() {
		return
	}
	if c, ok := tx.conn.(*sip.TCPConnection); ok {
		tx.flow.addr = addrPortOf(c.RemoteAddr())
	}
	if contact := req.Contact(); contact != nil && contact.Address.Port == 0 {
		local := addrPortOf(tx.conn.LocalAddr())
		contact.Address.Host, contact.Address.Port = local.Addr().String(), int(local.Port())
	}
}

// drain keeps sipgo's transaction going, which blocks with its lock held while
// nobody reads from it, and ends it after the final response. What it reads was
// delivered by the tap before.
func (tx *clientTx) drain(stx *sip.ClientTx) {
	defer stx.Terminate()
	for {
		select {
		case res := <-stx.Responses():
			if res.StatusCode >= 200 {
				tx.passRefusal()
				return
			}
		case <-stx.Done():
			tx.ended(stx.Err())
			return
		case <-tx.quit:
			return
		}
	}
}

// ended is told by sipgo that there will be no response. One case is not
// believed: when a 1xx overtakes the start of timer B inside sipgo, the timer is
// not stopped and fires after 32 s of ringing. The tap still brings us the rest.
func (tx *clientTx) ended(err error) {
	tx.mu.Lock()
	ringing := tx.invite && tx.state == clientProceeding
	tx.mu.Unlock()
	tx.passRefusal()
	switch {
	case errors.Is(err, sip.ErrTransactionTimeout) && ringing:
	case errors.Is(err, sip.ErrTransactionTimeout):
		tx.fail(ErrNoReply)
	case errors.Is(err, sip.ErrTransactionTransport):
		tx.fail(fmt.Errorf("%w: %w", ErrTransport, err))
	default:
		tx.fail(ErrClosed)
	}
}

func (tx *clientTx) outOfPatience() {
	tx.mu.Lock()
	silent := tx.state == clientTrying
	tx.mu.Unlock()
	if silent {
		tx.fail(ErrNoReply)
	}
}

// receive takes a response from the tap, on the reader's goroutine.
func (tx *clientTx) receive(res *sip.Response, f flow, at time.Time) {
	ev := txEvent{res: res, flow: f, at: at}
	tx.mu.Lock()
	up := tx.step(res)
	if up && tx.invite && res.StatusCode >= 300 {
		tx.refusal, up = &ev, false
	}
	tx.mu.Unlock()
	if up {
		tx.deliver(ev)
	}
	if !tx.invite && res.StatusCode >= 200 {
		tx.forget()
	}
}

// passRefusal delivers a refusal once sipgo has acknowledged it, so that the
// next INVITE never overtakes the ACK of the last.
func (tx *clientTx) passRefusal() {
	tx.mu.Lock()
	ev := tx.refusal
	tx.refusal = nil
	tx.mu.Unlock()
	if ev != nil {
		tx.deliver(*ev)
	}
}

// step is the state machine. It says whether the response goes up.
func (tx *clientTx) step(res *sip.Response) bool {
	code := res.StatusCode
	switch tx.state {
	case clientTrying, clientProceeding:
		stop(tx.impatience)
		if code < 200 {
			tx.state = clientProceeding
			return true
		}
		if !tx.invite {
			tx.state = clientCompleted
			return true
		}
		tx.state = clientAccepted
		if code >= 300 {
			tx.state = clientCompleted
			tx.ack = sent{ackRefusal(tx.req, res), tx.conn}
		}
		tx.req = nil // the record stays for half a minute, its request need not
		tx.expiry = time.AfterFunc(lifespan, tx.forget)
		return true
	case clientAccepted:
		return code >= 200 && code < 300
	case clientCompleted: // a 2xx after the refusal: somebody answered all the same
		return tx.invite && code >= 200 && code < 300
	}
	return false
}

// fail tells the owner why there is no response.
func (tx *clientTx) fail(err error) {
	if tx.terminate() {
		tx.deliver(txEvent{err: err, at: time.Now()})
	}
}

// terminate gives the transaction up. It reports true when the owner was still
// waiting for a final response.
func (tx *clientTx) terminate() bool {
	tx.mu.Lock()
	waiting := tx.state == clientTrying || tx.state == clientProceeding
	if tx.state != clientTerminated {
		close(tx.quit)
	}
	tx.state = clientTerminated
	stop(tx.impatience)
	stop(tx.expiry)
	tx.mu.Unlock()
	tx.forget()
	return waiting
}

// forget takes the record out of the table.
func (tx *clientTx) forget() {
	tx.ua.mu.Lock()
	if tx.ua.clients[tx.key] == tx {
		delete(tx.ua.clients, tx.key)
	}
	tx.ua.mu.Unlock()
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// ackRefusal is the ACK to a 3xx..6xx (RFC 3261 17.1.1.3): same branch, same
// route, the To of the response. sipgo sends the first; this one answers
// repetitions, for which sipgo would take four seconds each.
func ackRefusal(invite *sip.Request, res *sip.Response) *sip.Request {
	ack := sip.NewRequest(sip.ACK, *invite.Recipient.Clone())
	ack.AppendHeader(invite.Via().Clone())
	hops := sip.MaxForwardsHeader(70)
	ack.AppendHeader(&hops)
	for _, h := range invite.GetHeaders("Route") {
		ack.AppendHeader(sip.HeaderClone(h))
	}
	ack.AppendHeader(sip.HeaderClone(invite.From()))
	ack.AppendHeader(sip.HeaderClone(res.To()))
	ack.AppendHeader(sip.HeaderClone(invite.CallID()))
	ack.AppendHeader(cseq(invite.CSeq().SeqNo, sip.ACK))
	ack.SetBody(nil)
	ack.SetTransport(invite.Transport())
	ack.SetDestination(invite.Destination())
	return ack
}

// findClient is the transaction that a response belongs to.
func (ua *UA) findClient(res *sip.Response) *clientTx {
	branch, _ := res.Via().Params.Get("branch")
	method := res.CSeq().MethodName
	ua.mu.Lock()
	tx := ua.clients[clientKey{branch: branch, cancel: method == sip.CANCEL}]
	ua.mu.Unlock()
	if tx == nil || tx.method != method {
		return nil
	}
	return tx
}

// onUnhandled takes the responses that sipgo has no transaction for (any more):
// a repeated refusal gets its ACK again, and a 2xx that we do not know is
// somebody who answered a call that we gave up.
func (ua *UA) onUnhandled(res *sip.Response) {
	defer func() {
		if p := recover(); p != nil {
			ua.panicked("unhandled response", p)
		}
	}()
	if checkResponse(res) != nil || res.CSeq().MethodName != sip.INVITE || res.StatusCode < 200 {
		return
	}
	tx := ua.findClient(res)
	if tx == nil {
		if f, ok := ua.flowOf(res); ok && res.StatusCode < 300 {
			ua.releaseStray(res, f, false)
		}
		return
	}
	tx.mu.Lock()
	ack := tx.ack
	tx.mu.Unlock()
	if res.StatusCode >= 300 && ack.req != nil {
		ack.again()
		tx.passRefusal()
	}
}

// do runs a non-INVITE transaction to its final response.
func (ua *UA) do(ctx context.Context, req *sip.Request, f flow) (txEvent, error) {
	final := make(chan txEvent, 1)
	tx, err := ua.startClient(ctx, req, f, 0, func(ev txEvent) {
		if ev.res != nil && ev.res.StatusCode < 200 {
			return
		}
		select {
		case final <- ev:
		default:
		}
	})
	if err != nil {
		return txEvent{}, err
	}
	defer tx.forget()
	select {
	case ev := <-final:
		return ev, ev.err
	case <-ctx.Done():
		tx.terminate()
		return txEvent{}, ctx.Err()
	}
}
