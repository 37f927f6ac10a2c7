package campaigns

import (
	"fmt"

	"golang.org/x/text/currency"
)

// fewOrManyDigits is how many decimals a currency has, where that is not two
// (ISO 4217, list one).
var fewOrManyDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// Digits is how many decimals the amounts of a currency have: 2 for EUR, 0 for
// JPY, 3 for KWD. Amounts are kept in the smallest unit, so that they are exact.
func Digits(currency string) int {
	if digits, odd := fewOrManyDigits[currency]; odd {
		return digits
	}
	return 2
}

// Unit is one of a currency in its smallest unit: 100 for EUR.
func Unit(currency string) int64 {
	unit := int64(1)
	for range Digits(currency) {
		unit *= 10
	}
	return unit
}

// validCurrency says what is wrong with a code of ISO 4217.
func validCurrency(code string) error {
	if u, err := currency.ParseISO(code); err != nil || u.String() != code {
		return fmt.Errorf("currency %q: three letters of ISO 4217, as EUR", code)
	}
	return nil
}
