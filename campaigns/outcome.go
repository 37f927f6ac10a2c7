package campaigns

import "slices"

// Outcome is how an attempt ended, set by the system, never by an agent.
type Outcome string

// The outcomes. Every attempt gets exactly one.
const (
	NoAnswer        Outcome = "no_answer"        // rang until our ring time, or 480, 408 after ringing
	Busy            Outcome = "busy"             // 486, 600
	Invalid         Outcome = "invalid"          // the number does not exist: never retried on that number
	Blocked         Outcome = "blocked"          // 603, 607, 608: refused or blocked by analytics
	Machine         Outcome = "machine"          // an answering machine took it
	Cancelled       Outcome = "cancelled"        // we withdrew it before an answer
	RouteFailed     Outcome = "route_failed"     // the trunk failed; not the contact's attempt
	Refused         Outcome = "refused"          // a rule refused it after the row was written: no INVITE left
	Failed          Outcome = "failed"           // ours to explain
	Lost            Outcome = "lost"             // the process died meanwhile
	Connected       Outcome = "connected"        // an agent talked, connected in time
	LateConnected   Outcome = "late_connected"   // an agent talked, connected too late: counts as abandoned
	AbandonedMsg    Outcome = "abandoned_msg"    // nobody free, the message was played
	AbandonedSilent Outcome = "abandoned_silent" // a person was left in silence
	CalleeHungUp    Outcome = "callee_hung_up"   // answered and hung up before the hold was over
	DeadAir         Outcome = "dead_air"         // nothing was heard of the person for 20 s, at once or later
)

// The outcomes of calls that people make to us. They are neither answered nor
// abandoned in the sense of the law, which speaks of calls that we place.
const (
	InboundConnected Outcome = "inbound_connected" // an agent talked
	InboundLeft      Outcome = "inbound_left"      // the caller went, or opted out, before an agent came
	InboundCallback  Outcome = "inbound_callback"  // the caller asked to be called back
	InboundRefused   Outcome = "inbound_refused"   // we could not take it: overload, or a stop
)

// Outcomes lists all of them in the order of reports.
func Outcomes() []Outcome {
	return []Outcome{
		Connected, LateConnected, AbandonedMsg, AbandonedSilent, CalleeHungUp, DeadAir, Machine,
		NoAnswer, Busy, Invalid, Blocked, Cancelled, RouteFailed, Refused, Failed, Lost,
		InboundConnected, InboundLeft, InboundCallback, InboundRefused,
	}
}

// Known tells whether o is one of the outcomes.
func (o Outcome) Known() bool { return slices.Contains(Outcomes(), o) }

// Live tells whether a person answered: the denominator of abandonment.
func (o Outcome) Live() bool {
	switch o {
	case Connected, LateConnected, AbandonedMsg, AbandonedSilent, CalleeHungUp, DeadAir:
		return true
	}
	return false
}

// Abandoned tells whether the call counts against the abandonment cap: no
// agent within the hold, or silence.
func (o Outcome) Abandoned() bool {
	switch o {
	case LateConnected, AbandonedMsg, AbandonedSilent:
		return true
	}
	return false
}

// Counts tells whether the attempt used one of the contact's tries. What
// failed on our side or the carrier's did not reach the contact.
func (o Outcome) Counts() bool {
	switch o {
	case RouteFailed, Refused, Cancelled:
		return false
	}
	return !o.Inbound()
}

// Inbound tells whether o ends a call that the person made to us. Such a call
// may also end as failed or lost.
func (o Outcome) Inbound() bool {
	switch o {
	case InboundConnected, InboundLeft, InboundCallback, InboundRefused:
		return true
	}
	return false
}
