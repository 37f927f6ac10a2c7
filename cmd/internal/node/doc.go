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
// What is wrong with the configuration or the machine (a port taken, a data
// folder in use) is an error of Start, before the first call.
package node
