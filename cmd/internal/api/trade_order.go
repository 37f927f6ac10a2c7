package api

import (
	"github.com/forecall/forecall/campaigns"
)

// Sale is an order taken during a call.
type Sale struct {
	Currency string      `json:"currency,omitempty" pattern:"^([A-Z]{3})?$" doc:"ISO 4217; not needed with products of the campaign's list."`
	Lines    []OrderLine `json:"lines" minItems:"1" maxItems:"500"`
	Language string      `json:"language,omitempty" maxLength:"35" doc:"In which the order was read back (BCP 47): en, es, hu or et."`

	Total    int64       `json:"total,omitempty" readOnly:"true" doc:"What the first bill comes to, in the smallest unit."`
	Value    int64       `json:"value,omitempty" readOnly:"true" doc:"What the order is worth until its subscriptions may end."`
	Totals   []TermTotal `json:"totals,omitempty" readOnly:"true" doc:"By term."`
	ReadBack string      `json:"read_back,omitempty" readOnly:"true" doc:"The words that the agent read back."`
	Digits   int         `json:"digits" required:"false" readOnly:"true" doc:"Decimals of the currency: amounts are in its smallest unit."`
}

// OrderLine is one product of an order.
type OrderLine struct {
	Product       string         `json:"product" minLength:"1" maxLength:"500" doc:"The code of one of the card's products, or a name where there are none."`
	Quantity      int            `json:"quantity" minimum:"1" maximum:"1000000"`
	UnitPrice     int64          `json:"unit_price,omitempty" minimum:"0" maximum:"1000000000000" doc:"In the smallest unit of the currency (cents); of a product of the list, the price that was shown, or nothing."`
	Discount      int64          `json:"discount,omitempty" minimum:"0" doc:"Off the line each time it falls due, in the smallest unit."`
	DiscountShare float64        `json:"discount_share,omitempty" minimum:"0" maximum:"1" doc:"The same as a share of the line: 0.1 is 10 %. Either of them."`
	Term          campaigns.Term `json:"term,omitempty" enum:"once,month,year" doc:"Of a product of the list, as the list has it."`
	MinTerms      int            `json:"min_terms,omitempty" minimum:"0" maximum:"120" doc:"Months or years that it lasts at least."`
	Name          string         `json:"name,omitempty" maxLength:"500" readOnly:"true"`
	Total         int64          `json:"total,omitempty" readOnly:"true" doc:"Each time it falls due, with the discount taken off."`
}

// TermTotal is what an order costs each time a term falls due.
type TermTotal struct {
	Term     campaigns.Term `json:"term" enum:"once,month,year"`
	MinTerms int            `json:"min_terms,omitempty" doc:"Months or years that it lasts at least."`
	Amount   int64          `json:"amount"`
	Discount int64          `json:"discount,omitempty" doc:"That is taken off already."`
}

// domain is the order as package campaigns knows it. A share of a product of the
// list is left to the service, which knows the price.
func (s Sale) domain() campaigns.Sale {
	out := campaigns.Sale{Currency: s.Currency, Language: s.Language, Lines: make([]campaigns.OrderLine, len(s.Lines))}
	for i, l := range s.Lines {
		out.Lines[i] = campaigns.OrderLine{
			Product: l.Product, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Discount: l.Discount, DiscountShare: l.DiscountShare,
			Term: l.Term, MinTerms: l.MinTerms,
		}
	}
	return out
}

func saleOf(s campaigns.Sale) Sale {
	out := Sale{
		Currency: s.Currency, Lines: each(s.Lines, orderLineOf), Language: s.Language, Total: s.Total(), Value: s.Value(),
		ReadBack: s.ReadBack, Digits: campaigns.Digits(s.Currency),
	}
	for _, t := range s.Totals() {
		out.Totals = append(out.Totals, TermTotal(t))
	}
	return out
}

func orderLineOf(l campaigns.OrderLine) OrderLine {
	return OrderLine{
		Product: l.Product, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Discount: l.Discount, DiscountShare: l.DiscountShare,
		Term: l.Term, MinTerms: l.MinTerms, Name: l.Name, Total: l.Total(),
	}
}

func appointmentOf(a campaigns.Appointment) Appointment {
	return Appointment{
		At: a.At.UTC(), Zone: a.Zone, Place: a.Place, Person: a.Person, Note: a.Note, Salesperson: a.Salesperson, To: utc(a.To), How: a.How,
	}
}

// Product is one thing that a campaign sells.
type Product struct {
	Code        string         `json:"code" minLength:"1" maxLength:"64"`
	Name        string         `json:"name" minLength:"1" maxLength:"200"`
	Description string         `json:"description,omitempty" maxLength:"2000"`
	Price       int64          `json:"price" minimum:"0" maximum:"1000000000000" doc:"In the smallest unit of the currency."`
	Currency    string         `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217."`
	Digits      int            `json:"digits" required:"false" readOnly:"true" doc:"Decimals of the currency."`
	Term        campaigns.Term `json:"term,omitempty" enum:"once,month,year"`
	MinTerms    int            `json:"min_terms,omitempty" minimum:"0" maximum:"120" doc:"Months or years that a subscription lasts at least."`
	MaxDiscount float64        `json:"max_discount,omitempty" minimum:"0" maximum:"1" doc:"Greatest share that an agent may take off."`
}

func productOf(p campaigns.Product) Product {
	out := Product{
		Code: p.Code, Name: p.Name, Description: p.Description, Price: p.Price, Currency: p.Currency, Digits: campaigns.Digits(p.Currency),
		Term: p.Term, MinTerms: p.MinTerms, MaxDiscount: p.MaxDiscount,
	}
	if out.Term == "" {
		out.Term = campaigns.Once
	}
	return out
}

func (p Product) domain() campaigns.Product {
	return campaigns.Product{
		Code: p.Code, Name: p.Name, Description: p.Description, Price: p.Price, Currency: p.Currency,
		Term: p.Term, MinTerms: p.MinTerms, MaxDiscount: p.MaxDiscount,
	}
}

// ptr is the address of a value.
func ptr[T any](v T) *T { return &v }
