// Package demo does the main job of forecall on one machine, with nothing
// simulated but the people: a node on a fresh data folder, the test carrier
// as its trunk, robot agents at its phones and its API, a list of people who
// do not exist. Everything between them is real SIP and RTP over loopback.
//
//	carrier <--SIP, RTP--> node <--SIP, RTP, HTTP--> robots
//	                        ^
//	           list, start, progress (HTTP, as a manager)
//
// Beside the campaign of customers, which calls at every hour, a second one sells
// in Spain, the United States and France at once, by the law of each: rule sets
// adopted, registers loaded, consents given, expired and taken back, the right to
// every number shown. Whom no rule lets be called is not, and the summary says by
// which.
//
// At the end the ledger is checked by itself and against the carrier's log, and
// every decision is taken again by the stored rules.
package demo
