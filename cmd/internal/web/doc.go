// Package web is the pages: a login and the floor as it happens.
//
//	request -> edge -> session -> guard(table) -> load, allow, parse, act, redirect
//
// Pages are rendered on the server and work without script; the one module
// only patches the live page from the API's stream of events. Everything is
// embedded: nothing is built, nothing is fetched from elsewhere.
//
// Promises: no script or style stands in a page, so that the policy forbids
// all that is inline; what people wrote is shown as text, never read as
// markup; every state has a word beside its colour; all of it works by
// keyboard.
package web
