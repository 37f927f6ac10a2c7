package sqlite

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

const contactColumns = `id, campaign, list, load, row, external, name, company, language, fields, phones, zones,
	state, phone, tries, last, next_at, callback, agent`

// scanner is a row to be scanned, of one or of many.
type scanner interface{ Scan(dest ...any) error }

func scanContact(r scanner) (campaigns.Contact, error) {
	var c campaigns.Contact
	var fields, phones, zones string
	var next int64
	err := r.Scan(&c.ID, &c.Campaign, &c.List, &c.Load, &c.Row, &c.External, &c.Name, &c.Company, &c.Language, &fields, &phones, &zones,
		&c.State, &c.Phone, &c.Tries, &c.Last, &next, &c.Callback, &c.Agent)
	if err != nil {
		return c, err
	}
	c.NextAt, c.Zones = moment(next), splitZones(zones)
	if fields != "" {
		if err := json.Unmarshal([]byte(fields), &c.Fields); err != nil {
			return c, fmt.Errorf("fields of contact %d: %w", c.ID, err)
		}
	}
	if c.Phones, err = readPhones(phones); err != nil {
		return c, fmt.Errorf("phones of contact %d: %w", c.ID, err)
	}
	return c, nil
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

func number(e164 int64) string { return "+" + strconv.FormatInt(e164, 10) }
