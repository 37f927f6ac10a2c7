// Package keyring keeps the house's signing key and signs with it how far the
// chain has grown: every minute, every thousand records, and at a stop.
//
// A house of several nodes has its keys in no file: each node makes them of the secret
// that all share (Seed), the n-th key with the number n. Which of them is the last, the
// ledger says. A node that stands alone has its key in the data folder:
//
//	<data>/evidence.key        private key (Ed25519, PKCS #8), for its owner only
//	<data>/evidence.pub        public key in hexadecimal: give it to whoever verifies
//	<copy_to>/2026-11-22/000000012345.json   every checkpoint, a file of its own
//
// Promises:
//   - The private key is written before anything is signed with it, and leaves
//     the folder never.
//   - A key that follows is introduced by the one before it, whose file stays as
//     evidence-<id>.key.old.
//   - What another process has exchanged is taken with the next signature, and the
//     ledger refuses what a key signs that was replaced. In a house of several nodes
//     an exchange is one write: before it all have the old key, after it the new one.
//   - Who has another secret than the house is told so, and writes nothing.
//   - A file of a checkpoint is written once and never changed: the folder may be
//     one in which nothing can be.
//   - When a copy cannot be written, the checkpoint stands and is copied at the
//     next.
package keyring
