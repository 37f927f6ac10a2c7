// Package internalleg carries a voice between two nodes of one house: the
// person's call is at node A, the agent's phone at node B. A calls B by SIP on
// the internal address, and has from then on a dialer.Station as if the phone
// were its own.
//
//	person --RTP--> A: room of the conversation      B: the phone's station <--RTP--> agent
//	                 |  tone, comfort, hold, whisper  |
//	                 +-- Dial: INVITE, G.711 -------->+  Settings.Phone(station)
//	                     frames as they are, both ways
//
// # States
//
//	at A   dialling --200, proof, first sound--> up --> gone      Done
//	          +-- refused, no answer, no sound: Dial fails
//	at B   INVITE --proof good, phone here--> 200 --> bridged --> gone
//	          +-- 403 whoever is not of the house, 404 no such phone
//
// A leg is gone when either side hangs up, when the phone is gone, when another
// call takes the phone, or when nothing was heard of the other node for
// Settings.SilenceLimit. Both sides send a packet each 20 ms, speech or silence,
// so that a node that was killed, is stopped or is cut off is known by its
// silence alone, in less than two seconds; no OPTIONS and no session timer stand
// beside it. A node that was itself not running counts from when it runs again.
//
// # Sound
//
// A frame passes as it came: octets, marker, key presses, gaps and order. Nothing
// is buffered at A or B; the jitter buffer is the one of the phone, or of the
// person's line, at the far end. B answers with the law that the phone speaks
// when A offers it, and A always offers both: so sound is translated at most
// once, at A, and not at all where person and phone speak the same law.
//
// A call of a phone (Talk) is one at a time. The one that comes later has it, and
// the former ends: who orders calls is the one brain of the floor, and its later
// word counts, even when the former call's node died and did not say BYE. Ears
// (Ear) are beside it, up to maxEars a phone: each hears the phone and what is
// said to it over internal legs, mixed, and says nothing to it.
//
// # Who may
//
// The header Forecall-Leg of the INVITE names both nodes, the station, what the
// leg is for and the instant, and has an HMAC-SHA-256 over these, the Call-ID and
// the session description, with a key of the house. The answer has one as well,
// over both descriptions. Digest would cost a round trip while a person listens
// into nothing, and would leave the address for the sound unsigned.
//
//   - Whoever has not the key gets 403, the same for each station and each reason.
//   - What was said to one node is not good at another, nor a second time, nor
//     after 30 s, nor from before this node was opened.
//   - Sound is sent only to, and heard only from, the address that was signed.
//
// Sound and BYE are not encrypted or signed: the internal network must be one
// that strangers cannot listen in to.
//
// # Promises
//
//   - Of two legs to one phone at most one is heard by it.
//   - Dial returns when its context ends, whatever the other node does.
//   - Hangup ends the leg, never the phone: that stays up for the next call.
//   - Once a leg has ended at the phone's node nothing is said to the phone over
//     it any more, and a phone that has gone on to other talk stays there.
//   - After Close no leg, no port and no goroutine is left.
package internalleg
