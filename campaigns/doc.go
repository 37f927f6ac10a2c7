// Package campaigns knows the trade: campaigns, lists, contacts, attempts,
// outcomes, dispositions, callbacks, users and what each may do. It imports
// no technology; storage keeps its values and dialer acts on them.
//
//	List --import--> Contact --lease--> Hopper --Next--> Attempt
//	                    ^                                   |
//	                    |             Outcome (the system's word)
//	                    +--- Next ----------+
//	                                  Disposition (the agent's word:
//	                                  sale, appointment, answers, callback,
//	                                  complaint, reason)
//
// Promises: settings are validated before they are kept; permission is
// checked here, not in a page; an Outcome alone decides whether a person
// answered (Live), whether the cap was spent (Abandoned) and whether the
// contact used a try (Counts). An order is exact to the smallest unit of its
// currency and keeps the price, the terms and the words that were read back; a
// slot of a calendar is booked once; an agreed callback is never lost, and is
// due when the person may be called.
package campaigns
