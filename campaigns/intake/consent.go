package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Targets of columns that say what the person permitted; see package campaigns.
const (
	ConsentAt     Target = "consent_at"     // when it was given; without it there is none
	ConsentKind   Target = "consent_kind"   // consent, contract, purchase, inquiry, ...; empty = consent
	ConsentLevel  Target = "consent_level"  // soft, express, express_written; empty = express
	ConsentText   Target = "consent_text"   // the words that were shown
	ConsentSource Target = "consent_source" // where the proof lies: a file, a form, a recording
	ConsentUntil  Target = "consent_until"  // its own end
)

func consentTargets() []Target {
	return []Target{ConsentAt, ConsentKind, ConsentLevel, ConsentText, ConsentSource, ConsentUntil}
}

// said are the cells of a row that speak of a consent.
type said struct{ at, kind, level, text, source, until string }

// hear keeps a cell when its column speaks of a consent.
func (s *said) hear(t Target, value string) bool {
	switch t {
	case ConsentAt:
		s.at = value
	case ConsentKind:
		s.kind = value
	case ConsentLevel:
		s.level = value
	case ConsentText:
		s.text = value
	case ConsentSource:
		s.source = value
	case ConsentUntil:
		s.until = value
	default:
		return false
	}
	return true
}

// consent is what the cells come to; nil when they say nothing. A row that says
// half of it is refused: a proof that was dropped in silence is missed when it is
// needed.
func (s said) consent(now time.Time) (*campaigns.Consent, error) {
	if s == (said{}) {
		return nil, nil
	}
	if s.at == "" {
		return nil, fmt.Errorf("the row speaks of a consent and has no %s: say when it was given, or leave its columns empty", ConsentAt)
	}
	at, err := Day(s.at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ConsentAt, err)
	}
	c := campaigns.Consent{
		Number: "+10000000", // each phone of the row has its own; see the store
		Kind:   kindOf(s.kind), Level: levelOf(s.level), At: at, Source: campaigns.ConsentByImport, Wording: s.text, Reference: s.source,
	}
	if s.until != "" {
		if c.Until, err = Day(s.until); err != nil {
			return nil, fmt.Errorf("%s: %w", ConsentUntil, err)
		}
	}
	c = c.Settled()
	if err := c.Validate(now); err != nil {
		return nil, fmt.Errorf("consent: %w", err)
	}
	c.Number = ""
	return &c, nil
}

func kindOf(cell string) campaigns.ConsentKind {
	if cell == "" {
		return campaigns.ConsentGiven
	}
	return campaigns.ConsentKind(word(cell))
}

func levelOf(cell string) campaigns.ConsentLevel { return campaigns.ConsentLevel(word(cell)) }

func word(cell string) string { return strings.ReplaceAll(fold(cell), " ", "_") }

// Day reads a time as lists write it: RFC 3339, 2026-04-03 with or without a
// time, 3.4.2026. Without a zone it is UTC, without a time the day's beginning.
// A date as 03/04/2026 is refused unless one of the two cannot be a month: half
// of the world would read another day.
func Day(cell string) (time.Time, error) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "2006/01/02", "20060102",
		"2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006", "2. 1. 2006", "2006. 01. 02.", "2006.01.02.", "2006.01.02",
	} {
		if t, err := time.Parse(layout, cell); err == nil {
			return t.UTC(), nil
		}
	}
	european, errEU := time.Parse("2/1/2006", cell)
	american, errUS := time.Parse("1/2/2006", cell)
	switch {
	case errEU == nil && errUS == nil && !european.Equal(american):
		return time.Time{}, fmt.Errorf("%q may be %s or %s; write it as one of them", cell, european.Format(time.DateOnly), american.Format(time.DateOnly))
	case errEU == nil:
		return european, nil
	case errUS == nil:
		return american, nil
	}
	return time.Time{}, fmt.Errorf("%q is not a date as 2026-04-03 or 2026-04-03T09:30:00Z", cell)
}

// consentHeaders are headers of the columns, in English, Spanish, French, German,
// Italian, Hungarian and Estonian.
var consentHeaders = map[Target]string{
	ConsentAt: "consent at, consent date, consent time, consent given, consent given at, date of consent, opt in date, opt in at, optin date, " +
		"fecha consentimiento, fecha de consentimiento, fecha del consentimiento, date consentement, date du consentement, date de consentement, " +
		"einwilligung am, einwilligungsdatum, datum der einwilligung, data consenso, data del consenso, " +
		"hozzajarulas datuma, hozzajarulas ideje, hozzajarulas kelte, nousoleku kuupaev, nousoleku aeg",
	ConsentKind: "consent kind, consent type, kind of consent, legal basis, lawful basis, tipo consentimiento, tipo de consentimiento, base juridica, type de consentement, base legale, " +
		"art der einwilligung, einwilligungsart, rechtsgrundlage, tipo consenso, tipo di consenso, hozzajarulas fajtaja, jogalap, nousoleku liik, oiguslik alus",
	ConsentLevel: "consent level, level of consent, nivel consentimiento, nivel de consentimiento, niveau de consentement, grad der einwilligung, livello consenso, hozzajarulas szintje, nousoleku tase",
	ConsentText: "consent text, consent wording, wording, opt in text, texto consentimiento, texto de consentimiento, texto del consentimiento, texte du consentement, texte de consentement, " +
		"einwilligungstext, wortlaut der einwilligung, testo consenso, testo del consenso, hozzajarulas szovege, nousoleku tekst",
	ConsentSource: "consent source, consent proof, consent reference, consent evidence, source of consent, opt in source, fuente consentimiento, origen consentimiento, origen del consentimiento, prueba consentimiento, " +
		"source du consentement, preuve du consentement, quelle der einwilligung, einwilligungsquelle, nachweis der einwilligung, fonte consenso, fonte del consenso, prova del consenso, " +
		"hozzajarulas forrasa, hozzajarulas bizonyiteka, nousoleku allikas, nousoleku toend",
	ConsentUntil: "consent until, consent expiry, consent expires, consent expires at, consent valid until, consent end, caducidad consentimiento, caducidad del consentimiento, vencimiento consentimiento, fin consentimiento, " +
		"fin du consentement, expiration du consentement, einwilligung bis, einwilligung gultig bis, scadenza consenso, scadenza del consenso, " +
		"hozzajarulas lejarata, hozzajarulas vege, nousolek kehtib kuni, nousoleku lopp",
}

// withConsent adds the headers of consents to those of lists.
func withConsent(known map[string]meaning) map[string]meaning {
	for _, t := range consentTargets() {
		for name := range strings.SplitSeq(consentHeaders[t], ",") {
			known[strings.TrimSpace(name)] = meaning{target: t}
		}
	}
	return known
}

// column is the header of the column with a target, for a report.
func (l layout) column(among ...Target) string {
	i := slices.IndexFunc(l.columns, func(c Column) bool { return slices.Contains(among, c.Target) })
	if i < 0 {
		return ""
	}
	return l.columns[i].Header
}
