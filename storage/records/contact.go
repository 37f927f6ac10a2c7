package records

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

const contactColumns = `id, campaign, list, load, row, external, name, company, language, fields, phones, zones,
	state, phone, tries, last, next_at, callback, agent, tried_at, country, region, postcode`

// scanner is a row to be scanned, of one or of many.
type scanner interface{ Scan(dest ...any) error }

// storedContact is a contact as its row holds it, with the parts that are
// JSON still to be read.
type storedContact struct {
	person         campaigns.Contact
	fields, phones string
}

func scanStored(r scanner) (s storedContact, err error) {
	c := &s.person
	var zones string
	var next, tried int64
	err = r.Scan(&c.ID, &c.Campaign, &c.List, &c.Load, &c.Row, &c.External, &c.Name, &c.Company, &c.Language, &s.fields, &s.phones, &zones,
		&c.State, &c.Phone, &c.Tries, &c.Last, &next, &c.Callback, &c.Agent, &tried,
		&c.Country, &c.Region, &c.Postcode)
	c.NextAt, c.TriedAt, c.Zones = moment(next), moment(tried), splitZones(zones)
	return s, err
}

func (s storedContact) contact() (c campaigns.Contact, err error) {
	c = s.person
	if s.fields != "" {
		if err := json.Unmarshal([]byte(s.fields), &c.Fields); err != nil {
			return c, fmt.Errorf("fields of contact %d: %w", c.ID, err)
		}
	}
	if c.Phones, err = readPhones(s.phones); err != nil {
		return c, fmt.Errorf("phones of contact %d: %w", c.ID, err)
	}
	return c, nil
}

func scanContact(r scanner) (campaigns.Contact, error) {
	s, err := scanStored(r)
	if err != nil {
		return campaigns.Contact{}, err
	}
	return s.contact()
}

func readPhones(text string) (phones []campaigns.Phone, err error) {
	err = json.Unmarshal([]byte(text), &phones)
	return phones, err
}

// Names of zones hold no space.
func joinZones(zones []string) string { return strings.Join(zones, " ") }
func splitZones(text string) []string { return strings.Fields(text) }

// e164 is a checked number as the store keeps it. What is not a number is 0,
// which no row has.
func e164(number string) int64 {
	if len(number) < 2 || number[0] != '+' {
		return 0
	}
	n, err := strconv.ParseInt(number[1:], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// number is the number as people know it; "" for none.
func number(e164 int64) string {
	if e164 == 0 {
		return ""
	}
	return "+" + strconv.FormatInt(e164, 10)
}
