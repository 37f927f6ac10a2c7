package softphone

import (
	"context"
	"sync"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// seat is a headset while it is in use: an agent's shift, a supervisor's
// listening. When it is hung up the headset stays connected, silent, for the
// next use; Disconnect ends that as well.
type seat struct {
	phone  *phone
	ending sync.Once
	done   chan struct{}
}

var _ dialer.Station = (*seat)(nil)

// Audio is the user's side of the sound.
func (s *seat) Audio() media.Port { return s.phone.wire }

// Done is closed when the headset is gone, or hung up.
func (s *seat) Done() <-chan struct{} { return s.done }

// Hangup ends the use of the headset.
func (s *seat) Hangup(context.Context) {
	s.phone.wire.Connect(nil)
	s.phone.release(s)
	s.end()
}

func (s *seat) end() { s.ending.Do(func() { close(s.done) }) }
