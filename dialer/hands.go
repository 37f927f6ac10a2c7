package dialer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// HandStore is what the hands of a node must have of storage.
type HandStore interface {
	Journal
	Receptions
	OptOuts
	Talks
}

// Hands are the calls of a node: one goroutine for each attempt, with its line,
// its room and its row. They do what the brain wants and tell it what happens;
// doc.go draws the words of both. What they keep beside the goroutines is guarded
// by one mutex, and is memory.
type Hands struct {
	node      string
	settings  Settings
	trunk     Trunk
	store     HandStore
	log       *slog.Logger
	chronicle *chronicle
	house     sounds
	outside   outside                          // calls to outside numbers that nobody has answered
	stops     atomic.Pointer[[]campaigns.Stop] // kill switches that hold
	asked     asks[deed]                       // of the brain
	launch    func(*attempt, *holding)
	begin     func()         // begins a life; nil = not opened yet
	work      sync.WaitGroup // attempts, watchers of phones, withdrawals

	mu        sync.Mutex            // guards what follows
	tell      func(word) int64      // to the brain, without waiting; nil = there is none
	knows     func(said int64) bool // whether a brain on another node has heard that; nil = it is on this one
	session   int64                 // counts the brains, as the hands met them
	calls     map[string]*holding
	phones    map[string]*phone
	arrivals  map[int64]Caller // who call and have no answer yet
	arrived   int64
	campaigns map[int64]version
	placed    int64
	agents    map[int64]agentShadow // with phones here, as the brain knows them
	life      context.Context       // of the calls that are begun now
	cut       context.CancelCauseFunc
	leaving   bool          // nothing more is begun here, ever
	barred    error         // why nothing is begun here before Resume; nil = it is
	present   chan struct{} // closed while there is a brain
	alone     time.Time     // since when there is none
	forsake   func(error)   // ends the session with the brain; nil = there is none
	draining  bool          // no new calls: see Drain
}

// holding is a call in the hands.
type holding struct {
	attempt  *attempt
	withdraw context.CancelCauseFunc // nil until it is launched
	live     liveCall                // what the brain was told of it; guarded by the hands' mutex, as withdraw is
}

// version is a campaign as calls are placed for it now.
type version struct {
	applied
	number int64
	err    error // why it cannot be played here
}

func newHands(node string, s Settings, store HandStore, trunk Trunk, house sounds) *Hands {
	return &Hands{
		node: node, house: house, settings: s, trunk: trunk, store: store, log: s.Log,
		chronicle: newChronicle(store, func(n int, err error) { s.Log.Error("events of calls were not kept", "count", n, "error", err) }),
		calls:     make(map[string]*holding), phones: make(map[string]*phone), arrivals: make(map[int64]Caller), campaigns: make(map[int64]version),
		agents: make(map[int64]agentShadow), present: make(chan struct{}), alone: time.Now(),
	}
}

// open lets the hands work: calls are ended when hard is done, and outcomes are
// written until write is. What it returns waits until no goroutine is left.
func (h *Hands) open(hard, write context.Context) (wait func()) {
	h.begin = func() { h.life, h.cut = context.WithCancelCause(hard) }
	h.mu.Lock()
	h.begin()
	h.mu.Unlock()
	h.launch = func(a *attempt, held *holding) {
		h.mu.Lock()
		talk := h.life
		dial, withdraw := context.WithCancelCause(talk)
		held.withdraw = withdraw
		h.mu.Unlock()
		h.work.Go(func() {
			defer withdraw(nil)
			defer h.forget(a.row.ID)
			a.run(dial, talk, write)
		})
	}
	var telling sync.WaitGroup
	told := make(chan struct{})
	telling.Go(func() { h.chronicle.run(write, told) })
	return func() {
		h.work.Wait()
		close(told)
		telling.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.cut(nil)
	}
}

func (h *Hands) forget(attempt string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.calls, attempt)
}

// say tells the brain something, if there is one. It never waits. What it returns
// is for heard.
func (h *Hands) say(w word) told {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(w)
	if h.tell == nil {
		h.unheard(w)
		return told{session: h.session}
	}
	return told{h.session, h.tell(w)}
}

// told is something that was said, to a brain.
type told struct{ session, said int64 }

// heard tells whether the brain has heard what was said, and is there.
func (h *Hands) heard(t told) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tell != nil && t.session == h.session && (h.knows == nil || h.knows(t.said))
}

// ask asks the brain something and waits for the answer.
func (h *Hands) ask(w word) deed {
	answer := make(chan deed, 1) // with no brain there is an answer as well: of say
	w.Ask = h.asked.put("", func(d deed) { answer <- d })
	h.say(w)
	return <-answer
}

