// Package rules answers one question: may this number be called now? When not,
// which rule of which law forbids it, and when may it be called next?
//
// It is pure: facts in, verdicts out; no clock, no store, no network. Whoever
// wants to dial gathers the facts inside the transaction that would write the
// attempt, so that a decision is never older than the row that it allows.
//
//	YAML --ParseSet--> Set --+
//	YAML --ParseSet--> Set --+--NewBook--> Book        what is in force; its Hash
//	YAML --ParseHolidays-----+               |
//	                                         | Plan(Terms of a campaign, Place of a person)
//	                                         v
//	         Facts of a number, now --> Plan.Decide --> Decision
//	                                                       | Allowed, Primary, Verdicts: every rule, in words
//	                                                       | Next: the first time at which all rules allow it
//	                                                       | AppendBinary: the record, which Replay decides again
//
// A Set is one YAML document: a preset of this house (Presets), or the house's
// own. It says where it applies and holds rules of fifteen types: list, consent,
// window, cap, cooldown, guard, rate, ring, connect, cli, record, external,
// line_type, zone and custom. Beside them stand the base rules of every plan,
// which no set can take away: the number is dialable, nothing is stopped, nobody
// talks to it, the internal do-not-call list, known zones, the campaign's own
// hours, tries left, cool-down, a clock that can be trusted.
//
// Order: base rules first, then those of the sets by their stage (compliance
// notes, section 6): state, number, place, lists, consent, guards and cool-downs,
// caps, windows, caller ID, rates, the campaign's settings. The primary reason of
// a refusal is the first failing rule by stage.
//
// Promises:
//
//   - All rules are evaluated always; a refusal names everything in the way.
//   - Several sets, several jurisdictions: every rule that applies must pass.
//     Several candidate time zones: a window must be open in all of them.
//   - Fail closed: a list that is not loaded or too old, facts that are missing,
//     an unknown zone, an unknown country where sets speak of countries, a year
//     without holiday data and a clock that jumped all refuse.
//   - Windows and calendar days compare wall-clock fields, caps by the hour
//     compare instants: a day of 23 or 25 hours is no special case. A day begins
//     at its first instant, which is not midnight everywhere.
//   - A rule whose status is unverified or advisory is evaluated and shown, and
//     refuses nobody, until a set says otherwise.
//   - The same facts, sets and instant give the same bytes of record, on any
//     machine with the same time zone database.
//   - Decide allocates nothing with a Decision that is used again, but for sets
//     with custom rules, whose expressions run in a small interpreter.
package rules
