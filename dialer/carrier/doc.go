// Package carrier is the far side of a trunk: a real SIP user agent on its own
// ports whose callees ring, answer, speak, are busy, never answer, are
// machines or hang up early. The demo, the tests and training call it instead
// of a telephone company.
//
//	INVITE --> draw a callee from (seed, number, how often it was called)
//	            busy, unknown, congested --> 486, 404, 503
//	            silent  --> 180 ... until CANCEL (487) or 480 after a minute
//	            person  --> 180, 200, voice until the drawn end or BYE
//	            hasty   --> 180, 200, BYE within a second
//	            machine --> 180, 200, greeting, beep, silence, BYE
//
// The people are a population of shares (sim.Callees), or those of a scenario
// of pacing/sim by the hour of its shift, so that a live run and a simulated
// one meet the same distributions.
//
// Who missed a call, or was left alone with a message, may call back the number
// that was shown (CallsBack), where the call came from.
//
// It keeps a log of its own, an independent truth that the ledger is checked
// against: every INVITE, answer, ACK, CANCEL and BYE with its number and time.
// The same seed calls up the same people whatever the order of the calls.
package carrier
