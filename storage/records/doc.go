// Package records is the record store: what is kept of people, calls and rules,
// with every promise of the ledger kept by the database itself. It is opened on an
// Engine, a file (storage/sqlite) or a Postgres server (storage/postgres), in the
// same SQL; see Engine for what the two differ in.
//
//	caller --op--> urgent queue --+                    +--> answer
//	caller --op--> urgent queue --+--> writer: one tx, one fsync
//	import --op--> bulk queue ----+        |
//	                                       v
//	reader <-- snapshot <-- readers <-- the engine's database
//
// The writer drains its queue into one transaction of up to 512 operations
// and answers when it is on disk: thousands of durable commits a second from
// one connection. An operation that fails
// before it wrote anything harms nobody; one that fails later sends its whole
// group back, to be run one by one.
//
// Contacts move so:
//
//	          Lease            Begin            Finish, Dispose
//	ready ------------> leased -----> live -----------------------> done
//	  ^  ^   Release      |   Postpone, or refused             |
//	  |  +----------------+--- with a time --------------+     |
//	  |                                                  v     v
//	  +---------------- Lease, when due ---------------- waiting
//
// Where several nodes write, Lease is a transaction beside the writer's: see claims.go.
// Callable contacts stand in a partial index without a time, waiting ones in
// another by time; a lease first promotes those that are due. A callback
// waits in its own table and is leased above every list.
//
// The gate: Begin gathers what the rule book in force asks of a call (the calls
// to the person before, registers, consents, caller ID, stops, rates), decides,
// and writes the attempt with the digest of the decision's record in its chained
// row, or the refusal. What binds which call:
//
//	what                            number  stops  lists  consent  hours, caps, guards
//	a campaign's call, a callback     x       x      x       x       x
//	a number typed by hand            x       x      x       x       x, its agent is reserved
//	a transfer to an outside number   x       x      internal        (no marketing call)
//	the operator's test call          x                              (to a number of the house, no campaign)
//	an inbound call                                                  (we do not place it)
//
// The book is rebuilt when the store is opened. Rules that this program cannot
// read let nobody be called. Hoppers, imports and explanations ask the same
// rules of the same facts, out of a snapshot; Begin has the last word.
//
// Promises:
//   - What returned without error is on disk, whatever kills the process or
//     the power.
//   - What returned with an error was not written, a cancelled context
//     included. (A commit whose fsync failed is the exception that no store
//     can exclude; the next Open reads what is there.)
//   - Attempts, outcomes, dispositions, the do-not-call history, the audit
//     and the chain are appended to and never changed: triggers refuse it.
//     An attempt's live mark goes to null once, and personal columns are emptied
//     once, by an erasure or when their time is over.
//   - The rules of an attempt are checked in the transaction that writes it,
//     by the writer's clock. When the wall clock has jumped nobody is called.
//   - A number has at most one open attempt: a unique index, not code.
//   - An attempt names the version of its campaign's settings, an entry of the
//     audit, so that what a call was about is known as it was then.
//   - An agreed callback is always kept, whatever else was said of the call;
//     only do-not-call refuses one.
//   - A slot of a calendar is booked in the transaction of the disposition that
//     agreed it, and once: whoever comes second changes nothing.
//   - What a disposition says beside its columns is part of its link.
//   - Every record enters a chain of hashes, which Verify recomputes from
//     the rows and holds against signed checkpoints. What is personal of a row
//     enters as a commitment: a person is erased, and the chain still verifies.
//   - Who was erased is nowhere in the folder, free pages and log included, but
//     on the list of those whom nobody calls. What a hold covers is not deleted.
//   - The files are created for their owner only, and hold no phone's secret.
package records
