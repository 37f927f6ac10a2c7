package dialer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing"
)

// Causes of a withdrawal, as the call log tells them.
var (
	errWithdrawnDNC     = errors.New("withdrawn: the number was put on the do-not-call list")
	errWithdrawnNobody  = errors.New("withdrawn: nobody would be free to take the answer")
	errWithdrawnEnding  = errors.New("withdrawn: the campaign places no more calls")
	errWithdrawnByAgent = errors.New("withdrawn by the agent")
	errWithdrawnBudget  = errors.New("withdrawn: the abandonment budget is spent and no agent is free for the answer")
)

// dial decides, places and withdraws.
func (l *Loop) dial(now time.Time) {
	if !l.open() {
		l.why = closedWhy(l.campaign.Status, l.stopping, len(l.calls))
		l.trim(now)
		return
	}
	policy := l.bindBudget(l.policy)
	policy.Cancel = policy.Cancel || l.shrunk(now)
	var snap pacing.Snapshot
	snap, l.decision = l.floor.Decide(l.clock.virtual(now), policy, l.look(now))
	l.withdrawLost(l.decision.Cancel)
	l.judgeBudget()
	l.shelter(now)
	want := l.decision.Place - len(l.queue) // who waits goes before who may come
	if l.policy.Mode == pacing.Preview {
		want = 0 // agents place these themselves
	}
	if l.why = l.paceWhy(snap); l.policy.Mode == pacing.Preview && l.short {
		l.why = l.emptyWhy()
	}
	if blocked, why := l.blocked(now); blocked {
		want, l.why = 0, why
	}
	l.place(want, now)
}

// shrunk tells whether calls still ring that were placed for agents who have
// gone since (F16, F17): only then are calls withdrawn that would find nobody,
// unless the campaign wants it always. As a habit it burns the list: half of all
// calls of a shift with 100 agents were withdrawn, for a point of occupancy.
func (l *Loop) shrunk(now time.Time) bool {
	ringing := l.settings.real(max(l.campaign.RingTime, campaigns.MinRingTime))
	return l.policy.Mode != pacing.Preview && (len(l.agents) == 0 || now.Sub(l.shrunkAt) < ringing)
}

// place launches up to n calls, as many as there are contacts, lines and, in
// progressive mode, agents to reserve.
func (l *Loop) place(n int, now time.Time) {
	if n <= 0 {
		return
	}
	if l.probing(now) {
		n = 1 // one call finds out whether the store works again
	}
	room, full := l.room()
	for i := range n {
		if i >= room {
			l.why = Why{Cause: CauseTrunk, Text: full}
			return
		}
		var seat *agent
		if l.policy.Mode == pacing.Progressive || l.sparing {
			if seat = l.longestIdleToStay(); seat == nil {
				return
			}
		}
		p, odds, ok := l.take(i, now)
		if !ok {
			l.why = l.emptyWhy()
			return
		}
		if p.ReservedOnly && !l.sparing {
			l.putGuarded(p, odds, seat, now)
			continue
		}
		l.put(p, odds, seat, l.sparing, now)
	}
}

// next takes a contact that any agent may serve.
func (l *Loop) next(now time.Time) (campaigns.Contact, bool) {
	p, ok := l.contacts.Next(now)
	if ok {
		l.fed = now
	}
	return p, ok
}

// put places one call, with an agent reserved for it or nil; one that is kept is
// given to nobody else until the call is over. Odds are those of the contact to
// answer, 0 = not known.
func (l *Loop) put(p campaigns.Contact, odds float64, seat *agent, kept bool, now time.Time) *call {
	l.lastCall++
	row := campaigns.NewAttempt(l.campaign, p, l.nextCallerID(p, now), now)
	c := &call{
		id: l.lastCall, row: row.ID, number: row.Number, shown: row.CallerID, contact: p, odds: odds, state: CallBeginning, placed: now, since: now,
		hands: l.nodeFor(seat),
	}
	if seat != nil {
		row.Agent = seat.info.ID
		c.manual, row.Manual = seat.manual, seat.manual
		c.reserved, row.Reserved = kept, kept
		l.reserve(seat, c, now)
	}
	l.know(c)
	l.zones = row.Zones
	l.floor.Apply(pacing.Event{At: l.clock.virtual(now), Kind: pacing.CallPlaced, Call: c.id, Odds: odds})
	l.ledger(c.hands).beginning(now)
	l.launch(c, placing{Row: *row, Contact: p})
	return c
}

