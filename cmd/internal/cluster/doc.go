// Package cluster is a node among the others of its house: it says that it lives,
// ends the lives of those that are silent, and leads while it has the floor.
//
//	join --> up: beat each second, look around each second
//	          |        |                  |
//	          |        | fenced           +-- a node silent for five seconds: its epoch
//	          |        v                      is ended, and its open calls with it
//	          |     everything is let go, and joined again
//	          |
//	          +--> the floor is free --> lead, keeping it --> lost, or we stop
//
// The floor is a duty of the record store: one node at a time has it, for as long
// as it keeps it. Whoever has it runs the brains of all campaigns (package dialer's
// Engine) and all that happens once in a house. Losing it is noticed by our own
// clock before anybody else can have it; and should we be wrong, as after a sleep,
// the store refuses what we would begin: each call carries the fence of its
// campaign, and each write the epoch of its node.
//
// A node that stops or is drained hands the floor over at once, and has the others
// look before their time; the last one that works leads to its end. A node that sleeps
// in the middle of a write holds up the writes of all: its connection is ended when it
// has missed two beats.
//
// A process that was killed leaves a machine that says so: whoever tries its port is
// refused. With that, and a beat that it has missed, it is ended at once; the beats alone
// would take Settings.Silent. A machine that is gone, or a process that sleeps, refuses
// nobody.
//
// # Promises
//
//   - At no moment do two nodes that know the time lead; a node that lost the floor
//     has been told to stop before another takes it.
//   - A node that is killed has no open call after Settings.Silent and two looks, and
//     its floor is another's after Settings.Lasts and one try; where its port is refused,
//     both come within three beats.
//   - A store that is away ends nothing by itself: who lives goes on talking, and all
//     is taken up when it is back. Who leads leads on when the store answers no other
//     node either, as all of them say when asked; else another may have the floor
//     soon, and it is let go. When the store is back the floor is left to who leads.
package cluster
