// Package edge is what every request passes before a handler sees it, and
// what every error becomes before a person reads it.
//
//	request -> reference, recover -> headers -> body limit -> cross-origin check -> handler
//
// Promises: a panic costs one request, never the process; an error that is
// not meant for people is answered "internal error" with a reference under
// which the log has the rest; no body is read beyond its limit; a client that
// sends or reads too slowly is cut off.
package edge
