// Package timesource asks time servers how far the clock of this machine is off
// (NTP, RFC 5905).
//
// Calling windows are law by the wall clock. The ledger notices by itself when
// that clock jumps; that it is slowly, or from the start, wrong can only be said
// by somebody else:
//
//	clock.servers ──► Source.Run, every 5 minutes ──► median offset ──► ledger, log, page, metric
//
// Beyond Alarm somebody is told; beyond rules.MaxClockOffset the ledger refuses
// every new call until the servers say otherwise. Servers that do not answer
// change nothing: what they said last holds. Nothing is asked unless servers are
// set.
package timesource
