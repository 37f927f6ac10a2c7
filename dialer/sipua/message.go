package sipua

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const (
	allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK"
	sdpType        = "application/sdp"
	branchMagic    = "z9hG4bK" // RFC 3261 8.1.1.7
)

func (ua *UA) newTagKey() error {
	if _, err := io.ReadFull(rand.Reader, ua.tagKey[:]); err != nil {
		return fmt.Errorf("sip: no random numbers: %w", err)
	}
	return nil
}

// newTag makes a From tag that only this process can have made, so that a late
// 200 that matches nothing any more is known as ours, and is ended, while a
// forged one costs us no packet.
func (ua *UA) newTag(callID string) string {
	nonce := rand.Text()[:12]
	return nonce + ua.tagSum(callID, nonce)
}

func (ua *UA) tagSum(callID, nonce string) string {
	h := hmac.New(sha256.New, ua.tagKey[:])
	_, _ = io.WriteString(h, nonce+callID)
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func (ua *UA) isOurTag(callID, tag string) bool {
	return len(tag) == 24 && hmac.Equal([]byte(tag[12:]), []byte(ua.tagSum(callID, tag[:12])))
}

func newBranch() string { return branchMagic + rand.Text()[:18] }

// newCallID is for calls whose caller does not name one.
func newCallID() string { return rand.Text() }

// newRequest starts a request with the headers every one has, in the usual order.
func (ua *UA) newRequest(method sip.RequestMethod, to sip.Uri, f flow) *sip.Request {
	req := sip.NewRequest(method, to)
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(f.transport),
		Params: sip.HeaderParams{{K: "branch", V: newBranch()}, {K: "rport"}},
	}
	if local := f.local(); local.IsValid() { // else sipgo fills in the connection's own
		via.Host, via.Port = viaHost(local.Addr()), int(local.Port())
	}
	f.steer(req)
	req.AppendHeader(via)
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	return req
}

// viaHost writes IPv6 with brackets; sipgo's Via header does not add them.
func viaHost(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// contactFor is a Contact of this call's own, with its port set: sipgo's shared
// one is written by several calls at once.
func contactFor(user string, f flow) *sip.ContactHeader {
	local := f.face()
	u := sip.Uri{Scheme: "sip", User: user, Host: local.Addr().String(), Port: int(local.Port())}
	if f.transport != "udp" {
		u.UriParams = sip.HeaderParams{{K: "transport", V: f.transport}}
	}
	return &sip.ContactHeader{Address: u}
}

func cseq(n uint32, method sip.RequestMethod) *sip.CSeqHeader {
	return &sip.CSeqHeader{SeqNo: n, MethodName: method}
}

func appendHeaders(m sip.Message, hs []Header) {
	for _, h := range hs {
		m.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
}

func (ua *UA) appendName(m sip.Message, header string) {
	if ua.settings.Name != "" {
		m.AppendHeader(sip.NewHeader(header, ua.settings.Name))
	}
}

func setSDP(m sip.Message, sdp []byte) {
	if len(sdp) > 0 {
		m.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	}
	m.SetBody(sdp)
}

// response is the skeleton of RFC 3261 8.2.6 with received and rport filled in
// (RFC 3581), without a To tag of its own unless one is missing.
func (ua *UA) response(req *sip.Request, code int, reason string, f flow) *sip.Response {
	res := sip.NewResponse(code, reason)
	for i, h := range req.GetHeaders("Via") {
		v, ok := h.(*sip.ViaHeader)
		if !ok {
			continue
		}
		v = v.Clone()
		if i == 0 {
			markSource(v, f.addr)
		}
		res.AppendHeader(v)
	}
	if code > 100 && code < 300 {
		for _, h := range req.GetHeaders("Record-Route") {
			res.AppendHeader(sip.HeaderClone(h))
		}
	}
	res.AppendHeader(sip.HeaderClone(req.From()))
	to := *req.To()
	to.Params = to.Params.Clone()
	if !to.Params.Has("tag") && code > 100 {
		to.Params.Add("tag", rand.Text()[:16])
	}
	res.AppendHeader(&to)
	res.AppendHeader(sip.HeaderClone(req.CallID()))
	res.AppendHeader(sip.HeaderClone(req.CSeq()))
	ua.appendName(res, "Server")
	res.SetBody(nil)
	res.SetTransport(strings.ToUpper(f.transport))
	res.SetDestination(responseAddr(req, f).String())
	return res
}

func markSource(v *sip.ViaHeader, from netip.AddrPort) {
	if v.Params.Has("rport") {
		v.Params.Add("rport", strconv.Itoa(int(from.Port())))
		v.Params.Add("received", from.Addr().String())
		return
	}
	if v.Host != from.Addr().String() {
		v.Params.Add("received", from.Addr().String())
	}
}

// responseAddr is where the answer to a request goes (RFC 3261 18.2.2): the
// source address, and there the port of the Via unless the peer asked for
// symmetry by rport. Over a connection it goes back by that connection.
func responseAddr(req *sip.Request, f flow) netip.AddrPort {
	via := req.Via()
	if f.reliable() || via == nil || via.Params.Has("rport") {
		return f.addr
	}
	port := via.Port
	if port <= 0 || port > 65535 {
		port = 5060
	}
	return netip.AddrPortFrom(f.addr.Addr(), uint16(port))
}

// headerValues returns the values of a header in order, by its long and its
// compact name; a comma-separated list is left as it is.
func headerValues(m sip.Message, names ...string) []string {
	var out []string
	for _, n := range names {
		for _, h := range m.GetHeaders(n) {
			out = append(out, h.Value())
		}
	}
	return out
}

func headerValue(m sip.Message, names ...string) (string, bool) {
	if vs := headerValues(m, names...); len(vs) > 0 {
		return vs[0], true
	}
	return "", false
}

// hasOption reports whether a comma-separated header lists an option tag.
func hasOption(m sip.Message, tag string, names ...string) bool {
	for _, v := range headerValues(m, names...) {
		for part := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(part), tag) {
				return true
			}
		}
	}
	return false
}

// sdpOf returns the session description of a message, also out of a multipart
// body (SIP-I trunks send ISUP beside it), or nil.
func sdpOf(m sip.Message) []byte {
	body := m.Body()
	if len(body) == 0 {
		return nil
	}
	value, ok := headerValue(m, "content-type", "c")
	if !ok {
		return nil
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		return nil
	}
	if kind == sdpType {
		return body
	}
	if strings.HasPrefix(kind, "multipart/") {
		return sdpPart(body, params["boundary"])
	}
	return nil
}

func sdpPart(body []byte, boundary string) []byte {
	if boundary == "" {
		return nil
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range 8 {
		p, err := r.NextRawPart()
		if err != nil {
			return nil
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if kind != sdpType {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(p, maxDatagram))
		if err != nil {
			return nil
		}
		return b
	}
	return nil
}

// splitParams splits "value;a=b;c" of a header that sipgo leaves as text.
func splitParams(s string) (string, map[string]string) {
	head, rest, _ := strings.Cut(s, ";")
	out := map[string]string{}
	for rest != "" {
		var p string
		p, rest = cutOutsideQuotes(rest)
		k, v, _ := strings.Cut(p, "=")
		out[strings.ToLower(strings.TrimSpace(k))] = strings.Trim(strings.TrimSpace(v), `"`)
	}
	return strings.TrimSpace(head), out
}

func cutOutsideQuotes(s string) (string, string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ';' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func tagOf(p sip.HeaderParams) string {
	v, _ := p.Get("tag")
	return v
}
