package softphone

import (
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
)

// OfferError is why an offer cannot be answered: a code for programs and one
// sentence for people.
type OfferError struct {
	Code string // too_large, malformed, no_audio, no_codec, no_fingerprint
	Text string
	Err  error // what pion says, if it was pion
}

// Error says what is wrong.
func (e *OfferError) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

// Unwrap returns what pion says.
func (e *OfferError) Unwrap() error { return e.Err }

// maxOffer bounds an offer, in octets: those of browsers have 2,000 to 8,000.
const maxOffer = 32 << 10

// maxSections bounds its m= lines: a headset has one.
const maxSections = 4

// checked returns the offer without what we do not want to know: addresses.
func checkedOffer(offer string) (string, error) {
	if len(offer) > maxOffer {
		return "", &OfferError{"too_large", fmt.Sprintf("The offer has %d octets; %d are the most.", len(offer), maxOffer), nil}
	}
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	parsed, err := description.Unmarshal()
	if err != nil {
		return "", &OfferError{"malformed", "The offer is not a session description (RFC 8866).", err}
	}
	if len(parsed.MediaDescriptions) > maxSections {
		return "", &OfferError{"malformed", fmt.Sprintf("The offer has %d m= lines; a headset has one.", len(parsed.MediaDescriptions)), nil}
	}
	_, secured := parsed.Attribute("fingerprint")
	audio, known := false, false
	for _, m := range parsed.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			continue
		}
		audio = true
		for _, format := range m.MediaName.Formats {
			known = known || format == "0" || format == "8" // static: RFC 3551 table 4
		}
		_, here := m.Attribute("fingerprint")
		secured = secured || here
	}
	switch {
	case !audio:
		return "", &OfferError{"no_audio", "The offer has no audio.", nil}
	case !known:
		return "", &OfferError{"no_codec", "The offer has neither PCMU nor PCMA (G.711); every browser can offer them.", nil}
	case !secured:
		return "", &OfferError{"no_fingerprint", "The offer names no certificate (a=fingerprint, RFC 8122).", nil}
	}
	return withoutCandidates(offer), nil
}

// withoutCandidates drops the addresses of an offer. The browser comes to us; we
// send nothing to where an offer points, which may be any machine of any network.
func withoutCandidates(offer string) string {
	lines := strings.SplitAfter(offer, "\n")
	kept := lines[:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, "a=candidate:") && !strings.HasPrefix(line, "a=remote-candidates:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
