package sipua

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Attestation is what the carrier says of the signature over our caller ID. The
// originating provider signs, not we (STIR/SHAKEN: RFC 8224, RFC 8588).
type Attestation struct {
	// Level is A (the signer knows us and our right to the number), B (it knows
	// us) or C (a gateway): the attest claim of RFC 8588 section 4.
	Level string
	// Verstat is the far end's verdict, as TN-Validation-Passed (3GPP TS 24.229
	// section 7.2A.20).
	Verstat string
}

// attestHeaders hold the level as it is: de facto, and of 3GPP TS 24.229.
var attestHeaders = []string{"p-attestation-indicator", "attestation-info"}

// verdicts are the values that verstat may have.
var verdicts = []string{"TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation"}

// attested reads what a response says of our caller ID. More are headers that
// this carrier uses beside the usual ones. What is not understood is nothing.
func attested(res *sip.Response, more []string) Attestation {
	var a Attestation
	for _, v := range headerValues(res, slices.Concat(more, attestHeaders)...) {
		head, _ := splitParams(v)
		a.Level = firstOf(a.Level, level(head))
	}
	for _, v := range headerValues(res, "identity", "y") {
		a.Level = firstOf(a.Level, passportLevel(v))
	}
	for _, v := range headerValues(res, "p-asserted-identity", "from", "f") {
		a.Verstat = firstOf(a.Verstat, verstat(v))
	}
	return a
}

// join keeps what was heard before where next says nothing.
func (a Attestation) join(next Attestation) Attestation {
	return Attestation{Level: firstOf(next.Level, a.Level), Verstat: firstOf(next.Verstat, a.Verstat)}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func level(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "A" || s == "B" || s == "C" {
		return s
	}
	return ""
}

// passportLevel reads the attest claim of a PASSporT (RFC 8225). Its signature
// is not checked: it is logged as what the carrier reported, not believed.
func passportLevel(identity string) string {
	token, _, _ := strings.Cut(identity, ";")
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 || len(parts[1]) > 4096 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Attest string `json:"attest"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return level(claims.Attest)
}

// verstat reads the parameter of the number, which stands inside the brackets,
// or of the header after them.
func verstat(v string) string {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(";<>@,\" ", r) }) {
		value, is := strings.CutPrefix(strings.ToLower(part), "verstat=")
		if !is {
			continue
		}
		if i := slices.IndexFunc(verdicts, func(known string) bool { return strings.EqualFold(known, value) }); i >= 0 {
			return verdicts[i]
		}
	}
	return ""
}
