// Package postgres is the record store's engine of a Postgres server, 15 or newer:
// many nodes, one ledger. What stands in it is package records' business; this
// package knows how the store's SQL is said to Postgres, who may write, what is on
// disk, and what became of a commit whose answer was lost.
//
//	connection  of a node               says
//	writer      1, its transactions     BEGIN + pen in one packet; statements nobody
//	            stand one behind the    waits for go with the next one; COMMIT gives
//	            other over all nodes    the pen back before the disk has it
//	disk        1                       waits for the disk, for all groups since
//	readers     4, read only            whole results; cursors inside a snapshot
//	claims      1                       contacts for hoppers: beside the pen, FOR UPDATE
//	                                    SKIP LOCKED, waits neither for it nor for the disk
//	aside       1                       what a node says of itself
//	reports     4, read only            a standby, where one is named (postgres.reports)
//	types       1                       asks what the arguments of a statement are
//
// A group of the writer:
//
//	Begin --> statements --> Commit --mark--> Written --> true: the disk has it
//	  |            |            |                |
//	  |            |            |                +--> false: it did not survive
//	  +------------+            +--> mark "?...": the answer was lost; Written asks
//	  undone, nothing written        when the server is back and the pen is free
//
// Promises:
//   - What was answered without an error is on the primary's disk, and on the
//     standby's where one is waited for. Failover to a standby that nobody waits for
//     may lose the last moment.
//   - A commit whose answer was lost is found out, never guessed: every transaction
//     leaves its number in table writers, in the row of its connection. The server's
//     own identifiers would not do: those of commits that a crash has lost are given
//     out again.
//   - One chain: the row of the pen is locked from Begin to Commit, and every
//     statement sees what was committed before. Nothing needs to be tried again.
//   - A node whose epoch was ended is told so by Begin, and its store writes nothing.
//   - A server that is away is told at once (ErrAway); a wire that was cut within ten
//     seconds. Connections come back by themselves. Who sleeps with the pen is cut off
//     after ten.
//   - A claim holds up no call, and a contact is claimed once: it locks the epoch of
//     its node and the owner of its campaign, so that it comes before or after a
//     takeover, never between. One that a crash has lost led to no call.
//   - Nothing that a call is decided by is read from a standby. One that is away, or
//     was promoted, is not read at all: the primary serves.
//   - Texts come back as they were given, octet by octet, whatever carriers send.
package postgres
