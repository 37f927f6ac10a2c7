package carrier

import (
	"errors"
	"fmt"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// OpenSound makes the sound of whoever answers a call: a session that speaks
// to the offer, and the SDP that says so. Close the session.
func OpenSound(offer []byte, s media.Settings) (*media.Session, []byte, error) {
	peer, err := sipua.ParseAudio(offer)
	if err != nil {
		return nil, nil, fmt.Errorf("read the offer: %w", err)
	}
	session, err := media.Open(s)
	if err != nil {
		return nil, nil, err
	}
	answer, ours, err := sipua.Answer(offer, sipua.SDPAudio{Addr: session.LocalAddr()})
	if err == nil {
		err = session.Start(media.Remote{
			Addr: peer.Addr, RTCP: peer.RTCP, Codec: media.Codec(ours.Codecs[0]), EventPT: ours.EventPT, Hold: peer.Hold,
		})
	}
	if err != nil {
		return nil, nil, errors.Join(err, session.Close())
	}
	return session, answer, nil
}
