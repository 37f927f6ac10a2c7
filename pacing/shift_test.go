package pacing

import (
	"math"
	"math/rand/v2"
)

// shift is a compact model of a working day, as pacing.md section 1 describes it: the same Floor and Decide that dial
// live, driven by discrete events from a seed. Times are in seconds.
type shift struct {
	agents   int
	hours    float64
	talk     float64                          // mean; log-normal with cv 1
	answer   func(at float64) float64         // share of attempts that a person answers
	ringTime func(r *rand.Rand) float64       // of attempts that a person answers; nil is log-normal 12 s, cv 0.5, cut at 25 s
	fails    func(at float64) (share float64) // instant failures of the trunk
	machine  float64                          // share of the rest that a machine answers after ringing like a person
	events   []planned
	policy   Policy
	learned  Estimates
	tick     float64 // between decisions without an event
	spread   float64 // contacts answer at (1 +/- spread) of the mean, half each, and the policy knows who
	blind    bool    // no, it does not
}

// planned is something that happens to the team at a time.
type planned struct {
	at    float64
	share float64 // of the agents
	kind  Kind    // AgentLeavingAfterCall or AgentGone
	back  float64 // seconds until those who paused return; 0 is never
}

// outcome is what came of a shift.
type outcome struct {
	occupancy           float64 // percent
	answered, abandoned float64
	placed, cancelled   int
	worstHalfHour       float64 // highest abandonment of a half hour, percent
	decisions           int
	coldStarts          int
	estimates           Estimates
}

func always(p float64) func(float64) float64 { return func(float64) float64 { return p } }

type step struct {
	at    float64
	order int
	do    stepKind
	id    int
}

type stepKind uint8

const (
	stepTick stepKind = iota
	stepResolve
	stepGiveUp
	stepTalkEnds
	stepWrapEnds
	stepPlanned
	stepReturn
)

type worker struct {
	state   agentState
	leaving bool
	gone    bool
	back    float64
	since   float64
	epoch   int // of its present activity; steps for an older one are void
	call    int
}

type dialed struct {
	live, machine, over bool
	answeredAt          float64
}

// run is one shift under way.
type run struct {
	shift
	r       *rand.Rand
	now     float64
	end     float64
	floor   *Floor
	heap    []step
	order   int
	team    []worker
	idle    []int // longest first
	calls   map[int]*dialed
	queue   []int
	nextID  int
	out     outcome
	worked  float64
	logged  float64
	seen    float64 // logged time accounted until
	present int
	half    [2]float64
}

func (s shift) run(seed uint64) outcome {
	if s.tick == 0 {
		s.tick = 0.25
	}
	r := &run{shift: s, r: rand.New(rand.NewPCG(seed, 7)), end: s.hours * 3600, floor: NewFloor(s.policy, s.learned), calls: map[int]*dialed{}}
	r.floor.SetLedger(Ledger{Until: at(r.end)})
	r.team = make([]worker, s.agents)
	r.present = s.agents
	for i := range r.team {
		r.free(i)
	}
	for i := range s.events {
		r.plan(s.events[i].at, stepPlanned, i)
	}
	r.plan(0, stepTick, 0)
	for len(r.heap) > 0 {
		r.step()
	}
	r.account(r.end)
	r.out.occupancy = 100 * r.worked / r.logged
	r.out.estimates = r.floor.Estimates(at(r.end))
	return r.out
}

func (r *run) step() {
	s := r.pop()
	r.account(s.at)
	r.now = s.at
	switch s.do {
	case stepTick:
		if r.now+r.tick < r.end {
			r.plan(r.now+r.tick, stepTick, 0)
		}
		if math.Mod(r.now, 1800) < r.tick {
			r.closeHalfHour()
		}
	case stepResolve:
		r.resolve(s.id)
	case stepGiveUp:
		r.giveUp(s.id)
	case stepTalkEnds:
		r.talkEnds(s.id)
	case stepWrapEnds:
		r.wrapEnds(s.id)
	case stepPlanned:
		r.happen(r.events[s.id])
	case stepReturn:
		r.team[s.id].leaving, r.team[s.id].back = false, 0
		r.present++
		r.free(s.id)
	}
	if r.now < r.end {
		r.decide()
	}
}

