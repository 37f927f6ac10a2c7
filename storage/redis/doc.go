// Package redis is the bell of a house of several nodes: what they tell one
// another fast. Nothing in it is the truth, which Postgres keeps and fences; a
// Redis that is gone, slow, emptied or failed over makes the house slower and
// never wrong.
//
// # Limits
//
// All nodes together have a trunk's lines and calls a second. Each has a part of
// both, its own without asking: the limit over the nodes that the records know.
// Redis pools the parts of those who speak to it, so that a busy node uses what an
// idle one does not need. A part is in one place at any time, the node's own or
// the pool, and that is all the safety rests on:
//
//	           word: my part counts for 400 ms
//	together ------------------------------------> pool: turns, 200 ms ahead, spaced
//	   |  ^                                              by 1.04 s over their number
//	   |  |
//	   |  +---- greetings answered for 5 s; no call by the own part any more
//	   |                                                     |
//	   +---- no word answered for 1.7 s, and the last one ---+
//	         1.7 s ago: it counts no more, its turns are past, and a second is over
//
// A new part counts in the pool only after 1.7 s, a pool that is new (Redis was
// emptied, restarted, or another took its place: each server's run and replication
// id stand in it) gives no turns for as long, and a word that Redis reads late is
// not heeded. So in any second, over all nodes, not more calls leave than the
// limit, rounded up to a whole call. It needs the clock of the Redis server to run
// on: should someone set it, a fifth of a second's calls more may leave then.
//
// A part shrinks at once when a node comes, and grows 5 s after one went.
//
// Lines are allotted: the pool counts what each node has, and a node gives out
// only what is allotted to it, which it keeps whatever becomes of Redis. It gives
// back what it does not need, all but half of its part, so that it can call when
// Redis is gone. In a pool that is new nobody is lent a line for 2 s, nor before
// every node that is there has said what it has. The lines of a node come free
// when it has been silent for 5 s and the records do not know it any more: one
// that is cut off from Redis and lives keeps them.
//
// One thing can be above the lines, for the length of the calls that run: a node
// that starts while Redis is gone and others are calling has its part, and the
// others give theirs up only as their calls end.
//
// # Leases, presence, events
//
// A lease is a queue at the door of a campaign or a duty; who may act is decided
// by a number in Postgres, and the floor of a house, whose duty there lasts as long,
// does without one (see package node). Its holder is told that it is lost half a second before
// another can have it, by its own clock. Presence says who is there and where an
// agent's desk and phone are; nobody goes while Redis is silent. Events are
// numbered: a reader hears each once and in order, catches up behind a gap, and is
// told to read everything anew where one is missing, because the stream was
// trimmed or emptied, or a master took over that lacks its end.
//
// # Keys
//
// All keys of a house begin with one hash tag, {forecall:house}: they stand on one
// shard of a cluster, fail over together, and a script may touch two of them. One
// shard serves a house of 50 nodes; houses spread over the shards.
//
// # Waiting
//
// No call of this package waits for more than 50 ms for Redis; those that would
// tell of what another node did are asked by goroutines of the package's own.
// go-redis' retries are off everywhere: a question whose answer was lost may have
// been heard.
package redis
