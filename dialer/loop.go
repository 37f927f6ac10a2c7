package dialer

import (
	"context"
	"log/slog"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// Loop runs one campaign: it decides how many calls to place, gives answered
// persons to agents, and knows at any time why it does not dial. Its goroutine
// alone owns the floor, the agents it was lent and the calls in the air; it
// touches memory only.
//
//	running --pause, drain, stop, soft stop--> winding down --all calls over--> Run returns
//	   ^                                           |
//	   +------------------- start -----------------+
type Loop struct {
	id       int64
	settings Settings
	clock    clock
	engine   *Engine
	trunk    Trunk // for its caller ID
	contacts Contacts
	supply   func() campaigns.HopperState
	show     *showcase
	hub      *hub
	log      *slog.Logger
	mail     *mailbox

	// What follows is owned by the goroutine of Run.

	campaign campaigns.Campaign
	fence    int64 // under which we own the campaign; 0 = nobody else could
	policy   pacing.Policy
	messages messages
	warning  string
	stopping bool // the whole service stops

	floor    *tape.Recorder
	agents   map[int64]*agent
	calls    map[pacing.CallID]*call
	rows     map[string]*call        // the same by attempt
	crews    []*crew                 // where calls may be placed
	loads    map[*crew]load          // of the crews, since room was asked
	version  int64                   // of the campaign's settings
	read     applied                 // and what was read for them
	waiting  []*call                 // persons without an agent, longest first
	queue    []*call                 // callers without an agent, longest first
	callers  []arrival               // for whom the loop was opened
	adopted  []adoption              // with which it was opened
	settles  time.Time               // until then agents of other nodes may still be heard of
	closing  bool                    // it takes nobody in any more
	orphans  map[pacing.CallID]int64 // calls whose agent lost the phone -> that agent
	parked   map[int64][]campaigns.Contact
	lastCall pacing.CallID

	shrunkAt time.Time // when there was one agent less
	account  account
	stores   map[*crew]*storeWatch // as each node has the store
	jumped   storeWatch            // of our own clock
	// unheardStop is until when nothing is placed, for a kill switch of which only the
	// store has told.
	unheardStop time.Time
	wall        clockWatch
	began       time.Time
	decision    pacing.Decision
	sparing     bool      // nobody may be abandoned any more: each call has an agent kept for it
	window      []float64 // odds of the contacts that could be placed, as decision knew them
	why         Why
	fed         time.Time // when there was a contact to dial last
	short       bool      // a preview found no contact to show
	zones       []string  // of the contact dialed last
	offered     appetite  // what the engine was told last

	totals Totals
	rate   perMinute
	last   []EndedCall // newest first
	saves  chan<- pacing.Estimates
	tapes  chan<- minute

	budgetAsks chan<- struct{}
	budgetAt   time.Time // when the store was asked last

	tapeFrom  time.Time // when the present tape began
	tapesLost int

	unrecorded    int    // calls that should have been recorded
	recordWarning string // and what to do

	savedAt, plannedAt, publishedAt time.Time
	publishedWhy, loggedWhy         Cause
	whySince                        time.Time
}

// keepLast is how many ended calls a campaign shows.
const keepLast = 50

// tell leaves work for the loop's goroutine; false when it has ended.
func (l *Loop) tell(do func()) bool { return l.mail.put(do) }

// Run dials until the campaign is not running any more, or soft is done, and
// all its calls are over and written. When hard is done, the hands end the calls.
func (l *Loop) Run(soft, hard context.Context) {
	beat := time.NewTicker(max(leastTick, l.settings.real(tick)))
	defer beat.Stop()
	l.began = time.Now()
	l.savedAt, l.tapeFrom = l.began, l.began
	stop := soft.Done()
	for _, hands := range l.crews {
		l.brief(hands)
	}
	for _, a := range l.adopted {
		l.adopt(a)
	}
	for _, c := range l.callers {
		l.receive(c, l.began)
	}
	for !l.finished(hard) {
		select {
		case <-l.mail.wake:
		case <-beat.C:
		case <-stop:
			stop, l.stopping = nil, true
		}
		for _, do := range l.mail.take() {
			do()
		}
		l.settle(time.Now())
	}
	l.shut(time.Now())
}

// shut closes the loop's ears, hears what was said last, and leaves: an agent
// who was lent in the last moment goes back as well.
func (l *Loop) shut(now time.Time) {
	l.closing = true
	for _, do := range l.mail.close() {
		do()
	}
	l.leave(now)
}

// settle brings everything in line with what was heard: after it, nobody waits
// who could be served, and as many calls are placed as may be.
func (l *Loop) settle(now time.Time) {
	l.watchClock(now)
	if l.account.turn(now) {
		l.setLedger(now, time.Time{})
	}
	l.expireWrapUps(now)
	l.keepTimes(now)
	l.match(now)
	l.serveQueue(now)
	l.spare()
	l.serveParked(now)
	l.serveCards(now)
	l.countDown(now)
	l.dial(now)
	l.report(now)
}

// open tells whether the campaign may place calls as far as its status goes.
func (l *Loop) open() bool { return l.campaign.Status == campaigns.Running && !l.stopping }

// finished tells whether there is nothing left to do: the campaign is closed,
// no call lives and nobody is in wrap-up.
func (l *Loop) finished(hard context.Context) bool {
	if l.open() || len(l.calls) > 0 {
		return false
	}
	if hard.Err() != nil {
		return true
	}
	for _, a := range l.agents {
		if a.engaged() || a.state == StateWrapUp {
			return false
		}
	}
	return true
}

// leave is the end of a loop: agents and contacts go back where they came from.
func (l *Loop) leave(now time.Time) {
	for _, a := range l.agents {
		l.takeCard(a)
		if a.state == StateWrapUp {
			a.call = nil
			a.become(StatePaused, now)
		}
		if a.state == StatePreview {
			a.become(StateReady, now)
		}
		l.handBack(a)
	}
	for _, parked := range l.parked {
		for _, p := range parked {
			l.contacts.Return(p, time.Time{})
		}
	}
	clear(l.parked)
	l.why = closedWhy(l.campaign.Status, l.stopping, len(l.calls))
	l.publish(now, false)
}

func (l *Loop) watchClock(now time.Time) {
	rest, jump := l.wall.look(now, now.Sub(l.began))
	if jump != 0 {
		l.log.Error("the wall clock was set; dialing rests", "by", jump, "rest", rest)
	}
	l.jumped.clockRest = later(l.jumped.clockRest, now.Add(rest)) // the store watches the clock as well
}

// set takes changed settings and status.
func (l *Loop) set(next applied) {
	c, m := next.campaign, next.messages
	l.campaign, l.messages, l.warning, l.read = c, m, next.warning, next
	l.version++
	for _, hands := range l.crews {
		l.brief(hands)
	}
	l.policy = policyOf(c, m)
	l.account.under(c.OwnLimit())
	for _, a := range l.agents {
		a.under(l.policy.Ceiling, time.Now())
	}
	l.rate.speed = l.settings.Speed
	l.hub.tell(Notice{Kind: NoticeCampaign, At: time.Now(), Campaign: l.id})
}

// brief tells hands the campaign as calls are placed for it from now on.
func (l *Loop) brief(hands *crew) {
	next := l.read
	hands.do(deed{Kind: deedCampaign, Campaign: l.id, Version: l.version, Settings: &next.campaign, read: &next})
}

// policyOf is the pacing policy of a campaign. Without a message for persons
// whom nobody can take, nobody is dialed ahead: the law wants it played.
func policyOf(c campaigns.Campaign, m messages) pacing.Policy {
	mode, err := pacing.ParseMode(string(c.Mode))
	if err != nil {
		mode = pacing.Progressive
	}
	if mode == pacing.Predictive && !m.forAll(c) {
		mode = pacing.Progressive
	}
	return pacing.Policy{
		Mode: mode, Cap: c.Cap, Target: c.Target, Hold: c.Hold, MinRing: campaigns.MinRingTime,
		MaxLines: c.MaxLines, Ceiling: c.Ceiling, Cancel: c.Cancel && mode == pacing.Predictive,
	}
}

// setLedger tells pacing the account of the legal period, and until when it
// will still be dialed.
func (l *Loop) setLedger(now, until time.Time) {
	l.floor.SetLedger(l.clock.virtual(now), l.account.ledger(l.clock.virtual(until)))
}

// apply tells pacing a fact.
func (l *Loop) apply(kind pacing.Kind, call pacing.CallID, agent int64, at time.Time) {
	if c := l.calls[call]; c != nil && c.adopted {
		if kind != pacing.CallBridged {
			return
		}
		kind, call = pacing.AgentTalking, 0
	}
	l.floor.Apply(pacing.Event{At: l.clock.virtual(at), Kind: kind, Call: call, Agent: pacing.AgentID(agent)})
}
