// Package softphone is an agent's headset in the browser: WebRTC, with the sound
// of the telephone network. The page sends one offer and gets one answer (WHIP
// style, RFC 9725); what it says and hears is G.711, so that nothing is coded
// anew on the way to the trunk.
//
//	page                          Phones                        engine
//	  | offer (HTTP)                 |                             |
//	  |----------------------------->| Connect                     |
//	  |<------- answer, session -----|                             |
//	  | ICE, DTLS on one UDP port    |                             |
//	  |<---------------------------->|                             |
//	  | sound                        |<------ Call(user) ----------|
//	  |----------------------------->|------ Station, up --------->|
//	  |       silence between calls, one SSRC all day              |
//
// # States
//
// A phone belongs to a user and outlives its connections:
//
//	          Connect                sound came
//	(none) ------------> connecting -----------> up <----------------+
//	                       |    ICE and DTLS     |                   | sound came, over the
//	                       |    done: proving    | no sound for 1 s, | same connection or
//	                       |                     v or cut            | a new one: Connect
//	                       |                   lost -----------------+
//	                       | no sound            | for 6 s
//	                       v in 15 s             v
//	                      gone  <-------------- gone   (Disconnect: at once, from anywhere)
//
// Station.Done closes when the phone is gone: so a network that changes costs a
// second or two of the conversation, not the conversation. A second Connect of
// the same user takes the phone over as soon as sound comes by it; until then,
// and if none comes, the first goes on.
//
// # Who may be at the other end
//
// The fingerprint of the certificate stands in the offer, and the offer came by a
// session that has logged in (RFC 8827). Addresses in the offer are not used at
// all: we answer whoever proves by ICE that he knows our password, and send
// nothing to anybody else. The media allow-list of trunks does not apply for that
// reason.
//
// # Promises
//
//   - What the browser gets is one stream from the first Connect to the end of
//     the shift: one SSRC, numbers and timestamps that run on over calls and
//     connections (pion issues 2962, 3149 and 3292 are what happens else).
//   - What is wrong is named by its cause: Diagnose is pure.
//   - Offers are bounded in size and number, and a malformed one is an
//     *OfferError, never a panic.
//   - After Close no goroutine is left.
package softphone
