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
//
// # One table for all months
//
// Partitions of attempts and outcomes were tried by ranges of seq, which every row
// that refers to a call knows: by time, all of these would have to look into each
// month, and the foreign keys would be lost. 1,000,000 calls of 60 months, to 300,000
// numbers; PostgreSQL 15, plans as the writer has them, microseconds of the server's
// processor for each question, beside other work (BenchmarkACallIsJudgedOverMonths
// of package records asks them again, of 300,000 calls):
//
//	months                              one table     12     24     60
//	what Begin asks (factsQuery)              120      .      . 76,000
//	  with indexes of (e164, seq) and so on   110    445    800  1,600
//	  and spelled for partitions              165    305    640  1,100
//	  and the last calls in tables beside     165    145    235    320
//	what Finish asks (by id)                  110    390    600  1,350
//	calls before to a person (history)        100    330    330    900
//	a call by its id                           55    130    210    550
//	a call by its number of the ledger         25     75     85     80
//
// The figures of one row vary by a third from one minute to the next; its ends are an
// order of magnitude apart. With the indexes as they are, the newest call of a number
// is sought from the end of the ledger. Spelled for partitions means: live from placed,
// the last 24 hours by seq. It helps little: a statement locks and opens all partitions
// of each table it names, also those it will not read. With the last call of each number
// and of each contact in tables beside, Begin alone would still pay twice, and each call
// two more rows that Verify and erasure have to answer for.
//
// Begin and Finish run under the pen, one after the other over all nodes: at 1.1 and
// 1.35 ms for one question of each, the house would hardly call the 405 times a second
// which docs/capacity.md counts for 10,000 agents, however many cores the server has.
//
// What partitions would win:
//
//   - Reports: nothing. A month's outcomes are 4.4 ms by outcomes_tally, 10.9 ms from
//     60 partitions, 59 of which have none.
//   - Writing: attempt, end and outcome together are 230 to 480 µs in one table, 290 to
//     520 in 60. New keys fall anywhere in the indexes of id, number and contact, whose
//     pages the log holds whole after each checkpoint: 20.7 kB a call then (14.8 with
//     wal_compression = on) and 8 to 9 later, against 3.2 and 2.2. Rarer checkpoints
//     (max_wal_size) win most of it back.
//   - Room: nothing. Calls are never dropped, for the chain names each, and pages that
//     nobody changes any more cost a vacuum nothing.
//
// So it stays one table, and its laws stay where they are: one id, one live call of a
// number, one outcome, by unique keys over all months. What would change this is a
// server that opens only the partitions it reads (to be measured by the benchmark), or
// a Begin that asks nothing of old calls. The test
// TestACallIsJudgedByTheIndexesOfALongLedger holds what the decision rests on: no
// question about one call reads a table from its beginning, whatever is in it.
package postgres
