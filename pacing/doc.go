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
//	AgentPaused and AgentGone from anywhere; AgentLeavingAfterCall while busy
//
// # The controller
//
// An answer model (competing risks by age of attempt) says for every attempt in the air how likely it is to be answered
// within 1 to 32 s; a release model (hazards of talk and wrap-up) says the same of every busy agent. Their balance gives
// the chance that one more call would find nobody free; calls are placed while that is at most theta. Theta follows the
// ledger of the legal period through a proportional-integral controller. When one more abandoned call could break the
// period, and until enough attempts have resolved, dialing is one to one. The reasoning and its measurements stand in
// the project's notes on pacing, sections 3 and 3a.
//
// # Promises
//
// Apply, Snapshot and Decide never panic, whatever the order of events; counts are never negative; with no agents
// nothing is placed; progressive mode never has more calls in the air than free agents; in the steady state nothing is
// allocated.
package pacing
