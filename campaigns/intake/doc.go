// Package intake brings lists in: CSV from a file, a pipe, an upload or a
// watched folder becomes contacts of a campaign, row by row, with a verdict
// for every row that does not.
//
//	bytes -- charset --> text -- records --> rows -- columns --> contacts --> store
//	            |                    |          (all cores)          |          |
//	        FileError             Rejection                      Rejection   Rejection
//	                                  \_____________________________|__________/
//	                                                 |
//	                                    report: the row, its line, the reason
//
// One goroutine reads records, as many as there are cores parse them, one
// takes them in the order of the file, drops duplicates and hands batches to
// the store. A batch that waits for the store makes the reading wait, so the
// memory used does not depend on the length of the file.
//
// A ListFile is a list on disk: text, text packed with gzip, or a sheet of a
// workbook, which becomes text with one line for each of its rows.
//
// Promises: the whole file is read or the error says where reading stopped and
// why; each row is added, updated, a duplicate, refused with its line, column
// and reason, or blank, and the counts add up; a broken row never takes its
// neighbours with it; what was guessed (character set, delimiter, header,
// columns) is told; nothing in a file can make memory grow beyond a bound.
package intake
