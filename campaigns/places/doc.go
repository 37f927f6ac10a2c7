// Package places says where an address is: of which states and provinces the
// law applies, which holidays are kept, and which clocks are shown there.
//
//	country, region, postcode as a list has them
//	    -- Read --> Address: ISO 3166-1, ISO 3166-2, a postcode of the country's form
//	    -- Place --> regions, zones
//
// Read refuses what cannot be: a country of no such name, a postcode that the
// country does not write so, a postcode of another state than the one beside
// it. Place tells only what the address tells for certain. A postcode that
// straddles a border of states or of zones has both; an address that says
// nothing of the zone (a military post office, a country with several zones
// and no postcode) has none, and the number's own zones stay.
//
// The tables are facts published by the postal operators: the first three
// digits of a ZIP code, the province in a Spanish one, the area of a British
// one, the forward sortation areas of Canada.
//
// Promises: no allocation beyond the answer, no input that panics (a fuzz test
// says so), every zone is one of the tz database, every region is written as
// ISO 3166-2.
package places
