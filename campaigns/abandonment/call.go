package abandonment

import (
	"fmt"
	"time"
)

// Limit is how long a person may wait for an agent or the message: two seconds
// (47 CFR 64.1200(a)(7), 16 CFR 310.4(b)(4)(iii), CRTC, Ofcom 2010).
const Limit = 2 * time.Second

// Start says from when the limit runs.
type Start string

// The starts, as Amazon Connect has them as well.
const (
	FromConnected     Start = "connected"      // the answer: SIP 200
	FromGreetingStart Start = "greeting_start" // the person begins to speak
	FromGreetingEnd   Start = "greeting_end"   // the person has greeted: the United States
)

// Starts lists them, the strictest first.
func Starts() []Start { return []Start{FromConnected, FromGreetingStart, FromGreetingEnd} }

// ParseStart returns the start of that name; none is FromConnected, the
// strictest. The error lists the names.
func ParseStart(name string) (Start, error) {
	switch s := Start(name); s {
	case "":
		return FromConnected, nil
	case FromConnected, FromGreetingStart, FromGreetingEnd:
		return s, nil
	}
	return "", fmt.Errorf("start %q: connected, greeting_start or greeting_end", name)
}

// Class is what a finished call is to abandonment.
type Class string

// The classes; doc.go says what each means.
const (
	Unanswered Class = "unanswered"
	Met        Class = "met"
	Late       Class = "late"
	Told       Class = "told"
	ToldLate   Class = "told_late"
	Silent     Class = "silent"
	HungUp     Class = "hung_up"
	Machine    Class = "machine"
)

// Classes lists those of answered calls, in the order of reports.
func Classes() []Class { return []Class{Met, Late, Told, ToldLate, Silent, HungUp, Machine} }

// Abandoned tells whether a call of the class stands above the line.
func (c Class) Abandoned() bool {
	return c == Late || c == Told || c == ToldLate || c == Silent
}

// Live tells whether a person answered, as far as anybody knows.
func (c Class) Live() bool { return c != Unanswered && c != Machine && c != "" }

// Call is what abandonment must know of one finished call. Instants that did not
// come about are zero.
type Call struct {
	Person  bool // a person answered
	Machine bool // the detector took it for a machine; Person is false then
	Talked  bool // an agent talked
	// TooLate is what the dialer said of the connection; it counts only when an
	// instant is missing.
	TooLate  bool
	ByPerson bool // it was the person who hung up

	Answered                   time.Time
	GreetingStart, GreetingEnd time.Time
	Bridged                    time.Time // first agent
	Message                    time.Time // first sound of the message
	Ended                      time.Time
}

// Origin is the instant from which the limit runs; the answer where the
// greeting is not known or makes no sense.
func (c Call) Origin(from Start) time.Time {
	at := c.Answered
	switch from {
	case FromGreetingStart:
		at = c.GreetingStart
	case FromGreetingEnd:
		at = c.GreetingEnd
	}
	if at.Before(c.Answered) {
		return c.Answered
	}
	return at
}

// Judge says which class a finished call is in when within is counted from the
// given start.
func Judge(from Start, within time.Duration, c Call) Class {
	switch {
	case c.Machine:
		return Machine
	case !c.Person:
		return Unanswered
	}
	in := func(at time.Time) bool { return inTime(c.Origin(from), at, within) }
	switch {
	case c.Talked && (c.Bridged.IsZero() || c.Answered.IsZero()):
		return either(!c.TooLate, Met, Late)
	case !c.Bridged.IsZero():
		return either(in(c.Bridged), Met, Late)
	case !c.Message.IsZero():
		return either(in(c.Message), Told, ToldLate)
	case c.ByPerson && in(c.Ended):
		return HungUp
	}
	return Silent
}

// inTime compares whole microseconds, as a ledger keeps them, so that a call is
// judged the same before and after it was written.
func inTime(origin, at time.Time, within time.Duration) bool {
	return at.UnixMicro()-origin.UnixMicro() <= within.Microseconds()
}

func either(first bool, a, b Class) Class {
	if first {
		return a
	}
	return b
}
