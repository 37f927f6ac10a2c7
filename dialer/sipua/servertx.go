package sipua

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// serverKey matches repetitions (RFC 3261 17.2.3). Peers older than RFC 3261,
// whose branch has no magic cookie, are told apart by Call-ID, tag and CSeq.
type serverKey struct {
	branch, sentBy string
	method         sip.RequestMethod
	callID, tag    string
	seq            uint32
}

// mergeKey finds the same call arriving twice by different ways (8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	seq             uint32
}

// serverTx is our side of a server transaction of sipgo (RFC 3261 17.2, RFC
// 6026), which repeats responses and keeps the timers. Ours is made by the tap,
// in the order of arrival, before sipgo's exists: what is said meanwhile waits
// until it is attached.
type serverTx struct {
	ua    *UA
	key   serverKey
	req   *sip.Request
	from  flow
	born  time.Time
	owned bool // a dialog has it; else it goes to the table of the door

	mu       sync.Mutex
	merge    mergeKey
	stx      *sip.ServerTx
	detached sip.Connection // see detach
	waiting  []*sip.Response
	last     *sip.Response
	final    bool
	accepted bool // the final response is a 2xx to an INVITE
	gaveUp   bool // a CANCEL came
	onCancel func()
}

func serverKeyOf(req *sip.Request, method sip.RequestMethod) serverKey {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if method == sip.ACK {
		method = sip.INVITE
	}
	k := serverKey{branch: branch, sentBy: via.SentBy(), method: method}
	if len(branch) <= len(branchMagic) || branch[:len(branchMagic)] != branchMagic {
		k.callID, k.tag, k.seq = req.CallID().Value(), tagOf(req.From().Params), req.CSeq().SeqNo
	}
	return k
}

// openServer returns the transaction of a request and whether it is new.
func (ua *UA) openServer(req *sip.Request, f flow) (*serverTx, bool) {
	k := serverKeyOf(req, req.Method)
	now := time.Now()
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if tx := ua.servers[k]; tx != nil {
		return tx, false
	}
	if ua.torn {
		return nil, false
	}
	ua.sweepServers(now)
	tx := &serverTx{ua: ua, key: k, req: req, from: f, born: now}
	ua.servers[k] = tx
	return tx, true
}

// sweepServers drops records whose transaction sipgo never made, since the way
// back could not be found. Called under ua.mu.
func (ua *UA) sweepServers(now time.Time) {
	if now.Sub(ua.swept) < lifespan {
		return
	}
	ua.swept = now
	for k, tx := range ua.servers {
		if now.Sub(tx.born) > lifespan && !tx.attached() {
			delete(ua.servers, k)
		}
	}
}

func (tx *serverTx) attached() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.stx != nil
}

func (ua *UA) findServer(k serverKey) *serverTx {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return ua.servers[k]
}

// attach joins sipgo's transaction and says what has waited for it. It reports
// false when there is one already.
func (tx *serverTx) attach(stx *sip.ServerTx) bool {
	tx.mu.Lock()
	if tx.stx != nil {
		tx.mu.Unlock()
		return false
	}
	tx.stx = stx
	waiting := tx.waiting
	tx.waiting = nil
	tx.mu.Unlock()
	for _, res := range waiting {
		_ = stx.Respond(res)
	}
	if !stx.OnTerminate(func(string, error) { tx.terminated() }) {
		tx.terminated()
	}
	if tx.req.IsInvite() && !stx.OnCancel(func(*sip.Request) { tx.cancelled() }) && stx.Err() == sip.ErrTransactionCanceled { //nolint:errorlint // sipgo's own comparison
		tx.cancelled()
	}
	return true
}

// cancelled is told by sipgo, under its lock, that a CANCEL came: it answers
// 200 to that and 487 to the INVITE by itself.
func (tx *serverTx) cancelled() {
	tx.mu.Lock()
	if tx.accepted {
		tx.mu.Unlock()
		return
	}
	tx.final = true
	tx.mu.Unlock()
	tx.giveUp()
}

// giveUp tells the owner of an INVITE of its CANCEL, now or when there is one.
func (tx *serverTx) giveUp() {
	tx.mu.Lock()
	tx.gaveUp = true
	told := tx.onCancel
	tx.mu.Unlock()
	if told != nil {
		told()
	}
}

// detach takes an INVITE away from sipgo, which would answer a CANCEL with 487
// before its owner could decide otherwise: how a test carrier lets an answer
// cross a cancel. Responses then go out as they are, and the owner repeats them.
func (tx *serverTx) detach() {
	tx.mu.Lock()
	stx := tx.stx
	if stx == nil || tx.detached != nil {
		tx.mu.Unlock()
		return
	}
	tx.detached = stx.Connection()
	tx.mu.Unlock()
	stx.Terminate()
	time.AfterFunc(4*lifespan, tx.terminate)
}

// reply sends a response. It reports false when a final one has gone before;
// further 2xx to an INVITE are allowed, from other branches or repeated.
func (tx *serverTx) reply(res *sip.Response) bool {
	tx.mu.Lock()
	another := tx.accepted && res.StatusCode >= 200 && res.StatusCode < 300
	if tx.final && !another {
		tx.mu.Unlock()
		return false
	}
	tx.last = res
	if res.StatusCode >= 200 {
		tx.final = true
		tx.accepted = tx.req.IsInvite() && res.StatusCode < 300
	}
	stx, conn := tx.stx, tx.detached
	if stx == nil {
		tx.waiting = append(tx.waiting, res)
	}
	tx.mu.Unlock()
	if res.StatusCode >= 200 {
		tx.ua.unmerge(tx)
	}
	switch {
	case conn != nil:
		_ = conn.WriteMsg(res)
	case stx != nil:
		_ = stx.Respond(res) // lost, or the connection is gone: the peer's timers tell
	}
	return true
}

// repeat sends a response once more, whatever the state.
func (tx *serverTx) repeat(res *sip.Response) {
	tx.mu.Lock()
	stx, conn := tx.stx, tx.detached
	tx.mu.Unlock()
	switch {
	case conn != nil:
		_ = conn.WriteMsg(res)
	case stx != nil:
		_ = stx.Connection().WriteMsg(res)
	}
}

// repeated answers a repetition of a detached INVITE.
func (tx *serverTx) repeated() {
	tx.mu.Lock()
	conn, last := tx.detached, tx.last
	tx.mu.Unlock()
	if conn != nil && last != nil {
		_ = conn.WriteMsg(last)
	}
}

// respond answers without ceremony.
func (tx *serverTx) respond(code int, reason string, hs ...Header) {
	res := tx.ua.response(tx.req, code, reason, tx.from)
	appendHeaders(res, hs)
	tx.reply(res)
}

func (tx *serverTx) isFinal() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.final
}

// terminated follows sipgo's transaction, unless it was taken from it.
func (tx *serverTx) terminated() {
	tx.mu.Lock()
	ours := tx.detached != nil
	tx.mu.Unlock()
	if !ours {
		tx.terminate()
	}
}

func (tx *serverTx) terminate() {
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
	tx.mu.Lock()
	tx.merge = k
	tx.mu.Unlock()
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if other := ua.pending[k]; other != nil {
		return other == tx
	}
	ua.pending[k] = tx
	return true
}

func (ua *UA) unmerge(tx *serverTx) {
	tx.mu.Lock()
	k := tx.merge
	tx.mu.Unlock()
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.pending[k] == tx {
		delete(ua.pending, k)
	}
}
