// Package rig is three nodes of one house as a stranger would run them, and every
// fault that may come over them. It holds tests only: nothing of it ships.
//
//	carrier, robots --SIP, RTP, HTTP--+-- node 1 --+
//	(this process)                    +-- node 2 --+-- Postgres, Redis
//	                                  +-- node 3 --+   (private servers)
//
// The nodes are processes of the program, each in a network namespace of its own
// where root and the kernel allow it (else on addresses of the loopback of their own, without the
// faults of networks). One campaign calls; sixty robots take calls at all nodes. A
// fault is inflicted, its consequences are timed, it is healed, and the house has to
// be whole again before the next. At the end the campaign is stopped, the nodes are
// drained, and the ledger is held against the carrier's log, which knows nothing of
// the house.
//
//	whole --> inflict --> time: calls closed, agents elsewhere, brain places
//	  ^                       |
//	  +---- heal, join <------+        ... stop, drain, verify
//
// FORECALL_RIG=quick is the quick faults once, with a few robots; without it nothing is
// done, since beside other tests the nodes starve. FORECALL_RIG=20 is every fault
// twenty times, with sixty. FORECALL_RIG_FAULTS=kill,freeze is those alone whose name
// contains one of these words. FORECALL_RIG_AGENTS and FORECALL_RIG_MINUTES bound a
// run, FORECALL_RIG_FOLDER keeps configurations and logs, FORECALL_RIG_PROGRAM names a
// program that is built already, FORECALL_RIG_LOOPBACK does without namespaces.
//
// # Promises
//
//   - What the laws of the ledger forbid is never forgiven. How long things take is
//     measured and printed, and is an error only beyond what a slow machine explains.
//   - Everything that is started ends with the test, namespaces too.
package rig
