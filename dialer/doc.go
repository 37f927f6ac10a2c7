// Package dialer acts: it places the calls that pacing asks for, gives each
// answered person to a free agent, and records what came of it.
//
//	              Engine: which loops run, which agent is lent to which
//	                 |
//	Hopper --Next--> Loop (one per campaign, owns its floor and agents)
//	       --Odds->  |  Floor.Snapshot -> pacing.Decide -> place n, and which
//	       <-Resolved|          '----------------> tape, a minute at a time
//	                 v
//	attempt.run, one goroutine per call, top to bottom:
//
//	begin --> dial --> answered --> claim --> bridge --> finish
//	  |         |                     |                    ^
//	  |         +-- busy, no answer --|--------------------+
//	  |                               +-- nobody: message -+
//	  +-- refused by a rule: nothing was sent, nothing to finish
//
// # Who owns what
//
// Engine and Loop are goroutines that touch memory only. Each has a mailbox
// that never makes the sender wait; an attempt says one word at each turn of
// its call, and waits for an answer only when it claims an agent. An agent has
// one owner at a time and travels between them inside a message. What pages
// read is laid out in a showcase and disturbs nobody.
//
// # Brain and hands
//
// The Engine and its Loops are the brain: they decide, in memory, and run on one
// node at a time. Hands are on every node: the goroutines of attempts, with all
// that these hold: lines, phones, rooms, recordings, their rows in the ledger. The
// two say nothing to each other but values, which go through memory on one node
// and over a link between nodes; what they mean is the same.
//
//	brain                                              hands of a node
//	  |-- campaign: its settings, by version ------------>|  before anything is placed for it
//	  |-- place: the row of a call, its contact --------->|  begin --> dial
//	  |<------------------------ begun, or refused -------|
//	  |<------------------------ ringing -----------------|
//	  |<------------------------ claim n -----------------|  a person is there
//	  |-- seat n: {node, phone}, or none ---------------->|  exactly one for each claim
//	  |<------------------------ give up n ---------------|  the hold is over; the seat still comes
//	  |<------------------------ unseated n --------------|  a seat that came too late, or a phone out of reach
//	  |<------------------------ bridged, message --------|
//	  |-- order a: hold, transfer, hang up ... ---------->|  what agents ask for
//	  |<------------------------ answer a ----------------|  exactly one for each order
//	  |<------------------------ invite b ----------------|  for the other side of a transfer
//	  |-- answer b: a seat, or why not ------------------>|
//	  |-- withdraw w ------------------------------------->|  cancelled, cords pulled
//	  |<------------------------ answer w ----------------|  no INVITE of theirs leaves any more
//	  |<------------------------ passed on, guest ... ----|
//	  |<------------------------ over: the row -----------|  agent and contact are free
//	  |<------------------------ closed ------------------|  the outcome is on disk: the last word of a call
//	  |<------------------------ arrival: who calls ------|
//	  |-- place, or turn away --------------------------->|
//	  |<------------------------ room, phone lost --------|
//	  |<------------------------ leaving -----------------|  nothing new is begun there; phones go as agents come free
//	  |-- agent: as they stand, let go ------------------>|  the node of the phone keeps it
//
// A call is known to both by the id of its attempt, a phone by its node and a name
// that the node gave it: the brain never holds either.
//
// When one of them is silent for two seconds, the other is without it:
//
//	hands without a brain                    brain without hands
//	  what has not left waits three seconds    nothing is placed there any more
//	  what rings rings on for its fifteen      after five seconds their calls are ended as lost
//	  who answers waits for their hold, and      (the outcome is written by whoever ends the node)
//	    hears the message then, counted        and their agents are signed out, with the reason
//	  conversations go on, and callers wait    a hello from them before that is taken as it is:
//	  hello to the next brain: the calls         what it does not name is over
//	    that live, and the agents as they
//	    stood, which adopts them
//
// A session of the two is numbered words over one pipe after another; a gap of less
// than two seconds is not noticed by anybody. A brain that adopts a call that rings
// has it as if it had placed it, with the agent who was kept for it; of one that was
// answered it tells pacing of the agent only. All are in the budget. An agent who was
// in a call is held three seconds for it, as another node may have it; where the nodes
// of call and phone tell of an agent otherwise, that of the call is right.
//
// A brain that lets go on purpose says nothing more to the hands of other nodes, takes
// none back, and leaves their agents as they stand: a handover takes a second, and no
// call is withdrawn for it. Hands that stop take nothing new, say so (leaving), and
// are gone when the last call is over and the last agent has made the notes. Hands
// whose node was taken for dead (Suspend) hang everything up at once, as others have
// closed it, and begin anew with the next life of the node.
//
// An agent has one phone at one node, and a call of any node may be theirs: its hands
// find the phone (Stations), and one that is not found within a second is taken for
// lost, its agent paused. What a brain promised in its last instant may be lost with
// it: a pause that was asked for, a supervisor who listened.
//
// # An agent's states
//
//	            +--(preview: a card)--+
//	            |                     v
//	offline -> paused <-> ready -> reserved -> talking -> wrap-up -> ready
//	   ^          ^                                          |
//	   |          +------ a pause asked for in a call -------+
//	   +--- signed out (after the call), or the phone is lost (at once)
//
// Beside these stand resting, for as long as the campaign's occupancy ceiling
// asks before the agent is ready again, and elsewhere, a conversation that did
// not come from the dialer. A planned break, and the end of the shift, is a pause
// that the clock asks for; only the agent ends it.
//
// Progressive mode reserves the longest idle agent when the call is placed,
// predictive mode gives the longest idle one to the person who answers, preview
// mode and callbacks agreed by name call for the agent who has the card.
//
// # Two seconds
//
// An answered person is with an agent within the campaign's hold, or the
// safe-harbour message begins within it: it is started a sixteenth of the hold
// early. A later connection is late_connected and counts as abandoned. One
// whose agent loses the phone gets another agent, once, or the message.
//
// When their greeting began and ended is heard on the line and written down: from
// its end the law counts, and without it from the answer.
//
// # The budget
//
// The store says every ten seconds where a campaign stands under its own limit of
// abandonment and under the rate rules in force; the loop counts beside it what the
// store does not have yet, and the tightest gives pacing its cap, target and account.
// A limit holds over its period, unless it is a hard one, which holds at every
// moment. When nothing is left, each call has one agent who is kept for it until it
// is over: nobody steals them, what rings without one gets the free ones, oldest
// first, and nobody is abandoned but by the loss of an agent's phone. Contacts that a
// guard rule protects are called only like that, at any time.
//
// # People who call us
//
//	INVITE --> Engine.Receive: whose number? --> Loop (opened, if it does not run)
//	                                               |
//	row in the ledger --> answered --> queue --an agent--> the same conversation
//	                                     |
//	                                     +-- 1: call me back  +-- 9: never again
//	                                     +-- the longest wait, or nobody signed in: offered both
//
// A caller is with the agent who talked to them last, waited for a little, else
// with whoever is free the longest, also one who looks at a card or works for
// another campaign. They go before every call that would be placed, and after
// everybody who answered one: those have two seconds. What rings at their phone is
// withdrawn, and nobody calls them meanwhile. None of it is in the account of
// abandonment, and pacing knows of it what it must: an agent who talks.
//
// # A conversation
//
// From the first connection on the attempt's goroutine owns a media.Room. It
// takes what agents and supervisors ask for from a line, one thing after the
// other, and settles after each who hears whom:
//
//	agent's key --> Engine --> owner of the agent --> line --> attempt: do, settle --> the agents' views
//
//	plain <--> held
//	  |
//	transfer: ringing --answered--> talking <--> conference --complete--> plain, with the other side
//	             |                     |             |
//	             +-- 20 s, refused, failed, cancelled, the person hangs up: undone
//
// The other side is an agent of any campaign, who stays with its owner as a
// guest, or an outside number, whose leg is a seeker's beside the attempt: written
// before its INVITE, ended before the attempt's last word. Whoever ends with the
// person makes the notes and says what came of the call. Supervisors are signed in
// without a campaign; they listen to an agent, not to a call, and follow over all
// of them. What happens goes to the time line of the call, gathered and written a
// batch at a time; sound to a recording of two channels, which fails closed: the
// call goes on, marked, and the manager is warned.
//
// # What pacing is told
//
// Every turn of every call and agent, as it happens, and what is known before:
// that a conversation is about to end (the finishing key, the step of the
// script), when an agent will leave, how long one rests, how likely a contact is
// to answer. An agent who works for another campaign is gone from this one's
// floor, one with an appointed callback is reserved, one on an inbound call is
// talking. Pacing's instants are the dialer's own time, from the monotonic clock.
//
// # The tape
//
// All that the floor is told and all that is decided goes to tape (package
// pacing/tape), once a minute over a bounded queue to the store. A minute that
// the store does not take in time is lost and counted; dialing never waits. Old
// tapes are dropped each hour.
//
// # When something fails
//
// No row, no call: while the store does not take rows or outcomes nothing is
// placed, one call at a time finds out whether it works again, and outcomes
// are kept in memory and tried until they are written. A wall clock that jumps
// stops dialing for a minute. The reason stands in CampaignView.Why at any time,
// and in the log when it has changed.
//
// # Promises
//
// The row is on disk before the INVITE leaves; every row gets one outcome; an
// agent never has two calls; no person hears a whisper; a click that comes
// twice does nothing the second time. Pause, drain and soft stop place nothing
// more, let conversations end, and withdraw what nobody would be free to answer,
// but nothing that has rung for less than fifteen seconds; hard stop hangs up. When Withdraw returns, no
// INVITE to the number leaves any more. Every goroutine is gone when Run
// returns.
package dialer
