package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// This file draws the people of the second campaign: three lists, of Spain, of
// the United States and of France, in each of which the law lets some be called
// and some not. Their numbers belong to nobody. North America keeps 555-0100 to
// 555-0199 of every area for fiction, France 01 99 00 (Arcep, numbering plan). Spain keeps none: the Spanish ones begin with 000 after the
// area, and nothing of the demo leaves this machine.

// person is one row of a list, and what the law says of it at an hour at which
// its country is open.
type person struct {
	id, name, phone, country, postcode, language string
	region                                       string // of the number, ISO 3166-1: a list with numbers of Guam has to say so

	given    *campaigns.Consent // what the list says the person permitted; nil = nothing
	revoked  bool               // and took back, the day before
	listed   string             // register on which the number stands; empty = none
	expected string             // rule that refuses whatever the hour; empty = none
}

// country is one list.
type country struct {
	code     string // ISO 3166-1
	name     string
	caller   string // number of ours that its people see
	register string // that its list is checked against; empty = none
	people   []person
}

// mostPeople is how many people a list has.
const mostPeople = 60

// threeCountries draws the lists, n people each, as of a day.
func threeCountries(n int, now time.Time) []country {
	out := []country{
		{code: "ES", name: "España", caller: "+34910000001", register: "es-robinson"},
		{code: "US", name: "United States", caller: mainCaller, register: "us-national"},
		{code: "FR", name: "France", caller: "+33162000100"},
	}
	for i := range min(n, mostPeople) {
		out[0].people = append(out[0].people, spaniard(i, now))
		out[1].people = append(out[1].people, american(i, now))
		out[2].people = append(out[2].people, french(i, now))
	}
	return out
}

// The words that were shown to them.
const (
	spanishWords = "Sí, quiero que Demo Telecom me llame para informarme de sus ofertas de fibra. Puedo retirar este consentimiento en cualquier momento."
	englishWords = "By signing, I agree that Demo Telecom may call me at this number with offers, also with an automatic dialer. My consent is no condition of a purchase."
	frenchWords  = "J'accepte d'être appelé par Demo Telecom au sujet de ses offres de fibre. Je peux retirer mon accord à tout moment."
)

func agreed(kind campaigns.ConsentKind, level campaigns.ConsentLevel, at time.Time, words string) *campaigns.Consent {
	return &campaigns.Consent{Kind: kind, Level: level, At: at, Wording: words}
}

// spaniard is one of ten cases: Ley 11/2022 art. 66.1.b asks for a consent or
// another basis, Ley 10/2025 for one of the last two years, LO 3/2018 art. 23 for
// a look at the exclusion list.
func spaniard(i int, now time.Time) person {
	at := []struct{ area, postcode string }{{"910", "28001"}, {"930", "08001"}, {"928", "35001"}, {"955", "41001"}}[i/10%4]
	p := person{
		id: fmt.Sprintf("ES-%03d", i+1), name: spanishNames[i%len(spanishNames)], phone: fmt.Sprintf("+34%s000%03d", at.area, 100+i),
		region: "ES", country: "ES", postcode: at.postcode, language: "es",
		given: agreed(campaigns.ConsentGiven, campaigns.LevelExpress, now.AddDate(0, -3-i%18, 0), spanishWords),
	}
	switch i % 10 {
	case 5: // given three years ago and never renewed
		p.given.At, p.expected = now.AddDate(-3, 0, 0), "es.void"
	case 6:
		p.given, p.expected = nil, "es.consent"
	case 7: // a customer
		p.given = agreed(campaigns.RelationContract, "", now.AddDate(-1, 0, 0), "")
	case 8:
		p.revoked, p.expected = true, "es.consent"
	case 9: // a customer who does not want to be called
		p.given = agreed(campaigns.RelationContract, "", now.AddDate(-1, 0, 0), "")
		p.listed, p.expected = "es-robinson", "es.robinson"
	}
	return p
}

// american is one of ten cases. The areas reach from Guam to the Virgin Islands,
// so that at nearly every hour it is day at one of them.
func american(i int, now time.Time) person {
	at := []struct{ area, postcode, region string }{
		{"671", "", "GU"}, {"808", "96813", "US"}, {"340", "", "VI"}, {"646", "10001", "US"}, {"671", "", "GU"},
		{"628", "94102", "US"}, {"340", "", "VI"}, {"253", "98401", "US"}, {"818", "91401", "US"}, {"510", "94601", "US"},
	}[(i/10+i)%10]
	p := person{
		id: fmt.Sprintf("US-%03d", i+1), name: americanNames[i%len(americanNames)], language: "en", region: at.region,
		phone: fmt.Sprintf("+1%s55501%02d", at.area, 99-i), postcode: at.postcode,
	}
	switch i % 10 {
	case 4: // Florida asks for a written consent
		p.phone, p.postcode, p.region, p.expected = fmt.Sprintf("+140755501%02d", 99-i), "32801", "US", "us.fl.consent"
	case 5:
		p.listed, p.expected = "us-national", "us.dnc.national"
	case 6: // on the list, and a customer of half a year ago: an established relationship
		p.listed, p.given = "us-national", agreed(campaigns.RelationPurchase, "", now.AddDate(0, -6, 0), "")
	case 7: // a number of New York that lives in California: both laws bind
		p.phone, p.postcode, p.region = fmt.Sprintf("+164655501%02d", 99-i), "94102", "US"
	case 8:
		p.phone, p.postcode, p.region = fmt.Sprintf("+140755501%02d", 99-i), "32801", "US"
		p.given = agreed(campaigns.ConsentGiven, campaigns.LevelWritten, now.AddDate(0, -2, 0), englishWords)
	case 9: // on the list, and asked about it five months ago: three are allowed
		p.listed, p.expected = "us-national", "us.dnc.national"
		p.given = agreed(campaigns.RelationInquiry, "", now.AddDate(0, -5, 0), "")
	}
	if p.postcode != "" {
		p.country = "US"
	}
	return p
}

