package places

import "strings"

// spanishProvinces are the autonomous communities and cities of the first two
// digits of a Spanish postcode, the number of the province (INE).
var spanishProvinces = groups("", "04 11 14 18 21 23 29 41=ES-AN;22 44 50=ES-AR;33=ES-AS;07=ES-IB;35 38=ES-CN;39=ES-CB;05 09 24 34 37 40 42 47 49=ES-CL;"+
	"02 13 16 19 45=ES-CM;08 17 25 43=ES-CT;06 10=ES-EX;15 27 32 36=ES-GA;28=ES-MD;30=ES-MC;31=ES-NC;01 20 48=ES-PV;26=ES-RI;03 12 46=ES-VC;51=ES-CE;52=ES-ML")

func spanish(code string) (regions, zones string) {
	if len(code) < 2 {
		return "", ""
	}
	switch regions = spanishProvinces[code[:2]]; regions {
	case "":
		return "", ""
	case "ES-CN":
		return regions, "Atlantic/Canary"
	case "ES-CE", "ES-ML":
		return regions, "Africa/Ceuta"
	}
	return regions, "Europe/Madrid"
}

// overseas are the French postcodes outside Europe by their first three digits.
var overseas = groups("", "971=FR-971 America/Guadeloupe;972=FR-972 America/Martinique;973=FR-973 America/Cayenne;974=FR-974 Indian/Reunion;"+
	"975=FR-PM America/Miquelon;976=FR-976 Indian/Mayotte;986=FR-WF Pacific/Wallis;988=FR-NC Pacific/Noumea")

// french reads the department. 97133 is Saint-Barthelemy and 97150
// Saint-Martin, within the numbers of Guadeloupe; 20 is Corsica; 987 has three
// zones and 980 is Monaco.
func french(code string) (regions, zones string) {
	if len(code) < 3 {
		return "", ""
	}
	switch {
	case code == "97133":
		return "FR-BL", "America/St_Barthelemy"
	case code == "97150":
		return "FR-MF", "America/Marigot"
	case code[:3] == "987":
		return "FR-PF", ""
	case code[:3] == "980" || code[:2] == "00" || code[:2] == "99" || code[:2] == "96":
		return "", ""
	}
	if place, ok := overseas[code[:3]]; ok {
		regions, zones, _ = strings.Cut(place, " ")
		return regions, zones
	}
	switch dept := code[:2]; dept {
	case "20":
		return "FR-20R", "Europe/Paris"
	case "75":
		return "FR-75C", "Europe/Paris"
	case "97", "98":
		return "", ""
	default:
		return "FR-" + dept, "Europe/Paris"
	}
}

// britishAreas are the nations of postcode areas that do not lie in England,
// with England where they straddle its border.
var britishAreas = groups("", "BT=GB-NIR;AB DD EH FK G HS IV KA KW KY ML PA PH ZE=GB-SCT;DG TD=GB-ENG GB-SCT;CF SA NP LL=GB-WLS;LD SY CH HR=GB-ENG GB-WLS")

func british(code string) (regions, zones string) {
	area := strings.TrimRight(code[:min(2, len(code))], "0123456789")
	switch {
	case area == "" || area == "BF" || area == "XX" || area == "GY" || area == "JE" || area == "IM":
		return "", ""
	case britishAreas[area] != "":
		return britishAreas[area], "Europe/London"
	}
	return "GB-ENG", "Europe/London"
}

// germanLands are the Laender of postcodes whose first two digits lie in one
// for certain; the others straddle borders and tell none.
var germanLands = groups("", "10=DE-BE;18=DE-MV;20=DE-HH;24=DE-SH;39=DE-ST;40 41 42 44 45 46 47 50 52 58 59=DE-NW;70 71 72 73 77 78 79=DE-BW;80 81 82 83 84 85 86 90 91 92 93 94 95=DE-BY;99=DE-TH")

func german(code string) (regions, zones string) {
	if len(code) < 2 {
		return "", ""
	}
	return germanLands[code[:2]], "Europe/Berlin"
}

// italian tells South Tyrol from the rest: it alone has a holiday of its own.
func italian(code string) (regions, zones string) {
	if strings.HasPrefix(code, "39") {
		return "IT-BZ", "Europe/Rome"
	}
	return "", "Europe/Rome"
}

// portuguese tells Madeira (9000 to 9499) and the Azores (9500 to 9999).
func portuguese(code string) (regions, zones string) {
	switch {
	case len(code) < 2:
		return "", ""
	case code[0] != '9':
		return "", "Europe/Lisbon"
	case code[1] < '5':
		return "PT-30", "Atlantic/Madeira"
	}
	return "PT-20", "Atlantic/Azores"
}
