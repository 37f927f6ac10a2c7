// Package tape keeps what pacing was told and what it decided, so that a day
// can be looked at again, and decided again by other rules.
//
// A tape is about one minute of one campaign: gzip of JSON lines.
//
//	{"tape":1,"run":...,"n":7,"from":"2026-11-22T10:04:00Z"}   which minute of which floor
//	{"t":0,"floor":{...}}                                      a floor begins, or stands so
//	{"t":0,"policy":{...}}                                     when it changed, and at the start
//	{"t":812000000,"e":"call placed","c":4711,"o":1.31}        every pacing.Event
//	{"t":812000000,"p":2,"w":"no free agent"}                  every decision in short
//	{"t":1000000000,"p":0,"w":"...","d":{...}}                 and once a second as a whole
//	{"t":9000000000,"ledger":{...}}                            when it was set
//
// Instants are nanoseconds since the tape's start. Every look at the floor is
// on the tape, not only one a second, for a Floor learns from being looked at:
// it takes stock of the calls in the air.
//
//	Recorder --Take--> tapes --Play--> Player
//	   |                                  |
//	pacing.Floor + Decide    the same Floor + Decide, and those of another policy
//
// # Where a replay begins
//
// At the start of a floor it has all that the floor had: then the recorded
// policy decides again what it decided, bit for bit. Every hour a keyframe tells
// what was learned and who and what is on the floor, so that a replay can
// begin there as well, nearly as exact: Report.Inexact says so.
//
// # Promises
//
// Writing never fails and touches memory only. Nothing on a tape names a person
// or a number. A tape that breaks off gives every line before the break, and
// says where it is.
package tape
