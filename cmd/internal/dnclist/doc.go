// Package dnclist reads files of numbers that must not be called any more:
// one number a line, or CSV with a column of numbers.
//
//	file --line by line--> number --500 at a time--> the do-not-call list
//	                         |
//	                         +-- not a number: a refusal with line and reason
//
// It promises to read a file of any length in bounded memory, to give every
// line that holds something to exactly one of the two, and to stop at the
// first batch that cannot be stored: a list that was read to its end is on the
// do-not-call list to its end.
package dnclist
