package sipua

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// RTP payload types of G.711 (RFC 3551 table 4), which need no rtpmap.
const (
	PCMU uint8 = 0
	PCMA uint8 = 8
)

// maxSDP bounds a session description; with ICE and a dozen codecs they stay
// below 4 kB.
const maxSDP = 16 << 10

// Direction of a stream, from the side that wrote the description.
type Direction string

// The directions of RFC 4566 6.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// answer is the direction that fits the peer's (RFC 3264 6.1).
func (d Direction) answer() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case Inactive:
		return Inactive
	}
	return SendRecv
}

// SDPAudio is one G.711 audio stream with telephone events: all that we offer
// and all that we read out of what others offer.
type SDPAudio struct {
	// Addr is where the writer wants its RTP. Port 0 means that it refuses the stream.
	Addr netip.AddrPort
	// RTCP is where it wants RTCP: Addr's port plus one unless it says otherwise
	// (RFC 3605), or Addr itself with rtcp-mux.
	RTCP    netip.AddrPort
	RTCPMux bool
	// Codecs are 0 (PCMU) and 8 (PCMA) in the writer's order of preference.
	Codecs []uint8
	// EventPT is the payload type of telephone-event/8000 (RFC 4733), 0 for none.
	EventPT uint8
	// Direction is the writer's. Empty means sendrecv.
	Direction Direction
	// Hold is true for sendonly, inactive and the old 0.0.0.0 (RFC 3264 8.4):
	// the writer does not want our audio.
	Hold bool
	// Ptime is milliseconds per packet, 0 when not given.
	Ptime int
	// SessionID and Version are of the o= line: a changed description has the
	// same ID and a version one higher (RFC 3264 8).
	SessionID uint64
	Version   uint64
}

// Errors of session descriptions; test with errors.Is.
var (
	// ErrSDP means that the description cannot be read or used.
	ErrSDP = errors.New("session description refused")
	// ErrNoCodec means that there is no G.711 audio in it.
	ErrNoCodec = errors.New("no common codec")
)

// BuildOffer writes an offer or a whole new description. Codecs empty means
// PCMA and PCMU, EventPT 0 offers 101, Ptime 0 means 20 ms.
func BuildOffer(a SDPAudio) ([]byte, error) {
	if len(a.Codecs) == 0 {
		a.Codecs = []uint8{PCMA, PCMU}
	}
	if a.EventPT == 0 {
		a.EventPT = 101
	}
	return a.marshal()
}

// Answer answers an offer with what both sides can do: codecs in the order of
// the offer (RFC 3264 6.1), the offer's payload type for events, the direction
// that fits. local gives Addr, RTCPMux willingness, Codecs, Direction (ours,
// when narrower), SessionID and Version. The result is also returned read.
func Answer(offer []byte, local SDPAudio) ([]byte, SDPAudio, error) {
	session, remote, err := parse(offer)
	if err != nil {
		return nil, SDPAudio{}, err
	}
	able := local.Codecs
	if len(able) == 0 {
		able = []uint8{PCMA, PCMU}
	}
	ours := local
	ours.Codecs = nil
	for _, pt := range remote.Codecs {
		if slices.Contains(able, pt) {
			ours.Codecs = append(ours.Codecs, pt)
		}
	}
	if len(ours.Codecs) == 0 {
		return nil, SDPAudio{}, ErrNoCodec
	}
	ours.EventPT = remote.EventPT
	ours.Direction = narrower(remote.Direction.answer(), local.Direction)
	ours.RTCPMux = local.RTCPMux && remote.RTCPMux
	ours.Hold = ours.Direction == SendOnly || ours.Direction == Inactive
	if ours.Ptime == 0 {
		ours.Ptime = 20
	}
	b, err := ours.marshalFor(session)
	return b, ours, err
}

// narrower joins what the offer allows and what we want.
func narrower(allowed, want Direction) Direction {
	if want == "" || want == allowed {
		return allowed
	}
	send := sends(allowed) && sends(want)
	recv := receives(allowed) && receives(want)
	switch {
	case send && recv:
		return SendRecv
	case send:
		return SendOnly
	case recv:
		return RecvOnly
	}
	return Inactive
}

func sends(d Direction) bool    { return d == SendRecv || d == SendOnly || d == "" }
func receives(d Direction) bool { return d == SendRecv || d == RecvOnly || d == "" }

// ParseAudio reads the first audio stream of a description that we can use.
// Addresses must be IP literals: a name would make us look it up and send
// media wherever it points. Anything malformed is an error, never a panic.
func ParseAudio(b []byte) (SDPAudio, error) {
	_, a, err := parse(b)
	return a, err
}

