package places

import "strings"

// zip3 are the states of ZIP codes by their first three digits (USPS, L002).
// Two states where a group is shared; "=PR" is a country of its own. Groups of
// the armed forces (090-098, 340, 962-966) and 969 (Guam, Palau and others) are
// nowhere that could be told.
const zip3 = "005 US-NY,006-007 =PR,008 =VI,009 =PR,010-027 US-MA,028-029 US-RI,030-038 US-NH,039-049 US-ME,050-054 US-VT,055 US-MA,056-059 US-VT," +
	"060-062 US-CT,063 US-CT US-NY,064-069 US-CT,070-089 US-NJ,100-149 US-NY,150-196 US-PA,197-199 US-DE,200 US-DC,201 US-VA,202-205 US-DC," +
	"206-219 US-MD,220-246 US-VA,247-268 US-WV,270-289 US-NC,290-299 US-SC,300-319 US-GA,320-339 US-FL,341-342 US-FL,344 US-FL,346-347 US-FL,349 US-FL," +
	"350-369 US-AL,370-385 US-TN,386-397 US-MS,398-399 US-GA,400-427 US-KY,430-459 US-OH,460-479 US-IN,480-499 US-MI,500-528 US-IA,530-549 US-WI," +
	"550-567 US-MN,569 US-DC,570-577 US-SD,580-588 US-ND,590-599 US-MT,600-629 US-IL,630-658 US-MO,660-679 US-KS,680-693 US-NE,700-714 US-LA," +
	"716-729 US-AR,730-732 US-OK,733 US-TX,734-749 US-OK,750-799 US-TX,800-816 US-CO,820-831 US-WY,832-833 US-ID,834 US-ID US-WY,835-838 US-ID," +
	"840-847 US-UT,850-865 US-AZ,870-884 US-NM,885 US-TX,889-898 US-NV,900-961 US-CA,967-968 US-HI,970-979 US-OR,980-994 US-WA,995-999 US-AK"

// zip3Zones are the clocks of groups in states that have several (49 CFR 71),
// both where the line runs through a group: 324 has Port St. Joe, 373 has
// Tullahoma, 421 Bowling Green, 463 and 479 the counties at Chicago, 498 and
// 499 those at Wisconsin, 865 and 860 the Navajo Nation, 898 West Wendover,
// 979 Ontario, 995 Adak.
const zip3Zones = "324 America/Chicago America/New_York,325 America/Chicago,320-323 America/New_York,326-349 America/New_York," +
	"370-372 America/Chicago,373 America/Chicago America/New_York,374 America/New_York,375 America/Chicago,376-379 America/New_York,380-384 America/Chicago,385 America/Chicago America/New_York," +
	"400-419 America/New_York,420-424 America/Chicago,425-427 America/Chicago America/New_York," +
	"460-462 America/New_York,463 America/Chicago America/New_York,464 America/Chicago,465 America/Chicago America/New_York,466-474 America/New_York," +
	"475-476 America/Chicago America/New_York,477 America/Chicago,478 America/New_York,479 America/Chicago America/New_York," +
	"480-497 America/New_York,498-499 America/Chicago America/New_York," +
	"570-574 America/Chicago,575-576 America/Chicago America/Denver,577 America/Denver," +
	"580-584 America/Chicago,585-586 America/Chicago America/Denver,587 America/Chicago,588 America/Chicago America/Denver," +
	"660-676 America/Chicago,677-679 America/Chicago America/Denver,680-689 America/Chicago,690-692 America/Chicago America/Denver,693 America/Denver," +
	"733 America/Chicago,750-797 America/Chicago,798 America/Chicago America/Denver,799 America/Denver,885 America/Denver," +
	"832-834 America/Boise,835 America/Boise America/Los_Angeles,836-837 America/Boise,838 America/Los_Angeles," +
	"850-859 America/Phoenix,860 America/Denver America/Phoenix,861-864 America/Phoenix,865 America/Denver America/Phoenix," +
	"889-897 America/Los_Angeles,898 America/Denver America/Los_Angeles," +
	"970-978 America/Los_Angeles,979 America/Boise America/Los_Angeles," +
	"995 America/Adak America/Anchorage,996-997 America/Anchorage,998-999 America/Juneau"

