// Package sqlite is the record store's engine of one file: the default, which
// needs no server. It knows how the file is opened, locked, migrated and kept
// small; what stands in it is package records' business.
//
//	<path>         the data            one connection writes, four read
//	<path>-wal     the log of commits  moved into the data by the checkpointer
//	<path>-shm     the log's index
//	<path>-owner   locked while a process has the store open
//
// States of an engine: At -> Open -> Close, once each.
//
// Promises:
//   - One process has the file: the next one is told ErrInUse. The kernel gives
//     the lock back when the process dies, however it dies.
//   - A commit is on disk when it returns (WAL, synchronous=FULL); checkpoints
//     run beside the writer instead of inside its commits, where they cost up to
//     150 ms.
//   - What is deleted is overwritten in the file (secure_delete), and the log is
//     emptied when that is asked for: see Empty.
//   - The files are made for their owner only.
//   - A file of a newer program is refused with ErrNewer and left as it is.
package sqlite
