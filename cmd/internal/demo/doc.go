// Package demo does the main job of forecall on one machine, with nothing
// simulated but the people: a node on a fresh data folder, the test carrier
// as its trunk, robot agents at its phones and its API, a list of people who
// do not exist. Everything between them is real SIP and RTP over loopback.
//
//	carrier <--SIP, RTP--> node <--SIP, RTP, HTTP--> robots
//	                        ^
//	           list, start, progress (HTTP, as a manager)
//
// At the end the ledger is checked by itself and against the carrier's log.
package demo
