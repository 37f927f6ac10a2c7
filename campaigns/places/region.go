package places

import "strings"

// named are the regions of countries whose law or clocks differ within (ISO
// 3166-2), with their names, folded.
//
//nolint:lll // one line a country
var named = map[string]string{
	"US": "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming",
	"CA": "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon",
	"ES": "AN Andalucia,AR Aragon,AS Asturias,CN Canarias,CB Cantabria,CL Castilla y Leon,CM Castilla La Mancha,CT Cataluna/Catalunya/Catalonia,EX Extremadura,GA Galicia,IB Illes Balears/Islas Baleares/Baleares,RI La Rioja/Rioja,MD Madrid/Comunidad de Madrid,MC Murcia/Region de Murcia,NC Navarra,PV Pais Vasco/Euskadi,VC Comunidad Valenciana/Comunitat Valenciana/Valencia,CE Ceuta,ML Melilla",
	"AU": "ACT Australian Capital Territory,NSW New South Wales,NT Northern Territory,QLD Queensland,SA South Australia,TAS Tasmania,VIC Victoria,WA Western Australia",
	"DE": "BW Baden Wurttemberg,BY Bayern/Bavaria,BE Berlin,BB Brandenburg,HB Bremen,HH Hamburg,HE Hessen,MV Mecklenburg Vorpommern,NI Niedersachsen,NW Nordrhein Westfalen/NRW,RP Rheinland Pfalz,SL Saarland,SN Sachsen,ST Sachsen Anhalt,SH Schleswig Holstein,TH Thuringen",
	"GB": "ENG England,SCT Scotland,WLS Wales,NIR Northern Ireland",
}

// regionNames are those of named by country and folded name.
var regionNames = spellRegions()

func spellRegions() map[string]map[string]string {
	out := map[string]map[string]string{}
	for country, list := range named {
		out[country] = map[string]string{}
		for entry := range strings.SplitSeq(list, ",") {
			code, names, _ := strings.Cut(entry, " ")
			out[country][fold(code)], out[country][fold(country+"-"+code)] = country+"-"+code, country+"-"+code
			for name := range strings.SplitSeq(names, "/") {
				out[country][fold(name)] = country + "-" + code
			}
		}
	}
	return out
}

// regional tells whether the regions of a country are known here.
func regional(country string) bool { return named[country] != "" }

// regionCode finds the region that a text names. Without a country only the
// whole code (US-FL) tells one.
func regionCode(country, text string) string {
	if len(text) > longestName {
		return ""
	}
	if country == "" {
		for _, names := range regionNames {
			if code := names[fold(text)]; code != "" && strings.Contains(text, "-") {
				return code
			}
		}
		return ""
	}
	return regionNames[country][fold(text)]
}

// regionZones are the clocks of a region; nil where they are several and an
// address has to tell, or none is known.
func regionZones(region string) []string {
	if zones := regionClocks[region]; zones != "" {
		return strings.Fields(zones)
	}
	return nil
}

// regionClocks are all zones of states and provinces, those with several too:
// in all of them a window has to be open.
var regionClocks = spellClocks()

func spellClocks() map[string]string {
	out := groups("", "US-AK=America/Adak America/Anchorage America/Juneau;US-AZ=America/Denver America/Phoenix;US-FL US-IN US-KY US-MI US-TN=America/Chicago America/New_York;"+
		"US-ID=America/Boise America/Los_Angeles;US-KS US-NE US-ND US-SD US-TX=America/Chicago America/Denver;US-NV=America/Denver America/Los_Angeles;US-OR=America/Boise America/Los_Angeles;"+
		"CA-NL=America/Goose_Bay America/St_Johns;CA-NS CA-PE CA-NB=America/Halifax;CA-QC=America/Blanc-Sablon America/Halifax America/Toronto;CA-ON=America/Atikokan America/Toronto America/Winnipeg;"+
		"CA-MB=America/Winnipeg;CA-SK=America/Edmonton America/Regina America/Winnipeg;CA-AB=America/Edmonton;CA-BC=America/Creston America/Dawson_Creek America/Edmonton America/Vancouver;CA-YT=America/Whitehorse;"+
		"CA-NT=America/Edmonton;CA-NU=America/Edmonton America/Iqaluit America/Rankin_Inlet;"+
		"AU-ACT=Australia/Sydney;AU-NSW=Australia/Broken_Hill Australia/Sydney;AU-VIC=Australia/Melbourne;AU-TAS=Australia/Hobart;AU-QLD=Australia/Brisbane;AU-NT=Australia/Darwin;"+
		"AU-SA=Australia/Adelaide;AU-WA=Australia/Eucla Australia/Perth;ES-CN=Atlantic/Canary;ES-CE ES-ML=Africa/Ceuta;"+
		"ES-AN ES-AR ES-AS ES-IB ES-CB ES-CL ES-CM ES-CT ES-EX ES-GA ES-MD ES-MC ES-NC ES-PV ES-RI ES-VC=Europe/Madrid")
	for region, zone := range oneClock {
		out[region] = zone
	}
	return out
}
