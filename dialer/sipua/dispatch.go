package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// onRequest gives a request to its transaction, and a new one to its dialog or
// to the table below. It runs on the reader's goroutine and never blocks.
func (ua *UA) onRequest(req *sip.Request, f flow) {
	switch req.Method {
	case sip.ACK:
		ua.onAck(req, f)
		return
	case sip.CANCEL:
		ua.onCancel(req, f)
		return
	}
	tx, fresh := ua.openServer(req, f)
	if tx == nil {
		return
	}
	if !fresh {
		tx.repeated()
		return
	}
	if tag := tagOf(req.To().Params); tag != "" {
		if d := ua.dialog(dialogKey{req.CallID().Value(), tag}); d != nil {
			d.inDialog(req, tx, f)
			return
		}
		if req.Method != sip.REGISTER {
			tx.respond(481, "Call/Transaction Does Not Exist")
			return
		}
	}
	ua.outOfDialog(req, tx, f)
}

// onAck finds the refusal that is acknowledged, or the dialog. An ACK is never
// answered, whatever it is for.
func (ua *UA) onAck(req *sip.Request, f flow) {
	if tx := ua.findServer(serverKeyOf(req, sip.INVITE)); tx != nil {
		tx.acked()
		// Some peers reuse the branch for the ACK of a 2xx: it goes on.
	}
	if d := ua.dialog(dialogKey{req.CallID().Value(), tagOf(req.To().Params)}); d != nil {
		d.inDialog(req, nil, f)
	}
}

func (ua *UA) onCancel(req *sip.Request, f flow) {
	tx, fresh := ua.openServer(req, f)
	if tx == nil {
		return
	}
	if !fresh {
		tx.repeated()
		return
	}
	invite := ua.findServer(serverKeyOf(req, sip.INVITE))
	if invite == nil {
		tx.respond(481, "Call/Transaction Does Not Exist")
		return
	}
	tx.respond(200, "OK")
	invite.mu.Lock()
	told := invite.onCancel
	invite.mu.Unlock()
	if told != nil {
		told(req)
	}
}

func (ua *UA) outOfDialog(req *sip.Request, tx *serverTx, f flow) {
	switch {
	case ua.isClosing():
		tx.respond(503, "Service Unavailable")
	case req.Recipient.Scheme != "sip" && req.Recipient.Scheme != "sips" && req.Recipient.Scheme != "tel":
		tx.respond(416, "Unsupported URI Scheme")
	case unsupported(req) != "":
		tx.respond(420, "Bad Extension", Header{"Unsupported", unsupported(req)})
	case req.Method == sip.INVITE:
		ua.onInvite(req, tx, f)
	case req.Method == sip.REGISTER && ua.settings.Registrar != nil:
		ua.onRegister(req, tx, f)
	case req.Method == sip.OPTIONS:
		tx.answerPlain(req)
	case req.Method == sip.BYE, req.Method == sip.UPDATE, req.Method == sip.PRACK, req.Method == sip.INFO:
		tx.respond(481, "Call/Transaction Does Not Exist")
	case req.Method == sip.REFER:
		tx.respond(603, "Decline")
	default:
		tx.respond(405, "Method Not Allowed", Header{"Allow", allowedMethods})
	}
}

// unsupported lists the options in Require that we do not speak (8.2.2.3).
func unsupported(req *sip.Request) string {
	var out []string
	for _, line := range headerValues(req, "require") {
		for o := range strings.SplitSeq(line, ",") {
			o = strings.TrimSpace(o)
			if o != "" && !strings.EqualFold(o, "100rel") && !strings.EqualFold(o, "timer") && isToken(o) {
				out = append(out, o)
			}
		}
	}
	return strings.Join(out, ", ")
}

func (ua *UA) onInvite(req *sip.Request, tx *serverTx, f flow) {
	if ua.settings.Serve == nil {
		tx.respond(403, "Forbidden")
		return
	}
	if !ua.claimCall(tx) {
		tx.respond(482, "Loop Detected")
		return
	}
	s, ok := sessionFromRequest(req)
	if !ok {
		tx.respond(422, "Session Interval Too Small", Header{"Min-SE", seconds(minSession)})
		return
	}
	inc := newIncoming(ua, req, tx, f, s)
	if err := ua.addDialog(inc.key(), inc); err != nil {
		tx.respond(503, "Service Unavailable")
		return
	}
	tx.mu.Lock()
	tx.onCancel = inc.branches.cancel
	tx.mu.Unlock()
	tx.startTrying()
	ua.spawn(inc.serve)
}
