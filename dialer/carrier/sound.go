package carrier

import (
	"errors"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sound"
)

// OpenSound makes the sound of whoever answers a call: a session that speaks
// to the offer, and the SDP that says so. Close the session.
func OpenSound(offer []byte, s media.Settings) (*media.Session, []byte, error) {
	session, err := media.Open(s)
	if err != nil {
		return nil, nil, err
	}
	answer, err := sound.New(session, []media.Codec{media.PCMA, media.PCMU}).Answer(offer)
	if err != nil {
		return nil, nil, errors.Join(err, session.Close())
	}
	return session, answer, nil
}
