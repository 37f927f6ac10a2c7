// Package dialer acts: it places the calls that pacing asks for, gives each
// answered person to a free agent, and records what came of it.
//
//	              Engine: which loops run, which agent is where
//	                 |
//	Hopper --Next--> Loop (one per campaign, owns its floor and agents)
//	                 |  Floor.Snapshot -> pacing.Decide -> place n
//	                 v
//	attempt.run, one goroutine per call, top to bottom:
//
//	begin --> dial --> answered --> claim --> bridge --> finish
//	  |         |                     |                    ^
//	  |         +-- busy, no answer --|--------------------+
//	  |                               +-- nobody: message -+
//	  +-- refused by a rule: nothing was sent, nothing to finish
//
// An agent's states, owned by the loop:
//
//	offline -> ready -> (reserved) -> talking -> wrap-up -> ready
//	             ^                                  |
//	             +------------- paused <------------+
//
// Promises: the row is on disk before the INVITE leaves; every row gets one
// outcome; an agent never has two calls; a person who answers is with an
// agent or hears the message within the campaign's hold; soft stop places
// nothing more and lets conversations end, hard stop hangs up; every
// goroutine is gone when Run returns.
package dialer
