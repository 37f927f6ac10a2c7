// Package sound joins a SIP call to a media session: what the session
// descriptions of offer and answer say, the session does. Trunks and agents'
// phones share it.
//
//	Offer ---> peer ---answer--> Follow     a call that we place
//	peer --re-offer--> Answer --answer-->   hold, move, another codec
//
// Promises: each description we write has the session's own o= line, with a
// version one higher than the last (RFC 3264 section 8); what is refused leaves
// the sound as it was.
package sound

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// EventPT is the payload type that we offer for telephone events (RFC 4733);
// give it to media.Settings.
const EventPT = 101

// Sound is the audio of one call.
type Sound struct {
	session *media.Session
	codecs  []uint8
	id      uint64

	mu      sync.Mutex
	version uint64
	started bool
	held    bool
}

// New returns the sound of a call over a session, with the codecs that may be
// used in order of preference.
func New(session *media.Session, codecs []media.Codec) *Sound {
	s := &Sound{session: session, id: rand.Uint64() >> 1} // RFC 4566 section 5.2: some peers read it as a signed number
	for _, c := range codecs {
		s.codecs = append(s.codecs, uint8(c))
	}
	return s
}

// Offer writes a session description of all that we can do.
func (s *Sound) Offer() ([]byte, error) {
	return sipua.BuildOffer(s.local())
}

// Answer takes an offer of the peer and returns our answer to it.
func (s *Sound) Answer(offer []byte) ([]byte, error) {
	answer, _, err := sipua.Answer(offer, s.local())
	if err != nil {
		return nil, err
	}
	return answer, s.Follow(offer)
}

// Follow does what the peer's description says: where to send, in which law,
// and whether it wants to hear anything.
func (s *Sound) Follow(sdp []byte) error {
	peer, err := sipua.ParseAudio(sdp)
	if err != nil {
		return err
	}
	remote, err := s.remote(peer)
	if err != nil {
		return err
	}
	if err := s.aim(remote); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.held = true, remote.Hold
	return nil
}

func (s *Sound) aim(remote media.Remote) error {
	s.mu.Lock()
	started := s.started
	s.mu.Unlock()
	if started {
		return s.session.Update(remote)
	}
	return s.session.Start(remote)
}

// Held reports that the peer has put us on hold: it wants no sound, and may
// send none.
func (s *Sound) Held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// local is our side of a new description.
func (s *Sound) local() sipua.SDPAudio {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	return sipua.SDPAudio{Addr: s.session.LocalAddr(), Codecs: s.codecs, EventPT: EventPT, SessionID: s.id, Version: s.version}
}

// remote is the peer's side as the session wants it. The first of its codecs
// that we know is what we speak.
func (s *Sound) remote(peer sipua.SDPAudio) (media.Remote, error) {
	for _, pt := range peer.Codecs {
		if !slices.Contains(s.codecs, pt) {
			continue
		}
		r := media.Remote{Addr: peer.Addr, Codec: media.Codec(pt), EventPT: peer.EventPT, Hold: peer.Hold}
		if !peer.RTCPMux { // we never agree to it; without, RTCP is where the peer says
			r.RTCP = peer.RTCP
		}
		return r, nil
	}
	return media.Remote{}, fmt.Errorf("%w: the peer speaks %v, we may speak %v", sipua.ErrNoCodec, peer.Codecs, s.codecs)
}
