package sipua

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Bounds of a message that we read. Real ones stay below a tenth of them; the
// parser has its own limit of 65,535 bytes for the whole.
const (
	maxHeaders    = 128
	maxCallID     = 256
	maxTag        = 128
	maxURIPart    = 512
	maxHeaderName = 64
)

var (
	errMissing  = errors.New("a header that every message must have is missing")
	errRepeated = errors.New("a header that must stand alone is repeated")
	errVersion  = errors.New("not SIP/2.0")
	errTooLarge = errors.New("a part of the message is too large")
	errMismatch = errors.New("method of CSeq and request differ")
	errSyntax   = errors.New("a part of the message has a form RFC 3261 does not allow")
)

// filter is the first door, before anything is parsed. It returns empty data
// for what is to be dropped: an error would end the reader of the socket.
func (ua *UA) filter(p sip.TransportReadProps, b []byte) ([]byte, error) {
	from := addrPortOf(p.RemoteAddr)
	if ua.quiet.Load() || !ua.allowed(from.Addr()) {
		return nil, nil
	}
	if p.Transport != "UDP" {
		return b, nil
	}
	if len(b) <= 4 || b[0] < 'A' || b[0] > 'z' {
		return nil, nil // keep-alive (RFC 5626 3.5.1), STUN, noise
	}
	if s := ua.socketFor(from.Addr()); s != nil {
		s.saw(from)
	}
	return b, nil
}

// refuseMalformed answers 400 (or 505) when enough is there to address an
// answer, and nothing otherwise. An ACK is never answered.
func (ua *UA) refuseMalformed(req *sip.Request, stx *sip.ServerTx, f flow, why error) {
	if req.Via() == nil || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil ||
		errors.Is(why, errTooLarge) || !clean(req.Via().Value()) || !clean(req.CallID().Value()) {
		stx.Terminate()
		return
	}
	code, reason := 400, "Bad Request"
	if errors.Is(why, errVersion) {
		code, reason = 505, "Version Not Supported"
	}
	_ = stx.Respond(ua.response(req, code, reason, f))
}

func checkRequest(req *sip.Request) error {
	if err := checkCommon(&req.MessageData, req); err != nil {
		return err
	}
	switch {
	case req.SipVersion != "SIP/2.0":
		return errVersion
	case req.CSeq().MethodName != req.Method:
		return errMismatch
	case !isToken(string(req.Method)) || len(req.Method) > 32:
		return errSyntax
	}
	return checkURI(&req.Recipient)
}

func checkResponse(res *sip.Response) error {
	if err := checkCommon(&res.MessageData, res); err != nil {
		return err
	}
	switch {
	case res.SipVersion != "SIP/2.0":
		return errVersion
	case res.StatusCode < 100 || res.StatusCode > 699:
		return errSyntax
	}
	return nil
}

// checkCommon asks for what RFC 3261 8.1.1 makes mandatory, exactly once.
// sipgo parses messages without these as good.
func checkCommon(md *sip.MessageData, m sip.Message) error {
	var to, from, callID, cseq, via, contacts, lengths int
	for i, h := range md.Headers() {
		if i >= maxHeaders || len(h.Name()) > maxHeaderName {
			return errTooLarge
		}
		if !clean(strings.ReplaceAll(h.Value(), "\t", " ")) || !isToken(h.Name()) {
			return errSyntax // a lone LF in a Contact would break a line that we write
		}
		switch h.(type) {
		case *sip.ToHeader:
			to++
		case *sip.FromHeader:
			from++
		case *sip.CallIDHeader:
			callID++
		case *sip.CSeqHeader:
			cseq++
		case *sip.ViaHeader:
			via++
		case *sip.ContactHeader:
			contacts++
		case *sip.ContentLengthHeader:
			lengths++
		}
	}
	switch {
	case !clean(md.SipVersion):
		return errVersion
	case to == 0 || from == 0 || callID == 0 || cseq == 0 || via == 0:
		return errMissing
	case to > 1 || from > 1 || callID > 1 || cseq > 1 || lengths > 1:
		return errRepeated
	case via > 70 || contacts > 16:
		return errTooLarge
	}
	return checkParts(m)
}

func checkParts(m sip.Message) error {
	if m.To() == nil || m.From() == nil || m.CallID() == nil || m.CSeq() == nil || m.Via() == nil {
		return errMissing // present, but of a form the lazy parser refuses
	}
	id := m.CallID().Value()
	if len(id) > maxCallID {
		return errTooLarge
	}
	via := m.Via()
	branch, _ := via.Params.Get("branch")
	if len(branch) > maxTag || len(via.Host) > 255 {
		return errTooLarge
	}
	if !clean(id) || !clean(branch) || via.Host == "" || via.Port < 0 || via.Port > 65535 || strings.ContainsAny(id, " \t") {
		return errSyntax
	}
	for _, params := range []sip.HeaderParams{m.To().Params, m.From().Params} {
		tag, _ := params.Get("tag")
		if len(tag) > maxTag {
			return errTooLarge
		}
		if !clean(tag) {
			return errSyntax
		}
	}
	if err := checkURI(&m.From().Address); err != nil {
		return err
	}
	return checkURI(&m.To().Address)
}

func checkURI(u *sip.Uri) error {
	if len(u.User) > maxURIPart || len(u.Host) > maxURIPart || len(u.Raw()) > maxURIPart {
		return errTooLarge
	}
	if !clean(u.User) || !clean(u.Host) || !clean(u.Password) || !clean(u.Raw()) || strings.ContainsAny(u.Host, " \t<>\"") {
		return errSyntax
	}
	return nil
}

// clean is false when s holds a control character: it could break a line that
// we write later.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
