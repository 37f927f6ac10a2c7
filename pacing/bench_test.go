package pacing

import (
	"math/rand/v2"
	"testing"
)

// busyFloor returns a floor in full swing: agents of whom a few are free, attempts in the air of every age.
func busyFloor(agents, attempts int) (*Floor, Policy) {
	policy := Policy{Mode: Predictive, Cap: 0.03}
	f := NewFloor(policy, Estimates{})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range agents {
		f.Apply(Event{At: at(0), Kind: AgentReady, Agent: AgentID(i + 1)})
	}
	id := CallID(0)
	for i := range 400 {
		id++
		f.Apply(Event{At: at(float64(i)), Kind: CallPlaced, Call: id})
		if kind := CallNoAnswer; i%4 == 0 {
			f.Apply(Event{At: at(float64(i) + 12), Kind: CallAnswered, Call: id})
			f.Apply(Event{At: at(float64(i) + 12), Kind: CallEnded, Call: id})
		} else {
			f.Apply(Event{At: at(float64(i) + 27), Kind: kind, Call: id})
		}
	}
	for i := range agents {
		if i%20 != 0 {
			f.Apply(Event{At: at(430 + 60*r.Float64()), Kind: AgentTalking, Agent: AgentID(i + 1)})
		}
		if i%5 == 1 {
			f.Apply(Event{At: at(491 + 9*r.Float64()), Kind: AgentWrapUp, Agent: AgentID(i + 1)})
		}
	}
	for range attempts {
		id++
		f.Apply(Event{At: at(475 + 25*r.Float64()), Kind: CallPlaced, Call: id})
	}
	return f, policy
}

func benchmarkDecide(b *testing.B, agents, attempts int) {
	f, policy := busyFloor(agents, attempts)
	f.SetLedger(Ledger{Answered: 1000, Abandoned: 20})
	snap := f.Snapshot(at(500))
	b.ReportAllocs()
	for b.Loop() {
		Decide(policy, snap)
	}
}

func BenchmarkDecideWith20AgentsAnd60InTheAir(b *testing.B) { benchmarkDecide(b, 20, 60) }

func BenchmarkDecideWith60AgentsAnd180InTheAir(b *testing.B) { benchmarkDecide(b, 60, 180) }

func BenchmarkDecideWith1000AgentsAnd3000InTheAir(b *testing.B) { benchmarkDecide(b, 1000, 3000) }

func BenchmarkSnapshotWith20AgentsAnd60InTheAir(b *testing.B) { benchmarkSnapshot(b, 20, 60) }

func BenchmarkSnapshotWith1000AgentsAnd3000InTheAir(b *testing.B) { benchmarkSnapshot(b, 1000, 3000) }

func benchmarkSnapshot(b *testing.B, agents, attempts int) {
	f, _ := busyFloor(agents, attempts)
	b.ReportAllocs()
	for b.Loop() {
		f.Snapshot(at(500))
	}
}
