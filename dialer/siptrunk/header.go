package siptrunk

import (
	"fmt"
	"strings"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/sipua"
)

// What a header's value may name of the call.
const (
	fieldAttempt  = "attempt"
	fieldCampaign = "campaign"
	fieldCallerID = "caller_id"
)

// headers are the trunk's own for a call, with its fields filled in.
func (t Trunk) headers(req dialer.Request) ([]sipua.Header, error) {
	out := make([]sipua.Header, 0, len(t.Headers)+1)
	if req.Profile != "" {
		out = append(out, sipua.Header{Name: "Call-Info", Value: "<" + plain(req.Profile) + ">;purpose=jcard"}) // RFC 9795
	}
	attempt, _, _ := strings.Cut(req.CallID, "@")
	fields := strings.NewReplacer(
		"{"+fieldAttempt+"}", attempt, "{"+fieldCampaign+"}", plain(req.Campaign), "{"+fieldCallerID+"}", req.CallerID)
	for _, line := range t.Headers {
		h, err := parseHeader(line)
		if err != nil {
			return nil, fmt.Errorf("headers of trunk %s: %w", t.Name, err)
		}
		h.Value = fields.Replace(h.Value)
		out = append(out, h)
	}
	return out, nil
}

// plain leaves out what could end a header or begin another.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func parseHeader(line string) (sipua.Header, error) {
	name, value, found := strings.Cut(line, ":")
	h := sipua.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	if !found || h.Value == "" {
		return h, fmt.Errorf("%q is not a header; write it as \"X-Customer: 4711\"", line)
	}
	if ruled[strings.ToLower(h.Name)] {
		return h, fmt.Errorf("%s says who calls: it comes from the caller ID, see identity_header", h.Name)
	}
	if err := h.Check(); err != nil {
		return h, err
	}
	return h, nil
}

// ruled are headers that show who calls, or hide it: only the caller ID, which
// the rules have seen, may say that.
var ruled = map[string]bool{
	"p-asserted-identity": true, "p-preferred-identity": true, "remote-party-id": true, "privacy": true, "identity": true, "y": true,
}

func (t Trunk) headerProblems() (errs []error) {
	for _, line := range t.Headers {
		h, err := parseHeader(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("headers: %w", err))
			continue
		}
		if field := unknownField(h.Value); field != "" {
			errs = append(errs, fmt.Errorf("headers: %s: {%s} is not known; there are {%s}, {%s} and {%s}",
				h.Name, field, fieldAttempt, fieldCampaign, fieldCallerID))
		}
	}
	for _, name := range t.AttestHeaders {
		if err := (sipua.Header{Name: name}).Check(); err != nil {
			errs = append(errs, fmt.Errorf("attest_headers: %w", err))
		}
	}
	return errs
}

// unknownField names what stands in braces and is no field; empty for none.
func unknownField(value string) string {
	for {
		_, rest, found := strings.Cut(value, "{")
		if !found {
			return ""
		}
		field, after, closed := strings.Cut(rest, "}")
		if !closed {
			return rest
		}
		switch field {
		case fieldAttempt, fieldCampaign, fieldCallerID:
			value = after
		default:
			return field
		}
	}
}
