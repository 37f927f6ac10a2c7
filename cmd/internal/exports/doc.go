// Package exports writes the files of calls that people have asked for, one
// after the other, beside everything else.
//
//	Exports.Ask -> row "queued" -> Wake -> works -> <data>/exports/7.part -> 7.csv, row "done"
//	                                         |-> cancelled, failed: the part is deleted
//
// A page may be left and come back: progress stands in memory and, every few
// seconds, in the row. An end of the process is an end of the export at work: the
// next start marks it as failed, and it can be asked for again with one click.
//
// Promises: a file that is called done was read to the end, is on disk, and its
// SHA-256 stands in the row and in the chained audit; files are for the owner of
// the process alone (0600) and are deleted after seven days; a slow export
// delays no call, as it holds no connection between pages of the ledger.
package exports