// do does what the brain wants; it never waits. Deeds are done in the order in
// which they were wanted.
func (h *Hands) do(d deed) {
	switch d.Kind {
	case deedCampaign:
		h.take(d)
	case deedPlace:
		h.place(d)
	case deedSeat:
		h.seat(d)
	case deedPosition:
		if held := h.call(d.Attempt); held != nil {
			held.attempt.standing.Store(int32(d.Position))
		}
	case deedOrder:
		h.order(d)
	case deedWithdraw:
		h.withdraw(d)
	case deedBar:
		h.waitThenAnswer(d.Ask, h.outside.withdraw(listed(d.Numbers), d.Fault.err()))
	case deedHalt:
		h.stops.Store(&d.Stops)
		h.waitThenAnswer(d.Ask, h.outside.withdraw(func(c *outsideCall) bool { return meets(&d.Stops, c.met) }, d.Fault.err())) // not by h.stops: Halt may write it this moment
	case deedAnswer:
		h.asked.answer(d.Ask, d)
	case deedTurnAway:
		if caller := h.arrival(d.Ask); caller != nil {
			caller.Refuse(d.Code, d.Reason)
		}
	case deedKeep:
		h.keep(d.Phone, d.Agent)
	case deedLetGo:
		h.letGo(d.Phone)
	case deedShow:
		h.showAgent(d.Agent, *d.State)
	}
}

// call is a call in the hands, or nil.
func (h *Hands) call(attempt string) *holding {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[attempt]
}

// arrival takes out somebody who calls and has no answer yet.
func (h *Hands) arrival(id int64) Caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.arrivals[id]
	delete(h.arrivals, id)
	return c
}

// arrive notes somebody who calls.
func (h *Hands) arrive(c Caller) (id int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.arrived++
	h.arrivals[h.arrived] = c
	return h.arrived
}

// take takes the settings of a campaign. Those that come from another node have
// their prompts read here.
func (h *Hands) take(d deed) {
	next := version{number: d.Version}
	if d.read != nil {
		next.applied = *d.read
	} else if next.applied, next.err = read(h.settings, h.house, *d.Settings); next.err != nil {
		h.log.Error("what a campaign plays cannot be read here: none of its calls are placed on this node", "campaign", d.Settings.Name, "error", next.err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.campaigns[d.Campaign] = next
}

// place begins a call: one to place, or one that came.
func (h *Hands) place(d deed) {
	p := d.Place
	h.mu.Lock()
	h.placed++
	row, of := p.Row, h.campaigns[d.Campaign]
	row.Place, row.Fence = p.Where, p.Fence
	a := &attempt{
		hands: h, row: &row, campaign: of.campaign, line: newLine(), given: make(chan seat, 4), sounds: of.sounds, voices: of.voices,
		message:  of.messages.choose(p.Contact.Language, of.campaign.Language),
		settings: h.settings, journal: h.store, receptions: h.store, trunk: h.trunk, optOuts: h.store, talked: h.store,
		caller: h.arrivals[p.Arrival], full: p.Full,
		log: h.log.With("campaign", d.Campaign, "contact", p.Contact.ID, "attempt", row.ID),
	}
	delete(h.arrivals, p.Arrival)
	if a.caller == nil && p.Arrival != 0 {
		h.mu.Unlock() // they were told to call again meanwhile
		a.tell(word{Kind: wordUnreceived, Fault: faultOf(errCallerGone), At: time.Now()})
		return
	}
	held, refused := &holding{attempt: a, live: newLive(row, p)}, of.err
	if h.shut() {
		refused = ErrHandsLeave
	}
	h.calls[row.ID] = held
	h.mu.Unlock()
	if refused != nil || of.number != p.Version {
		h.forget(row.ID)
		h.unplaced(a, refused)
		return
	}
	if a.caller != nil {
		in := a.caller.Call()
		a.log.Info("somebody calls us", "sip_call_id", in.CallID, "withheld", in.Number == "")
	}
	h.launch(a, held)
}

// unplaced is a call whose campaign this node cannot play: nothing is begun.
func (h *Hands) unplaced(a *attempt, err error) {
	if err == nil {
		err = fmt.Errorf("node %q does not have the settings of the campaign yet", h.node)
	}
	if a.caller != nil {
		a.caller.Refuse(refuseDown, "Service Unavailable")
		a.tell(word{Kind: wordUnreceived, Fault: faultOf(err), At: time.Now()})
		return
	}
	a.tell(word{Kind: wordRefused, Fault: faultOf(err), At: time.Now()})
}

// seat hands an attempt the agent that it claimed, or nobody.
func (h *Hands) seat(d deed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.calls[d.Attempt]
	if held == nil || int64(d.Seat.Claim) != held.attempt.claims.Load() {
		return // it has given up, and said so
	}
	held.live.seated(*d.Seat)
	select {
	case held.attempt.given <- *d.Seat:
	default: // nobody claims so often
	}
}

// order leaves an agent's order for the conversation.
func (h *Hands) order(d deed) {
	cmd := command{agent: d.Order.Agent, order: d.Order.Order, ask: d.Order.Say}
	if d.Ask != 0 {
		cmd.heard = func(err error) { h.say(word{Kind: wordAnswer, Ask: d.Ask, Fault: faultOf(err)}) }
	}
	held := h.call(d.Attempt)
	if held == nil {
		cmd.answer(ErrNoCall)
		return
	}
	held.attempt.line.put(cmd)
}
