// Package api is /v1: everything that a desk, a manager's script or a robot
// agent does, as JSON over HTTP, with the same services as the pages.
//
//	request -> edge -> session -> guard(route table) -> handler -> service
//
// Promises: a route is in the table of routes or it does not exist, and the
// table says who may use it; errors are problem details (RFC 9457) with a
// code and a sentence; a request with an Idempotency-Key is done once; an
// agent reaches nothing of another agent; a number of a person never stands
// in an address or in the log; streams begin with the state as it is, so that
// a client that was away has missed nothing.
package api
