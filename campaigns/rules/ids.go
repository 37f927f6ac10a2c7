package rules

// ID names a rule in logs, exports and explanations.
type ID string

// The base rules of every plan, in the order in which verdicts list them.
const (
	Number   ID = "number.valid"    // E.164 that may be dialed at all
	Stopped  ID = "stopped"         // no kill switch is pulled for it
	Live     ID = "number.live"     // not in another call, anywhere
	DNC      ID = "dnc.internal"    // not on our own do-not-call list
	Zone     ID = "zone.known"      // the time zone of the called person is known
	Known    ID = "place.known"     // the country is, when any set speaks of countries
	Hours    ID = "hours"           // inside the campaign's calling window there, now
	Attempts ID = "attempts.left"   // tries left for this contact
	Cooldown ID = "cooldown.number" // long enough since the last try of this number
	Clock    ID = "clock"           // our own clock can be trusted
)

// Base lists the base rules in their order.
func Base() []ID {
	return []ID{Number, Stopped, Live, DNC, Zone, Known, Hours, Attempts, Cooldown, Clock}
}

// Type is what kind of thing a rule of a set asks for.
type Type string

// The types of rules of a set.
const (
	TypeList     Type = "list"      // the number is on no such do-not-call register
	TypeConsent  Type = "consent"   // the person agreed, or a relation stands for it
	TypeWindow   Type = "window"    // hours of the week at the person's place
	TypeCap      Type = "cap"       // calls in a stretch of time
	TypeCooldown Type = "cooldown"  // silence after what a call came to
	TypeGuard    Type = "guard"     // the same, lifted when an agent is reserved
	TypeRate     Type = "rate"      // abandoned calls of a campaign in a legal period
	TypeRing     Type = "ring"      // how long an unanswered call rings
	TypeConnect  Type = "connect"   // how soon an agent or the message is there
	TypeCLI      Type = "cli"       // the number shown to the person
	TypeRecord   Type = "record"    // how calls are recorded, what is kept
	TypeExternal Type = "external"  // a check made by somebody else
	TypeLineType Type = "line_type" // mobile, fixed and so on
	TypeZone     Type = "zone"      // how well the place is known
	TypeCustom   Type = "custom"    // a read-only expression over the facts
)

// Types lists them.
func Types() []Type {
	return []Type{
		TypeList, TypeConsent, TypeWindow, TypeCap, TypeCooldown, TypeGuard, TypeRate, TypeRing, TypeConnect, TypeCLI, TypeRecord,
		TypeExternal, TypeLineType, TypeZone, TypeCustom,
	}
}

// TypeBase is the type of base rules in verdicts; no set can hold one.
const TypeBase Type = "base"

// Status says how sure we are of a rule.
type Status string

// The statuses. Unverified and advisory rules are evaluated and shown, and
// refuse nobody.
const (
	Verified   Status = "verified"   // the primary text, or a guide that was checked against it, was read
	Secondary  Status = "secondary"  // law firms, vendors, trade press; binds, as the stricter reading
	Unverified Status = "unverified" // general knowledge; advisory until somebody confirms it
	Advisory   Status = "advisory"   // good practice, not law
)

// Binds tells whether a rule of this status may refuse a call.
func (s Status) Binds() bool { return s == Verified || s == Secondary || s == "" }
