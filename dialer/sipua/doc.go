// Package sipua is the edge to SIP. It is the only package that imports sipgo;
// those above it (siptrunk, deskphone, carrier, robot phones) know calls and
// how they end, not headers.
//
//	siptrunk   deskphone   carrier   robots
//	    |          |          |         |
//	 Invite    Registrar   Incoming  KeepRegistered      Call: Bye, Reinvite, Done, End
//	    +----------+----+-----+---------+
//	                    |
//	  calling (our INVITE machine) . Call (one goroutine each) . Incoming
//	                    |                 ^
//	                    v                 | in order of arrival
//	  clientTx, serverTx  <----------- tap <- checks of the door
//	                    |                 ^
//	  sipgo: transactions --- transports -+- parser <- filter <- our sockets
//
// # What is whose
//
// sipgo parses, sends and repeats, and keeps the timers of RFC 3261 17. Ours
// are the sockets (opened with 4 MB buffers and handed over), the filter for
// unknown sources, the checks that every message passes, the order of arrival,
// the state of INVITEs and dialogs, session timers (RFC 4028), reliable
// provisionals (RFC 3262), digest (RFC 8760), registration on both sides, and
// session descriptions. sipgo's own dialogs are not used: they leave an answer
// that crosses a CANCEL without ACK and BYE, acknowledge the second branch of a
// fork with the tag of the first, and number the ACK after a PRACK wrongly.
//
// # States of a call that we place
//
//	          1xx                       200: ACK
//	Invite ---------> ringing ------------------------> Call
//	  |                 | ctx ends: CANCEL                | BYE from either side,
//	  | 3xx..6xx,       v                                 | session expired, 408/481
//	  | no reply     cancelling --200: ACK, BYE-+         v
//	  v                 | 487, 4xx, no reply    |       Done, End
//	Failure <-----------+-----------------------+ Failure.AnsweredAfterCancel
//
// # Promises
//
//   - Early media is not an answer, and its description is never lost to the 200
//     behind it.
//   - Every 200 is acknowledged, by its own To tag. One that nobody waits for,
//     the spare of a fork or a late one, is ended and reported (Settings.OnStray).
//   - CANCEL leaves after the first 1xx only; the final response is waited for.
//   - A call is over, and its line free, when BYE leaves or arrives, whatever the
//     answer to it.
//   - Events of one call are handled one after the other, in the order they came.
//   - A password is digested once for each kind of challenge, for one realm, and
//     only for the next hop it was given with.
//   - Redirects are not followed and REFER is refused: nobody moves our calls.
//   - A source that Settings.Allow does not know gets no answer at all. No message
//     ends the process: goroutines of ours recover at their root.
//   - Close returns when every goroutine that the UA started is gone.
//
// # Where sipgo is worked around
//
//   - Responses are taken from the tap, since it starts a goroutine for each and
//     loses their order (clientTx).
//   - Its timer B is not believed once a call rings: a 1xx can overtake the start
//     of that timer, which then fires after 32 s (clientTx.ended).
//   - Repeated refusals get their ACK from us: it would wait 4 s each time.
//   - Our record of a server transaction is made before its own, so that a CANCEL
//     or a copy that overtakes the INVITE finds it (serverTx).
//   - It answers a CANCEL with 487 by itself: an INVITE that must outlive one, at
//     the test carrier, is taken out of its hands (serverTx.detach).
//   - Its readers and listeners end with the first error, remember every source
//     for ever, and know no deadline: ours stand before them (socket, acceptor).
//
// Bounds that remain: sipgo has no recover around its parser, which is fuzzed
// here instead; a finished call keeps about 6 kB for 32 s in its timers; over
// TLS a connection is shared by names that resolve to one address and port.
//
// # Tests
//
// Long timers run in testing/synctest bubbles over package simnet, where a
// scripted peer plays the traps; TCP, TLS and sipp run on loopback.
package sipua