// french is one of ten cases: since 2026-08-11 nobody is called who has not
// agreed before or is a customer (C. conso. L.223-1).
func french(i int, now time.Time) person {
	p := person{
		id: fmt.Sprintf("FR-%03d", i+1), name: frenchNames[i%len(frenchNames)], phone: fmt.Sprintf("+33199006%03d", 100+i),
		region: "FR", country: "FR", postcode: []string{"75001", "69001", "13001", "67000", "97400"}[i/10%5], language: "fr",
		given: agreed(campaigns.ConsentGiven, campaigns.LevelExpress, now.AddDate(0, -1-i%3, 0), frenchWords),
	}
	switch i % 10 {
	case 5:
		p.given = agreed(campaigns.RelationContract, "", now.AddDate(-2, 0, 0), "")
	case 6:
		p.given, p.expected = nil, "fr.optin"
	case 7: // for six months, which are over
		p.given.At, p.given.Until, p.expected = now.AddDate(0, -8, 0), now.AddDate(0, -2, 0), "fr.optin"
	case 8:
		p.revoked, p.expected = true, "fr.optin"
	case 9: // a customer's interest of last year is no consent
		p.given, p.expected = agreed(campaigns.RelationInteraction, "", now.AddDate(0, -3, 0), ""), "fr.optin"
	}
	return p
}

// listHeader are the columns of the lists, of which import knows each.
var listHeader = []string{
	"customer_id", "name", "phone", "country", "postcode", "language", "consent_kind", "consent_level", "consent_at", "consent_until", "consent_text", "consent_source",
}

// regions are those of the numbers of the list.
func (c country) regions() []string {
	var out []string
	for _, p := range c.people {
		if !slices.Contains(out, p.region) {
			out = append(out, p.region)
		}
	}
	return out
}

// file writes those of the list whose numbers are of a region.
func (c country) file(region string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{listHeader}
	for _, p := range c.people {
		if p.region != region {
			continue
		}
		row := []string{p.id, p.name, p.phone, p.country, p.postcode, p.language, "", "", "", "", "", ""}
		if g := p.given; g != nil {
			row[6], row[7], row[8], row[10] = string(g.Kind), string(g.Level), g.At.Format(time.DateOnly), g.Wording
			row[11] = "demo: drawn"
			if !g.Until.IsZero() {
				row[9] = g.Until.Format(time.DateOnly)
			}
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

// registerFile is a register as it is published: the people who stand on it,
// among many who are nobody.
func (c country) registerFile() []byte {
	var out bytes.Buffer
	for _, p := range c.people {
		if p.listed != "" {
			fmt.Fprintln(&out, strings.TrimPrefix(p.phone, "+"))
		}
	}
	for i := range registerFill {
		switch c.code {
		case "ES":
			fmt.Fprintf(&out, "34919%06d\n", i)
		default:
			fmt.Fprintf(&out, "1%d55502%02d\n", 201+i/100%600, i%100)
		}
	}
	return out.Bytes()
}

// registerFill is how many numbers of nobody a register holds.
const registerFill = 5000

var (
	spanishNames  = []string{"Lucía Núñez", "Íñigo Muñoz", "Begoña Ibáñez", "Joan Puigdomènech", "Xoán Quiñones", "Núria Güell", "Ángel Peña", "Inés Castaño", "Rocío Yáñez", "Héctor Brugués"}
	americanNames = []string{"Renée O'Brien", "José Ramírez", "Aiyana Begay", "Kai Nakamura", "Siaosi Fa'alogo", "Maria Cruz", "D'Andre Lewis", "Zoë Fischer", "Nguyễn Linh", "Ana Rivera"}
	frenchNames   = []string{"Léa Lefèvre", "Noël Béranger", "Gaëlle L'Hostis", "François Müller", "Anaïs Payet", "Hélène Dubois", "Loïc Le Goff", "Zoé Garçon", "Jérôme Côte", "Maëlys Hoarau"}
)
