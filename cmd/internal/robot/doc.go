// Package robot is an agent who never tires, for the demo and for tests: a
// real SIP phone that registers, takes the call of the house and speaks, and a
// client of the public API that signs in, follows its events and says what
// came of each call.
//
//	phone:  REGISTER -> INVITE of the house -> 200, the leg stays up
//	desk:   login -> sign in -> ready -> call_connected: speak
//	                                     call_ended: wrap up, dispose
//
// Nothing of it is known to the house: it could be a person.
package robot
