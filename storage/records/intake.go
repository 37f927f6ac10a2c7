package records

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// loadBatch is how many contacts one transaction of an import writes.
const loadBatch = 500

// AddContacts adds contacts to a load and says of each, in the order of the
// batch, what became of it. A contact is a duplicate when the campaign has
// one of its numbers already, or the batch had it before; the policy says
// what happens then. Numbers that could never be dialed are dropped, and a
// contact that has no other is refused. Batches of up to 500 are written in
// one transaction, longer ones in several; several may be under way at once,
// and all of them stand back behind calls.
func (db *DB) AddContacts(ctx context.Context, load int64, batch []campaigns.Contact, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	if !policy.Known() {
		return nil, fmt.Errorf("add contacts to load %d: %q: skip, allow or update duplicates", load, policy)
	}
	verdicts := make([]campaigns.RowVerdict, 0, len(batch))
	for some := range slices.Chunk(batch, loadBatch) {
		rows, err := encodeContacts(some)
		if err != nil {
			return verdicts, fmt.Errorf("add contacts to load %d: %w", load, err)
		}
		var got []campaigns.RowVerdict
		err = db.doBulk(ctx, func(t *tx) (err error) {
			got, err = t.addContacts(load, rows, policy)
			return err
		})
		if err != nil {
			return verdicts, fmt.Errorf("add contacts to load %d: %w", load, err)
		}
		verdicts = append(verdicts, got...)
	}
	return verdicts, nil
}

// contactRow is a contact in the store's terms, made by the caller's
// goroutine so that the writer only writes.
type contactRow struct {
	person campaigns.Contact
	e164   []int64
	fields string
	phones string
	zones  string
	reason string // why it is refused
}

func encodeContacts(batch []campaigns.Contact) ([]contactRow, error) {
	rows := make([]contactRow, len(batch))
	for i, c := range batch {
		r := &rows[i]
		r.person = c
		phones := make([]campaigns.Phone, 0, len(c.Phones))
		for _, p := range c.Phones {
			if err := rules.Dialable(p.Number); err != nil {
				r.reason = err.Error()
				continue
			}
			phones = append(phones, p)
			r.e164 = append(r.e164, e164(p.Number))
		}
		if len(phones) > 0 {
			r.reason = ""
		} else if r.reason == "" {
			r.reason = "no phone number"
		}
		if err := r.encode(phones); err != nil {
			return nil, fmt.Errorf("row %d: %w", c.Row, err)
		}
	}
	return rows, nil
}

func (r *contactRow) encode(phones []campaigns.Phone) error {
	text, err := json.Marshal(phones)
	if err != nil {
		return err
	}
	r.phones, r.zones = string(text), joinZones(r.person.Zones)
	if len(r.person.Fields) == 0 {
		return nil
	}
	text, err = json.Marshal(r.person.Fields)
	r.fields = string(text)
	return err
}

