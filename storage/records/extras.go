package records

import (
	"database/sql/driver"
	"math"

	"github.com/forecall/forecall/campaigns"
)

// readDisposition reads the disposition's columns of a call.
func readDisposition(c *cells, attempt string) (d *campaigns.Disposition, bits int64) {
	d = &campaigns.Disposition{Attempt: attempt, Key: c.text(), Agent: c.integer(), Code: c.text(), Note: c.text(), At: c.instant()}
	currency := c.text()
	bits = c.integer()
	if bits&extraSale != 0 {
		d.Sale = &campaigns.Sale{Currency: currency}
	}
	return d, bits
}

// extraOf is a disposition that has more than its own row.
type extraOf struct {
	bits int64
	of   *campaigns.Disposition
}

// readExtras reads orders, appointments, answers and callbacks of a page's
// dispositions, each kind with one query over the page's stretch.
func readExtras(q driver.QueryerContext, more map[int64]extraOf) error {
	lo, hi, bits := int64(math.MaxInt64), int64(0), int64(0)
	for seq, e := range more {
		lo, hi, bits = min(lo, seq), max(hi, seq), bits|e.bits
	}
	kinds := []struct {
		bit   int64
		query string
		read  func(*cells, *campaigns.Disposition)
	}{
		{extraSale, `SELECT seq, product, quantity, unit_price FROM order_lines WHERE seq BETWEEN ? AND ? ORDER BY seq, line`, readLine},
		{extraAppointment, `SELECT seq, at, zone, place, person, note FROM appointments WHERE seq BETWEEN ? AND ?`, readAppointment},
		{extraAnswers, `SELECT seq, question, value FROM answers WHERE seq BETWEEN ? AND ? ORDER BY seq, line`, readAnswer},
		{extraCallback, `SELECT attempt, id, campaign, contact, at, agent, note, done FROM callbacks WHERE attempt BETWEEN ? AND ?`, readCallback},
		{extraMore, `SELECT seq, body FROM disposition_more WHERE seq BETWEEN ? AND ?`, readMore},
	}
	for _, k := range kinds {
		if bits&k.bit == 0 {
			continue
		}
		err := each(q, k.query, []any{lo, hi}, func(c *cells) error {
			if e, ok := more[c.integer()]; ok {
				k.read(c, e.of)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func readLine(c *cells, d *campaigns.Disposition) {
	if d.Sale != nil {
		d.Sale.Lines = append(d.Sale.Lines, campaigns.OrderLine{Product: c.text(), Quantity: c.small(), UnitPrice: c.integer()})
	}
}

func readAppointment(c *cells, d *campaigns.Disposition) {
	d.Appointment = &campaigns.Appointment{At: c.instant(), Zone: c.text(), Place: c.text(), Person: c.text(), Note: c.text()}
}

func readAnswer(c *cells, d *campaigns.Disposition) {
	d.Answers = append(d.Answers, campaigns.Answer{Question: c.text(), Value: c.text()})
}

func readCallback(c *cells, d *campaigns.Disposition) {
	d.Callback = &campaigns.Callback{
		ID: c.integer(), Campaign: c.integer(), Contact: c.integer(), At: c.instant(), Agent: c.integer(), Note: c.text(), Done: c.truth(),
	}
}
