package dialer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
)

// redialEvery is how soon hands look for the brain again.
const redialEvery = 100 * time.Millisecond

// roomEvery is how often at most hands say what their trunks take.
const roomEvery = 250 * time.Millisecond

// NewHands returns the hands of a node whose brain is elsewhere; Run makes them
// work. Settings.Node names the node.
func NewHands(s Settings, store HandStore, trunk Trunk) *Hands {
	s = s.filled()
	return newHands(s.Node, s, store, trunk, houseSounds())
}

// Run works for whichever brain dial reaches, over one pipe after the other, until
// soft is done and the last call is over, or hard is done: then calls are ended. When
// it returns, every goroutine of the hands is gone.
func (h *Hands) Run(soft, hard context.Context, dial func(context.Context) (Pipe, error)) error {
	hard, endNow := context.WithCancel(hard)
	defer endNow()
	write, giveUp := context.WithCancel(context.WithoutCancel(hard))
	defer giveUp()
	wait := h.open(hard, write)
	serve, stop := context.WithCancel(context.WithoutCancel(hard))
	var serving sync.WaitGroup
	serving.Go(func() { h.serve(serve, dial) })
	serving.Go(func() { h.tellRooms(serve) })
	serving.Go(func() { h.outlast(serve) })
	select {
	case <-soft.Done():
	case <-hard.Done():
	}
	h.leave()
	limit := time.AfterFunc(h.settings.DrainLimit, endNow)
	defer limit.Stop()
	over := context.AfterFunc(hard, func() {
		h.sendHome()
		rest(write, h.settings.LedgerGrace)
		giveUp()
	})
	wait()
	over()
	stop()
	serving.Wait()
	return nil
}

// greeting is the first frame of each side of a pipe: who it is, and how far it has
// heard the other in the session.
type greeting struct {
	Node    string `json:"node"`
	Session string `json:"session"`
	Heard   int64  `json:"heard"`
	Fresh   bool   `json:"fresh,omitempty"` // the brain does not know the session: it begins anew
}

func (g greeting) send(p Pipe) error {
	text, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("write a greeting: %w", err)
	}
	return p.Send(text)
}

func (g *greeting) receive(p Pipe) error {
	text, err := p.Receive()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, g); err != nil {
		return fmt.Errorf("read a greeting: %w", err)
	}
	return nil
}

// errOver is why a session ends on purpose.
var errOver = errors.New("the session is over")

// serve keeps a session with a brain for as long as it can be heard, and another
// with the next.
func (h *Hands) serve(ctx context.Context, dial func(context.Context) (Pipe, error)) {
	for ctx.Err() == nil {
		if !h.suspended() {
			h.attendOne(ctx, dial)
		}
		rest(ctx, redialEvery)
	}
}

// attendOne is one session, from its first pipe until the brain was silent for too
// long.
func (h *Hands) attendOne(ctx context.Context, dial func(context.Context) (Pipe, error)) {
	l, id, met := newLink(), uuid.NewString(), false
	ctx, end := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer end(errOver)
	h.mayForsake(end)
	defer h.mayForsake(nil)
	for ctx.Err() == nil && !h.suspended() {
		p, err := dial(ctx)
		if err != nil {
			rest(ctx, redialEvery)
			continue
		}
		fresh, err := h.greet(p, l, id)
		if err == nil && fresh && met {
			err = errOver // another brain, or one that has given us up
		}
		if err != nil {
			_ = p.Close()
			if errors.Is(err, errOver) {
				break
			}
			rest(ctx, redialEvery)
			continue
		}
		if !met {
			met = true
			h.meet(l)
			watching.Go(func() { l.watch(ctx); end(errOver) })
		}
		_ = l.carry(ctx, p, func(f frame) { h.do(*f.Deed) })
	}
	if met {
		h.isAlone()
	}
}

