// Package sim plays working days of a call centre, to see what a policy of dialing would do before it dials anybody.
//
// A Scenario says how large the team is, how people on the list behave (whether and when they answer, how long they
// talk) and what happens meanwhile (breaks, agents who vanish). Run plays its shifts under a policy and returns the
// Result: how busy the agents were, how long they waited, how many people were abandoned.
//
//	s, err := sim.Parse("twenty.yaml", data)
//	r, err := sim.Run(ctx, s, "predictive", sim.Options{})
//	fmt.Printf("%.1f %% busy, %.2f %% abandoned\n", 100*r.Occupancy, 100*r.Abandonment)
//
// # The world and the policy
//
//	people ---------> hopper --next odds--> Pacer.Decide --Order--> world places, withdraws
//	a stream of       in order of                ^                      |
//	chance each       the list                   |                      v
//	                                        Pacer.Apply <--events-- agenda: what is going to happen
//
// The world knows everything and decides nothing; the Pacer decides and knows only pacing.Events, the same that the live
// dialer sends. The policies predictive and progressive are package pacing itself, not a copy. After each thing that
// happens, and once a second, the policy is asked.
//
//	attempt:  placed --> rings --> a person answers --> bridged --> ended        agent: ready --> talking --> wrap-up
//	            |          |              |                                               ^ |                    | |
//	            +-> fails  +-> no answer  +-> waits for hold --> abandoned                | +--> break <---------+ |
//	            +-> withdrawn                                                             +------------------------+
//
// # Rules of the world
//
//   - The agent who has been idle for the longest time takes the person who has waited for the longest time.
//   - A person who has waited for the scenario's hold is abandoned and gone.
//   - An agent who leaves for a break ends the present call and its wrap-up first. Who vanishes leaves the call at once;
//     that person had an agent and is not abandoned.
//   - Who is away is not logged in. Occupancy is talk and wrap-up over the time logged in.
//   - At the end of the shift nothing more happens: calls in the air count nothing, people who wait at that instant are
//     neither connects nor abandoned.
//   - Half hours are those of the clock of the shift; a person counts in the one in which they answered.
//   - Lines and calls per second are kept by the world, as a trunk would, whatever the policy orders.
//
// # Promises
//
// The same scenario, policy and seed give the same Result, bit for bit, on any number of cores. Every policy meets the
// same people in the same order of the list, and each of them would answer, ring and talk alike: policies are compared
// pair by pair. Where odds are known, a policy may choose among the next Window contacts, and who was passed over 400
// times goes next: nobody is left out, so that at the end of a shift the list is used up evenly.
//
// The test carrier draws its callees from the same distributions (Callees), so that a live run and a simulated one can
// be compared.
package sim
