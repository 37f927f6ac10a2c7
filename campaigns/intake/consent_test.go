package intake

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestAListSaysWhatPeoplePermitted(t *testing.T) {
	for name, header := range map[string]string{
		"as named":  "phone,consent_at,consent_kind,consent_level,consent_text,consent_source,consent_until",
		"English":   "Phone,Consent date,Legal basis,Level of consent,Consent wording,Consent proof,Consent expires",
		"Spanish":   "Teléfono,Fecha de consentimiento,Base jurídica,Nivel de consentimiento,Texto del consentimiento,Prueba consentimiento,Caducidad del consentimiento",
		"French":    "Téléphone,Date du consentement,Type de consentement,Niveau de consentement,Texte du consentement,Preuve du consentement,Expiration du consentement",
		"German":    "Telefon,Einwilligung am,Rechtsgrundlage,Grad der Einwilligung,Einwilligungstext,Nachweis der Einwilligung,Einwilligung gültig bis",
		"Italian":   "Telefono,Data del consenso,Tipo di consenso,Livello consenso,Testo del consenso,Prova del consenso,Scadenza del consenso",
		"Hungarian": "Telefonszám,Hozzájárulás dátuma,Jogalap,Hozzájárulás szintje,Hozzájárulás szövege,Hozzájárulás forrása,Hozzájárulás lejárata",
		"Estonian":  "Telefoninumber,Nõusoleku kuupäev,Õiguslik alus,Nõusoleku tase,Nõusoleku tekst,Nõusoleku allikas,Nõusolek kehtib kuni",
	} {
		t.Run(name, func(t *testing.T) {
			m, r := bring(t, header+"\n+34600111222,2026-03-02T09:30:00+01:00,consent,express written,\"Sí, llámenme\",form-17.pdf,2.3.2027\n+34600111223,,,,,,\n", Options{})
			if r.Counts.Added != 2 || len(m.contacts) != 2 {
				t.Fatalf("result %+v", r)
			}
			c := m.contacts[0].Consent
			if c == nil || !c.At.Equal(time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)) || c.Kind != campaigns.ConsentGiven || c.Level != campaigns.LevelWritten ||
				c.Wording != "Sí, llámenme" || c.WordingID == "" || c.Reference != "form-17.pdf" || !c.Until.Equal(time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC)) ||
				c.Source != campaigns.ConsentByImport || c.Number != "" {
				t.Errorf("consent %+v", c)
			}
			if m.contacts[1].Consent != nil {
				t.Errorf("a row that says nothing of a consent has one: %+v", m.contacts[1].Consent)
			}
			if len(m.contacts[0].Fields) != 0 {
				t.Errorf("fields %v", m.contacts[0].Fields)
			}
		})
	}
}

func TestARowThatSaysHalfOfAConsentIsRefusedWithTheReason(t *testing.T) {
	const header = "phone,consent_at,consent_kind,consent_level,consent_source,consent_until\n"
	for row, says := range map[string]string{
		"+34600111222,,consent,,,":                       "has no consent_at",
		"+34600111222,yesterday,,,,":                     `"yesterday" is not a date`,
		"+34600111222,03/04/2026,,,,":                    `"03/04/2026" may be 2026-04-03 or 2026-03-04`,
		"+34600111222,2026-02-30,,,,":                    "is not a date",
		"+34600111222,2026-03-01,gossip,,,":              `kind "gossip"`,
		"+34600111222,2026-03-01,purchase,express,,":     "a purchase has none",
		"+34600111222,2026-03-01,consent,signed,,":       `level "signed"`,
		"+34600111222,2026-03-01,,express_written,,":     "needs the wording that was signed",
		"+34600111222,2026-03-01,,,,2026-02-28":          "not after it was given",
		"+34600111222,2036-03-01,,,,":                    "lies in the future",
		"+34600111222,2026-03-01,,,form,whenever I like": "consent_until: ",
	} {
		m, r := bring(t, header+row+"\n", Options{Now: func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }})
		if len(m.contacts) != 0 || r.Codes[RowConsent] != 1 || len(r.First) != 1 || !strings.Contains(r.First[0].Reason, says) || r.First[0].Line != 2 {
			t.Errorf("%s: %+v, %+v; want %q", row, r.Codes, r.First, says)
		}
	}
}

func TestDatesOfConsentsAreReadAsListsWriteThem(t *testing.T) {
	want := time.Date(2026, 4, 23, 0, 0, 0, 0, time.UTC)
	for _, cell := range []string{
		"2026-04-23", "23.4.2026", "23.04.2026", "23/04/2026", "4/23/2026", "2026/04/23", "20260423", "2026. 04. 23.", "2026.04.23.", "2026-04-23T00:00:00Z",
		"2026-04-23 00:00:00", "2026-04-23T02:00:00+02:00", "23. 4. 2026",
	} {
		if got, err := Day(cell); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v", cell, got, err)
		}
	}
	if got, err := Day("04/04/2026"); err != nil || got.Day() != 4 {
		t.Errorf("a date that is the same either way: %s, %v", got, err)
	}
}

func FuzzADayIsReadOrRefused(f *testing.F) {
	f.Add("2026-04-23")
	f.Add("03/04/2026")
	f.Fuzz(func(t *testing.T, cell string) {
		at, err := Day(cell)
		if err != nil {
			return
		}
		if again, err := Day(at.Format(time.RFC3339Nano)); at.Year() >= 0 && at.Year() < 10000 && (err != nil || !again.Equal(at)) {
			t.Errorf("%q is %s, and then %s, %v", cell, at, again, err)
		}
	})
}
