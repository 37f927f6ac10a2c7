// Package filter is the language in which a manager says which contacts of a
// campaign's lists are called: tries < 3 and fields.plan == "gold".
//
// The syntax is that of expr-lang, whose parser reads it; what may stand in it
// is a small part of that, with types, so that every filter has one meaning,
// in memory and in a database:
//
//	text --Parse--> Expression --Match--> true or false for one contact
//	                     |       --Why----> the part that leaves a contact out
//	                     +-----> Root, a tree that a store turns into a query
//
// Names: name, company, external_id, language, list, region (country of the
// next phone, ISO 3166), kind (of that phone), zone, last (outcome of the last
// try, empty before the first), tries, tried, age_hours and age_days (since the
// last try; a contact never tried is older than any), import, and
// fields.plan or fields["Monthly bill"] for the columns of the list.
//
// Operators: == != < <= > >= and or not in contains startsWith endsWith, and
// the functions lower(text) (A to Z) and number(text). Text beside a number is
// read as a number, with a point or a decimal comma; what is no number makes
// the comparison false. Texts are compared letter by letter, so dates as
// 2026-12-01 compare as dates do.
//
// Promises: nothing of the text is ever run; a filter without error ends in
// time proportional to its length; errors name the place and, for a name that
// is not known, the nearest one that is.
package filter
