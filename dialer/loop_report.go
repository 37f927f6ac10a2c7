package dialer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// appetite is what the engine needs to know of a loop to lend it agents.
type appetite struct {
	canDial bool
	wants   string // agents whose callbacks are due, as a key to compare
}

// starved is how long a hopper must have been empty before agents are lent
// elsewhere: one contact more or less must not send a team to and fro.
const starved = 2 * time.Second

// planEvery is how often pacing is told how long this shift still lasts.
const planEvery = 10 * time.Second

// report publishes what others may read, each tick, and tells the engine when
// the loop's appetite changed.
func (l *Loop) report(now time.Time) {
	if now.Sub(l.publishedAt) < l.settings.real(tick)-time.Millisecond {
		return
	}
	for _, p := range l.contacts.Personal() {
		l.parked[p.Agent] = append(l.parked[p.Agent], p)
	}
	l.freeParked(now)
	l.publish(now, true)
	l.feel(now)
	l.askBudget(now)
	if now.Sub(l.plannedAt) >= l.settings.real(planEvery) {
		l.plannedAt = now
		l.plan(now)
	}
	if now.Sub(l.savedAt) >= saveEvery {
		l.savedAt = now
		select {
		case l.saves <- l.floor.Estimates(now):
		default: // the last one is still being written
		}
	}
	if now.Sub(l.tapeFrom) >= tapeEvery {
		l.changeTape(now)
	}
}

func (l *Loop) publish(now time.Time, active bool) {
	l.publishedAt = now
	if l.why.Cause != l.publishedWhy {
		l.publishedWhy, l.whySince = l.why.Cause, now
		l.hub.tell(Notice{Kind: NoticeCampaign, At: now, Campaign: l.id, Why: ptr(l.why)})
	}
	l.logWhy(now, active)
	l.show.putCampaign(l.view(now, active))
}

// whySteady is how long a cause must have held to be worth a line in the log.
const whySteady = 2 * time.Second

// logWhy writes down what bounds dialing when that has changed: one line, and
// none for what passes in a moment, unless it is the last word.
func (l *Loop) logWhy(now time.Time, active bool) {
	if l.why.Cause == l.loggedWhy || (active && now.Sub(l.whySince) < whySteady) {
		return
	}
	l.loggedWhy = l.why.Cause
	l.log.Info("what bounds dialing", "cause", l.why.Cause, "why", l.why.Text)
}

func (l *Loop) view(now time.Time, active bool) CampaignView {
	c := l.campaign
	v := CampaignView{
		ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode, Priority: c.Priority, Cap: c.Cap, Active: active,
		Why: l.why, Warning: strings.TrimSpace(l.warning + " " + l.recordWarning), Totals: l.totals.clone(), Period: l.account.period(), Budgets: l.account.budgets(),
		Unwritten: l.unwrittenAll(), TapesLost: l.tapesLost, PerMinute: l.rate.value(now), Agents: make(map[State]int),
		Hopper: l.supply(), Decision: l.decision, Last: slices.Clone(l.last),
	}
	v.Decision.Cancel, v.Decision.Picks = nil, nil // they belong to the floor
	for _, p := range l.parked {
		v.Parked += len(p)
	}
	for _, a := range l.agents {
		v.Agents[a.state]++
	}
	v.Calls = make([]CallView, 0, len(l.calls))
	for _, call := range l.calls {
		v.Calls = append(v.Calls, call.view(l.id))
		v.countCall(call)
	}
	slices.SortFunc(v.Calls, func(a, b CallView) int { return a.Placed.Compare(b.Placed) })
	return v
}

func (v *CampaignView) countCall(c *call) {
	if c.inAir() {
		v.InAir++
	}
	switch c.state {
	case CallQueued, CallArriving:
		v.Queued++
	case CallRinging:
		v.Ringing++
	case CallWaiting, CallConnecting:
		if c.inbound {
			v.Queued++
		} else {
			v.Waiting++
		}
	case CallTalking:
		v.Talking++
	case CallMessage:
		v.Messages++
	}
}

func (t Totals) clone() Totals {
	t.Outcomes, t.Refused = maps.Clone(t.Outcomes), maps.Clone(t.Refused)
	return t
}

// feel tells the engine whether agents are of use here.
func (l *Loop) feel(now time.Time) {
	if l.supply().Callable > 0 {
		l.fed = now
	}
	blocked, why := l.blocked(now)
	able := l.open() && (!blocked || why.Cause == CauseNoAgents) && (len(l.calls) > 0 || !l.roomless())
	wanted := l.wanted(now)
	a := appetite{canDial: able && now.Sub(l.fed) < l.settings.real(starved)}
	if !able {
		wanted = nil
	}
	wanted = append(wanted, l.callIn()...)
	a.wants = fmt.Sprint(wanted)
	if a != l.offered {
		l.offered = a
		l.engine.tell(func() { l.engine.hungry(l, a.canDial, wanted) })
	}
}

// wanted lists the agents whose callbacks are due here.
func (l *Loop) wanted(now time.Time) []int64 {
	var ids []int64
	for id, parked := range l.parked {
		if slices.ContainsFunc(parked, func(p campaigns.Contact) bool { return l.windowOpen(p, now) }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// plan tells pacing how long this period will still be dialed today: until the
// windows of the contacts close, the last agent goes home, or the list is
// through at the present pace.
func (l *Loop) plan(now time.Time) {
	until := l.lastOpenMinute(now)
	d := l.supply().Depth
	if rate := l.rate.value(now); rate > 0 && d.Total > 0 {
		left := time.Duration(float64(d.Total-d.Done) / rate * float64(time.Minute))
		if through := now.Add(l.settings.real(left)); through.Before(until) {
			until = through
		}
	}
	if home := l.lastGoesHome(); !home.IsZero() && home.Before(until) {
		until = home
	}
	if ends := l.account.ends(); !ends.IsZero() && until.After(ends) {
		until = ends
	}
	l.setLedger(now, until)
}

// lastGoesHome is the planned end of the team's day, if every agent has one.
func (l *Loop) lastGoesHome() (last time.Time) {
	for _, a := range l.agents {
		home := a.plan.goesHome()
		if home.IsZero() {
			return time.Time{}
		}
		last = later(last, home)
	}
	return last
}

// lastOpenMinute is when the window closes for the contact dialed last.
func (l *Loop) lastOpenMinute(now time.Time) time.Time {
	if len(l.zones) == 0 {
		return now
	}
	at := now
	for at.Sub(now) < 24*time.Hour && rules.OpenAt(l.campaign.Windows, l.zones, at, 0) {
		at = at.Add(5 * time.Minute)
	}
	return at
}
