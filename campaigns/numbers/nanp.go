package numbers

// areaZones is the union of zones over all exchanges of every North American
// area code that lies in several, where the library answers with one: for 219
// (NW Indiana, Central) it says New York for 673 of 800 exchanges. An overlay
// has the zones of the code it lies over. Within a code that is not here all
// exchanges share one zone, which the library knows.
var areaZones = areas(map[string][]string{
	"907":             {"America/Adak", "America/Anchorage", "America/Juneau", "Pacific/Honolulu"},
	"208 986 775":     {"America/Boise", "America/Denver", "America/Los_Angeles"},
	"308 620 785":     {"America/Chicago", "America/Denver"},
	"605 701":         {"America/Chicago", "America/Denver", "America/North_Dakota/Center"},
	"219 574 606 906": {"America/Chicago", "America/New_York"},
	"270 364":         {"America/Chicago", "America/New_York"},
	"423":             {"America/Chicago", "America/New_York"},
	"812 930":         {"America/Chicago", "America/New_York"},
	"850 448":         {"America/Chicago", "America/New_York"},
	"541 458":         {"America/Boise", "America/Denver", "America/Los_Angeles"},
	"928":             {"America/Denver", "America/Phoenix"},
	"867":             {"America/Edmonton", "America/Fort_Nelson", "America/Toronto", "America/Vancouver", "America/Winnipeg"},
	// 236 and 672 lie over all of British Columbia, 257 and 778 too; its east
	// keeps the time of Alberta.
	"250 236 672 257 778": {"America/Edmonton", "America/Vancouver"},
	// Lloydminster keeps the time of Alberta; the library puts 474, an overlay
	// of Saskatchewan, into Manitoba.
	"306 639 474": {"America/Edmonton", "America/Regina"},
	"709 879":     {"America/Halifax", "America/St_Johns"},
	"418 581 367": {"America/Halifax", "America/Toronto"},
	"807":         {"America/Toronto", "America/Winnipeg"},
})

// areas spells a table by groups of codes out into one by code.
func areas(groups map[string][]string) map[string][]string {
	out := make(map[string][]string, 64)
	for codes, zones := range groups {
		for ; len(codes) >= 3; codes = codes[min(4, len(codes)):] {
			out[codes[:3]] = zones
		}
	}
	return out
}

// northAmerican returns the zones of a number of the United States or Canada;
// regions with one zone are answered before.
func northAmerican(e164 string) []string {
	area := e164[2:5]
	if zones := areaZones[area]; zones != nil {
		return zones
	}
	return fromLibrary("+1"+area+"5550100", nil)
}
