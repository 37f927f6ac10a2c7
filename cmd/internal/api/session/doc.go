// Package session knows who a request comes from.
//
// A session lives in the store, never in the token: the token is 256 random
// bits, the store holds its hash, so that neither a stolen database nor an old
// backup logs anybody in.
//
//	login -> token (cookie for browsers, Authorization: Bearer for programs)
//	   every request: token -> session -> user, as stored now
//	   ends: logout | idle too long | absolute limit | password changed | user disabled
//
// Promises: the token is new after every login; a session that was valid when
// a stream began is asked again while it lasts; a user's role is read with
// every request, so that a change holds at once.
package session
