package rig

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/forecall/forecall/dialer/carrier"
)

// What the issue promises of a node that is lost.
const (
	closedWithin = 10 * time.Second
	readyWithin  = 10 * time.Second
	placedWithin = 5 * time.Second
)

// wound is what came of one fault. A time of 0 was not measured, because it does
// not apply; less than 0, it did not come.
type wound struct {
	fault  string
	over   string // which node
	at     time.Time
	healed time.Time
	wire   bool

	closed time.Duration // until the calls of the node are closed
	moved  time.Duration // until its agents take calls elsewhere
	led    time.Duration // until another leads
	still  time.Duration // longest time in which no call reached the carrier
	back   time.Duration // from the first answer of a database that was away until a call reaches the carrier
	whole  time.Duration // from the healing until all nodes are there and people are called

	calls   int // open at the node, and lost with it
	agents  int // whose phone was there
	invites int // that the carrier saw until another led, or in the stillness
	broken  int // conversations at other nodes whose sound ended
	ended   int // conversations at other nodes that we hung up
	wrong   []string
}

// watch is one fault under way.
type watch struct {
	*house
	fault
	w      *wound
	node   *resident
	before sight
	there  map[string]bool // agents whose phone was there
	calls  []int64
	robots []int
	begun  int64     // calls of the carrier when last seen
	since  time.Time // when they became more
	away   bool      // the database did not answer when last asked
	again  time.Time // when it answered first after that
}

// strike inflicts a fault, times what follows and heals it.
func (h *house) strike(f fault, r *resident) *wound {
	h.Helper()
	before := h.eye.look()
	k := &watch{house: h, fault: f, node: r, before: before, calls: before.of(r.name), robots: h.crew.bereft(r.addr), begun: before.begun}
	k.w = &wound{fault: f.name, over: r.name, at: time.Now(), wire: f.wire, calls: len(k.calls), agents: len(k.robots)}
	k.since, k.there = k.w.at, map[string]bool{}
	for _, i := range k.robots {
		k.there[login(i)] = true
	}
	h.must(f.inflict(h, r))
	k.follow()
	h.must(f.heal(h, r))
	k.w.healed = time.Now()
	k.recover()
	k.w.judge(f)
	h.heard(k)
	return k.w
}

// longest is how long consequences are waited for.
const longest = 40 * time.Second

// follow looks until the fault has lasted and all that it brings has come.
func (k *watch) follow() {
	k.Helper()
	for {
		s, now := k.eye.look(), time.Now()
		k.note(s, now)
		since := now.Sub(k.w.at)
		if since > k.lasts && (k.done() || k.lasts > 0) || since > longest {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// done tells whether everything has come that the death of a node brings, and
// people are called again.
func (k *watch) done() bool {
	if k.w.still == 0 && k.begun == k.before.begun {
		return false
	}
	return !k.dies || k.w.closed > 0 && k.w.moved > 0 && (!k.leads || k.w.led > 0 && k.since.After(k.w.at.Add(k.w.led)))
}

// note takes in one look.
func (k *watch) note(s sight, now time.Time) {
	since := now.Sub(k.w.at)
	if k.away && s.ok {
		k.again = now
	}
	k.away = !s.ok
	if s.begun > k.begun && !k.again.IsZero() && k.w.back == 0 {
		k.w.back = now.Sub(k.again)
	}
	if s.begun > k.begun {
		k.w.still = max(k.w.still, now.Sub(k.since))
		k.begun, k.since = s.begun, now
	}
	if s.ok && k.w.led == 0 && s.leader != "" && s.fence != k.before.fence {
		k.w.led = since
	}
	if !k.dies {
		return
	}
	if s.ok && k.w.closed == 0 && !s.has(k.calls) {
		k.w.closed = since
	}
	if last, all := k.crew.elsewhere(k.robots, k.node.addr, k.w.at); all && k.w.moved == 0 {
		k.w.moved = max(last.Sub(k.w.at), time.Millisecond)
	}
}

// recover waits until the house is whole: all nodes there, all robots at work, and
// people called.
func (k *watch) recover() {
	k.Helper()
	begun := int64(0)
	err := k.await("the house is whole again", 60*time.Second, func() bool {
		s, now := k.eye.look(), time.Now()
		k.note(s, now)
		if begun == 0 && s.whole(len(k.nodes)) {
			begun = s.begun
		}
		return begun > 0 && s.begun > begun+2
	})
	if k.w.whole = time.Since(k.w.healed); err != nil {
		k.w.wrong = append(k.w.wrong, err.Error())
	}
}

// judge holds the times against the promise. What is not within it is said; it fails
// the test only when it did not come at all.
func (w *wound) judge(f fault) {
	late := func(what string, took, promised time.Duration) {
		if took > promised {
			w.wrong = append(w.wrong, fmt.Sprintf("late: %s after %s, promised %s", what, took.Round(time.Millisecond), promised))
		}
	}
	if !f.dies {
		return
	}
	late("calls were closed", w.closed, closedWithin)
	late("agents took calls elsewhere", w.moved, readyWithin)
	late("another led", w.led, placedWithin)
	late("people were called again", w.still, placedWithin)
	if w.closed == 0 && w.calls > 0 {
		w.wrong = append(w.wrong, "its calls were not closed")
	}
	if w.moved == 0 && w.agents > 0 && (f.lasts == 0 || f.lasts > readyWithin) { // else it may be there again before they have gone
		w.wrong = append(w.wrong, "its agents did not go on elsewhere")
	}
}

// heard says what the carrier saw of the fault. What an agent at the node talked about
// may end with it, on whichever node the call was.
func (h *house) heard(k *watch) {
	h.Helper()
	agents, err := h.eye.agents()
	h.must(err)
	lines := map[string]line{}
	for _, r := range h.far.records(h) {
		l := lines[r.CallID]
		switch r.Event {
		case carrier.Invited:
			at, _ := netip.ParseAddrPort(r.From)
			l.from = at.Addr()
			if since := r.At.Sub(k.w.at); since > 0 && since < max(k.w.led, k.w.still) {
				k.w.invites++
			}
		case carrier.Acked:
			l.acked = r.At
		case carrier.Bye, carrier.Vanished:
			if l.from != k.node.addr && !k.there[agents[r.CallID]] && l.talked(k.w.at, r.At) {
				k.w.lost(r.Event)
			}
		}
		lines[r.CallID] = l
	}
}

// line is one call as the carrier sees it.
type line struct {
	from  netip.Addr
	acked time.Time
}

// talked tells whether it was up at an instant and ended after it.
func (l line) talked(at, ended time.Time) bool {
	return !l.acked.IsZero() && l.acked.Before(at) && ended.After(at)
}

func (w *wound) lost(e carrier.Event) {
	if e == carrier.Bye {
		w.ended++
		return
	}
	w.broken++
}
