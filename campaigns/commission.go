package campaigns

import "fmt"

// Commission is the rule by which an agent earns, and what a day should bring.
// Money is in the smallest unit of Currency.
type Commission struct {
	Currency       string  `json:"currency,omitempty"` // ISO 4217; empty = nobody earns
	PerSale        int64   `json:"per_sale,omitempty"`
	PerAppointment int64   `json:"per_appointment,omitempty"`
	PerSurvey      int64   `json:"per_survey,omitempty"`
	ShareOfSales   float64 `json:"share_of_sales,omitempty"` // of what orders are worth (Sale.Value), in their own currency
	// DayTarget is what one agent should reach on one day.
	DayTarget DayTarget `json:"day_target,omitzero"`
}

// DayTarget is what a day should bring; 0 = no target.
type DayTarget struct {
	Sales        int `json:"sales,omitempty"`
	Appointments int `json:"appointments,omitempty"`
	Surveys      int `json:"surveys,omitempty"`
	Calls        int `json:"calls,omitempty"`
}

func (c Commission) validate() error {
	paid := c.PerSale != 0 || c.PerAppointment != 0 || c.PerSurvey != 0
	t := c.DayTarget
	switch {
	case c.PerSale < 0 || c.PerAppointment < 0 || c.PerSurvey < 0 || c.PerSale > dearest || c.PerAppointment > dearest || c.PerSurvey > dearest:
		return fmt.Errorf("commission: an amount from 0 to %d in the smallest unit", dearest)
	case !(c.ShareOfSales >= 0 && c.ShareOfSales <= 1):
		return fmt.Errorf("commission: share_of_sales %g: from 0 to 1", c.ShareOfSales)
	case t.Sales < 0 || t.Appointments < 0 || t.Surveys < 0 || t.Calls < 0:
		return fmt.Errorf("commission: a target of the day is not less than 0")
	case c.Currency == "" && !paid:
		return nil
	}
	if err := validCurrency(c.Currency); err != nil {
		return fmt.Errorf("commission: %w", err)
	}
	return nil
}

// Earned is what dispositions of the campaign earn their agent, by currency.
// Who said it earns it. A survey counts under a disposition that asks for one:
// answers that were given on the way to a sale are part of the sale.
func (c Campaign) Earned(said []Disposition) map[string]int64 {
	earned, rule := map[string]int64{}, c.Commission
	for _, d := range said {
		if d.Sale != nil {
			earned[rule.Currency] += rule.PerSale
			earned[d.Sale.Currency] += share(rule.ShareOfSales, d.Sale.Value())
		}
		if d.Appointment != nil {
			earned[rule.Currency] += rule.PerAppointment
		}
		if c.isSurvey(d) {
			earned[rule.Currency] += rule.PerSurvey
		}
	}
	for currency, amount := range earned {
		if amount == 0 {
			delete(earned, currency)
		}
	}
	return earned
}

// isSurvey tells whether the call was for its answers.
func (c Campaign) isSurvey(d Disposition) bool {
	t, ok := c.Type(d.Code)
	return ok && len(d.Answers) > 0 && t.shown().Asks == AsksSurvey
}