func (r *run) tell(kind Kind, call, agent int) {
	r.floor.Apply(Event{At: at(r.now), Kind: kind, Call: CallID(call), Agent: AgentID(agent)})
}

func (r *run) decide() {
	d := Decide(r.policy, r.floor.Snapshot(at(r.now)))
	r.out.decisions++
	if d.Why == ReasonColdStart {
		r.out.coldStarts++
	}
	for _, id := range d.Cancel {
		r.calls[int(id)].over = true
		r.out.cancelled++
		r.tell(CallCancelled, int(id), 0)
	}
	for range d.Place {
		r.place()
	}
}

func (r *run) place() {
	r.nextID++
	id := r.nextID
	r.out.placed++
	odds := 1.0
	if r.spread > 0 {
		odds = 1 - r.spread
		if r.r.IntN(2) == 0 {
			odds = 1 + r.spread
		}
	}
	told := odds
	if r.blind {
		told = 0
	}
	r.floor.Apply(Event{At: at(r.now), Kind: CallPlaced, Call: CallID(id), Odds: told})
	c := &dialed{live: r.r.Float64() < odds*r.answer(r.now)}
	r.calls[id] = c
	if r.fails != nil && r.r.Float64() < r.fails(r.now) {
		c.live = false
		r.plan(r.now+0.1+0.8*r.r.Float64(), stepResolve, id)
		return
	}
	r.tell(CallRinging, id, 0)
	after := 25 + 5*r.r.Float64()
	c.machine = !c.live && r.r.Float64() < r.machine
	if c.live || c.machine {
		after = r.rings()
	}
	r.plan(r.now+after, stepResolve, id)
}

func (r *run) rings() float64 {
	if r.ringTime != nil {
		return r.ringTime(r.r)
	}
	for {
		if x := draw(r.r, 12, 0.5); x <= 25 {
			return x
		}
	}
}

func draw(r *rand.Rand, mean, cv float64) float64 {
	s2 := math.Log(1 + cv*cv)
	return mean * math.Exp(math.Sqrt(s2)*r.NormFloat64()-s2/2)
}

func (r *run) resolve(id int) {
	c := r.calls[id]
	switch {
	case c.over:
		delete(r.calls, id)
	case c.live:
		r.out.answered++
		r.half[0]++
		c.answeredAt = r.now
		r.tell(CallAnswered, id, 0)
		if len(r.idle) > 0 {
			r.bridge(id)
			return
		}
		r.queue = append(r.queue, id)
		r.plan(r.now+2, stepGiveUp, id)
	case c.machine:
		r.tell(CallMachine, id, 0)
		r.tell(CallEnded, id, 0)
		delete(r.calls, id)
	default:
		r.tell(CallNoAnswer, id, 0)
		delete(r.calls, id)
	}
}

func (r *run) giveUp(id int) {
	if len(r.queue) == 0 || r.queue[0] != id {
		return // bridged meanwhile
	}
	r.queue = r.queue[1:]
	r.out.abandoned++
	r.half[1]++
	r.tell(CallAbandoned, id, 0)
	r.tell(CallEnded, id, 0)
	delete(r.calls, id)
}

func (r *run) bridge(id int) {
	a := r.idle[0]
	r.idle = r.idle[1:]
	w := &r.team[a]
	w.state, w.since, w.call = agentTalking, r.now, id
	w.epoch++
	r.tell(CallBridged, id, a+1)
	delete(r.calls, id)
	r.plan(r.now+draw(r.r, r.talk, 1), stepTalkEnds, a<<24|w.epoch)
}

func (r *run) worker(id int) (int, *worker) {
	w := &r.team[id>>24]
	if w.epoch != id&(1<<24-1) || w.gone {
		return 0, nil
	}
	return id >> 24, w
}

func (r *run) talkEnds(id int) {
	a, w := r.worker(id)
	if w == nil {
		return
	}
	r.worked += max(0, min(r.now, r.end)-w.since)
	r.tell(CallEnded, w.call, 0)
	if w.leaving {
		r.pause(a)
		return
	}
	w.state, w.since = agentWrapUp, r.now
	r.tell(AgentWrapUp, 0, a+1)
	r.plan(r.now+draw(r.r, 15, 0.5), stepWrapEnds, id)
}

