package sipua

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers of RFC 3261 17, table 4.
const (
	timerT1  = 500 * time.Millisecond
	timerT2  = 4 * time.Second
	timerT4  = 5 * time.Second
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
	clientCompleted // INVITE only: a refusal, each repetition is acknowledged
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

// clientTx is a client transaction (RFC 3261 17.1, RFC 6026). Ours, and not
// sipgo's, because that one starts a goroutine per response and so loses their
// order, holds its lock while nobody drains it, waits four seconds before it
// repeats an ACK, and keeps 6 kB for 32 s after each call.
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

	mu       sync.Mutex
	state    clientState
	req      *sip.Request // until the final response
	wire     []byte
	ack      []byte // to a refusal
	interval time.Duration
	retry    *time.Timer
	expiry   *time.Timer
}

// startClient registers the transaction and sends the request. timeout is
// timer B or F; 0 means 64*T1.
func (ua *UA) startClient(req *sip.Request, f flow, timeout time.Duration, deliver func(txEvent)) (*clientTx, error) {
	branch, _ := req.Via().Params.Get("branch")
	tx := &clientTx{
		ua: ua, req: req, flow: f, deliver: deliver, invite: req.IsInvite(), method: req.Method, wire: wire(req),
		key: clientKey{branch: branch, cancel: req.IsCancel()}, interval: timerT1,
	}
	if timeout <= 0 {
		timeout = lifespan
	}
	if len(tx.wire) > maxDatagram-28 && !f.reliable() {
		return nil, fmt.Errorf("%w: request of %d bytes does not fit a datagram, use tcp or tls", ErrTransport, len(tx.wire))
	}
	ua.mu.Lock()
	if ua.torn {
		ua.mu.Unlock()
		return nil, ErrClosed
	}
	ua.clients[tx.key] = tx
	ua.mu.Unlock()

	tx.mu.Lock()
	tx.expiry = time.AfterFunc(timeout, tx.onExpiry)
	if !f.reliable() {
		tx.retry = time.AfterFunc(tx.interval, tx.onRetry)
	}
	tx.mu.Unlock()
	if err := f.send(tx.wire); err != nil {
		tx.terminate()
		return nil, fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return tx, nil
}

// onRetry is timer A or E.
func (tx *clientTx) onRetry() {
	tx.mu.Lock()
	again := tx.state == clientTrying || tx.state == clientProceeding && !tx.invite
	if again {
		tx.interval *= 2
		if !tx.invite && (tx.interval > timerT2 || tx.state == clientProceeding) {
			tx.interval = timerT2
		}
		tx.retry.Reset(tx.interval)
	}
	b := tx.wire
	tx.mu.Unlock()
	if again {
		_ = tx.flow.send(b) // the next one, or the expiry, will tell
	}
}

// onExpiry is timer B or F before the final response, D or M after it.
func (tx *clientTx) onExpiry() {
	tx.mu.Lock()
	waiting := tx.state == clientTrying || tx.state == clientProceeding
	tx.mu.Unlock()
	if waiting {
		tx.fail(ErrNoReply)
		return
	}
	tx.terminate()
}

// receive takes a response; called by the reader only.
func (tx *clientTx) receive(res *sip.Response, f flow, at time.Time) {
	tx.mu.Lock()
	up, ack := tx.step(res)
	tx.mu.Unlock()
	if ack != nil {
		_ = tx.flow.send(ack)
	}
	if up {
		tx.deliver(txEvent{res: res, flow: f, at: at})
	}
	if !tx.invite && res.StatusCode >= 200 {
		tx.terminate() // timer K only absorbs repetitions; unmatched, they are dropped as well
	}
}

// step is the state machine. It says whether the response goes up and which
// ACK goes out.
func (tx *clientTx) step(res *sip.Response) (up bool, ack []byte) {
	code := res.StatusCode
	switch tx.state {
	case clientTrying, clientProceeding:
		if code < 200 {
			tx.state = clientProceeding
			if tx.invite {
				stop(tx.retry)
				stop(tx.expiry) // RFC 3261 17.1.1.2: timer B ends with the first 1xx
			}
			return true, nil
		}
		stop(tx.retry)
		if !tx.invite {
			tx.state = clientCompleted
			return true, nil
		}
		tx.wire = nil
		if code < 300 {
			tx.state, tx.req = clientAccepted, nil
			tx.expiry.Reset(lifespan) // timer M
			return true, nil
		}
		tx.state = clientCompleted
		tx.ack = wire(ackRefusal(tx.req, res))
		tx.req = nil
		tx.expiry.Reset(tx.timerD())
		return true, tx.ack
	case clientAccepted:
		return code >= 200 && code < 300, nil
	case clientCompleted:
		if tx.invite && code >= 300 {
			return false, tx.ack
		}
		return tx.invite && code >= 200, nil // a 2xx after the refusal: somebody answered all the same
	}
	return false, nil
}

// timerD is short on a connection, where nothing is repeated.
func (tx *clientTx) timerD() time.Duration {
	if tx.flow.reliable() {
		return timerT4
	}
	return lifespan
}

// fail ends the transaction and tells its owner why.
func (tx *clientTx) fail(err error) {
	if tx.terminate() {
		tx.deliver(txEvent{err: err, at: time.Now()})
	}
}

// terminate reports true when the owner is still waiting for a final response.
func (tx *clientTx) terminate() bool {
	tx.mu.Lock()
	waiting := tx.state == clientTrying || tx.state == clientProceeding
	tx.state = clientTerminated
	stop(tx.retry)
	stop(tx.expiry)
	tx.mu.Unlock()
	tx.ua.mu.Lock()
	if tx.ua.clients[tx.key] == tx {
		delete(tx.ua.clients, tx.key)
	}
	tx.ua.mu.Unlock()
	return waiting
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// ackRefusal is the ACK to a 3xx..6xx (RFC 3261 17.1.1.3): same branch, same
// route, the To of the response.
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
	return ack
}

// onResponse finds the transaction of a response; a 2xx to an INVITE that has
// none is somebody who answered a call that we gave up.
func (ua *UA) onResponse(res *sip.Response, f flow, at time.Time) {
	branch, _ := res.Via().Params.Get("branch")
	method := res.CSeq().MethodName
	ua.mu.Lock()
	tx := ua.clients[clientKey{branch: branch, cancel: method == sip.CANCEL}]
	ua.mu.Unlock()
	if tx != nil && tx.method == method {
		tx.receive(res, f, at)
		return
	}
	if method == sip.INVITE && res.StatusCode >= 200 && res.StatusCode < 300 {
		ua.releaseStray(res, f)
	}
}

// failTransactions tells everybody who waited on a connection that it is gone.
func (ua *UA) failTransactions(s *stream) {
	ua.mu.Lock()
	var lost []*clientTx
	for _, tx := range ua.clients {
		if tx.flow.conn == s {
			lost = append(lost, tx)
		}
	}
	ua.mu.Unlock()
	for _, tx := range lost {
		tx.fail(fmt.Errorf("%w: connection lost", ErrTransport))
	}
}

// do runs a non-INVITE transaction to its final response.
func (ua *UA) do(ctx context.Context, req *sip.Request, f flow) (txEvent, error) {
	final := make(chan txEvent, 1)
	tx, err := ua.startClient(req, f, 0, func(ev txEvent) {
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
	defer tx.terminate()
	select {
	case ev := <-final:
		return ev, ev.err
	case <-ctx.Done():
		return txEvent{}, ctx.Err()
	}
}
