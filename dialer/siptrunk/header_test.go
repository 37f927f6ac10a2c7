package siptrunk

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/sipua"
)

func TestATrunksOwnHeadersGoOutWithTheFieldsOfTheCall(t *testing.T) {
	t.Parallel()
	got := make(chan []string, 1)
	at := carrier(t, func(inc *sipua.Incoming) {
		var seen []string
		for _, name := range []string{"X-Customer", "X-Call", "Call-Info", "Evil"} {
			seen = append(seen, strings.Join(inc.Headers(name), " | "))
		}
		got <- seen
		refuse(486)(inc)
	})
	trunks := open(t, trunkTo("a", at, func(t *Trunk) {
		t.Headers = []string{"X-Customer: 4711", "X-Call:{attempt};{campaign};{caller_id}", "Call-Info: <https://example.org/logo.png>;purpose=icon"}
	}))
	req := request(callee)
	req.CallerID, req.Campaign, req.Profile = "+34911111111", "spring\r\nEvil: yes", "https://example.org/ann.json"
	mustFail(t, trunks, within(t), req, campaigns.Busy)
	attempt, _, _ := strings.Cut(req.CallID, "@")
	want := []string{"4711", attempt + ";springEvil: yes;+34911111111", "<https://example.org/ann.json>;purpose=jcard | <https://example.org/logo.png>;purpose=icon", ""}
	if seen := <-got; !slices.Equal(seen, want) {
		t.Errorf("the carrier saw %q, want %q", seen, want)
	}
}

func TestAHeaderThatMustNotBeSetIsRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"no colon":                         "write it as",
		"X-Empty:":                         "write it as",
		"X Two: words":                     "not a token",
		"Via: SIP/2.0/UDP x":               "set by the sip layer",
		"P-Asserted-Identity: <sip:a@b>":   "comes from the caller ID",
		"Identity: abc":                    "comes from the caller ID",
		"X-Break: a\r\nEvil: b":            "control character",
		"X-Who: {agent}":                   "{agent} is not known",
		"X-Open: {attempt":                 "is not known",
		"Remote-Party-ID: <sip:+1900@b.c>": "comes from the caller ID",
	} {
		trunk := trunkTo("a", anyPort(), func(t *Trunk) { t.Host, t.Headers = "127.0.0.1", []string{line} })
		if err := (Settings{Trunks: []Trunk{trunk}}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

// passport is a PASSporT as RFC 8588 has it; nobody checks its signature here.
func passport(attest string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://cert.example.org/passport.cer"}`)) + "." +
		part([]byte(`{"attest":"`+attest+`","dest":{"tn":["34600111222"]},"iat":1443208345,"orig":{"tn":"34911111111"}}`)) + ".sig"
}

func TestTheAttestationThatTheCarrierReportsIsToldWithTheCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*sipua.Incoming)
		want   []dialer.Progress
	}{
		"ringing tells the level": {func(inc *sipua.Incoming) {
			_ = inc.Ring(180, nil, sipua.Header{Name: "P-Attestation-Indicator", Value: "a"})
			_ = inc.Reject(486, "Busy")
		}, []dialer.Progress{{Attestation: "A"}}},
		"a header of the carrier's own, and the verdict later": {func(inc *sipua.Incoming) {
			_ = inc.Ring(183, nil, sipua.Header{Name: "X-Signed", Value: "B;origid=1"})
			_ = inc.Reject(486, "Busy", sipua.Header{Name: "P-Asserted-Identity", Value: "<sip:+34911111111@c.example;verstat=tn-validation-passed>"})
		}, []dialer.Progress{{Attestation: "B"}, {Attestation: "B", Verstat: "TN-Validation-Passed"}}},
		"the PASSporT itself": {func(inc *sipua.Incoming) {
			_ = inc.Reject(486, "Busy", sipua.Header{Name: "Identity", Value: passport("C") + `;info=<https://cert.example.org/passport.cer>;ppt="shaken"`})
		}, []dialer.Progress{{Attestation: "C"}}},
		"what is not understood is nothing": {func(inc *sipua.Incoming) {
			_ = inc.Reject(486, "Busy", sipua.Header{Name: "Identity", Value: "a.!.c"}, sipua.Header{Name: "P-Attestation-Indicator", Value: "D"},
				sipua.Header{Name: "P-Asserted-Identity", Value: "<sip:1@c.example>;verstat=Certainly"})
		}, nil},
	} {
		trunks := open(t, trunkTo("a", carrier(t, c.answer), func(t *Trunk) { t.AttestHeaders = []string{"X-Signed"} }))
		req := request(callee)
		var heard []dialer.Progress
		req.OnProgress = func(p dialer.Progress) {
			if p.Step == dialer.StepAttested {
				heard = append(heard, dialer.Progress{Attestation: p.Attestation, Verstat: p.Verstat})
			}
		}
		mustFail(t, trunks, within(t), req, campaigns.Busy)
		if !slices.Equal(heard, c.want) {
			t.Errorf("%s: heard %+v, want %+v", name, heard, c.want)
		}
	}
}
