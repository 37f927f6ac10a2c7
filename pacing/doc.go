// Package pacing decides how many calls to place now.
//
// Agents wait because most calls are not answered and answers come seconds after dialing. Dialing ahead shortens the
// wait, but sometimes a person answers and nobody is free: an abandoned call, which the law caps. Decide keeps agents
// as busy as the cap allows.
//
// # How it is used
//
//	floor := pacing.NewFloor(policy, yesterday.Decayed(now))
//	floor.SetLedger(pacing.Ledger{Answered: 812, Abandoned: 9, Until: endOfShift})
//	floor.Apply(event)                                  // every fact, as it happens
//	d := pacing.Decide(policy, floor.Snapshot(now))     // at every event and every 250 ms
//	place(d.Place); withdraw(d.Cancel); explain(d.Why)
//
// There is no clock, no goroutine and no randomness here: the live loop, the simulator and the replay of a journal feed
// the same events to the same code and get the same decisions, bit for bit. A caller that compresses time scales the
// instants itself.
//
// # The life of a call
//
//	CallPlaced --> in the air --+--> CallAnswered --> waiting --+--> CallBridged ----> on the line --> CallEnded
//	               CallRinging  |                               +--> CallAbandoned --> message  ----> CallEnded
//	                            |                               +--> CallEnded (hung up before an agent came)
//	                            +--> CallMachine  --> on the line --> CallEnded
//	                            +--> CallFailed, CallNoAnswer, CallCancelled
//
// # The life of an agent
//
//	AgentReady --> AgentReserved --> AgentTalking --> AgentWrapUp --> AgentReady
//	AgentPaused, AgentResting (until a known time) and AgentGone from anywhere; AgentLeavingAfterCall while busy
//
// Beside its state an agent may tell more, and all of it feeds the releases: AgentStep and AgentFinishing while talking,
// AgentFreeAt when the end is known, AgentLeavesAt for a planned break or the end of the shift.
//
// # The controller
//
// An answer model (competing risks by age of attempt, and each contact's odds by Bayes) says for every attempt in the air
// how likely it is to be answered within 1 to 32 s; a release model (hazards of talk, of each step of the script and of
// wrap-up) says the same of every agent. Their balance gives the marginal loss: the chance that one more call, answered,
// would find everybody taken, in which a later horizon counts for the earlier ones, fading by 0.905 a second. Calls are
// placed, the likeliest contact first, while that is at most theta.
//
// The budget that is left (Ledger) is spread evenly over the answers still to come, less a margin. How many answers a theta
// loses is learned slowly as a ratio; theta is the share wanted over that ratio, and is eased down as the guard comes near.
// When one more abandoned call could break the period, and until enough attempts have resolved, dialing is one to one.
//
// Package sim has the judge: whole shifts, the policies of others, and the exact optimum of the Markov case.
//
// # Promises
//
// Apply, Snapshot and Decide never panic, whatever the order of events; counts are never negative; with no agents
// nothing is placed; progressive mode never has more calls in the air than free agents; in the steady state nothing is
// allocated.
package pacing
