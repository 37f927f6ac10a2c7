package sipua

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"
)

// session is the timer of RFC 4028: one side refreshes at half the interval,
// the other hangs up when that stops. The zero value is a call without one.
type session struct {
	interval time.Duration
	weDo     bool // we are the refresher
	peerSE   bool // the peer said "Supported: timer", or sent Session-Expires
}

// sessionFromResponse reads what the called side decided.
func sessionFromResponse(res *sip.Response) session {
	v, ok := headerValue(res, "session-expires", "x")
	if !ok {
		return session{}
	}
	interval, ok := headerSeconds(res, "session-expires", "x")
	if !ok || interval < minSession || interval > 24*time.Hour {
		return session{}
	}
	_, params := splitParams(v)
	return session{interval: interval, weDo: params["refresher"] != "uas", peerSE: true}
}

// sessionFromRequest decides for an INVITE or UPDATE of the peer; false means
// that the interval is below what we allow (422).
func sessionFromRequest(req *sip.Request) (session, bool) {
	interval, ok := headerSeconds(req, "session-expires", "x")
	if !ok {
		return session{}, true
	}
	if interval < minSession {
		return session{}, false
	}
	v, _ := headerValue(req, "session-expires", "x")
	_, params := splitParams(v)
	s := session{interval: min(interval, 24*time.Hour), peerSE: hasOption(req, "timer", "supported", "k")}
	// Who placed the call refreshes, if it can; it may also ask us to.
	s.weDo = params["refresher"] == "uas" || !s.peerSE
	return s, true
}

// respond writes the decision into a 2xx (RFC 4028 9, table 2).
func (s session) respond(res *sip.Response) {
	if s.interval == 0 {
		return
	}
	who := "uac"
	if s.weDo {
		who = "uas"
	}
	res.AppendHeader(sip.NewHeader("Session-Expires", seconds(s.interval)+";refresher="+who))
	if !s.weDo {
		res.AppendHeader(sip.NewHeader("Require", "timer"))
	}
}

// request writes the running interval into a re-INVITE or UPDATE of ours; we
// keep the role that we have.
func (s session) request(req *sip.Request) {
	if s.interval == 0 {
		return
	}
	who := "uas"
	if s.weDo {
		who = "uac"
	}
	req.AppendHeader(sip.NewHeader("Session-Expires", seconds(s.interval)+";refresher="+who))
	req.AppendHeader(sip.NewHeader("Min-SE", seconds(minSession)))
}

// startSession is for the first answer, before run has begun.
func (c *Call) startSession(s session) { c.resetSession(s) }

// resetSession restarts the timer; a refresh without the header ends it.
func (c *Call) resetSession(s session) {
	c.mu.Lock()
	c.session, c.refreshing = s, false
	c.mu.Unlock()
	c.deadline.Stop()
	switch {
	case s.interval == 0:
	case s.weDo:
		c.deadline.Reset(s.interval / 2)
	default: // hang up a little before the peer would (RFC 4028 10)
		c.deadline.Reset(s.interval - min(32*time.Second, s.interval/3))
	}
}

// sessionDue: refresh, or hang up on a peer that stopped refreshing, or that
// did not answer our refresh.
func (c *Call) sessionDue() {
	c.mu.Lock()
	s, over := c.session, c.over
	refresh := s.weDo && !c.refreshing
	c.refreshing = c.refreshing || refresh
	c.mu.Unlock()
	if over {
		return
	}
	if !refresh {
		c.hangup(Ending{By: ByTimeout, Reason: "session expired"}, []Header{{"Reason", `SIP;cause=408;text="Session expired"`}})
		return
	}
	c.deadline.Reset(s.interval/2 - min(32*time.Second, s.interval/6))
	c.ua.spawn(func() { c.refresh(s) })
}

func (c *Call) currentSession() session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// refresh sends UPDATE when the peer allows it, else the last offer again. A
// refused or lost refresh leaves the timer running to the end of the session.
func (c *Call) refresh(s session) {
	ctx, cancel := context.WithTimeout(context.Background(), s.interval/2)
	defer cancel()
	c.mu.Lock()
	byUpdate, offer := c.d.peerUpdates, c.localSDP
	c.mu.Unlock()
	if byUpdate {
		c.update(ctx, s)
		return
	}
	if c.lockOffer(ctx) == nil {
		defer c.unlockOffer()
		_, _ = c.reinvite(offer)
	}
}

func (c *Call) update(ctx context.Context, s session) {
	use := c.auth.again()
	for {
		c.mu.Lock()
		seq := c.d.nextSeq()
		d := c.d
		c.mu.Unlock()
		f, err := c.ua.dialogFlow(ctx, &d)
		if err != nil {
			return
		}
		req := c.ua.dialogRequest(&d, sip.UPDATE, seq, f)
		use.sign(req)
		req.AppendHeader(sip.NewHeader("Supported", "timer"))
		s.request(req)
		req.SetBody(nil)
		ev, err := c.ua.do(ctx, req, f)
		switch {
		case err != nil:
			return
		case ev.res.StatusCode < 300:
			next := sessionFromResponse(ev.res)
			c.box.put(func() { c.resetSession(next) })
			return
		case challenged(ev.res) && use.answer(ev.res, ev.flow, req) == nil:
			continue
		}
		c.lostBy(ev.res.StatusCode)
		return
	}
}
