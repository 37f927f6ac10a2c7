// Package siptrunk places calls over SIP carriers. Trunks is a dialer.Trunk
// over any number of them.
//
//	Dial
//	  |  order: the campaign's list, or priority; weight shares among equals
//	  v
//	gate of each trunk: up? breaker? a line? CPS? not too many silent INVITEs?
//	  |  and of all nodes' share in it, when the trunk is not ours alone: a line? a turn?
//	  |  all closed: route_failed, "trunk full", and why
//	  v
//	placing: INVITE --100--> tried --18x--> ringing --200--> leg --BYE--> line free
//	  |                        |               |
//	  |                        |               +-- ring time over: CANCEL, no_answer
//	  |                        |               +-- ctx done: CANCEL, cancelled
//	  |                        |               +-- 200 crosses the CANCEL: ACK, BYE, abandoned_silent
//	  |                        +-- setup and ring time over: CANCEL, no_answer
//	  +-- the route failed and nothing beyond 100 came: the next trunk, once
//
// A trunk's own states, which Room and State tell in words:
//
//	down  (not registered, no reply to OPTIONS) <--> up
//	breaker: closed -> open -> probing -> slow start -> closed   (see breaker)
//
// What a failure means is judged in one place, see judge: the code, the Q.850
// cause beside it, and whether anything rang.
//
// Calls that come in take a line as well, and end with whoever OnCall names:
//
//	INVITE --a source of the carrier's? a line? calls a second?--> ringing --Answer--> leg
//	            |            |486         |503                        +--Refuse--> line free
//	            +-- dropped unread
//
// Promises:
//
//   - One Dial is one call: at most one INVITE transaction is alive, a second
//     trunk is tried only when nobody can have been rung through the first, and
//     its Call-ID is that of the attempt with "-2", so that one row of the ledger
//     is found in both carriers' logs.
//   - Every 200 is acknowledged, and ends as a leg or as a counted abandonment.
//   - Only a number that passes rules.Dialable and the trunk's own list of
//     prefixes reaches a Request-URI. Redirects and REFER are refused.
//   - Early media is no answer and is never played to anybody.
//   - No message of an unknown source is read; credentials go to the next hop
//     and one realm only, once for each challenge.
//   - Hangup frees the line at once, whatever the carrier does with the BYE.
//   - A failure of the route costs the contact no attempt.
package siptrunk
