package numbers

import (
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// wide is the zones of countries with several, for numbers that may be
// anywhere in them: mobiles, internet telephony, company numbers. Zones of
// fewer than 5,000 people are left out. PT and MX tell by the number.
var wide = map[string][]string{
	"AU": {"Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Perth", "Australia/Sydney"},
	"BR": {"America/Manaus", "America/Rio_Branco", "America/Sao_Paulo"},
	"CD": {"Africa/Kinshasa", "Africa/Lubumbashi"},
	"CL": {"America/Punta_Arenas", "America/Santiago", "Pacific/Easter"},
	"EC": {"America/Guayaquil", "Pacific/Galapagos"},
	"ES": {"Atlantic/Canary", "Europe/Madrid"},
	"FM": {"Pacific/Chuuk", "Pacific/Pohnpei"},
	"ID": {"Asia/Jakarta", "Asia/Jayapura", "Asia/Makassar"},
	"KI": {"Pacific/Kiritimati", "Pacific/Tarawa"},
	"MN": {"Asia/Hovd", "Asia/Ulaanbaatar"},
	"MX": {"America/Cancun", "America/Hermosillo", "America/Mazatlan", "America/Mexico_City", "America/Tijuana"},
	"PF": {"Pacific/Gambier", "Pacific/Marquesas", "Pacific/Tahiti"},
	"PG": {"Pacific/Bougainville", "Pacific/Port_Moresby"},
	"PT": {"Atlantic/Azores", "Europe/Lisbon"},
	"RU": {"Asia/Irkutsk", "Asia/Kamchatka", "Asia/Krasnoyarsk", "Asia/Magadan", "Asia/Novosibirsk", "Asia/Omsk",
		"Asia/Vladivostok", "Asia/Yakutsk", "Asia/Yekaterinburg", "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara"},
}

// placed are the regions of wide whose mobile numbers carry an area code that
// the library knows.
var placed = map[string]bool{"BR": true, "MX": true}

// renamed are old names that the library still uses for zones of wide regions.
var renamed = map[string]string{
	"Asia/Choibalsan":   "Asia/Ulaanbaatar",
	"Pacific/Enderbury": "Pacific/Kanton",
	"Pacific/Ponape":    "Pacific/Pohnpei",
	"Pacific/Truk":      "Pacific/Chuuk",
}

// mostZones is the number of zones from which the library's answer means that
// it does not know: toll-free numbers get 42.
const mostZones = 13

// zonesOf returns every zone that the called person may be in, by name;
// nil when nothing is known. Toll-free numbers are nowhere.
func zonesOf(r reading) []string {
	if r.kind == TollFree || r.kind == Network {
		return nil
	}
	if one := oneZone[r.region]; one != nil {
		return one
	}
	if r.calling == 1 {
		return northAmerican(r.e164)
	}
	if all := wide[r.region]; all != nil && !isPlaced(r) {
		return all
	}
	return fromLibrary(r.e164, wide[r.region])
}

// isPlaced tells whether the number's own digits say where it is.
func isPlaced(r reading) bool {
	switch r.kind {
	case Fixed, FixedOrMobile:
		return true
	case Mobile:
		return placed[r.region]
	}
	return false
}

// fromLibrary is the library's answer under today's names; otherwise is used
// when it has none.
func fromLibrary(e164 string, otherwise []string) []string {
	zones, err := phonenumbers.GetTimezonesForPrefix(e164)
	if err != nil || len(zones) == 0 || len(zones) > mostZones || zones[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return otherwise
	}
	if !slices.ContainsFunc(zones, func(z string) bool { return renamed[z] != "" }) {
		return zones
	}
	out := make([]string, 0, len(zones))
	for _, z := range zones {
		if now := renamed[z]; now != "" {
			z = now
		}
		if !slices.Contains(out, z) {
			out = append(out, z)
		}
	}
	slices.Sort(out)
	return out
}
