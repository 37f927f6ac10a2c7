// Package registry keeps do-not-call registers of any size: those that a state
// or an association publishes, 250,000,000 numbers of the United States among
// them. Our own do-not-call list is not here but in the ledger.
//
//	file --source.Read--> Builder --Stage--> 000007.set   the numbers of version 7
//	 (text, XML, zip)        ^                000007.add   those that version 6 had not
//	                         |                000007.del   those that it had
//	           a change list begins with         |
//	           the version in force              | the ledger takes the version, chained;
//	                                             | then, and only then:
//	   Look(list, number) <--one pointer-- Publish
//
// A version is a file that is never written again: a header with list, version,
// SAN, day of access, count and SHA-256, a directory, and one body for every
// block of ten million numbers that has any. A block of the United States is an
// area code. A block is a bit per number when that is about as small as any
// other way, and else sorted numbers, in buckets when they are many: a block
// that nobody stands in costs nothing. See encode.go for the measure.
//
// Files are mapped read-only. A look-up is one pointer, one slot of the
// directory and one bit: no lock, no allocation, no false answer in either
// direction, for every E.164 number of up to 15 digits.
//
// Old versions are not kept as files but as what came and what went: a version
// is the one in force with the later changes undone. So "was it on the list on
// 3 May?" is answered for every version that was ever in force, the numbers of
// a version can be written out again, and Verify builds each of them anew and
// compares it with the SHA-256 that the ledger chained when it was loaded.
//
// Where several nodes work, each has a shelf of its own. A version that was put in
// force on one is taken by the others (Held, ReadHeld, Take), file by file; a byte
// that changed on the way is found, by the SHA-256 of the ledger. Before the ledger
// takes a version another shelf keeps it (Hold, TakeHeld): should the first be lost at
// that moment, the version is not.
//
// Promises: a look-up sees one version whole, the old or the new one, never
// half of either; a mapping is given back only when nobody can read it any more
// (the garbage collector counts the readers); a version is in force when the
// ledger says so and its file has the ledger's SHA-256, and else the list
// counts as not loaded, so that nobody is called on its account; what a crash
// leaves behind is put away at the next start.
package registry
