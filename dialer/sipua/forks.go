package sipua

import (
	"context"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// strayMemory is how long an ended stray is remembered, so that its repeated
// 200 gets its ACK but no second BYE.
const strayMemory = 2 * lifespan

// forks takes the responses of one INVITE for as long as its transaction
// lives: up to the first final response they go to the caller, afterwards each
// 2xx is acknowledged by its own To tag, and ended if it is not the first
// (RFC 3261 13.2.2.4). It is kept small: 32 s of calls have one each.
type forks struct {
	ua  *UA
	box *mailbox[txEvent]

	mu      sync.Mutex
	settled bool
	won     bool            // by an answer, not a refusal
	acks    map[string]sent // by To tag
	owed    bool            // the first 200 was repeated while its ACK was on its way out
}

func newForks(ua *UA) *forks {
	return &forks{ua: ua, box: newMailbox[txEvent]()}
}

// deliver runs on the reader's goroutine.
func (k *forks) deliver(ev txEvent) {
	if ev.res == nil || ev.res.StatusCode < 200 || ev.res.StatusCode >= 300 {
		k.box.put(ev)
		return
	}
	k.mu.Lock()
	ack, known := k.acks[tagOf(ev.res.To().Params)]
	late, won := k.settled && !known, k.won
	if !k.settled {
		k.box.put(ev)
	}
	k.owed = k.owed || known && ack.req == nil
	k.mu.Unlock()
	if known && ack.req != nil {
		ack.again()
	}
	if late {
		k.ua.releaseStray(ev.res, ev.flow, won)
	}
}

// first marks the answer that counts; what else waits, or was taken out of the
// box with it, is released.
func (k *forks) first(ev txEvent, taken []txEvent) {
	k.mu.Lock()
	k.settled = true
	if ev.res != nil && ev.res.StatusCode < 300 { // its ACK follows; until then repetitions wait for it
		k.won = true
		k.acks = map[string]sent{tagOf(ev.res.To().Params): {}}
	}
	rest := append(taken, k.box.take()...)
	k.mu.Unlock()
	k.redeliver(rest)
}

func (k *forks) redeliver(rest []txEvent) {
	for _, ev := range rest {
		if ev.res != nil && ev.res.StatusCode >= 200 && ev.res.StatusCode < 300 {
			k.deliver(ev)
		}
	}
}

// settle gives up: every answer from now on is a stray.
func (k *forks) settle() {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.settled = true
	rest := k.box.take()
	k.mu.Unlock()
	k.redeliver(rest)
}

// acked remembers the ACK for repetitions of its 200.
func (k *forks) acked(tag string, ack sent) {
	k.mu.Lock()
	if k.acks == nil {
		k.acks = map[string]sent{}
	}
	k.acks[tag] = ack
	owed := k.owed
	k.owed = false
	k.mu.Unlock()
	if owed {
		ack.again()
	}
}

// releaseStray ends an answer that nobody waits for; forked when another branch
// of the same call was first. Only a From tag that we
// made is honoured: a forged 200 must not make us send anything.
func (ua *UA) releaseStray(res *sip.Response, f flow, forked bool) {
	callID, tag := res.CallID().Value(), tagOf(res.To().Params)
	if tag == "" || !ua.isOurTag(callID, tagOf(res.From().Params)) {
		return
	}
	key := callID + "|" + tag
	now := time.Now()
	ua.mu.Lock()
	at, seen := ua.strays[key]
	seen = seen && now.Sub(at) < strayMemory
	if !seen {
		ua.pruneStrays(now)
		ua.strays[key] = now
	}
	owner := ua.dialogs[dialogKey{callID, tagOf(res.From().Params)}]
	ua.mu.Unlock()
	call, answered := owner.(*Call)
	forked = forked || answered
	ua.spawn(func() {
		if seen || answered && call.isWith(tag) { // only its ACK was lost
			d := dialogFromResponse(res, f)
			_, _ = ua.ackAnswer(context.Background(), &d, res.CSeq().SeqNo, nil, nil)
			return
		}
		ua.log.Warn("answer nobody waited for was ended", "sip_call_id", callID, "forked", forked)
		ua.release(res, f, nil, false, nil)
		if ua.settings.OnStray != nil {
			ua.settings.OnStray(Stray{CallID: callID, Forked: forked, AfterCancel: !forked})
		}
	})
}

func (ua *UA) pruneStrays(now time.Time) {
	if len(ua.strays) < 256 {
		return
	}
	for k, at := range ua.strays {
		if now.Sub(at) > strayMemory {
			delete(ua.strays, k)
		}
	}
}

// release acknowledges a 2xx and sends its BYE, which goes on by itself.
func (ua *UA) release(res *sip.Response, f flow, auth *credentialUse, pinned bool, k *forks) {
	d := dialogFromResponse(res, f)
	d.pinned = pinned
	ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
	defer cancel()
	ack, err := ua.ackAnswer(ctx, &d, res.CSeq().SeqNo, auth, nil)
	if err != nil {
		ua.log.Warn("answer could not be acknowledged", "sip_call_id", d.callID, "error", err)
		return
	}
	if k != nil {
		k.acked(d.remoteTag, ack)
	}
	ua.spawn(func() { ua.bye(&d, auth, []Header{{"Reason", `SIP;cause=487;text="Call cancelled"`}}) })
}

// bye sends BYE and waits for any final response, or 64*T1. Credentials are
// used once when asked for; every other answer ends the dialog as well.
func (ua *UA) bye(d *dialog, auth *credentialUse, hs []Header) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*lifespan)
	defer cancel()
	use := auth.again()
	for {
		f, err := ua.dialogFlow(ctx, d)
		if err != nil {
			return 0
		}
		req := ua.dialogRequest(d, sip.BYE, d.nextSeq(), f)
		use.sign(req)
		appendHeaders(req, hs)
		req.SetBody(nil)
		ev, err := ua.do(ctx, req, f)
		if err != nil {
			return 0
		}
		if !challenged(ev.res) || use.answer(ev.res, ev.flow, req) != nil {
			return ev.res.StatusCode
		}
	}
}
