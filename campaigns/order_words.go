package campaigns

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// tongue is how one language reads an order back.
type tongue struct {
	tag     language.Tag
	numbers []string // from one on, as they stand before a thing
	item    func(n, name string, one bool) string
	less    string // with the discount of a line
	order   string // with the items
	total   string // with the amounts
	and     string
	terms   map[Term]string    // with the amount of each
	least   map[Term][2]string // how long at least: one, many
	coins   map[string][2]string
	right   string
}

// tongues are the languages that orders are read back in; the first is for all
// others.
var tongues = []tongue{english, spanish, hungarian, estonian}

var english = tongue{
	tag:     language.English,
	numbers: []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"},
	item:    func(n, name string, _ bool) string { return n + " " + name },
	less:    " with %s off",
	order:   "You order %s.", total: "Together that is %s.", and: " and ", right: "Is that right?",
	terms: map[Term]string{Once: "%s once", Monthly: "%s a month", Yearly: "%s a year"},
	least: map[Term][2]string{Monthly: {"for at least %d month", "for at least %d months"}, Yearly: {"for at least %d year", "for at least %d years"}},
	coins: map[string][2]string{
		"EUR": {"euro", "euros"}, "USD": {"dollar", "dollars"}, "GBP": {"pound", "pounds"}, "HUF": {"forint", "forints"}, "JPY": {"yen", "yen"},
	},
}

var spanish = tongue{
	tag:     language.Spanish,
	numbers: []string{"una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"},
	item: func(n, name string, one bool) string {
		if one {
			return n + " unidad de " + name
		}
		return n + " unidades de " + name
	},
	less:  " con %s de descuento",
	order: "Usted pide %s.", total: "En total son %s.", and: " y ", right: "¿Es correcto?",
	terms: map[Term]string{Once: "%s una sola vez", Monthly: "%s al mes", Yearly: "%s al año"},
	least: map[Term][2]string{Monthly: {"durante al menos %d mes", "durante al menos %d meses"}, Yearly: {"durante al menos %d año", "durante al menos %d años"}},
	coins: map[string][2]string{
		"EUR": {"euro", "euros"}, "USD": {"dólar", "dólares"}, "GBP": {"libra", "libras"}, "HUF": {"forinto", "forintos"}, "JPY": {"yen", "yenes"},
	},
}

var hungarian = tongue{
	tag:     language.Hungarian,
	numbers: []string{"egy", "két", "három", "négy", "öt", "hat", "hét", "nyolc", "kilenc", "tíz", "tizenegy", "tizenkét"},
	item:    func(n, name string, _ bool) string { return n + " darab " + name },
	less:    " (%s kedvezménnyel)",
	order:   "Az Ön megrendelése: %s.", total: "Összesen fizetendő: %s.", and: " és ", right: "Így helyes?",
	terms: map[Term]string{Once: "egyszeri %s", Monthly: "havi %s", Yearly: "évi %s"},
	least: map[Term][2]string{Monthly: {"legalább %d hónapig", "legalább %d hónapig"}, Yearly: {"legalább %d évig", "legalább %d évig"}},
	coins: map[string][2]string{
		"EUR": {"euró", "euró"}, "USD": {"dollár", "dollár"}, "GBP": {"font", "font"}, "HUF": {"forint", "forint"}, "JPY": {"jen", "jen"},
	},
}

var estonian = tongue{
	tag:     language.Estonian,
	numbers: []string{"üks", "kaks", "kolm", "neli", "viis", "kuus", "seitse", "kaheksa", "üheksa", "kümme", "üksteist", "kaksteist"},
	item:    func(n, name string, _ bool) string { return n + " tk " + name },
	less:    " (soodustus %s)",
	order:   "Teie tellimus: %s.", total: "Kokku tasuda: %s.", and: " ja ", right: "Kas see on õige?",
	terms: map[Term]string{Once: "ühekordselt %s", Monthly: "%s kuus", Yearly: "%s aastas"},
	least: map[Term][2]string{Monthly: {"vähemalt %d kuu", "vähemalt %d kuud"}, Yearly: {"vähemalt %d aasta", "vähemalt %d aastat"}},
	coins: map[string][2]string{
		"EUR": {"euro", "eurot"}, "USD": {"dollar", "dollarit"}, "GBP": {"nael", "naela"}, "HUF": {"forint", "forintit"}, "JPY": {"jeen", "jeeni"},
	},
}

// tongueOf is the language to read back in: the wanted one when we speak it.
func tongueOf(wanted string) tongue {
	tag, err := language.Parse(wanted)
	if err != nil {
		return tongues[0]
	}
	base, _ := tag.Base()
	for _, t := range tongues {
		if own, _ := t.tag.Base(); own == base {
			return t
		}
	}
	return tongues[0]
}

// Words are what an agent reads back of an order before it is taken: the things,
// the sums by term, and the question, in a language (BCP 47) that is one of
// English, Spanish, Hungarian and Estonian; every other is English. The second
// value is the language that it is in.
func (s Sale) Words(wanted string) (words, in string) {
	t := tongueOf(wanted)
	p := message.NewPrinter(t.tag)
	items := make([]string, len(s.Lines))
	for i, l := range s.Lines {
		items[i] = t.item(t.count(p, l.Quantity), l.Called(), l.Quantity == 1)
		if l.Discount > 0 {
			items[i] += fmt.Sprintf(t.less, t.money(p, l.Discount, s.Currency))
		}
	}
	totals := s.Totals()
	sums := make([]string, len(totals))
	for i, sum := range totals {
		sums[i] = t.sum(p, sum, s.Currency)
	}
	text := fmt.Sprintf(t.order, t.join(items)) + " " + fmt.Sprintf(t.total, t.join(sums)) + " " + t.right
	return text, t.tag.String()
}

// sum says what falls due with a term, and for how long.
func (t tongue) sum(p *message.Printer, sum TermTotal, currency string) string {
	text := fmt.Sprintf(t.terms[sum.Term], t.money(p, sum.Amount, currency))
	if sum.MinTerms == 0 || sum.Term == Once {
		return text
	}
	form := t.least[sum.Term][1]
	if sum.MinTerms == 1 {
		form = t.least[sum.Term][0]
	}
	return text + " " + fmt.Sprintf(form, sum.MinTerms)
}

// count says how many: in words to twelve, in figures beyond.
func (t tongue) count(p *message.Printer, n int) string {
	if n >= 1 && n <= len(t.numbers) {
		return t.numbers[n-1]
	}
	return p.Sprint(number.Decimal(n))
}

// money says an amount with all its decimals and the currency's name, or its
// code where we have no name for it.
func (t tongue) money(p *message.Printer, amount int64, currency string) string {
	figures := p.Sprint(number.Decimal(float64(amount)/float64(Unit(currency)), number.Scale(Digits(currency))))
	names, known := t.coins[currency]
	switch {
	case !known:
		return figures + " " + currency
	case amount == Unit(currency):
		return figures + " " + names[0]
	}
	return figures + " " + names[1]
}

// join lists things: "a, b and c".
func (t tongue) join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + t.and + parts[last]
}
