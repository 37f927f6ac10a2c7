package internalleg

import (
	"strconv"
	"sync"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// seat is a phone of this node while legs of others are at it.
//
//	A talks  session <-------- as it is --------> phone
//	            |                                   |
//	            +--tap--> room of the ears <--tap---+     only while somebody listens
type seat struct {
	phone dialer.Station
	talk  *taken
	ears  map[media.Party]*taken
	heard int         // ears so far, for their names
	room  *media.Room // nil while nobody listens
}

// Parties of the room of the ears.
const (
	phoneParty media.Party = "phone"
	lineParty  media.Party = "line"
)

// seat joins a leg to its phone; code is the refusal when it may not. A leg that
// talks takes the phone from who talked.
func (l *Legs) seat(t *taken) (code int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 503, errClosing
	}
	s := l.seats[t.order.station]
	if s == nil || s.phone != t.phone { // a phone that came anew: the legs to the old one end with it
		s = &seat{phone: t.phone, ears: map[media.Party]*taken{}}
	}
	if t.order.mode == Ear {
		if code, err := s.listen(t); err != nil {
			return code, err
		}
	} else {
		s.take(t)
	}
	l.seats[t.order.station] = s
	t.seat = s
	l.taken[t] = struct{}{}
	return 0, nil
}

// unseat takes a leg from its phone, if it has it still.
func (l *Legs) unseat(t *taken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := t.seat
	delete(l.taken, t)
	if t.order.mode == Ear {
		s.deafen(t)
	} else {
		s.drop(t)
	}
	if s.talk == nil && len(s.ears) == 0 && l.seats[t.order.station] == s {
		delete(l.seats, t.order.station)
	}
}

// take lets a leg and the phone hear each other, and nobody else talk to it.
func (s *seat) take(t *taken) {
	if former := s.talk; former != nil {
		former.lose("another call has the phone")
		s.drop(former)
	}
	s.talk = t
	t.session.Connect(s.phone.Audio())
	s.phone.Audio().Connect(t.session)
	s.tune()
}

// drop ends what take began. A phone that has gone on to a conversation of this
// node stays there.
func (s *seat) drop(t *taken) {
	t.session.Connect(nil)
	if s.talk != t {
		return
	}
	s.talk = nil
	disconnect(s.phone.Audio(), t.session)
	s.tune()
}

func disconnect(port media.Port, from media.Sink) {
	if p, ok := port.(interface{ Disconnect(media.Sink) }); ok {
		p.Disconnect(from)
		return
	}
	port.Connect(nil)
}

// listen lets an ear hear the phone and what is said to it.
func (s *seat) listen(t *taken) (code int, err error) {
	phone := newOverhearing(s.phone.Audio())
	switch {
	case phone == nil:
		return 488, errNotHeard
	case len(s.ears) >= maxEars:
		return 486, errManyEars
	}
	if s.room == nil {
		s.room = media.NewRoom()
		s.room.Enter(phoneParty, phone)
	}
	s.heard++
	t.party = media.Party("ear " + strconv.Itoa(s.heard))
	s.ears[t.party] = t
	s.room.Enter(t.party, t.session)
	s.tune()
	return 0, nil
}

func (s *seat) deafen(t *taken) {
	if s.ears[t.party] != t {
		return
	}
	delete(s.ears, t.party)
	s.room.Leave(t.party)
	if len(s.ears) == 0 {
		s.room.Close()
		s.room = nil
	}
}

// tune brings the room of the ears to who talks and who listens.
func (s *seat) tune() {
	if s.room == nil {
		return
	}
	s.room.Leave(lineParty)
	if s.talk != nil {
		s.room.Enter(lineParty, newOverhearing(s.talk.session))
	}
	hearing := media.Hearing{}
	for ear := range s.ears {
		hearing[ear] = []media.Party{phoneParty, lineParty}
	}
	s.room.Hear(hearing)
}

// overhearing is a port that hears what another one says, beside whoever is
// connected to it.
type overhearing struct {
	of interface {
		media.Port
		Tap(media.Sink) (remove func())
	}

	mu    sync.Mutex
	untap func()
}

// newOverhearing returns nil for a port that cannot be tapped.
func newOverhearing(of media.Port) *overhearing {
	tapped, ok := of.(interface {
		media.Port
		Tap(media.Sink) (remove func())
	})
	if !ok {
		return nil
	}
	return &overhearing{of: tapped}
}

// Connect sets where goes what is overheard.
func (o *overhearing) Connect(sink media.Sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.untap != nil {
		o.untap()
		o.untap = nil
	}
	if sink != nil {
		o.untap = o.of.Tap(sink)
	}
}

// WriteFrame says nothing: who overhears is silent.
func (*overhearing) WriteFrame(media.Frame) error { return nil }

// Quality is that of what is overheard.
func (o *overhearing) Quality() media.Quality { return o.of.Quality() }
