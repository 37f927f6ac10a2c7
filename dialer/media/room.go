package media

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Party names one side of the conversation in a Room: "person", "agent",
// "supervisor". A name stands for one port at a time.
type Party string

// Hearing says whom each party hears. A party that is absent hears nothing, and
// nobody hears himself.
type Hearing map[Party][]Party

// ErrNotInRoom is the error of Play for a party that is not in the room, or has
// left it meanwhile.
var ErrNotInRoom = errors.New("party is not in the room")

// Room is a conversation of two, three or more, in which each may hear other
// ones: a call on hold, one that is listened to, a conference. Who hears one
// speaker gets his frames as they are, at once, whatever the others hear; who
// hears several gets a mix of them, 20 ms a frame. It is safe for use by many
// goroutines.
//
//	person --frame--> member --+--as it is--> outlet --> agent      hears one
//	                           +--as it is--> tap (what is said)
//	                           +--> jitter buffer --20 ms--> mix --> outlet --> supervisor   hears several
//	                                                                   +--> tap (what is heard)
//
// When Hear returns, nobody is given anything of whom he does not hear any more.
type Room struct {
	mu      sync.Mutex
	closed  bool
	members map[Party]*member
	hearing Hearing
	taps    map[Party][]*tap
	mixer   *mixer // not nil while somebody hears several
}

// tap listens to what a party says and to what it is given to hear.
type tap struct{ said, heard Sink }

// NewRoom returns a room with nobody in it, in which nobody hears anybody.
func NewRoom() *Room {
	return &Room{members: make(map[Party]*member), taps: make(map[Party][]*tap)}
}

// Enter puts a party's port into the room. Who is there under that name already
// is unconnected, and the new port takes its place: it hears, is heard and is
// tapped as the former was. A closed room lets nobody in.
func (r *Room) Enter(who Party, p Port) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	m := r.members[who]
	if m == nil {
		m = newMember()
		r.members[who] = m
	}
	if former := m.outlet.enter(p); former != nil && former != p {
		m.unconnect(former)
	}
	r.retune()
	p.Connect(m)
}

// Leave takes a party out: its port is unconnected, nothing more is said to it
// once Leave has returned, and a Play to it ends. Who is not there has left.
func (r *Room) Leave(who Party) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[who]
	if m == nil {
		return
	}
	delete(r.members, who)
	m.part()
	r.retune()
}

// Hear sets whom each party hears, all at once. Those whom it does not concern
// notice nothing. Names of parties that come later may stand in it already.
func (r *Room) Hear(h Hearing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hearing = make(Hearing, len(h))
	for who, whom := range h {
		r.hearing[who] = slices.Clone(whom)
	}
	r.retune()
}

// Tap lets said hear all that a party says, whoever else hears it, and heard all
// that it is given to hear, what is played to it included, until remove is
// called. Either may be nil. It holds for the name: the party may come later, or
// change its port. The sinks are called by the readers of ports: they must not
// wait, and must not call the room.
func (r *Room) Tap(who Party, said, heard Sink) (remove func()) {
	entry := &tap{said, heard}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taps[who] = append(r.taps[who], entry)
	r.retune()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.taps[who] = slices.DeleteFunc(r.taps[who], func(t *tap) bool { return t == entry })
		r.retune()
	}
}

// Play says a prompt to one party instead of what it would hear; what it says
// goes on to the others. With loop the prompt begins anew at its end, without a
// gap, until ctx is done. Of several at once the one that began last is heard,
// and the others go on unheard. It returns nil at the end of the prompt, the
// error of ctx, or ErrNotInRoom when the party is not there any more.
func (r *Room) Play(ctx context.Context, to Party, prompt Prompt, loop bool) error {
	return r.Cue(to, prompt, loop)(ctx)
}

// Cue is Play in two steps: from its return on the party hears nothing else, and
// the prompt sounds when the function that it returns is called, which must be
// called. So a tone that is played beside stands before whatever is let in next.
func (r *Room) Cue(to Party, prompt Prompt, loop bool) (play func(context.Context) error) {
	r.mu.Lock()
	m := r.members[to]
	r.mu.Unlock()
	if m == nil {
		return func(context.Context) error { return ErrNotInRoom }
	}
	p := new(player)
	m.outlet.begin(p)
	return func(ctx context.Context) error {
		defer m.outlet.end(p)
		return m.outlet.play(ctx, p, prompt, loop)
	}
}

// Close unconnects every port and returns when nothing more is said to them and
// no goroutine of the room is left. Closing twice is harmless.
func (r *Room) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for who, m := range r.members {
		delete(r.members, who)
		m.part()
	}
	clear(r.taps)
	r.retune()
}