// mayForsake notes how the session is ended by us.
func (h *Hands) mayForsake(end func(error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forsake = end
}

// greetWithin bounds how long a brain may take to greet: one that sleeps never does,
// and there may be another by then.
const greetWithin = 2 * time.Second

// greet takes up the session over a new pipe.
func (h *Hands) greet(p Pipe, l *link, session string) (fresh bool, err error) {
	if err := (greeting{Node: h.node, Session: session, Heard: l.hasHeard()}).send(p); err != nil {
		return false, err
	}
	late := time.AfterFunc(greetWithin, func() { _ = p.Close() })
	defer late.Stop()
	var brain greeting
	if err := brain.receive(p); err != nil {
		return false, err
	}
	l.begin(brain.Heard)
	return brain.Fresh, nil
}

// meet begins to talk to a brain: what lives is the first that it hears.
func (h *Hands) meet(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.session++
	h.tell = func(w word) int64 { return l.say(frame{Word: &w}) }
	h.knows = l.knows
	h.placed = 0
	l.say(frame{Word: &word{Kind: wordHello, Hello: h.hello()}})
	for id, c := range h.arrivals {
		in := c.Call()
		l.say(frame{Word: &word{Kind: wordArrival, Ask: id, In: &in}})
	}
	h.hasBrain()
}

// hasBrain lets those go on who wait for a brain, for who holds the lock.
func (h *Hands) hasBrain() {
	select {
	case <-h.present:
	default:
		close(h.present)
	}
}

// tellRooms says what the trunks take of each campaign, when that has changed.
func (h *Hands) tellRooms(ctx context.Context) {
	last, session := make(map[int64]roomReport), int64(0)
	for ctx.Err() == nil {
		for id, v := range h.played() {
			lines, why := h.trunk.Room(v.campaign.Trunks)
			h.mu.Lock()
			if h.session != session {
				session = h.session
				clear(last)
			}
			if r := h.room(v, lines, why); h.tell != nil && last[id] != r {
				last[id] = r
				h.tell(word{Kind: wordRoom, Campaign: id, Room: &r})
			}
			h.mu.Unlock()
		}
		rest(ctx, roomEvery)
	}
}

// played are the campaigns that calls may be placed for.
func (h *Hands) played() map[int64]version {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.campaigns)
}

// room is what is left of the trunks' room when all is with them that was placed
// here, for who holds the lock.
func (h *Hands) room(v version, lines int, why string) roomReport {
	if h.shut() {
		return roomReport{Why: "node " + h.node + " stops", Placed: h.placed}
	}
	if v.err != nil {
		return roomReport{Why: "what the campaign plays cannot be read on node " + h.node, Placed: h.placed}
	}
	if h.draining {
		return roomReport{Why: "node " + h.node + " is draining: it takes no new calls", Placed: h.placed}
	}
	for _, held := range h.calls {
		if held.live.State == CallBeginning {
			lines--
		}
	}
	return roomReport{Lines: lines, Why: why, Placed: h.placed}
}

// Drain makes these hands take no new calls, neither to place nor from people who
// call us, or take them again. Calls go on, and phones of agents here are served.
func (h *Hands) Drain(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = on
}

// SignIn takes in an agent whose phone is on this node; the promises are those of
// Engine.SignIn. ErrNoFloor when no node has the floor at this moment.
func (h *Hands) SignIn(ctx context.Context, info AgentInfo, st Station) error {
	if h.closed() {
		return ErrHandsLeave
	}
	phone, known := h.hold(st)
	answer := make(chan deed, 1)
	ask := h.asked.put("", func(d deed) { answer <- d })
	h.say(word{Kind: wordSignIn, Ask: ask, Info: &info, Phone: phone.Phone})
	var err error
	select {
	case d := <-answer:
		err = d.Fault.err()
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil && !known {
		h.drop(phone.Phone)
	}
	return err
}

// Receive takes a person who calls a number at a trunk of this node. While there is
// no brain they wait for the next, for some seconds.
func (h *Hands) Receive(_ context.Context, c Caller) {
	if h.closed() || h.drains() {
		c.Refuse(refuseDown, "Service Unavailable") // the carrier tries another of our nodes
		return
	}
	in, id := c.Call(), h.arrive(c)
	h.say(word{Kind: wordArrival, Ask: id, In: &in})
}

func (h *Hands) drains() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}