// launch gives a call to its hands.
func (l *Loop) launch(c *call, p placing) {
	p.Where, p.Fence, p.Version, c.session = p.Row.Place, l.fence, l.version, c.hands.inSession()
	c.hands.place(deed{Kind: deedPlace, Campaign: l.id, Attempt: c.row, Place: &p})
}

// nextCallerID is the number to show to a contact: one of the campaign's, else
// the trunks' own. It is settled here, so that the ledger holds what the person
// sees.
func (l *Loop) nextCallerID(p campaigns.Contact, now time.Time) string {
	phone, _ := p.Dial()
	if id := l.engine.settings.Callers.Pick(l.campaign, phone, now); id != "" {
		return id
	}
	return l.trunk.CallerID(l.campaign.Trunks)
}

// withdrawLost takes back the calls that pacing expects to find nobody free,
// but none that has its own agent.
func (l *Loop) withdrawLost(ids []pacing.CallID) {
	for _, id := range ids {
		if c := l.calls[id]; c != nil && c.inAir() && c.agent == nil {
			c.withdraw(errWithdrawnNobody)
		}
	}
}

// trim withdraws the calls that the free agents could not take all at once: a
// campaign must not end with persons answering to nobody. What rings already
// rings for its least time before it is given up (16 CFR 310.4(b)(4)(ii), F16);
// who answers meanwhile gets an agent or the message.
func (l *Loop) trim(now time.Time) {
	var open []*call
	for _, c := range l.calls {
		if c.inAir() && c.agent == nil {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b *call) int { return a.placed.Compare(b.placed) })
	free := 0
	for _, a := range l.agents {
		if a.free() {
			free++
		}
	}
	least := l.settings.real(campaigns.MinRingTime)
	for _, c := range open[min(free, len(open)):] {
		if c.state != CallRinging || now.Sub(c.since) >= least {
			c.withdraw(errWithdrawnEnding)
		}
	}
}

// begun hears that the row of a call is on disk; of one that we do not have, c is nil.
func (l *Loop) begun(from *crew, c *call, at time.Time) {
	l.ledger(from).wrote(at)
	l.totals.Placed++
	l.rate.add(at)
	if c != nil {
		c.become(CallDialing, at)
	}
}

// unheardStopRest is how long nothing is placed after the store has refused a call for
// a kill switch that this brain has not heard of: news come within a second, and each
// try would keep one more contact waiting in vain.
const unheardStopRest = 2 * time.Second

// refused hears that a rule, or the store, did not let a call begin. The agent
// who was reserved keeps the place in the queue.
func (l *Loop) refused(c *call, w word) {
	at, err, store := w.At, w.Fault.err(), l.ledger(c.hands)
	l.apply(pacing.CallCancelled, c.id, 0, at)
	l.forget(c)
	note := "the call could not be begun: the store is failing"
	switch {
	case w.Refused != "":
		store.wrote(at)
		if w.Refused == rules.Stopped && !l.halts(c) {
			l.unheardStop = at.Add(unheardStopRest)
		}
		l.totals.Refused[w.Refused]++
		note = w.Fault.Text
	case errors.Is(err, campaigns.ErrNotLeased):
		store.wrote(at)
		note = "the contact is not on the list any more"
	case errors.Is(err, ErrHandsLeave):
		store.passed()
		note = "the call could not be begun: its node stops"
		if !c.manual {
			l.contacts.Return(c.contact, time.Time{})
		}
	default:
		l.log.Error("attempt could not be begun", "attempt", c.row, "error", err)
		store.failed(at, err, errors.Is(err, campaigns.ErrClock))
		if !c.manual {
			l.contacts.Return(c.contact, time.Time{})
		}
	}
	if a := c.agent; a != nil {
		a.call, a.notice = nil, note
		l.carryOn(a, at)
	}
}

