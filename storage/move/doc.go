// Package move brings a whole data folder (SQLite) into a Postgres database: a house
// that has outgrown one machine.
//
//	empty --begin--> rows of table after table --> counted, chain's end compared
//	                   ^         |                     |
//	                   +- again -+                     v
//	             killed, or cut off, at any row   open calls closed as lost,
//	                                              ledger verified --> done
//
// Rows go as they are, in the order of the folder, in batches; how far each table is
// stands in the same transaction as its rows. Who begins again goes on there.
//
// # Promises
//
//   - The folder is read only, and held meanwhile: no service runs on it. It stays
//     what it was, but for the schema of this program.
//   - A database that holds anything else is refused, and so is the rest of a move
//     of another folder, or of this one after somebody worked with it.
//   - No node works with a database into which a move is not finished.
//   - When the rows have come, every table has as many rows as in the folder, and the last link of
//     the chain is the same.
package move
