package robot

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
)

// product is something the demo's campaign sells; the price is in cents.
type product struct {
	name  string
	price int64
}

var products = []product{{"Fibre 300", 2990}, {"Fibre 1000", 3990}, {"Router", 4900}, {"Mobile 20 GB", 1490}}

// disposition draws what came of a call.
func (r *Robot) disposition(attempt string) api.Disposition {
	d := api.Disposition{Attempt: attempt}
	switch u := r.chance.Float64(); {
	case u < 0.15:
		d.Code, d.Sale, d.Note = "sale", r.sale(), "Read the order back; agreed."
	case u < 0.25:
		d.Code, d.Appointment = "appointment", r.appointment()
	case u < 0.40:
		d.Code, d.Answers = "survey", r.answers()
	case u < 0.75:
		d.Code = "not_interested"
	case u < 0.85:
		d.Code = "no_decision"
	case u < 0.92:
		d.Code = "machine"
	case u < 0.96:
		d.Code = "wrong_number"
	default:
		d.Code = "do_not_call"
	}
	return d
}

func (r *Robot) sale() *api.Sale {
	s := &api.Sale{Currency: "EUR"}
	for range 1 + r.chance.IntN(2) {
		p := products[r.chance.IntN(len(products))]
		s.Lines = append(s.Lines, api.OrderLine{Product: p.name, Quantity: 1 + r.chance.IntN(3), UnitPrice: p.price})
	}
	return s
}

func (r *Robot) appointment() *api.Appointment {
	day := time.Now().UTC().AddDate(0, 0, 1+r.chance.IntN(10)).Truncate(24 * time.Hour)
	return &api.Appointment{
		At: day.Add(time.Duration(9+r.chance.IntN(8)) * time.Hour), Zone: "Europe/Madrid",
		Place: "at the customer's", Person: fmt.Sprintf("Adviser %d", 1+r.chance.IntN(5)),
	}
}

func (r *Robot) answers() []api.Answer {
	yesNo := []string{"yes", "no"}
	return []api.Answer{
		{Question: "Are you content with your provider?", Value: yesNo[r.chance.IntN(2)]},
		{Question: "How likely is it that you recommend it? (0-10)", Value: fmt.Sprint(r.chance.IntN(11))},
	}
}