func (t *tx) addContacts(load int64, rows []contactRow, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	l, err := t.openLoad(load)
	if err != nil {
		return nil, err
	}
	there, err := t.whoHas(l.Campaign, rows, policy)
	if err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	verdicts := make([]campaigns.RowVerdict, len(rows))
	fresh := make([]*contactRow, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		v := &verdicts[i]
		v.Row = r.person.Row
		old := r.sameAs(there)
		switch {
		case r.reason != "":
			v.Fate, v.Reason = campaigns.RowRefused, r.reason
		case old != 0 && policy == campaigns.SkipDuplicates:
			v.Fate, v.Contact = campaigns.RowDuplicate, old
		case old != 0 && policy == campaigns.UpdateDuplicates:
			v.Fate, v.Contact = campaigns.RowUpdated, old
		default:
			t.contact++
			r.person.ID = t.contact
			v.Fate, v.Contact = campaigns.RowAdded, t.contact
			fresh = append(fresh, r)
			for _, n := range r.e164 {
				there[n] = t.contact
			}
		}
	}
	if err := t.insertContacts(l, fresh); err != nil {
		return nil, err
	}
	for i, v := range verdicts {
		if v.Fate == campaigns.RowUpdated {
			if err := t.updateContact(v.Contact, &rows[i]); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, t.addListed(l, rows, verdicts)
}

// sameAs finds the contact that has one of the row's numbers.
func (r *contactRow) sameAs(there map[int64]int64) int64 {
	for _, n := range r.e164 {
		if id := there[n]; id != 0 {
			return id
		}
	}
	return 0
}

// whoHas finds, with one query for each hundred numbers, which contacts of
// the campaign have the numbers of the rows.
func (t *tx) whoHas(campaign int64, rows []contactRow, policy campaigns.Duplicates) (map[int64]int64, error) {
	there := make(map[int64]int64, len(rows))
	if policy == campaigns.AllowDuplicates {
		return there, nil
	}
	var numbers []any
	for _, r := range rows {
		for _, n := range r.e164 {
			numbers = append(numbers, n)
		}
	}
	const each = 100
	for some := range slices.Chunk(numbers, each) {
		args := append(make([]any, 0, each+1), campaign)
		args = append(args, some...)
		for len(args) <= each {
			args = append(args, int64(0)) // one statement for every length
		}
		err := t.rows(whoHasQuery, args, func(r *sql.Rows) error {
			var n, id int64
			err := r.Scan(&n, &id)
			if there[n] == 0 {
				there[n] = id
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return there, nil
}

var whoHasQuery = `SELECT e164, contact FROM numbers WHERE campaign = ? AND e164 IN (?` + strings.Repeat(", ?", 99) + `) ORDER BY e164, contact`

// insertContacts writes new contacts, many to a statement.
func (t *tx) insertContacts(l campaigns.Load, fresh []*contactRow) error {
	if len(fresh) == 0 {
		return nil
	}
	cells := make([]any, 0, len(contactCells)*len(fresh))
	for _, r := range fresh {
		p := &r.person
		cells = append(cells, l.Campaign, l.List, l.ID, p.ID, p.Row, p.External, p.Name, p.Company, p.Language, r.fields, r.phones, r.zones,
			p.Country, p.Region, p.Postcode)
	}
	if err := t.insertAll("contacts", contactCells, cells); err != nil {
		return err
	}
	if err := t.insertNumbers(l.Campaign, fresh); err != nil {
		return err
	}
	t.moved(l.List, "", campaigns.ContactReady, int64(len(fresh)))
	_, err := t.exec(`UPDATE loads SET added = added + ?2, first = CASE first WHEN 0 THEN ?3 ELSE first END, last = ?4 WHERE id = ?1`,
		l.ID, len(fresh), fresh[0].person.ID, fresh[len(fresh)-1].person.ID)
	return err
}

var (
	contactCells = []string{
		"campaign", "list", "load", "id", "row", "external", "name", "company", "language", "fields", "phones", "zones",
		"country", "region", "postcode",
	}
	numberCells = []string{"campaign", "e164", "contact"}
)

// insertNumbers enters who has which number, each once, in the order of the index.
func (t *tx) insertNumbers(campaign int64, fresh []*contactRow) error {
	type pair struct{ e164, contact int64 }
	var pairs []pair
	for _, r := range fresh {
		for _, n := range r.e164 {
			pairs = append(pairs, pair{n, r.person.ID})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.e164, b.e164), cmp.Compare(a.contact, b.contact)) })
	pairs = slices.Compact(pairs)
	cells := make([]any, 0, len(numberCells)*len(pairs))
	for _, p := range pairs {
		cells = append(cells, campaign, p.e164, p.contact)
	}
	return t.insertAll("numbers", numberCells, cells)
}

// updateContact fills a contact with what a row has of it: what the row
// leaves empty stays as it is, and so do phones and state. An address is taken
// whole: half of the new one beside half of the old would be nowhere.
func (t *tx) updateContact(id int64, r *contactRow) error {
	var text string
	if err := t.row(`SELECT fields FROM contacts WHERE id = ?`, []any{id}, &text); err != nil {
		return err
	}
	fields := make(map[string]string)
	if text != "" {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			return fmt.Errorf("fields of contact %d: %w", id, err)
		}
	}
	maps.Copy(fields, r.person.Fields)
	merged := ""
	if len(fields) > 0 {
		b, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		merged = string(b)
	}
	p := r.person
	_, err := t.exec(`UPDATE contacts SET external = COALESCE(NULLIF(?2, ''), external), name = COALESCE(NULLIF(?3, ''), name),
		company = COALESCE(NULLIF(?4, ''), company), language = COALESCE(NULLIF(?5, ''), language), fields = ?6,
		zones = COALESCE(NULLIF(?7, ''), zones), country = CASE ?8 || ?9 || ?10 WHEN '' THEN country ELSE ?8 END,
		region = CASE ?8 || ?9 || ?10 WHEN '' THEN region ELSE ?9 END, postcode = CASE ?8 || ?9 || ?10 WHEN '' THEN postcode ELSE ?10 END
		WHERE id = ?1`, id, p.External, p.Name, p.Company, p.Language, merged, r.zones, p.Country, p.Region, p.Postcode)
	return err
}
