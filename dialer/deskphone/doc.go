// Package deskphone is an agent's SIP phone: we are its registrar, call it once
// when the agent signs in, and keep that leg up from call to call.
//
//	phone                         Phones                        engine
//	  | REGISTER, digest             |                             |
//	  |----------------------------->| bound                       |
//	  |                              |<------ Call(extension) -----|
//	  |<-- INVITE (pinned to the address it registered from) ------|
//	  | 200, then sound              |                             |
//	  |----------------------------->|------ Station, up --------->|
//	  |       silence between calls, one SSRC, session timer       |
//
// A station's states:
//
//	calling --answered--> proving --sound came--> up --> gone
//	   |                     |                     |
//	   +-- refused, no answer, no sound: Call fails+-- hung up, registration lost, silent: Done
//
// A phone is lost, and Done closes at once, when it hangs up, when its
// registration ends or the connection of it breaks, or when its sound stops for
// Settings.SilenceLimit: phones send all the time, and a customer shall not
// talk to a dead one for longer. A phone that has put us on hold may be silent.
//
// Promises:
//
//   - Phones receive calls and place none: an INVITE of a phone gets 403,
//     whatever number it is for.
//   - One leg for each extension; a second Call is an error.
//   - The phone is called where its REGISTER came from, never where its Contact
//     points.
//   - After Close no goroutine is left.
package deskphone
