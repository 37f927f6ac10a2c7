package numbers

import (
	"strings"
	"sync"
)

// callingCodes are the prefixes of countries, by ISO 3166-1 alpha-2.
var callingCodes = sync.OnceValue(func() map[string]string {
	out := make(map[string]string, 256)
	for _, list := range []string{neighbours, callings} {
		for entry := range strings.FieldsSeq(list) {
			out[entry[:2]] = entry[2:]
		}
	}
	for _, a := range islands {
		out[a.regions] = "1" + a.codes[:3]
	}
	out["US"], out["CA"] = "1", "1"
	return out
})

// CallingCode is the beginning of the numbers of a country (ISO 3166-1 alpha-2),
// digits after the plus sign; "" for what is no country with numbers of its own.
func CallingCode(country string) string { return callingCodes()[country] }

// CountryZones is the one clock of a country whose inhabitants share it; nil
// for countries with several, and for what is no country. Shared: not to be
// changed.
func CountryZones(country string) []string { return oneZone[country] }
