package records

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// more is what a disposition says beside the columns that it had from the
// beginning. It stands in the ledger as JSON, in the disposition's own link.
type more struct {
	Lines       []moreLine           `json:"lines,omitempty"` // one for each line of the order, when any says more
	Language    string               `json:"language,omitempty"`
	ReadBack    string               `json:"read_back,omitempty"`
	Reason      string               `json:"reason,omitempty"`
	Complaint   *campaigns.Complaint `json:"complaint,omitempty"`
	Salesperson int64                `json:"salesperson,omitempty"`
	Until       int64                `json:"until,omitempty"` // of the appointment, microseconds
	How         campaigns.Meeting    `json:"how,omitempty"`
}

// moreLine is what an order's line says beside product, quantity and price.
type moreLine struct {
	Name     string         `json:"name,omitempty"`
	Discount int64          `json:"discount,omitempty"`
	Share    float64        `json:"share,omitempty"`
	Term     campaigns.Term `json:"term,omitempty"`
	MinTerms int            `json:"min_terms,omitempty"`
}

func moreOf(d campaigns.Disposition) more {
	m := more{Reason: d.Reason, Complaint: d.Complaint}
	if d.Sale != nil {
		m.Language, m.ReadBack = d.Sale.Language, d.Sale.ReadBack
		lines, says := make([]moreLine, len(d.Sale.Lines)), false
		for i, l := range d.Sale.Lines {
			lines[i] = moreLine{Name: l.Name, Discount: l.Discount, Share: l.DiscountShare, Term: l.Term, MinTerms: l.MinTerms}
			says = says || lines[i] != moreLine{}
		}
		if says {
			m.Lines = lines
		}
	}
	if a := d.Appointment; a != nil {
		m.Salesperson, m.Until, m.How = a.Salesperson, micros(a.To), a.How
	}
	return m
}

// any tells whether there is more.
func (m more) any() bool {
	return len(m.Lines) > 0 || m.Language != "" || m.ReadBack != "" || m.Reason != "" || m.Complaint != nil ||
		m.Salesperson != 0 || m.Until != 0 || m.How != ""
}

// text is what stands in the ledger; empty when there is nothing.
func (m more) text() (string, error) {
	if !m.any() {
		return "", nil
	}
	body, err := json.Marshal(m)
	return string(body), err
}

// readMore puts back what moreOf took. What cannot be read is left out: the
// checker of the ledger says so.
func readMore(c *cells, d *campaigns.Disposition) {
	var m more
	if err := json.Unmarshal([]byte(c.text()), &m); err != nil {
		return
	}
	d.Reason, d.Complaint = m.Reason, m.Complaint
	if d.Sale != nil {
		d.Sale.Language, d.Sale.ReadBack = m.Language, m.ReadBack
		for i := range min(len(m.Lines), len(d.Sale.Lines)) {
			l, from := &d.Sale.Lines[i], m.Lines[i]
			l.Name, l.Discount, l.DiscountShare, l.Term, l.MinTerms = from.Name, from.Discount, from.Share, from.Term, from.MinTerms
		}
	}
	if a := d.Appointment; a != nil {
		a.Salesperson, a.To, a.How = m.Salesperson, moment(m.Until), m.How
	}
}

// trade keeps what a disposition brings beside itself: its place in a calendar
// and a complaint; the draft has done its duty.
func (t *tx) trade(p disposed, d campaigns.Disposition) error {
	if _, err := t.exec(`DELETE FROM drafts WHERE attempt = ?`, d.Attempt); err != nil {
		return err
	}
	if err := t.book(p, d); err != nil {
		return err
	}
	if d.Complaint == nil {
		return nil
	}
	_, err := t.exec(`INSERT INTO complaints (attempt, campaign, contact, agent, department, body, at, state, answer, changed_by, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', 0)`, p.seq, p.campaign, p.contact, d.Agent, d.Complaint.Department, d.Complaint.Text,
		micros(d.At), string(campaigns.ComplaintOpen))
	if err != nil {
		return fmt.Errorf("complaint: %w", err)
	}
	return nil
}

// wrong is what a wrong number leaves of the contact on the line.
type wrong struct{ another bool }

// wrongNumber marks a number dead for its campaign, with every contact that has
// it: who stands at that phone goes on to the next, or is done with. The contact
// of the call itself is moved by the effect.
func (t *tx) wrongNumber(p disposed, e campaigns.Effect) (w wrong, err error) {
	if e != campaigns.EffectWrongNumber || p.contact == 0 {
		return w, nil
	}
	var ids []int64
	err = t.rows(`SELECT contact FROM numbers WHERE campaign = ? AND e164 = ?`, []any{p.campaign, p.e164}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return w, err
	}
	for _, id := range ids {
		another, err := t.buryNumber(id, p)
		if err != nil {
			return w, err
		}
		if id == p.contact {
			w.another = another
		}
	}
	return w, nil
}

// buryNumber marks a contact's phones with a number dead and moves it to its
// next living phone; another is false when there is none.
func (t *tx) buryNumber(id int64, p disposed) (another bool, err error) {
	if err := t.pin(id); err != nil {
		return false, err
	}
	var c campaigns.Contact
	err = t.rows(`SELECT `+contactColumns+` FROM contacts WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		c, err = scanContact(r)
		return err
	})
	if err != nil {
		return false, err
	}
	for i := range c.Phones {
		c.Phones[i].Dead = c.Phones[i].Dead || e164(c.Phones[i].Number) == p.e164
	}
	next := -1
	for i := range c.Phones {
		if j := (c.Phone + i) % len(c.Phones); !c.Phones[j].Dead {
			next = j
			break
		}
	}
	if next < 0 {
		next = c.Phone
	} else {
		another = true
	}
	phones, err := json.Marshal(c.Phones)
	if err != nil {
		return false, err
	}
	if _, err := t.exec(`UPDATE contacts SET phones = ?2, phone = ?3 WHERE id = ?1`, id, string(phones), next); err != nil {
		return false, err
	}
	stands := c.State == campaigns.ContactReady || c.State == campaigns.ContactWaiting
	if another || id == p.contact || !stands {
		return another, nil
	}
	t.moved(c.List, c.State, campaigns.ContactDone, 1)
	_, err = t.exec(`UPDATE contacts SET state = 'done' WHERE id = ?`, id)
	return false, err
}
