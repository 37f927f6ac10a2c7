// Package abandonment counts abandoned calls as the law counts them.
//
// A person who answers and meets nobody is abandoned. Laws agree on that and on
// little else: from when the two seconds run, which calls stand below the line,
// over which time the share is taken, and what becomes of calls that a detector
// took for machines. This package knows the variants and nothing of calls, stores
// or clocks: instants and counts in, classes, rates and budgets out.
//
//	finished call --Judge(start, 2 s)--> Class --+
//	                                            v
//	             period of the law <-- Window   Counts --Formula--> Rate --Rule--> Standing
//	                                            ^                                  (budget, projection)
//	labelled sample of machine calls --Upper----+ Estimate
//
// # The clock of a call
//
//	answered ---- greeting start ---- greeting end ---- + 2 s
//	    |connected     |greeting_start    |greeting_end
//
// The two seconds of 47 CFR 64.1200(a)(7) and 16 CFR 310.4(b)(1)(iv) run from
// the end of the called person's greeting. Where that was not heard the answer
// takes its place, which is earlier and therefore stricter. 2000 ms are in time,
// 2001 ms are not; less than a microsecond is nobody's business.
//
// # The classes of an answered call
//
//	met        an agent within the limit
//	late       an agent, but later: abandoned, though they talked
//	told       nobody, but the message began within the limit: abandoned
//	told_late  the message began later: abandoned
//	silent     neither; also what our own faults do to a person: abandoned
//	hung_up    the person went before the limit was over: answered, not abandoned
//	machine    the detector says so; a share of them were people
//
// # Periods
//
// Blocks of days follow one another from the first day of the campaign, in its
// reporting zone, and the last is a part (16 CFR 310.4(b)(4)(i)); a campaign that
// is younger than one block is counted as a whole. A month and a day are those of
// the calendar of that zone; rolling hours end now. A call belongs to the period
// in which it was placed.
//
// # Promises
//
// No share is below 0 or above 1 or not a number, whatever the counts. A budget
// never says that a call may be abandoned when the share would then exceed the
// limit. A machine that nobody has looked at counts as a person.
package abandonment
