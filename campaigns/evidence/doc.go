// Package evidence is what makes the ledger provable to somebody who does not
// trust us: the arithmetic of the chain, checkpoints that are signed, and the
// file that is handed to a regulator. It reads and writes bytes and knows
// neither a database nor a clock.
//
//	row --public columns----------------------+
//	    --personal columns--HMAC(opening)--> c +--SHA-256--> digest
//	                                                           |
//	link n-1 --hash--> SHA-256(hash, n, kind, ref, digest) --> link n --> ...
//	                                                           |
//	              checkpoint: {n, hash, time, key} signed with Ed25519
//
// A chain alone proves that nothing within it was changed; that its end was not
// cut off, and that it was not written anew from the start, is proved by a
// checkpoint that somebody else keeps.
//
// Promises:
//   - Two different rows have different canonical forms.
//   - A record of an export that was flipped, dropped, moved, cut off, swapped
//     or put in is found, and the first bad one is named.
//   - Whoever holds an export can open the personal columns in it, and no
//     others, and can do so after the person was erased here: that file is
//     theirs to delete.
package evidence
