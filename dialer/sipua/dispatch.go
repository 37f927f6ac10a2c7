package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// tap sees every message first, on the reader's goroutine and so in the order
// of arrival; sipgo's transactions get it on a goroutine of its own afterwards.
// It must not block.
func (ua *UA) tap(m sip.Message) {
	defer func() {
		if p := recover(); p != nil {
			ua.panicked("read message", p)
		}
	}()
	at := time.Now()
	f, ok := ua.flowOf(m)
	if !ok {
		return
	}
	switch m := m.(type) {
	case *sip.Request:
		if checkRequest(m) == nil {
			ua.tapRequest(m, f)
		}
	case *sip.Response:
		if err := checkResponse(m); err != nil {
			ua.malformed.Add(1)
			return
		}
		if tx := ua.findClient(m); tx != nil {
			tx.receive(m, f, at)
		}
	}
}

// tapRequest puts requests inside dialogs into the mailbox of their call.
func (ua *UA) tapRequest(req *sip.Request, f flow) {
	key := dialogKey{req.CallID().Value(), tagOf(req.To().Params)}
	switch req.Method {
	case sip.ACK:
		if d := ua.dialog(key); d != nil {
			d.inDialog(req, nil, f)
		}
		return
	case sip.CANCEL:
		return
	}
	tx, fresh := ua.openServer(req, f)
	if tx == nil || !fresh || key.localTag == "" {
		return
	}
	if d := ua.dialog(key); d != nil {
		tx.owned = true
		d.inDialog(req, tx, f)
	}
}

// onRequest is sipgo's handler, on a goroutine for each new request.
func (ua *UA) onRequest(req *sip.Request, stx *sip.ServerTx) {
	defer func() {
		if p := recover(); p != nil {
			ua.panicked("request", p)
			stx.Terminate()
		}
	}()
	f, ok := ua.flowOf(req)
	if req.IsAck() || !ok { // an ACK is never answered, not even with 405
		stx.Terminate()
		return
	}
	if err := checkRequest(req); err != nil {
		ua.malformed.Add(1)
		ua.refuseMalformed(req, stx, f, err)
		return
	}
	if req.IsCancel() {
		ua.onCancel(req, stx, f)
		return
	}
	tx := ua.findServer(serverKeyOf(req, req.Method))
	if tx == nil {
		stx.Terminate()
		return
	}
	if !tx.attach(stx) { // a repetition that sipgo no longer knows
		stx.Terminate()
		tx.repeated()
		return
	}
	if !tx.owned { // tx.req is the first copy; sipgo may have started with the second
		ua.outOfDialog(tx.req, tx, f)
	}
}

// onCancel gets the CANCELs that sipgo found no INVITE for: those that overtook
// it, and those of detached ones.
func (ua *UA) onCancel(req *sip.Request, stx *sip.ServerTx, f flow) {
	invite := ua.findServer(serverKeyOf(req, sip.INVITE))
	if invite == nil {
		_ = stx.Respond(ua.response(req, 481, "Call/Transaction Does Not Exist", f))
		return
	}
	_ = stx.Respond(ua.response(req, 200, "OK", f))
	invite.giveUp()
}

func (ua *UA) outOfDialog(req *sip.Request, tx *serverTx, f flow) {
	inDialog := req.To().Params.Has("tag")
	switch {
	case inDialog && req.Method != sip.REGISTER:
		tx.respond(481, "Call/Transaction Does Not Exist")
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
	case req.Method == sip.BYE, req.Method == sip.UPDATE, req.Method == sip.PRACK, req.Method == sip.INFO:
		tx.respond(481, "Call/Transaction Does Not Exist")
	default:
		tx.answerPlain(req)
	}
}

// answerPlain answers what means the same in every dialog, and outside.
func (tx *serverTx) answerPlain(req *sip.Request) {
	switch req.Method {
	case sip.OPTIONS:
		tx.respond(200, "OK", Header{"Allow", allowedMethods}, Header{"Accept", sdpType}, Header{"Supported", "timer, 100rel"})
	case sip.INFO:
		tx.respond(200, "OK")
	case sip.REFER:
		tx.respond(603, "Decline") // nobody moves our calls but us
	case sip.PRACK:
		tx.respond(481, "Call/Transaction Does Not Exist")
	case sip.NOTIFY, sip.SUBSCRIBE:
		tx.respond(489, "Bad Event")
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
	early := tx.gaveUp // the CANCEL was faster than this goroutine
	tx.mu.Unlock()
	if early {
		inc.branches.cancel()
	}
	ua.spawn(inc.serve)
}
