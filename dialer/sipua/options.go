package sipua

import (
	"context"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Options asks a target whether it is there (RFC 3261 11) and returns the final
// status code and the time it took. Any code is a sign of life; err is set when
// there was none (ErrNoReply after 32 s, ErrTransport, or a context error).
func (ua *UA) Options(ctx context.Context, t Target) (code int, rtt time.Duration, err error) {
	f, err := ua.flowTo(ctx, t)
	if err != nil {
		return 0, 0, fmt.Errorf("options: %w: %w", ErrTransport, err)
	}
	uri := sip.Uri{Scheme: "sip", Host: t.Host, Port: t.Port}
	req := ua.newRequest(sip.OPTIONS, uri, f)
	callID := newCallID()
	local := f.face()
	req.AppendHeader(&sip.FromHeader{
		Address: sip.Uri{Scheme: "sip", Host: local.Addr().String(), Port: int(local.Port())},
		Params:  sip.HeaderParams{{K: "tag", V: ua.newTag(callID)}},
	})
	req.AppendHeader(&sip.ToHeader{Address: uri})
	id := sip.CallIDHeader(callID)
	req.AppendHeader(&id)
	req.AppendHeader(cseq(1, sip.OPTIONS))
	req.AppendHeader(contactFor("", f))
	req.AppendHeader(sip.NewHeader("Accept", sdpType))
	ua.appendName(req, "User-Agent")
	req.SetBody(nil)
	start := time.Now()
	ev, err := ua.do(ctx, req, f)
	if err != nil {
		return 0, 0, fmt.Errorf("options to %s: %w", t, err)
	}
	return ev.res.StatusCode, ev.at.Sub(start), nil
}