func parse(b []byte) (*sdp.SessionDescription, SDPAudio, error) {
	if len(b) == 0 || len(b) > maxSDP {
		return nil, SDPAudio{}, fmt.Errorf("%w: %d bytes", ErrSDP, len(b))
	}
	var s sdp.SessionDescription
	if err := s.Unmarshal(b); err != nil {
		return nil, SDPAudio{}, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	m := audioOf(&s)
	if m == nil {
		return nil, SDPAudio{}, ErrNoCodec
	}
	a, err := readAudio(&s, m)
	return &s, a, err
}

// audioOf picks the first stream that is plain RTP audio and not refused, else
// the first one that is.
func audioOf(s *sdp.SessionDescription) *sdp.MediaDescription {
	var refused *sdp.MediaDescription
	for _, m := range s.MediaDescriptions {
		if !isPlainAudio(m) {
			continue
		}
		if m.MediaName.Port.Value != 0 {
			return m
		}
		if refused == nil {
			refused = m
		}
	}
	return refused
}

func isPlainAudio(m *sdp.MediaDescription) bool {
	return m != nil && m.MediaName.Media == "audio" && strings.EqualFold(strings.Join(m.MediaName.Protos, "/"), "RTP/AVP")
}

func readAudio(s *sdp.SessionDescription, m *sdp.MediaDescription) (SDPAudio, error) {
	a := SDPAudio{SessionID: s.Origin.SessionID, Version: s.Origin.SessionVersion, Direction: directionOf(s, m)}
	ip, err := addressOf(s, m)
	if err != nil {
		return SDPAudio{}, err
	}
	port := m.MediaName.Port.Value
	if port < 0 || port > 65535 {
		return SDPAudio{}, fmt.Errorf("%w: port %d", ErrSDP, port)
	}
	a.Addr = netip.AddrPortFrom(ip, uint16(port))
	a.Codecs, a.EventPT = codecsOf(m)
	if len(a.Codecs) == 0 {
		return SDPAudio{}, ErrNoCodec
	}
	if v, ok := m.Attribute("ptime"); ok {
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && n > 0 && n <= 200 {
			a.Ptime = n
		}
	}
	a.Hold = a.Direction == SendOnly || a.Direction == Inactive || ip.IsUnspecified()
	return a, a.readRTCP(m)
}

// addressOf is the connection line of the stream, else of the session.
func addressOf(s *sdp.SessionDescription, m *sdp.MediaDescription) (netip.Addr, error) {
	c := m.ConnectionInformation
	if c == nil {
		c = s.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}, fmt.Errorf("%w: no connection address", ErrSDP)
	}
	ip, err := netip.ParseAddr(c.Address.Address)
	if err != nil || ip.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%w: %q is not an IP address", ErrSDP, c.Address.Address)
	}
	if c.NetworkType != "IN" || (c.AddressType == "IP6") != ip.Is6() {
		return netip.Addr{}, fmt.Errorf("%w: address type %s %s does not fit %s", ErrSDP, c.NetworkType, c.AddressType, ip)
	}
	return ip.Unmap(), nil
}

func directionOf(s *sdp.SessionDescription, m *sdp.MediaDescription) Direction {
	for _, d := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
		if _, ok := m.Attribute(string(d)); ok {
			return d
		}
	}
	for _, d := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
		if _, ok := s.Attribute(string(d)); ok {
			return d
		}
	}
	return SendRecv
}

// codecsOf lists G.711 in order, and the payload type of telephone events. An
// rtpmap that gives 0 or 8 another meaning takes them out.
func codecsOf(m *sdp.MediaDescription) (codecs []uint8, event uint8) {
	names := map[int]string{}
	for _, at := range m.Attributes {
		if at.Key != "rtpmap" {
			continue
		}
		pt, name, ok := strings.Cut(at.Value, " ")
		if n, err := strconv.Atoi(pt); ok && err == nil {
			names[n] = strings.ToUpper(strings.TrimSpace(name))
		}
	}
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.Atoi(f)
		if err != nil || pt < 0 || pt > 127 {
			continue
		}
		name, named := names[pt]
		switch {
		case pt == int(PCMU) && (!named || isG711(name, "PCMU")), pt == int(PCMA) && (!named || isG711(name, "PCMA")):
			if !slices.Contains(codecs, uint8(pt)) {
				codecs = append(codecs, uint8(pt))
			}
		case event == 0 && strings.HasPrefix(name, "TELEPHONE-EVENT/8000"):
			event = uint8(pt)
		}
	}
	return codecs, event
}

func isG711(name, codec string) bool {
	return name == codec+"/8000" || name == codec+"/8000/1"
}

// readRTCP reads rtcp-mux (RFC 5761) and the rtcp attribute (RFC 3605).
func (a *SDPAudio) readRTCP(m *sdp.MediaDescription) error {
	if _, ok := m.Attribute("rtcp-mux"); ok {
		a.RTCPMux, a.RTCP = true, a.Addr
		return nil
	}
	a.RTCP = netip.AddrPortFrom(a.Addr.Addr(), a.Addr.Port()+1)
	v, ok := m.Attribute("rtcp")
	if !ok {
		return nil
	}
	parts := strings.Fields(v)
	if len(parts) == 0 {
		return fmt.Errorf("%w: empty rtcp attribute", ErrSDP)
	}
	port, err := strconv.ParseUint(parts[0], 10, 16)
	if err != nil {
		return fmt.Errorf("%w: rtcp port %q", ErrSDP, parts[0])
	}
	ip := a.Addr.Addr()
	if len(parts) == 4 {
		if ip, err = netip.ParseAddr(parts[3]); err != nil || ip.Zone() != "" {
			return fmt.Errorf("%w: %q is not an IP address", ErrSDP, parts[3])
		}
	}
	a.RTCP = netip.AddrPortFrom(ip.Unmap(), uint16(port))
	return nil
}
