package sipua

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// tryingAfter is when a 100 goes out if nothing else did (RFC 3261 17.2.1).
const tryingAfter = 200 * time.Millisecond

// serverKey matches repetitions (RFC 3261 17.2.3). Peers older than RFC 3261,
// whose branch has no magic cookie, are told apart by Call-ID, tag and CSeq.
type serverKey struct {
	branch, sentBy string
	method         sip.RequestMethod
	old            string
}

// mergeKey finds the same call arriving twice by different ways (8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	seq             uint32
}

type serverState uint8

const (
	serverProceeding serverState = iota
	serverAccepted               // INVITE, 2xx sent: the dialog repeats it (RFC 6026)
	serverCompleted              // final sent: repeated on timer G (INVITE) or on demand
	serverConfirmed              // INVITE: the refusal was acknowledged
	serverTerminated
)

// serverTx is a server transaction (RFC 3261 17.2, RFC 6026). sipgo's answers
// 487 to a CANCEL by itself, before its owner could decide otherwise; a test
// carrier must be able to.
type serverTx struct {
	ua    *UA
	key   serverKey
	merge mergeKey
	req   *sip.Request
	flow  flow // where responses go
	from  flow // where the request came from

	mu       sync.Mutex
	state    serverState
	last     []byte
	onCancel func(*sip.Request)
	onAck    func() // of a refusal
	interval time.Duration
	trying   *time.Timer
	retry    *time.Timer
	expiry   *time.Timer
}

func serverKeyOf(req *sip.Request, method sip.RequestMethod) serverKey {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if method == sip.ACK {
		method = sip.INVITE
	}
	k := serverKey{branch: branch, sentBy: via.SentBy(), method: method}
	if len(branch) <= len(branchMagic) || branch[:len(branchMagic)] != branchMagic {
		k.old = req.CallID().Value() + "|" + tagOf(req.From().Params) + "|" + req.CSeq().Value()[:len(req.CSeq().Value())-len(req.CSeq().MethodName)]
	}
	return k
}

// openServer returns the transaction of a request and whether it is new.
func (ua *UA) openServer(req *sip.Request, f flow) (*serverTx, bool) {
	k := serverKeyOf(req, req.Method)
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if tx := ua.servers[k]; tx != nil {
		return tx, false
	}
	if ua.torn {
		return nil, false
	}
	tx := &serverTx{ua: ua, key: k, req: req, flow: responseFlow(req, f), from: f, interval: timerT1}
	ua.servers[k] = tx
	return tx, true
}

func (ua *UA) findServer(k serverKey) *serverTx {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return ua.servers[k]
}

// startTrying sends 100 when nobody answers within 200 ms.
func (tx *serverTx) startTrying() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.trying = time.AfterFunc(tryingAfter, func() {
		tx.mu.Lock()
		silent := tx.state == serverProceeding && tx.last == nil
		if silent {
			tx.last = wire(tx.ua.response(tx.req, 100, "Trying", tx.from))
		}
		b := tx.last
		tx.mu.Unlock()
		if silent {
			_ = tx.flow.send(b)
		}
	})
}

// repeated answers a repetition of the request with the last response.
func (tx *serverTx) repeated() {
	tx.mu.Lock()
	b := tx.last
	if tx.state == serverAccepted || tx.state == serverConfirmed || tx.state == serverTerminated {
		b = nil
	}
	tx.mu.Unlock()
	if b != nil {
		_ = tx.flow.send(b)
	}
}

// reply sends a response and moves the machine. It reports false when a final
// response has gone before.
func (tx *serverTx) reply(res *sip.Response) bool {
	b := wire(res)
	tx.mu.Lock()
	ok := tx.advance(res.StatusCode, b)
	tx.mu.Unlock()
	if !ok {
		return false
	}
	if res.StatusCode >= 200 {
		tx.ua.unmerge(tx)
	}
	_ = tx.flow.send(b)
	return true
}

// advance is the state machine of what we say.
func (tx *serverTx) advance(code int, b []byte) bool {
	if tx.state == serverAccepted && code >= 200 && code < 300 {
		return true // the dialog repeats its 200, or a fork sends another one
	}
	if tx.state != serverProceeding {
		return false
	}
	stop(tx.trying)
	tx.last = b
	if code < 200 {
		return true
	}
	if tx.req.IsInvite() && code < 300 {
		tx.state, tx.last = serverAccepted, nil
		tx.expiry = time.AfterFunc(lifespan, tx.terminate) // timer L
		return true
	}
	tx.state = serverCompleted
	if tx.req.IsInvite() {
		tx.expiry = time.AfterFunc(lifespan, tx.terminate) // timer H
		if !tx.flow.reliable() {
			tx.retry = time.AfterFunc(tx.interval, tx.onRetry) // timer G
		}
		return true
	}
	tx.expiry = time.AfterFunc(tx.timerJ(), tx.terminate)
	return true
}

// timerJ is zero on a connection; a second keeps a late repetition out.
func (tx *serverTx) timerJ() time.Duration {
	if tx.flow.reliable() {
		return time.Second
	}
	return lifespan
}

func (tx *serverTx) onRetry() {
	tx.mu.Lock()
	again := tx.state == serverCompleted
	if again {
		tx.interval = min(2*tx.interval, timerT2)
		tx.retry.Reset(tx.interval)
	}
	b := tx.last
	tx.mu.Unlock()
	if again {
		_ = tx.flow.send(b)
	}
}

// acked takes the ACK of a refusal.
func (tx *serverTx) acked() {
	tx.mu.Lock()
	if tx.state != serverCompleted {
		tx.mu.Unlock()
		return
	}
	tx.state = serverConfirmed
	stop(tx.retry)
	tx.expiry.Reset(timerT4) // timer I
	told := tx.onAck
	tx.mu.Unlock()
	if told != nil {
		told()
	}
}

func (tx *serverTx) final() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.state != serverProceeding
}

func (tx *serverTx) terminate() {
	tx.mu.Lock()
	tx.state = serverTerminated
	stop(tx.trying)
	stop(tx.retry)
	stop(tx.expiry)
	tx.mu.Unlock()
	tx.ua.unmerge(tx)
	tx.ua.mu.Lock()
	if tx.ua.servers[tx.key] == tx {
		delete(tx.ua.servers, tx.key)
	}
	tx.ua.mu.Unlock()
}

// claimCall reports false when the same INVITE is here already by another way.
func (ua *UA) claimCall(tx *serverTx) bool {
	req := tx.req
	k := mergeKey{req.CallID().Value(), tagOf(req.From().Params), req.CSeq().SeqNo}
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if _, taken := ua.pending[k]; taken {
		return false
	}
	tx.merge = k
	ua.pending[k] = tx
	return true
}

func (ua *UA) unmerge(tx *serverTx) {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.pending[tx.merge] == tx {
		delete(ua.pending, tx.merge)
	}
}

// respond answers without ceremony.
func (tx *serverTx) respond(code int, reason string, hs ...Header) {
	res := tx.ua.response(tx.req, code, reason, tx.from)
	appendHeaders(res, hs)
	tx.reply(res)
}
