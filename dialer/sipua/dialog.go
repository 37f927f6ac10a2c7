package sipua

import (
	"context"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 12: who talks to whom, and by which way.
// It has no lock; its owner has.
type dialog struct {
	callID              string
	localTag, remoteTag string
	from                sip.FromHeader // ours, on the requests we send
	to                  sip.ToHeader   // the peer's
	target              sip.Uri        // Contact of the peer
	routes              []sip.Uri
	contact             string // user part of our own Contact
	localSeq, remoteSeq uint32
	flow                flow // the way the dialog was made
	pinned              bool // requests keep to flow, whatever Contact says
	peerUpdates         bool // peer allows UPDATE
}

func (d *dialog) key() dialogKey { return dialogKey{d.callID, d.localTag} }

// dialogFromResponse is the caller's half (12.1.2). Everything is in the
// response, so a stray 2xx can be released by it alone.
func dialogFromResponse(res *sip.Response, f flow) dialog {
	from, to := *res.From(), *res.To()
	d := dialog{
		callID: res.CallID().Value(), localTag: tagOf(from.Params), remoteTag: tagOf(to.Params),
		from: from, to: to, target: to.Address, contact: from.Address.User,
		localSeq: res.CSeq().SeqNo, flow: f,
		peerUpdates: hasOption(res, "UPDATE", "allow"),
	}
	if c := res.Contact(); c != nil {
		d.target = c.Address
	}
	for _, h := range slices.Backward(res.GetHeaders("record-route")) {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			d.routes = append(d.routes, rr.Address)
		}
	}
	return d
}

// dialogFromRequest is the called side's half (12.1.1).
func dialogFromRequest(req *sip.Request, tag string, f flow) dialog {
	from, to := *req.From(), *req.To()
	d := dialog{
		callID: req.CallID().Value(), localTag: tag, remoteTag: tagOf(from.Params),
		target: from.Address, contact: req.Recipient.User,
		remoteSeq: req.CSeq().SeqNo, flow: f,
		peerUpdates: hasOption(req, "UPDATE", "allow"),
	}
	d.from = sip.FromHeader{DisplayName: to.DisplayName, Address: to.Address, Params: sip.HeaderParams{{K: "tag", V: tag}}}
	d.to = sip.ToHeader(from)
	if c := req.Contact(); c != nil {
		d.target = c.Address
	}
	for _, h := range req.GetHeaders("record-route") {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			d.routes = append(d.routes, rr.Address)
		}
	}
	return d
}

// dialogRequest starts a request inside the dialog (12.2.1.1). The caller gives the
// CSeq: an ACK has that of its INVITE, everything else a number of its own.
func (ua *UA) dialogRequest(d *dialog, method sip.RequestMethod, seq uint32, f flow) *sip.Request {
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") { // a strict router of RFC 2543
		uri, routes = routes[0], append(slices.Clone(routes[1:]), d.target)
	}
	uri.Headers = nil
	req := ua.newRequest(method, *uri.Clone(), f)
	for _, r := range routes {
		req.AppendHeader(&sip.RouteHeader{Address: r})
	}
	from, to := d.from, d.to
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	id := sip.CallIDHeader(d.callID)
	req.AppendHeader(&id)
	req.AppendHeader(cseq(seq, method))
	if method == sip.INVITE || method == sip.UPDATE {
		req.AppendHeader(contactFor(d.contact, f))
	}
	ua.appendName(req, "User-Agent")
	return req
}

func (d *dialog) nextSeq() uint32 {
	d.localSeq++
	return d.localSeq
}

// dialogFlow finds the way of the next request: the first route, else the peer's
// Contact, over the socket the dialog was made with (a BYE from another port
// is dropped by NATs and firewalls), or over its connection while that lives.
func (ua *UA) dialogFlow(ctx context.Context, d *dialog) (flow, error) {
	if d.pinned || d.flow.connected() {
		return d.flow, nil
	}
	hop := &d.target
	if len(d.routes) > 0 {
		hop = &d.routes[0]
	}
	f, err := ua.flowTo(ctx, targetOf(hop, d.flow.transport))
	if err != nil { // a Contact nobody can resolve: answer where the call came from
		return d.flow, nil //nolint:nilerr // see above
	}
	return f, nil
}