// stateZones are the states that have one clock.
const stateZones = "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV=America/New_York;AL AR IA IL LA MN MO MS OK WI=America/Chicago;" +
	"CO MT NM UT WY=America/Denver;CA WA=America/Los_Angeles;HI=Pacific/Honolulu"

var (
	zipStates = ranges(zip3)
	zipZones  = ranges(zip3Zones)
	oneClock  = groups("US-", stateZones)
)

func american(code string) (regions, zones string) {
	if len(code) < 3 {
		return "", ""
	}
	regions = zipStates[code[:3]]
	if zones = zipZones[code[:3]]; zones == "" {
		zones = shared(regions, oneClock)
	}
	return regions, zones
}

// shared is the zone of several regions if each has one and they agree.
func shared(regions string, clock map[string]string) string {
	zone := ""
	for region := range strings.FieldsSeq(regions) {
		z := clock[region]
		if z == "" || zone != "" && z != zone {
			return ""
		}
		zone = z
	}
	return zone
}

// ranges spells a table of groups out: "060-062 US-CT,063 US-CT US-NY".
func ranges(table string) map[string]string {
	out := make(map[string]string, 1000)
	for row := range strings.SplitSeq(table, ",") {
		group, value, _ := strings.Cut(row, " ")
		from, to, many := strings.Cut(group, "-")
		if !many {
			to = from
		}
		for n := digits(from); n <= digits(to); n++ {
			out[written(n, len(from))] = value
		}
	}
	return out
}

func digits(text string) (n int) {
	for i := range len(text) {
		n = n*10 + int(text[i]-'0')
	}
	return n
}

func written(n, width int) string {
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i], n = byte('0'+n%10), n/10
	}
	return string(b)
}

// groups spells "CT DC=America/New_York;AL=America/Chicago" out.
func groups(prefix, table string) map[string]string {
	out := map[string]string{}
	for row := range strings.SplitSeq(table, ";") {
		names, value, _ := strings.Cut(row, "=")
		for name := range strings.FieldsSeq(names) {
			out[prefix+name] = value
		}
	}
	return out
}

// canadian reads the first three signs, the forward sortation area (Canada
// Post). Clocks are told apart where a province has several: Labrador (A0P,
// A2V), the Magdalen islands (G4T) and the lower north shore (G0G) of Quebec,
// the north-west of Ontario, Lloydminster (S9V), and in British Columbia the
// Kootenays and the Peace River.
func canadian(code string) (regions, zones string) {
	if len(code) < 3 {
		return "", ""
	}
	if zones = sortationZones[code[:3]]; zones == "" {
		zones = letterZones[code[:1]]
	}
	return letters[code[:1]], zones
}

var letters = groups("", "A=CA-NL;B=CA-NS;C=CA-PE;E=CA-NB;G H J=CA-QC;K L M N P=CA-ON;R=CA-MB;S=CA-SK;T=CA-AB;V=CA-BC;X=CA-NT CA-NU;Y=CA-YT")

var letterZones = groups("", "A=America/St_Johns;B C E=America/Halifax;G H J K L M N P=America/Toronto;R=America/Winnipeg;S=America/Regina;"+
	"T=America/Edmonton;V=America/Vancouver;X=America/Edmonton America/Iqaluit America/Rankin_Inlet;Y=America/Whitehorse")

var sortationZones = groups("", "A0P A2V=America/Goose_Bay America/St_Johns;G4T=America/Halifax;G0G=America/Blanc-Sablon America/Halifax America/Toronto;"+
	"P0T P0V P0W P0X P0Y P8N P8T P9A P9N=America/Atikokan America/Toronto America/Winnipeg;S9V=America/Edmonton;S0P=America/Regina America/Winnipeg;"+
	"V0A V0B V1A V1C=America/Creston America/Edmonton America/Vancouver;V0C V0J V1G V1J=America/Dawson_Creek America/Edmonton America/Vancouver;X1A=America/Edmonton")
