package sipua

import (
	"github.com/emiago/sipgo/sip"
)

// inDialog takes requests that arrive before the answer has been handed over.
// A BYE may overtake us between the 200 and the making of the call: it waits.
func (c *calling) inDialog(req *sip.Request, tx *serverTx, f flow) {
	if req.IsAck() {
		return
	}
	c.mu.Lock()
	call, failed := c.call, c.failed
	if call == nil && !failed && (req.Method == sip.BYE || req.Method == sip.INVITE || req.Method == sip.UPDATE && sdpOf(req) != nil) {
		if len(c.backlog) < 16 {
			c.backlog = append(c.backlog, func(call *Call) { c.pass(call, req, tx, f) })
			c.mu.Unlock()
			return
		}
	}
	c.mu.Unlock()
	switch {
	case call != nil:
		call.inDialog(req, tx, f)
	case failed:
		tx.respond(481, "Call/Transaction Does Not Exist")
	case req.Method == sip.UPDATE:
		tx.respond(200, "OK", Header{"Allow", allowedMethods})
	default:
		tx.answerPlain(req)
	}
}

// pass hands one waiting request to the call, or refuses it when there is none.
func (c *calling) pass(call *Call, req *sip.Request, tx *serverTx, f flow) {
	if call == nil {
		tx.respond(481, "Call/Transaction Does Not Exist")
		return
	}
	call.inDialog(req, tx, f)
}

// hand gives the dialog to the call, what waited first.
func (c *calling) hand(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.call = call
	for _, f := range c.backlog {
		f(call)
	}
	c.backlog = nil
	c.ua.swapDialog(c.key(), call)
}

func (c *calling) refuseBacklog() {
	c.mu.Lock()
	c.failed = true
	backlog := c.backlog
	c.backlog = nil
	c.mu.Unlock()
	for _, f := range backlog {
		f(nil)
	}
}
