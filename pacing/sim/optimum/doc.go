// Package optimum computes the best that any pacing can do, exactly, where that can be computed: for small teams when
// every duration is exponential. It is the yardstick of package pacing, and dials nothing.
//
// The process, of N agents, with p = Model.Answer. A state counts agents talking and in wrap-up, people waiting, and
// attempts in the air; a decision is how many attempts to add, at every transition.
//
//	  place (the decision)
//	       |
//	       v            1-p
//	+--------------+  -------> nobody answers
//	|  in the air  |
//	| each resolves|      p    an agent idle     +-----------+  1/Talk  +------------+  1/Wrap
//	| after Ring   |  -------> ----------------> |  talking  | -------> |  wrap-up   | --------> idle, or takes
//	+--------------+           |                 +-----------+          +------------+           the next waiting
//	                           |  none idle            ^
//	                           v                       | an agent comes free
//	                      +-----------+                |
//	                      |  waiting  | ---------------+
//	                      +-----------+
//	                           |  1/Hold (Hold 0: at once)
//	                           v
//	                         lost
//
// The question is the highest share of time that agents talk or wrap up, subject to lost / answered <= Cap. It is
// answered by pricing: one served call is worth 1, one lost call costs lambda, and the average-reward decision process
// that remains is solved by value iteration on the uniformised chain. Each lambda yields a policy on the upper edge of
// what can be reached; Solve walks that edge to the two policies between which the cap lies and mixes them, in time, so
// that the cap is met exactly. A constrained process needs at most one such mixture (one constraint, two policies).
//
// Promises:
//   - Solution.Occupancy equals Solution.Bound, the dual bound of all policies, to 1e-5; tests compare it with every
//     policy of tiny models, with one agent by hand, and with the simulator.
//   - The limit of the attempts in the air is not active: values.unbounded has the proof, and Solve enlarges the space
//     until it holds. Model.MaxInAir sets a real limit.
//   - Free cancelling (Model.Cancel) has no optimum without such a limit: one would keep without end in the air and
//     withdraw the rest at each answer. With it, the optimum keeps every line in the air or none.
//   - The same model gives the same Solution, bit for bit.
//
// What it is not: the cap holds in the long run, so that of single shifts about half end above it; a policy that must
// keep it in every shift, from a cold start, with rates it has to learn, cannot reach this optimum, and should come near.
package optimum
