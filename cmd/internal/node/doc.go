// Package node joins the parts into one running forecall: store, trunks,
// phones, engine, API, pages. The command serves it, the demo and the tests
// start it too.
//
//	config -> Start: store (recover) -> registers -> sound -> trunks -> phones
//	                   |
//	                   +-> lead: engine -> services -> proof -> seed -> pages and API
//	                   |
//	                   +-> listeners
//	Run: until the soft context ends, then drain, then everything in reverse
//
// The lead is what one node of a house has at a time: whoever has it runs the
// floor, the schedules, the signatures and everything else that happens once. A
// node that stands alone always leads.
//
// # What several nodes share
//
//   - The limits of trunks (live.go): by Redis, which gives each call its turn among
//     those of all nodes; while it is away, or with live: memory, each node has its
//     safe share, the limit over the nodes that the store knows. A node that has not
//     heard for 4 s which these are calls nobody.
//   - News (news.go): what any node writes, each reads behind its mark in the store,
//     at the bell in Redis or by itself within 0.7 s. What rings here to a number that
//     was listed, or that a stop meets, is withdrawn without waiting for the brain.
//   - Where agents' phones are (live_presence.go): a hint of whom to ask first.
//
// Who leads, and whose campaign is whose, Redis has no say in: both are duties of
// the store, with fences that each Begin is measured by. A lease in Redis beside
// them (package redis has leases) would be let go of after 2.5 s of silence and free
// after 3 s, as the duty is; it would notice nothing sooner, and could be wrong. To
// keep fifty nodes from the writers' turn they read who has the floor, and try only
// when nobody does; who gives it back, or hears that it was, tells the others at once.
//
// What is wrong with the configuration or the machine (a port taken, a data
// folder in use) is an error of Start, before the first call.
package node
