package robot

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
)

// Products are what the demo's campaign sells and robots write orders of.
func Products() []api.Product {
	const euro = "EUR"
	return []api.Product{
		{Code: "F300", Name: "Fibre 300", Price: 2990, Currency: euro, Term: campaigns.Monthly, MinTerms: 12, MaxDiscount: 0.1},
		{Code: "F1000", Name: "Fibre 1000", Price: 3990, Currency: euro, Term: campaigns.Monthly, MinTerms: 12, MaxDiscount: 0.1},
		{Code: "ROUTER", Name: "Router", Price: 4900, Currency: euro, Term: campaigns.Once, MaxDiscount: 1},
		{Code: "M20", Name: "Mobile 20 GB", Price: 1490, Currency: euro, Term: campaigns.Monthly},
		{Code: "CARE", Name: "Home care", Description: "A technician within a day, all year", Price: 4800, Currency: euro, Term: campaigns.Yearly, MinTerms: 1},
	}
}

// Reasons are why people of the demo are not interested.
func Reasons() []string {
	return []string{"Content with what they have", "Too dear", "Bound by a contract", "Moves house", "No reason given"}
}

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
		d.Code, d.Reason = "not_interested", Reasons()[r.chance.IntN(len(Reasons()))]
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
	products := Products()
	s := &api.Sale{Currency: "EUR"}
	for range 1 + r.chance.IntN(2) {
		p := products[r.chance.IntN(len(products))]
		s.Lines = append(s.Lines, api.OrderLine{Product: p.Code, Quantity: 1 + r.chance.IntN(3), UnitPrice: p.Price, Term: p.Term, MinTerms: p.MinTerms})
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
