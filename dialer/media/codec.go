package media

import "fmt"

// SampleRate is the rate of all sound in this package, in samples a second.
// The RTP clock of G.711 is the same (RFC 3551 section 4.5.14).
const SampleRate = 8000

// Codec is an RTP/AVP static payload type of RFC 3551 table 4.
type Codec uint8

// The two laws of ITU-T G.711, 64 kbit/s each.
const (
	PCMU Codec = 0
	PCMA Codec = 8
)

// Known reports whether c is one of the two laws this package speaks.
func (c Codec) Known() bool { return c == PCMU || c == PCMA }

// String returns the encoding name of RFC 3551, as in an SDP rtpmap.
func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	}
	return fmt.Sprintf("payload type %d", uint8(c))
}

// Silence returns the octet of this law that means no sound.
func (c Codec) Silence() byte {
	if c == PCMA {
		return 0xD5
	}
	return 0xFF
}

// Encode appends the octets of pcm in this law to dst: one per sample.
func (c Codec) Encode(dst []byte, pcm []int16) []byte {
	if c == PCMA {
		for _, sample := range pcm {
			dst = append(dst, LinearToALaw(sample))
		}
		return dst
	}
	for _, sample := range pcm {
		dst = append(dst, LinearToMuLaw(sample))
	}
	return dst
}

// Decode appends the samples of payload, which is in this law, to dst.
func (c Codec) Decode(dst []int16, payload []byte) []int16 {
	table := &muLawLinear
	if c == PCMA {
		table = &aLawLinear
	}
	for _, octet := range payload {
		dst = append(dst, table[octet])
	}
	return dst
}

// Transcode appends payload, which is in law from, to dst in law c.
func (c Codec) Transcode(dst []byte, payload []byte, from Codec) []byte {
	if c == from {
		return append(dst, payload...)
	}
	table := &muLawToALaw
	if c == PCMU {
		table = &aLawToMuLaw
	}
	for _, octet := range payload {
		dst = append(dst, table[octet])
	}
	return dst
}
