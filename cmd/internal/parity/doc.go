// Package parity asks whether the running service does what the simulator says
// it would: a scenario is lived several times by the demo, with real SIP, RTP,
// HTTP and SQLite and a compressed clock, and simulated many times, and the
// two are laid beside each other with intervals that hold the truth in 95 of a
// hundred cases.
//
//	scenario --+--> demo, R runs      --> occupancy, abandonment of each
//	           |                                             |  t-interval
//	           +--> pacing/sim, many  --> occupancy, abandonment of each
//	                                                         |  difference (Welch)
//
// The simulated policy is the code that dials live, told what the live loop is
// told: a campaign whose calling window stays open is dialed on after the
// shift, and pacing plans its budget accordingly. "forecall simulate" ends the
// day with the shift, which makes the first hour of a small team more careful.
// And people wait as long as they do live: a sixteenth of the hold is kept for
// the message that the law wants to begin within it.
package parity
