// Package report writes what managers and compliance officers ask for: the
// call log and what was sold, agreed and answered, as CSV and JSON lines.
//
// Rows are written as they are read, so that a log of any length takes the
// memory of one row. Times are ISO 8601 in UTC with milliseconds; the time at
// the called person's place stands beside them. A cell that a spreadsheet
// would run as a formula gets a leading apostrophe; numbers in E.164 keep
// their plus sign by the same means, and an import takes it off again.
package report
