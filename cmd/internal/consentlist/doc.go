// Package consentlist reads and writes files of the consent ledger: CSV with a
// header, or one JSON object a line, as the ledger's own export has them.
//
//	file --row by row--> campaigns.Consent --500 at a time--> the ledger
//	                        |                                    |
//	                        +-- refused: line and reason         +-- new, renewed, known, revoked
//
// It promises to read a file of any length in bounded memory, to give every row
// to exactly one of these, and to stop at the first batch that cannot be stored.
// A cell that it does not understand refuses its row: half a proof is none.
package consentlist
