package campaigns

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Sale is an order taken during a call.
type Sale struct {
	Currency string      `json:"currency"` // ISO 4217
	Lines    []OrderLine `json:"lines"`
	// Language is the one that the order was read back in (BCP 47), and ReadBack
	// the words, as the agent had them on the screen.
	Language string `json:"language,omitempty"`
	ReadBack string `json:"read_back,omitempty"`
}

// OrderLine is one product of an order, with the price of the day it was sold.
// Amounts are in the smallest unit of the currency (cents), so that totals are
// exact.
type OrderLine struct {
	Product   string `json:"product"`        // its code in the campaign's list, or its name where there is none
	Name      string `json:"name,omitempty"` // as it was called then
	Quantity  int    `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
	// Discount is what is taken off the line each time it falls due.
	Discount int64 `json:"discount,omitempty"`
	// DiscountShare is the same as it was agreed, as a share of the line; 0 =
	// agreed as an amount.
	DiscountShare float64 `json:"discount_share,omitempty"`
	Term          Term    `json:"term,omitempty"`
	MinTerms      int     `json:"min_terms,omitempty"` // months or years that it lasts at least
}

// Gross is the line's price before its discount.
func (l OrderLine) Gross() int64 { return int64(l.Quantity) * l.UnitPrice }

// Total is what the line costs each time it falls due.
func (l OrderLine) Total() int64 { return l.Gross() - l.Discount }

// Called is the name for people.
func (l OrderLine) Called() string {
	if l.Name != "" {
		return l.Name
	}
	return l.Product
}

// Total is what the first bill comes to, in the smallest unit of the currency:
// every line once.
func (s Sale) Total() int64 {
	var sum int64
	for _, l := range s.Lines {
		sum += l.Total()
	}
	return sum
}

// Value is what the order is worth until its subscriptions may end: every line
// as often as it falls due at least.
func (s Sale) Value() int64 {
	var sum int64
	for _, l := range s.Lines {
		sum += l.Total() * int64(max(1, l.MinTerms))
	}
	return sum
}

// TermTotal is what an order costs each time a term falls due.
type TermTotal struct {
	Term     Term  `json:"term"`
	MinTerms int   `json:"min_terms,omitempty"`
	Amount   int64 `json:"amount"`
	Discount int64 `json:"discount,omitempty"` // that is taken off already
}

// Totals sums the lines by term and least length: once, then by the month, then
// by the year.
func (s Sale) Totals() []TermTotal {
	var out []TermTotal
	for _, l := range s.Lines {
		same := func(t TermTotal) bool { return t.Term == l.Term.orOnce() && t.MinTerms == l.MinTerms }
		i := slices.IndexFunc(out, same)
		if i < 0 {
			i = len(out)
			out = append(out, TermTotal{Term: l.Term.orOnce(), MinTerms: l.MinTerms})
		}
		out[i].Amount += l.Total()
		out[i].Discount += l.Discount
	}
	slices.SortStableFunc(out, func(a, b TermTotal) int {
		if a.Term != b.Term {
			return slices.Index(Terms(), a.Term) - slices.Index(Terms(), b.Term)
		}
		return a.MinTerms - b.MinTerms
	})
	return out
}

// mostSold keeps a total far inside what an int64 holds.
const mostSold = 1e15

func (s *Sale) validate() error {
	if s == nil {
		return nil
	}
	if err := validCurrency(s.Currency); err != nil {
		return fmt.Errorf("sale: %w", err)
	}
	if len(s.Lines) == 0 {
		return errors.New("sale: no order line")
	}
	total := 0.0
	for i, l := range s.Lines {
		if l.Product == "" || l.Quantity < 1 || l.UnitPrice < 0 {
			return fmt.Errorf("sale: line %d needs a product, a quantity of at least 1 and a price", i+1)
		}
		gross := float64(l.Quantity) * float64(l.UnitPrice)
		if total += gross * float64(max(1, l.MinTerms)); total > mostSold {
			return fmt.Errorf("sale: the total of %g in the smallest unit of %s is no order", total, s.Currency)
		}
		if l.Discount < 0 || l.Discount > l.Gross() || !(l.DiscountShare >= 0 && l.DiscountShare <= 1) {
			return fmt.Errorf("sale: line %d: a discount from nothing to the whole price", i+1)
		}
		if !slices.Contains(Terms(), l.Term.orOnce()) || l.MinTerms < 0 || l.MinTerms > mostTerms {
			return fmt.Errorf("sale: line %d: term %q of %d: once, month or year, and at most %d of them", i+1, l.Term, l.MinTerms, mostTerms)
		}
	}
	return nil
}

// Price puts the campaign's own names, prices and terms into an order that was
// written down with product codes, and checks it against the list. A price
// that was shown to the agent and is another one by now is refused, and so is a
// discount beyond what the agent may give. A campaign without a list sells what
// its agents write down.
func (c Campaign) Price(s Sale) (Sale, error) {
	s.Lines = slices.Clone(s.Lines)
	for i := range s.Lines {
		if len(c.Products) > 0 {
			if err := c.listed(&s, i); err != nil {
				return Sale{}, fmt.Errorf("sale: line %d: %w", i+1, err)
			}
		}
		if l := &s.Lines[i]; l.DiscountShare != 0 {
			l.Discount = share(l.DiscountShare, l.Gross())
		}
		if err := c.allowed(s, i); err != nil {
			return Sale{}, fmt.Errorf("sale: line %d: %w", i+1, err)
		}
	}
	return s, s.validate()
}

// listed puts what the list says of a product into an order's line.
func (c Campaign) listed(s *Sale, i int) error {
	l := &s.Lines[i]
	p, ok := c.Product(l.Product)
	if !ok {
		return fmt.Errorf("%q is not one of the campaign's products", l.Product)
	}
	if s.Currency == "" {
		s.Currency = p.Currency
	}
	if p.Currency != s.Currency {
		return fmt.Errorf("%s is sold in %s, the order is in %s; make it an order of its own", p.Name, p.Currency, s.Currency)
	}
	if l.UnitPrice != 0 && l.UnitPrice != p.Price {
		return fmt.Errorf("the price of %s has changed; read the order back again", p.Name)
	}
	if l.Quantity < 1 || l.Quantity > 1_000_000 {
		return fmt.Errorf("%s: a quantity from 1 to 1000000", p.Name)
	}
	l.Name, l.UnitPrice, l.Term, l.MinTerms = p.Name, p.Price, p.Term.orOnce(), p.MinTerms
	return nil
}

// allowed holds the discount of a line to what the agent may give.
func (c Campaign) allowed(s Sale, i int) error {
	l := s.Lines[i]
	p, ok := c.Product(l.Product)
	if !ok {
		return nil
	}
	if limit := share(p.MaxDiscount, l.Gross()); l.Discount < 0 || l.Discount > limit {
		return fmt.Errorf("%s: a discount of at most %g %% (%s)", p.Name, p.MaxDiscount*100, plainMoney(limit, p.Currency))
	}
	return nil
}

// plainMoney writes an amount for an error: 19.99 EUR.
func plainMoney(amount int64, currency string) string {
	unit, digits := Unit(currency), Digits(currency)
	if digits == 0 {
		return fmt.Sprintf("%d %s", amount, currency)
	}
	return fmt.Sprintf("%d.%0*d %s", amount/unit, digits, amount%unit, currency)
}

// Order is a sale as a card shows it: when and by whom it was taken.
type Order struct {
	At      time.Time
	Agent   int64
	Attempt string
	Sale    Sale
}
