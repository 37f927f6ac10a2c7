// Package numbers turns what stands in a list's phone column into a number
// that may be dialed, or into a refusal that says why not.
//
//	text -- clean --> digits -- plan --> E.164, region, kind -- policy --> zones
//	          |                   |                                |
//	       Refusal             Refusal                          Refusal
//
// Numbering plans are those of libphonenumber (nyaruka/phonenumbers). Parse
// asks the library, 20 to 40 us a number. A Parser compiles the library's own
// patterns into tables over the ten digits and answers ordinary numbers in
// well under a microsecond; whatever the tables do not answer goes to the
// library, so both give the same verdict (a test compares them over many
// numbers of every region).
//
// Time zones are not the library's: it gives Algeria the summer time of
// Paris, Spanish mobiles no Canaries, and one side of a border to area codes
// that straddle it. The table here holds the zone of each country that has
// one, the union of zones of each North American area code that has several,
// and all zones of a country for numbers that may be anywhere in it.
//
// Promises: what passes is "+" and 7 to 15 digits and nothing else; emergency
// numbers, short codes and numbers that cost the caller more than a call are
// never let through unless the policy names their kind, and emergency numbers
// not even then; numbers of another country that look like home (+1 876) pass
// only where the policy names the region; a number whose place is unknown has
// no zones, so that no rule can find its window open.
package numbers
