package intake

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Target is what a column of a list becomes.
type Target string

// The targets.
const (
	Phone     Target = "phone" // may occur several times
	External  Target = "external_id"
	Name      Target = "name"
	FirstName Target = "first_name"
	LastName  Target = "last_name"
	Company   Target = "company"
	Language  Target = "language"
	Zone      Target = "zone"    // IANA time zone of the person
	Country   Target = "country" // where the person lives, and national numbers of the row belong
	Region    Target = "region"  // state or province of the address
	Postcode  Target = "postcode"
	LineType  Target = "line_type" // of the row's numbers: mobile, fixed, voip; or whether they were ported
	Field     Target = "field"     // kept under the column's own name
	Ignore    Target = "ignore"    // not kept
)

func targets() []Target {
	return append([]Target{Phone, External, Name, FirstName, LastName, Company, Language, Zone, Country, Region, Postcode, LineType, Field, Ignore}, consentTargets()...)
}

// meaning is what a header says.
type meaning struct {
	target Target
	label  string // of a phone: mobile, home, work
	family bool   // the language puts the family name first
}

// aliases are headers as lists have them, in English, Spanish, French, German,
// Italian, Hungarian and Estonian, without accents, in lower case, one space between words.
var aliases = withConsent(spell(map[meaning]string{
	{Phone, "", false}: "phone, phone number, phone no, phone nr, telephone, telephone number, tel, tel no, tel nr, number to call, e164, msisdn, contact number, contact phone, phone e164, primary phone, main phone, " +
		"telefono, numero de telefono, num telefono, n telefono, tfno, tlf, telefono principal, telefono de contacto, " +
		"telephone principal, numero de telephone, num tel, no de telephone, " +
		"telefon, telefonnummer, telefonnr, tel nummer, rufnummer, telefon nr, " +
		"telefonszam, telefon szam, tel szam, hivoszam, " +
		"telefoninumber, telefoni number, telefoninr",
	{Phone, "mobile", false}: "mobile, mobile phone, mobile number, cell, cell phone, cellphone, cellular, phone mobile, " +
		"cellulare, numero di cellulare, " +
		"movil, telefono movil, celular, tel movil, telefono celular, " +
		"portable, mobil, telephone portable, telephone mobile, tel portable, numero de portable, gsm, " +
		"handy, handynummer, mobiltelefon, mobilnummer, handy nr, " +
		"mobilszam, mobil szam, mobil telefon, mobiltelefonszam, " +
		"mobiil, mobiiltelefon, mobiilinumber, mobiili number",
	{Phone, "home", false}: "home phone, home, landline, home number, home telephone, phone home, " +
		"telefono fijo, fijo, telefono casa, telefono particular, " +
		"fixe, telephone fixe, tel fixe, telephone domicile, " +
		"festnetz, festnetznummer, privat, telefon privat, " +
		"vezetekes, vezetekes telefon, otthoni telefon, " +
		"lauatelefon, kodune telefon",
	{Phone, "work", false}: "work phone, work, office phone, business phone, office, work number, phone work, phone business, company phone, " +
		"telefono trabajo, telefono oficina, telefono empresa, " +
		"telephone bureau, telephone travail, telephone professionnel, tel bureau, " +
		"telefon geschaftlich, telefon firma, dienstlich, telefon arbeit, " +
		"munkahelyi telefon, ceges telefon, irodai telefon, " +
		"tootelefon, too telefon",
	{Phone, "other", false}: "alt phone, alternate phone, alternative phone, other phone, second phone, secondary phone, address3, " +
		"otro telefono, telefono alternativo, autre telephone, weitere telefonnummer, masik telefon, teine telefon",
	{External, "", false}: "external id, id, contact id, customer id, client id, lead id, crm id, record id, vendor lead code, customer number, customer no, account number, account id, reference, ref, uid, uuid, external key, " +
		"id cliente, id contacto, codigo cliente, codigo de cliente, numero de cliente, referencia, " +
		"id client, id contact, numero client, numero de client, code client, reference client, " +
		"kundennummer, kunden nr, kundennr, kunden id, kontakt id, referenz, " +
		"azonosito, ugyfelszam, ugyfel azonosito, ugyfelkod, ugyfel id, sorszam, " +
		"kliendi id, kliendinumber, kliendi number, kliendikood, tunnus, viide",
	{Name, "", false}: "name, full name, fullname, contact name, customer name, client name, contact, person, " +
		"nombre completo, nombre y apellidos, nombre y apellido, nombre del cliente, nombre contacto, contacto, " +
		"nom complet, nom et prenom, nom prenom, nom du contact, nom du client, " +
		"vollstandiger name, vor und nachname, kundenname, ansprechpartner, " +
		"nev, teljes nev, ugyfel neve, ugyfelnev, kapcsolattarto, " +
		"nominativo, nome e cognome, nome completo, " +
		"nimi, taisnimi, ees ja perekonnanimi, kliendi nimi, kontaktisik",
	{FirstName, "", false}: "first name, firstname, given name, forename, first, christian name, " +
		"nombre, nombre de pila, primer nombre, " +
		"prenom, prenoms, " +
		"vorname, rufname, " +
		"nome, " +
		"eesnimi",
	{FirstName, "", true}: "keresztnev, utonev",
	{LastName, "", false}: "last name, lastname, surname, family name, last, " +
		"apellido, apellidos, primer apellido, " +
		"nom, nom de famille, " +
		"nachname, familienname, zuname, " +
		"cognome, " +
		"perekonnanimi, perenimi",
	{LastName, "", true}: "vezeteknev, csaladnev, csaladi nev",
	{Company, "", false}: "company, company name, organisation, organization, business, business name, employer, account name, account, " +
		"empresa, compania, nombre empresa, nombre de la empresa, razon social, organizacion, " +
		"societe, entreprise, raison sociale, nom de l entreprise, " +
		"azienda, ragione sociale, ditta, " +
		"firma, firmenname, unternehmen, gesellschaft, firmen name, " +
		"ceg, cegnev, ceg neve, vallalat, szervezet, " +
		"ettevote, ettevotte nimi, asutus, organisatsioon",
	{Language, "", false}: "language, lang, locale, preferred language, idioma, lengua, langue, sprache, nyelv, keel, suhtluskeel",
	{Zone, "", false}:     "time zone, timezone, tz, iana zone, zona horaria, huso horario, fuseau horaire, zeitzone, idozona, ajavoond",
	{Country, "", false}: "country, country code, country iso, iso country, pais, codigo pais, codigo de pais, pays, code pays, land, landercode, landeskurzel, orszag, orszagkod, riik, riigi kood, riigikood, " +
		"paese, nazione, codice paese, country name, country code iso, pais de residencia, pays de residence, wohnland",
	{Postcode, "", false}: "postcode, post code, postal code, zip, zip code, zipcode, codigo postal, cp, code postal, plz, postleitzahl, iranyitoszam, irsz, postiindeks, sihtnumber, " +
		"cap, codice postale, codice di avviamento postale, c p, pincode, pin code, zip5, zip plus 4",
	{Region, "", false}: "state, state code, us state, state province, province code, state or province, iso region, region code, comunidad autonoma, ccaa, bundesland",
	{LineType, "", false}: "line type, phone type, number type, type of line, type of number, phone line type, ported, is ported, tipo de linea, tipo linea, tipo de telefono, portado, " +
		"type de ligne, type de numero, portee, anschlussart, rufnummernart, portiert, tipo di linea, tipo di numero, vonal tipusa, hordozott, liini tuup, numbri tuup",
}))

func spell(groups map[meaning]string) map[string]meaning {
	out := make(map[string]meaning, 400)
	for m, names := range groups {
		for name := range strings.SplitSeq(names, ",") {
			out[strings.TrimSpace(name)] = m
		}
	}
	return out
}

// fold makes a header comparable: no accents, lower case, words apart.
func fold(header string) string {
	var b strings.Builder
	space := false
	lower := false
	for _, r := range norm.NFD.String(header) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if (space || lower && unicode.IsUpper(r)) && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space, lower = false, unicode.IsLower(r)
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return strings.NewReplacer("ß", "ss", "ø", "o", "ł", "l").Replace(b.String())
}

// understand finds what a header says, its number aside (Phone 2, tel3).
func understand(header string) (meaning, bool) {
	folded := fold(header)
	if m, ok := aliases[folded]; ok {
		return m, true
	}
	if m, ok := aliases[strings.ReplaceAll(folded, " ", "")]; ok {
		return m, true
	}
	m, ok := aliases[strings.TrimRight(folded, " 0123456789")]
	return m, ok && m.target == Phone
}