func (r *run) wrapEnds(id int) {
	a, w := r.worker(id)
	if w == nil {
		return
	}
	r.worked += max(0, min(r.now, r.end)-w.since)
	if w.leaving {
		r.pause(a)
		return
	}
	r.free(a)
}

func (r *run) pause(a int) {
	r.team[a].state = agentPaused
	r.present--
	r.tell(AgentPaused, 0, a+1)
	if r.team[a].back > 0 {
		r.plan(r.now+r.team[a].back, stepReturn, a)
	}
}

func (r *run) free(a int) {
	r.team[a].state = agentReady
	r.tell(AgentReady, 0, a+1)
	r.idle = append(r.idle, a)
	if len(r.queue) > 0 {
		id := r.queue[0]
		r.queue = r.queue[1:]
		r.bridge(id)
	}
}

// happen lets a share of the team leave after its present call, or vanish now.
func (r *run) happen(p planned) {
	for a := range int(math.Round(p.share * float64(r.agents))) {
		w := &r.team[a]
		if w.gone || w.state == agentPaused {
			continue
		}
		idle := w.state == agentReady
		if idle {
			for i, id := range r.idle {
				if id == a {
					r.idle = append(r.idle[:i:i], r.idle[i+1:]...)
					break
				}
			}
		}
		switch {
		case p.kind == AgentGone:
			if !idle {
				r.worked += r.now - w.since
				r.tell(CallEnded, w.call, 0)
			}
			w.gone = true
			r.present--
			r.tell(AgentGone, 0, a+1)
		case idle:
			w.back = p.back
			r.tell(AgentLeavingAfterCall, 0, a+1)
			r.pause(a)
		default:
			w.leaving, w.back = true, p.back
			r.tell(AgentLeavingAfterCall, 0, a+1)
		}
	}
}

func (r *run) account(to float64) {
	to = min(to, r.end)
	if to > r.seen {
		r.logged += float64(r.present) * (to - r.seen)
		r.seen = to
	}
}

func (r *run) closeHalfHour() {
	if r.half[0] >= 20 {
		r.out.worstHalfHour = max(r.out.worstHalfHour, 100*r.half[1]/r.half[0])
	}
	r.half = [2]float64{}
}

func (r *run) plan(t float64, do stepKind, id int) {
	r.order++
	r.heap = append(r.heap, step{at: t, order: r.order, do: do, id: id})
	for i := len(r.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !r.heap[i].before(r.heap[parent]) {
			break
		}
		r.heap[i], r.heap[parent] = r.heap[parent], r.heap[i]
		i = parent
	}
}

func (r *run) pop() step {
	first, last := r.heap[0], len(r.heap)-1
	r.heap[0] = r.heap[last]
	r.heap = r.heap[:last]
	for i := 0; ; {
		least := i
		for _, c := range [...]int{2*i + 1, 2*i + 2} {
			if c < last && r.heap[c].before(r.heap[least]) {
				least = c
			}
		}
		if least == i {
			return first
		}
		r.heap[i], r.heap[least] = r.heap[least], r.heap[i]
		i = least
	}
}

func (s step) before(o step) bool {
	if s.at != o.at {
		return s.at < o.at
	}
	return s.order < o.order
}

// averaged runs shifts with seeds 1 to n and returns the mean occupancy, its standard deviation and the pooled abandonment
// in percent, and how many shifts ended over the cap.
func (s shift) averaged(n int) (occupancy, sd, abandonment float64, over int) {
	var sum, squares, answered, abandoned float64
	for seed := range n {
		o := s.run(uint64(seed + 1))
		sum += o.occupancy
		squares += o.occupancy * o.occupancy
		answered += o.answered
		abandoned += o.abandoned
		if o.abandoned > s.policy.Cap*o.answered {
			over++
		}
	}
	mean := sum / float64(n)
	return mean, math.Sqrt(max(0, squares/float64(n)-mean*mean)), 100 * abandoned / max(1, answered), over
}