// closedWhy says why a campaign that may not dial does not.
func closedWhy(status campaigns.Status, stopping bool, calls int) Why {
	switch {
	case stopping:
		return Why{Cause: CauseStopping, Text: "the service is stopping: no new calls, conversations end by themselves"}
	case status == campaigns.Paused:
		return Why{Cause: CausePaused, Text: "the campaign is paused"}
	case status == campaigns.Draining:
		return Why{Cause: CauseDraining, Text: fmt.Sprintf("the campaign is draining: %d calls to end", calls)}
	default:
		return Why{Cause: CauseStopped, Text: "the campaign is " + string(status)}
	}
}

// blocked tells whether nothing at all may be placed now, and why.
func (l *Loop) blocked(now time.Time) (bool, Why) {
	if why, jumped := l.jumped.clock(now); jumped {
		return true, why
	}
	if now.Before(l.unheardStop) {
		return true, Why{Cause: CauseKillSwitch, Text: "somebody stopped such calls this moment", Until: l.unheardStop}
	}
	if why, bars := l.storeBars(now); bars {
		return true, why
	}
	if why := l.halted(); why != "" {
		return true, Why{Cause: CauseKillSwitch, Text: why}
	}
	if why := l.engine.settings.Callers.Why(l.campaign, now); why != "" {
		return true, Why{Cause: CauseCallerIDs, Text: why}
	}
	if len(l.agents) == 0 {
		return true, Why{Cause: CauseNoAgents, Text: "no agent is signed in for this campaign"}
	}
	return false, Why{}
}

// paceWhy says what bounds a campaign that may dial.
func (l *Loop) paceWhy(snap pacing.Snapshot) Why {
	why := Why{Cause: CausePacing, Text: l.decision.Why.String()}
	if l.sparing && l.policy.Mode == pacing.Predictive && snap.Agents > 0 {
		return Why{Cause: CauseBudgetSpent, Text: l.spentText()}
	}
	switch l.decision.Why {
	case pacing.ReasonNoAgents:
		return Why{Cause: CauseNoneReady, Text: fmt.Sprintf("none of %d signed-in agents takes calls: they are paused", len(l.agents))}
	case pacing.ReasonNoFreeAgent:
		return Why{Cause: CauseNoneReady, Text: fmt.Sprintf("all %d agents are busy, and one call goes to one agent", snap.Agents)}
	case pacing.ReasonBudgetSpent:
		return Why{Cause: CauseBudgetSpent, Text: l.spentText()}
	case pacing.ReasonLines:
		why.Cause = CauseLines
	}
	return why
}

// emptyWhy says why there is no contact to dial.
func (l *Loop) emptyWhy() Why {
	s := l.supply()
	why := Why{Cause: CauseListEmpty, Text: s.Why(), Until: s.Depth.NextDue}
	switch {
	case s.Failing != "":
		why.Cause = CauseStoreFailing
	case !s.Asked:
		why.Cause = CauseStarting
	case s.KeptOut():
		why.Cause = CauseRules
	case s.Aside+s.Closed > 0:
		why.Cause, why.Until = CauseWindowClosed, s.Opens
		if !s.Opens.IsZero() {
			why.Text += ", it opens at " + s.Opens.UTC().Format(time.RFC3339)
		}
	case len(l.parked) > 0:
		why.Text += fmt.Sprintf("; callbacks of %d agents wait for them", len(l.parked))
	}
	return why
}
