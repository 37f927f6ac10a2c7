package places

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/forecall/forecall/campaigns/numbers"
)

// spoken are names of countries that lists have and the Unicode tables do not.
const spoken = "usa=US,u s a=US,united states of america=US,america=US,ee uu=US,eeuu=US,uk=GB,u k=GB,great britain=GB,england=GB,scotland=GB,wales=GB," +
	"northern ireland=GB,gran bretana=GB,grossbritannien=GB,holland=NL,holanda=NL,czech republic=CZ,brd=DE,deutschland=DE,nemetorszag=DE,saksamaa=DE," +
	"allemagne=DE,alemania=DE,germania=DE,espagne=ES,spagna=ES,spanien=ES,spanyolorszag=ES,hispaania=ES,francia=FR,frankreich=FR,franciaorszag=FR," +
	"prantsusmaa=FR,italie=IT,italien=IT,olaszorszag=IT,itaalia=IT,magyarorszag=HU,ungarn=HU,hongrie=HU,hungria=HU,ungheria=HU,ungari=HU,eesti=EE," +
	"estland=EE,estonie=EE,esztorszag=EE,reino unido=GB,royaume uni=GB,regno unito=GB,vereinigtes konigreich=GB,egyesult kiralysag=GB," +
	"estados unidos=US,etats unis=US,stati uniti=US,vereinigte staaten=US,egyesult allamok=US,kanada=CA,australien=AU,australie=AU,ausztralia=AU," +
	"indien=IN,inde=IN,suisse=CH,schweiz=CH,svizzera=CH,osterreich=AT,ausztria=AT,autriche=AT"

// countries are the names, folded, in the languages of this house, with the
// codes of three letters. Made when first asked for.
var countries = sync.OnceValue(func() map[string]string {
	out := make(map[string]string, 2500)
	tongues := []display.Namer{}
	for _, tag := range []language.Tag{language.English, language.Spanish, language.French, language.German, language.Italian, language.Hungarian, language.Estonian} {
		tongues = append(tongues, display.Regions(tag))
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || numbers.CallingCode(region.String()) == "" {
				continue
			}
			code := region.String()
			out[strings.ToLower(region.ISO3())] = code
			for _, tongue := range tongues {
				out[fold(tongue.Name(region))] = code
			}
		}
	}
	for pair := range strings.SplitSeq(spoken, ",") {
		named, code, _ := strings.Cut(pair, "=")
		out[named] = code
	}
	return out
})

// Country finds the ISO 3166-1 code of a country that is written by its code of
// two or three letters, or by its name in one of the languages of this house; ""
// for none.
func Country(text string) string { return countryCode(strings.TrimSpace(text)) }

// longestName bounds the names that are looked up, in bytes.
const longestName = 100

// countryCode finds the two letters of a country; "" for none.
func countryCode(text string) string {
	if len(text) > longestName {
		return ""
	}
	if up := strings.ToUpper(text); len(up) == 2 {
		if up == "UK" {
			return "GB"
		}
		if numbers.CallingCode(up) != "" {
			return up
		}
		return ""
	}
	return countries()[fold(text)]
}

// fold makes a name comparable: no accents, lower case, one blank between words.
func fold(text string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return strings.ReplaceAll(b.String(), "ß", "ss")
}
