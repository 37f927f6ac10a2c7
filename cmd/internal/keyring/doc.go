// Package keyring keeps the house's signing key and signs with it how far the
// chain has grown: every minute, every thousand records, and at a stop.
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
//   - A file of a checkpoint is written once and never changed: the folder may be
//     one in which nothing can be.
//   - When a copy cannot be written, the checkpoint stands and is copied at the
//     next.
package keyring
