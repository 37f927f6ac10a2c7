package tape

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"github.com/forecall/forecall/pacing"
)

// shift is a made-up shift that a Recorder records: agents, callees, and a
// decision after every event and every 250 ms.
type shift struct {
	rng    *rand.Rand
	now    time.Time
	queue  todo
	seq    int
	rec    *Recorder
	policy pacing.Policy
	odds   bool
	free   []pacing.AgentID
	call   pacing.CallID
	tapes  [][]byte
	looks  int
	placed int
	wraps  map[pacing.AgentID]int
}

type task struct {
	at  time.Time
	seq int
	do  func()
}

type todo []task

func (q todo) Len() int { return len(q) }
func (q todo) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].seq < q[j].seq
	}
	return q[i].at.Before(q[j].at)
}
func (q todo) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *todo) Push(x any)   { *q = append(*q, x.(task)) }
func (q *todo) Pop() any {
	old := *q
	t := old[len(old)-1]
	*q = old[:len(old)-1]
	return t
}

var shiftStart = time.Date(2026, 11, 22, 9, 0, 0, 123456789, time.UTC)

// recordShift plays a shift and returns it with its tapes, one a minute.
func recordShift(seed uint64, agents int, length time.Duration, policy pacing.Policy, odds bool) *shift {
	s := &shift{rng: rand.New(rand.NewPCG(seed, 3)), now: shiftStart, policy: policy, odds: odds, wraps: make(map[pacing.AgentID]int)}
	s.rec = NewRecorder(s.now, policy, pacing.Estimates{}, pacing.Ledger{Answered: 120, Abandoned: 2, Until: s.now.Add(length)}, false)
	for id := range agents {
		s.free = append(s.free, pacing.AgentID(id+1))
		s.tell(pacing.Event{Kind: pacing.AgentReady, Agent: pacing.AgentID(id + 1)})
	}
	s.every(250*time.Millisecond, func() {})
	s.every(time.Minute, s.take)
	s.every(7*time.Minute, func() { // the manager turns a screw
		s.policy.Cancel = !s.policy.Cancel
	})
	s.every(10*time.Second, func() { s.rec.SetLedger(s.now, s.rec.Ledger()) })
	for end := s.now.Add(length); len(s.queue) > 0; {
		t := heap.Pop(&s.queue).(task)
		if t.at.After(end) {
			break
		}
		s.now = t.at
		t.do()
		s.decide()
	}
	s.take()
	return s
}

func (s *shift) after(d time.Duration, do func()) {
	s.seq++
	heap.Push(&s.queue, task{at: s.now.Add(d), seq: s.seq, do: do})
}

func (s *shift) every(d time.Duration, do func()) {
	s.after(d, func() { do(); s.every(d, do) })
}

func (s *shift) tell(e pacing.Event) {
	e.At = s.now
	s.rec.Apply(e)
}

func (s *shift) take() {
	if _, t := s.rec.Take(s.now); t != nil {
		s.tapes = append(s.tapes, t)
	}
}

func (s *shift) exp(mean float64) time.Duration {
	return time.Duration(s.rng.ExpFloat64() * mean * float64(time.Second))
}

func (s *shift) decide() {
	var window []float64
	if s.odds {
		for range 20 {
			window = append(window, float64(s.rng.IntN(30))/16)
		}
	}
	_, d := s.rec.Decide(s.now, s.policy, window)
	s.looks++
	for i := range d.Place {
		odds := 0.0
		if len(d.Picks) > i {
			odds = window[d.Picks[i]]
		}
		s.place(odds)
	}
	for _, id := range append([]pacing.CallID(nil), d.Cancel...) {
		s.tell(pacing.Event{Kind: pacing.CallCancelled, Call: id})
	}
}

func (s *shift) place(odds float64) {
	s.call++
	s.placed++
	id := s.call
	s.tell(pacing.Event{Kind: pacing.CallPlaced, Call: id, Odds: odds})
	s.after(s.exp(1), func() { s.tell(pacing.Event{Kind: pacing.CallRinging, Call: id}) })
	if s.rng.Float64() > 0.3 {
		s.after(20*time.Second, func() { s.tell(pacing.Event{Kind: pacing.CallNoAnswer, Call: id}) })
		return
	}
	s.after(time.Second+s.exp(8), func() { s.answered(id) })
}

func (s *shift) answered(id pacing.CallID) {
	s.tell(pacing.Event{Kind: pacing.CallAnswered, Call: id})
	if len(s.free) == 0 {
		s.after(2*time.Second, func() {
			s.tell(pacing.Event{Kind: pacing.CallAbandoned, Call: id})
			s.tell(pacing.Event{Kind: pacing.CallEnded, Call: id})
		})
		return
	}
	a := s.free[0]
	s.free = s.free[1:]
	s.tell(pacing.Event{Kind: pacing.CallBridged, Call: id, Agent: a})
	talk := s.exp(60)
	s.after(talk/2, func() { s.tell(pacing.Event{Kind: pacing.AgentStep, Agent: a, Step: 77}) })
	s.after(talk, func() {
		s.tell(pacing.Event{Kind: pacing.CallEnded, Call: id})
		s.tell(pacing.Event{Kind: pacing.AgentWrapUp, Agent: a})
		s.after(s.exp(10), func() { s.back(a) })
	})
}

// back makes an agent ready, after a rest once in a while.
func (s *shift) back(a pacing.AgentID) {
	if s.wraps[a]++; s.wraps[a]%5 == 0 {
		s.tell(pacing.Event{Kind: pacing.AgentResting, Agent: a, Until: s.now.Add(5 * time.Second)})
		s.tell(pacing.Event{Kind: pacing.AgentLeavesAt, Agent: a, Until: s.now.Add(20 * time.Minute)})
		s.after(5*time.Second, func() { s.ready(a) })
		return
	}
	s.ready(a)
}

func (s *shift) ready(a pacing.AgentID) {
	s.tell(pacing.Event{Kind: pacing.AgentReady, Agent: a})
	s.free = append(s.free, a)
}
