package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// phonePath is where a page brings the offer of its headset (WHIP, RFC 9725).
const phonePath = "/v1/agent/phone"

// phoneRoutes is a headset in the browser, for those who take calls and those
// who listen to them.
func (s *Server) phoneRoutes() []route {
	return []route{
		offers(phonePath, "Connect my headset: an offer in, the answer out", s.connectPhone),
		do(get, phonePath, signedIn, "phone", "How my headset is, and which servers a page needs to connect it", s.phoneState),
		do(del, phonePath+"/{session}", signedIn, "phone", "Disconnect my headset; a shift on it ends", s.disconnectPhone),
		do(post, phonePath+"/{session}/stats", signedIn, "phone", "What my page measured itself", s.reportPhone),
		offers(phonePath+"/echo", "Hear myself a second later, for a minute at most", s.testPhone),
		do(del, phonePath+"/echo/{session}", signedIn, "phone", "End that test", s.endPhoneTest),
	}
}

// offers is a route that takes an offer and answers it, both as SDP.
func offers(path, summary string, handler http.HandlerFunc) route {
	rt := route{method: post, path: path, need: signedIn, tag: "phone", summary: summary}
	rt.mount = func(_ *Server, h huma.API, m *guardedMux) {
		op := rt.operation()
		text := map[string]*huma.MediaType{sdpType: {Schema: &huma.Schema{Type: huma.TypeString}}}
		op.RequestBody = &huma.RequestBody{Required: true, Content: text, Description: "The offer (RFC 8866): audio, PCMU or PCMA."}
		op.Responses = map[string]*huma.Response{"201": {
			Description: "The answer; Location names the connection.", Content: text,
			Headers: map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
		h.OpenAPI().AddOperation(&op)
		m.HandleFunc(rt.pattern(), handler)
	}
	return rt
}
