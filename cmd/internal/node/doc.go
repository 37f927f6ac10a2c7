// Package node joins the parts into one running forecall: store, trunks,
// phones, engine, API, pages. The command serves it, the demo and the tests
// start it too.
//
//	config -> Start: store (recover) -> media -> trunks -> phones -> engine
//	                 -> services -> API and pages -> lists, schedule, campaigns
//	Run: until the soft context ends, then drain, then everything in reverse
//
// What is wrong with the configuration or the machine (a port taken, a data
// folder in use) is an error of Start, before the first call.
package node
