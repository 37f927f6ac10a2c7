package sim

import (
	"context"
	"time"

	"github.com/forecall/forecall/pacing"
)

// world is one shift under way: what happens, whoever decides. Time is counted from the start of the shift.
type world struct {
	Scenario
	pacer Pacer
	entry Entry
	tick  time.Duration
	start time.Time
	seed  uint64

	now    time.Duration
	agenda agenda
	people *people
	hopper hopper
	team   []agent
	idle   []int // numbers of ready agents, the longest idle first
	calls  []call
	spare  []int // slots of calls that are over
	queue  []int // slots of people waiting, the longest first
	placed uint64
	most   int // lines

	share      float64 // of attempts answered by a person, now
	shareUntil time.Duration
	token      time.Duration // when the next call may be placed, by calls per second
	tally      tally
}

// startOfShift is the instant that every simulated shift begins at; pacing sees no other clock.
var startOfShift = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

func newWorld(s Scenario, e Entry, p Pacer, seed uint64, tick time.Duration) *world {
	w := &world{Scenario: s, entry: e, pacer: p, tick: tick, start: startOfShift, seed: seed, people: newPeople(seed, s.Odds.Spread)}
	w.share, w.shareUntil = s.Answer.At(0)
	w.hopper = hopper{people: w.people}
	switch {
	case e.Outcomes:
		w.hopper.tell = w.outcome
	case s.Odds.Known:
		w.hopper.tell = func(c contact) float64 { return c.odds }
	}
	w.team = make([]agent, s.Agents)
	if w.most = s.Lines; w.most == 0 {
		w.most = linesPerAgent * s.Agents
	}
	w.tally.init(s.Shift)
	for i, b := range s.Breaks {
		w.agenda.plan(step{at: b.At, kind: stepBreak, who: i})
	}
	for i, v := range s.Vanish {
		w.agenda.plan(step{at: v.At, kind: stepVanish, who: i})
	}
	return w
}

// linesPerAgent bounds a scenario without a limit of lines: where nobody ever answers, a policy that dials ahead would
// dial for ever.
const linesPerAgent = 200

// hopeless are the odds told of a contact who will not answer; 0 would mean that nothing is known.
const hopeless = 1e-9

// outcome are the odds of a contact whose answer is known.
func (w *world) outcome(c contact) float64 {
	if c.live(w.share) {
		return 1 / w.share
	}
	return hopeless
}

// run plays the shift to its end.
func (w *world) run(ctx context.Context) (Shift, error) {
	w.begin()
	ask := w.decide()
	for n := 1; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return Shift{}, ctx.Err()
		}
		at, planned := w.agenda.next()
		if !planned || at > ask {
			at, planned = ask, false
		}
		if at >= w.Shift {
			break
		}
		w.advance(at)
		if planned && !w.happen(w.agenda.pop()) {
			continue
		}
		ask = w.decide()
	}
	return w.finish(), nil
}

func (w *world) begin() {
	w.tally.present = len(w.team)
	for i := range w.team {
		w.ready(i)
	}
}

// advance moves the clock.
func (w *world) advance(to time.Duration) {
	w.tally.pass(to - w.now)
	w.now = to
	if w.now >= w.shareUntil {
		w.share, w.shareUntil = w.Answer.At(w.now)
		w.hopper.retell()
	}
}

// happen lets a step happen; false when it has become void.
func (w *world) happen(s step) bool {
	switch s.kind {
	case stepResolves:
		return w.resolve(s.who, s.epoch)
	case stepGivesUp:
		return w.giveUp(s.who, s.epoch)
	case stepTalkEnds:
		return w.talkEnds(s.who, s.epoch)
	case stepWrapEnds:
		return w.wrapEnds(s.who, s.epoch)
	case stepBreak:
		w.breakBegins(s.who)
	case stepVanish:
		w.vanish(s.who)
	case stepReturns:
		w.tally.present++
		w.ready(s.who)
	}
	return true
}

// decide asks the policy and does what it says, within lines and calls per second, and returns when to ask again.
func (w *world) decide() time.Duration {
	w.tally.decisions++
	o := w.pacer.Decide(w.instant(w.now), w.hopper.look())
	for _, id := range o.Cancel {
		w.cancel(id)
	}
	again := w.now + w.tick
	if o.Again > 0 {
		again = min(again, w.now+o.Again)
	}
	n, bounded := w.allowed(o.Place)
	w.hopper.take(n, o.Picks, w.place)
	if bounded {
		again = min(again, max(w.token, w.now+time.Millisecond))
	}
	return again
}

// allowed is how many of n calls the trunk takes now, and whether calls per second are what kept it from more.
func (w *world) allowed(n int) (int, bool) {
	n = min(n, w.most-w.tally.lines)
	if n <= 0 || w.CPS == 0 {
		return max(0, n), false
	}
	if w.now < w.token {
		return 0, true
	}
	w.token = w.now + time.Duration(float64(time.Second)/w.CPS)
	return 1, n > 1
}

func (w *world) instant(t time.Duration) time.Time { return w.start.Add(t) }

func (w *world) tell(k pacing.Kind, call pacing.CallID, agent int) {
	w.pacer.Apply(pacing.Event{At: w.instant(w.now), Kind: k, Call: call, Agent: pacing.AgentID(agent)})
}

// finish closes the books at the end of the shift: who is in a conversation has worked until now, who waits is cut off.
func (w *world) finish() Shift {
	w.advance(w.Shift)
	for i := range w.team {
		w.work(i)
	}
	w.tally.cut += len(w.queue)
	return w.tally.shift()
}
