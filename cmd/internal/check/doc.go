// Package check holds the ledger against the carrier's own log: what we say
// we did against what the far end saw. Each law is one function over the two;
// the ledger's laws that need no carrier are the store's own (Verify).
//
//	ledger  --calls----+
//	                   +--> Carrier --> findings, the first hundred of each law
//	carrier --records--+
package check
