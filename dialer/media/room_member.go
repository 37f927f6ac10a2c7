package media

import "sync/atomic"

// member is a party in its room: an ear for what its port says, and an outlet
// for what its port is given to hear.
type member struct {
	routes atomic.Pointer[routes]
	buffer jitterBuffer // of the mixes it is heard in
	outlet outlet
}

// routes are where goes what a member says. They do not change: new ones take
// their place, so that a frame finds its way without a lock.
type routes struct {
	direct []*outlet // who hears this member alone
	mixed  bool      // somebody hears it among others
	taps   []Sink
}

func newMember() *member {
	m := &member{}
	m.routes.Store(&routes{})
	m.outlet.gone = make(chan struct{})
	return m
}

var _ Sink = (*member)(nil)

// WriteFrame takes a frame of the port, on its reader. Errors of a listener are
// his own.
func (m *member) WriteFrame(f Frame) error {
	way := m.routes.Load()
	for _, listener := range way.direct {
		listener.pass(m, f)
	}
	if way.mixed && f.Event.Digit == 0 {
		m.buffer.put(f)
	}
	for _, t := range way.taps {
		_ = t.WriteFrame(f)
	}
	return nil
}

// part is the end of a member: deaf, mute and unconnected.
func (m *member) part() {
	m.routes.Store(&routes{})
	if port := m.outlet.leave(); port != nil {
		m.unconnect(port)
	}
}

// unconnect takes a port from this member. One that has gone on to another room
// already, as that of a supervisor who goes from agent to agent, stays there.
func (m *member) unconnect(port Port) {
	if p, ok := port.(interface{ Disconnect(Sink) }); ok {
		p.Disconnect(m)
		return
	}
	port.Connect(nil)
}
