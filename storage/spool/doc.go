// Package spool keeps on the disk of this machine what a call has come to while
// the record store cannot be written: a Postgres that restarts, a data file on a
// disk that is full.
//
//	             store takes it
//	Finish --------------------------> store
//	   |  away, stuck, or others wait
//	   v
//	append + fsync (one for all that wait together)
//	   |                    Run: the store is back
//	   v                          |
//	 waiting --replay, in order---+--> store: written, or "already so": done
//	   |                          |
//	   |                          +--> store refuses it for good: set aside, said aloud
//	   v
//	Begin refuses while anything waits
//
// What is kept: outcomes, time lines of calls, ends of side legs, rows of
// recordings, dispositions and drafts of agents, and do-not-call requests. Each
// is a record with the attempt and the kind as its key, and may be written to the
// store more than once: the store, or a look before, says that it is there
// already. A call is never begun on the spool: what is judged before a call stands
// in the store alone.
//
// On disk there are segments, made in full length before they are needed, so that
// a full disk takes the outcomes of the calls that are going on. A record is
//
//	length u32 | crc32c u32 | sequence u64 | kind, attempt and body as JSON
//
// A second file remembers how far the store has them. What a crash tore off at the
// end was acknowledged to nobody and is left out; what is damaged before other
// records is set aside as it is, and the others are read on.
//
// Promises: a write that returned nil is on the disk of the store or of this
// machine; after a kill -9 and whatever the store did meanwhile, each of them is in
// the store once, in the order in which it was given, before the next call is
// begun; what the store refuses stands in the folder aside, with the reason, and
// holds nothing up. An attempt that others closed as lost meanwhile keeps that
// outcome, and what this node knows of its end stands in its time line; a person
// who asked not to be called is on the list in any case.
//
// Numbers and words of persons stand in these files as in the data file: they are
// for their owner only, and what is written to the store is overwritten here.
package spool
