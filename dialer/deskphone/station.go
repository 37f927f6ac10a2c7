package deskphone

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// station is the leg to one phone.
type station struct {
	phones    *Phones
	extension string
	since     time.Time

	call    *sipua.Call
	session *media.Session
	sound   *sound.Sound

	losing sync.Once
	gone   chan struct{} // closed when the phone is known to be lost; loss says why
	loss   string

	up   chan struct{} // closed when its sound has come
	done chan struct{} // closed when the leg is over; why says how
	why  string
	free chan struct{} // closed when its ports are given back
}

var _ dialer.Station = (*station)(nil)

func newStation(p *Phones, extension string) *station {
	return &station{
		phones: p, extension: extension, since: time.Now(),
		gone: make(chan struct{}), up: make(chan struct{}), done: make(chan struct{}), free: make(chan struct{}),
	}
}

// Audio is the agent's side of the sound.
func (s *station) Audio() media.Port { return s.session }

// Done is closed as soon as the phone is lost.
func (s *station) Done() <-chan struct{} { return s.done }

// Hangup ends the leg and returns when it is over.
func (s *station) Hangup(context.Context) {
	s.lose("hung up by us")
	<-s.free
}

// lose ends the leg for a reason; the first one counts.
func (s *station) lose(why string) {
	s.losing.Do(func() {
		s.loss = why
		close(s.gone)
	})
}

// watch follows the leg to its end. Done closes before anything is waited for.
func (s *station) watch() {
	silent, stop := s.silence()
	defer stop()
	for {
		select {
		case <-s.gone:
			s.end(s.loss)
			return
		case <-s.call.Done():
			s.end(s.howEnded())
			return
		case now := <-silent.C:
			if silent.tooLong(now) {
				s.lose("no sound for " + s.phones.settings.SilenceLimit.String())
			}
		}
	}
}

func (s *station) howEnded() string {
	switch e := s.call.End(); e.By {
	case sipua.ByRemote:
		return "hung up at the phone"
	case sipua.ByTimeout:
		return "the phone does not answer any more: " + e.Reason
	}
	return "hung up by us"
}

// end tells that the leg is over, then takes it apart.
func (s *station) end(why string) {
	s.why = why
	s.phones.forget(s, why)
	close(s.done)
	s.phones.settings.Log.Info("phone leg ended", "extension", s.extension, "sip_call_id", s.call.ID(), "why", why)
	ended, cancel := context.WithCancel(context.Background())
	cancel() // the BYE goes on by itself: a dead phone does not answer it
	_ = s.call.Bye(ended)
	if err := s.session.Close(); err != nil {
		s.phones.settings.Log.Warn("close media", "extension", s.extension, "error", err)
	}
	close(s.free)
}

// reoffer answers hold, resume and moves of the phone.
func (s *station) reoffer(offer []byte) (answer []byte, code int) {
	var err error
	if offer == nil {
		answer, err = s.sound.Offer()
	} else {
		answer, err = s.sound.Answer(offer)
	}
	if err != nil {
		s.phones.settings.Log.Warn("offer refused", "extension", s.extension, "error", err)
		return nil, 488
	}
	return answer, 200
}

func (s *station) moved(sdp []byte) {
	if err := s.sound.Follow(sdp); err != nil {
		s.phones.settings.Log.Warn("answer not followed", "extension", s.extension, "error", err)
	}
}
