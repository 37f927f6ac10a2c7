// Package storagetest is the one conformance suite of record stores: what
// holds for the embedded store holds for every other, word for word.
//
//	func TestStore(t *testing.T) { storagetest.Run(t, open) }
//
// The suite knows a store by its behaviour alone. It is written for real
// concurrency: races are run with many goroutines, never simulated, and no
// test depends on another or on a store that is empty of other campaigns.
package storagetest
