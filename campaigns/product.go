package campaigns

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Term is how often a price falls due.
type Term string

// The terms. The empty term is once.
const (
	Once    Term = "once"
	Monthly Term = "month"
	Yearly  Term = "year"
)

// Terms lists them in the order in which totals are shown.
func Terms() []Term { return []Term{Once, Monthly, Yearly} }

// orOnce reads the empty term.
func (t Term) orOnce() Term {
	if t == "" {
		return Once
	}
	return t
}

// Product is one thing that a campaign sells.
type Product struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Price       int64  `json:"price"`    // in the smallest unit of the currency
	Currency    string `json:"currency"` // ISO 4217
	Term        Term   `json:"term,omitempty"`
	// MinTerms is how many months or years a subscription lasts at least.
	MinTerms int `json:"min_terms,omitempty"`
	// MaxDiscount is the greatest share of the price that an agent may take off:
	// 0.1 is 10 %.
	MaxDiscount float64 `json:"max_discount,omitempty"`
}

// Limits of a product list.
const (
	mostProducts = 1000
	mostTerms    = 120
	dearest      = int64(1e12) // of one unit, in the smallest unit of its currency
)

// Validate says what is wrong with a product.
func (p Product) Validate() error {
	switch {
	case p.Code == "" || len(p.Code) > 64:
		return fmt.Errorf("product %q: a code of 1 to 64 characters", p.Code)
	case p.Name == "" || len(p.Name) > 200:
		return fmt.Errorf("product %s: a name of 1 to 200 characters", p.Code)
	case p.Price < 0 || p.Price > dearest:
		return fmt.Errorf("product %s: a price from 0 to %d in the smallest unit", p.Code, dearest)
	case !slices.Contains(Terms(), p.Term.orOnce()):
		return fmt.Errorf("product %s: term %q: once, month or year", p.Code, p.Term)
	case p.MinTerms < 0 || p.MinTerms > mostTerms || p.MinTerms > 0 && p.Term.orOnce() == Once:
		return fmt.Errorf("product %s: min_terms %d: 0 to %d, and 0 for what is paid once", p.Code, p.MinTerms, mostTerms)
	case !(p.MaxDiscount >= 0 && p.MaxDiscount <= 1): // NaN is neither
		return fmt.Errorf("product %s: max_discount %g: from 0 to 1", p.Code, p.MaxDiscount)
	}
	if err := validCurrency(p.Currency); err != nil {
		return fmt.Errorf("product %s: %w", p.Code, err)
	}
	return nil
}

// Product finds one by its code.
func (c Campaign) Product(code string) (Product, bool) {
	i := slices.IndexFunc(c.Products, func(p Product) bool { return p.Code == code })
	if i < 0 {
		return Product{}, false
	}
	return c.Products[i], true
}

// validateTrade says what is wrong with what the campaign sells and asks.
func (c Campaign) validateTrade() error {
	var errs []error
	if len(c.Products) > mostProducts {
		errs = append(errs, fmt.Errorf("products: %d, at most %d", len(c.Products), mostProducts))
	}
	seen := map[string]bool{}
	for _, p := range c.Products {
		if err := p.Validate(); err != nil {
			errs = append(errs, err)
		}
		if seen[p.Code] {
			errs = append(errs, fmt.Errorf("products: %q stands there twice", p.Code))
		}
		seen[p.Code] = true
	}
	errs = append(errs, validateWords("reasons", c.Reasons), validateWords("complaints", c.Complaints), c.Commission.validate())
	return errors.Join(errs...)
}

// validateWords says what is wrong with a list of words that agents choose from.
func validateWords(what string, words []string) error {
	seen := map[string]bool{}
	for _, w := range words {
		if w == "" || len(w) > 100 {
			return fmt.Errorf("%s: %q: 1 to 100 characters", what, w)
		}
		if seen[w] {
			return fmt.Errorf("%s: %q stands there twice", what, w)
		}
		seen[w] = true
	}
	if len(words) > 100 {
		return fmt.Errorf("%s: %d, at most 100", what, len(words))
	}
	return nil
}

// share is the part of an amount, rounded half away from zero.
func share(of float64, amount int64) int64 { return int64(math.Round(of * float64(amount))) }
