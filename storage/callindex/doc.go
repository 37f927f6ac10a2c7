// Package callindex finds calls among tens of millions by what they were: it
// holds what is searched for in columns, 65,536 calls to a block.
//
//	block 0              block 1              block 2 ...
//	+-----------------+  +-----------------+
//	| campaign  5 5 6 |  |                 |   each column: the values that occur
//	| agent     0 7 7 |  |                 |   in the block, and for every call a
//	| outcome   a b a |  |                 |   code of one or two octets
//	| digits    ..... |  |                 |   the last six of the number, as they are
//	+-----------------+  +-----------------+
//
// A search looks its values up among those of a block. A block without them is
// passed over; in the others each column is compared, 64 calls to a word, and
// the words are joined by AND. Whatever is combined, and however seldom it
// occurs, a search costs the same few nanoseconds a call and counts exactly:
// there is no worst case that an index for one question alone would have.
// Nothing is written while calls are placed: the store brings blocks up to date
// beside, and at the latest when somebody searches.
//
// Promises: no database, no clock, no goroutine that outlives a call; a block
// that was damaged on disk is told from a whole one by its sum, and what is
// searched can always be made again from the ledger.
package callindex
