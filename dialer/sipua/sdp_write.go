package sipua

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/pion/sdp/v3"
)

var codecNames = map[uint8]string{PCMU: "PCMU/8000", PCMA: "PCMA/8000"}

// marshal writes a description with this one stream.
func (a SDPAudio) marshal() ([]byte, error) {
	m, err := a.media()
	if err != nil {
		return nil, err
	}
	return a.session([]*sdp.MediaDescription{m})
}

// marshalFor answers every stream of an offer, in its order (RFC 3264 6): ours
// where we picked it, refused with port 0 elsewhere.
func (a SDPAudio) marshalFor(offer *sdp.SessionDescription) ([]byte, error) {
	chosen := audioOf(offer)
	var all []*sdp.MediaDescription
	for _, m := range offer.MediaDescriptions {
		if m != chosen {
			all = append(all, &sdp.MediaDescription{MediaName: sdp.MediaName{
				Media: m.MediaName.Media, Protos: m.MediaName.Protos, Formats: m.MediaName.Formats,
			}})
			continue
		}
		ours, err := a.media()
		if err != nil {
			return nil, err
		}
		all = append(all, ours)
	}
	return a.session(all)
}

func (a SDPAudio) session(media []*sdp.MediaDescription) ([]byte, error) {
	ip := a.Addr.Addr()
	kind := "IP4"
	if ip.Is6() {
		kind = "IP6"
	}
	s := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: a.SessionID, SessionVersion: a.Version,
			NetworkType: "IN", AddressType: kind, UnicastAddress: ip.String(),
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: ip.String()},
		},
		TimeDescriptions:  []sdp.TimeDescription{{}},
		MediaDescriptions: media,
	}
	b, err := s.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write session description: %w", err)
	}
	return b, nil
}

func (a SDPAudio) media() (*sdp.MediaDescription, error) {
	if !a.Addr.Addr().IsValid() || a.Addr.Addr().Zone() != "" {
		return nil, fmt.Errorf("%w: no address of our own", ErrSDP)
	}
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: int(a.Addr.Port())}, Protos: []string{"RTP", "AVP"},
	}}
	for _, pt := range a.Codecs {
		name, ok := codecNames[pt]
		if !ok {
			return nil, fmt.Errorf("%w: payload type %d is not G.711", ErrSDP, pt)
		}
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(pt)))
		m.WithValueAttribute("rtpmap", fmt.Sprintf("%d %s", pt, name))
	}
	if a.EventPT != 0 {
		if a.EventPT < 96 || a.EventPT > 127 {
			return nil, fmt.Errorf("%w: payload type %d is not dynamic", ErrSDP, a.EventPT)
		}
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(a.EventPT)))
		m.WithValueAttribute("rtpmap", fmt.Sprintf("%d telephone-event/8000", a.EventPT))
		m.WithValueAttribute("fmtp", fmt.Sprintf("%d 0-16", a.EventPT))
	}
	ptime := a.Ptime
	if ptime == 0 {
		ptime = 20
	}
	m.WithValueAttribute("ptime", strconv.Itoa(ptime))
	if a.RTCPMux {
		m.WithPropertyAttribute("rtcp-mux")
	} else if a.RTCP.IsValid() && a.RTCP != netip.AddrPortFrom(a.Addr.Addr(), a.Addr.Port()+1) {
		m.WithValueAttribute("rtcp", strconv.Itoa(int(a.RTCP.Port())))
	}
	direction := a.Direction
	if direction == "" {
		direction = SendRecv
	}
	m.WithPropertyAttribute(string(direction))
	return m, nil
}
