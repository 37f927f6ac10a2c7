// Package source reads the files in which do-not-call registers are published.
//
//	file -> gzip, zip -> chunks of lines -> parsed in parallel -> in order -> numbers
//	                  \-> XML tokens ---------------------------/          \-> rejects
//
// What it takes, without being told: one number a line; columns by comma,
// semicolon, tab or bar, with or without a header; the United States' flat
// files, area code and number in two columns; the 12 characters a line of the
// British TPS; change lists with a column that says add or delete; XML with the
// numbers in elements or attributes; any of it in gzip or zip, where every file
// of an archive is read. What it must be told: the country of numbers that come
// without their country code.
//
// It promises to read a file of any length in bounded memory, to give every
// line that holds something to the numbers or to the rejects, never to neither,
// in the order of the file, and to fail rather than guess: a full list with a
// column of deletions, a change list without one, a column that cannot be found.
package source
