// Package rules answers one question: may this number be called now?
//
// It is pure: facts in, verdicts out, no clock, no store. The ledger gathers
// the facts inside the transaction that would write the attempt, so a verdict
// is never older than the row it allows. Every rule is evaluated every time:
// a refusal names all that stands in the way, and when it will no longer.
//
//	Facts{number, zones, week, do-not-call, live, tries, last try} + now
//	    -> Evaluate -> Verdicts -> Refusal (nil: call)
//
// Promises: unknown zones and bad numbers are refused (fail closed); with
// several candidate zones the window must be open in every one of them;
// windows compare wall-clock fields, so a day with 23 or 25 hours is no
// special case.
package rules
