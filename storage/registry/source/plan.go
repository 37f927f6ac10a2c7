package source

import (
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns/numbers"
)

// plan is how numbers of a country are written at home. Registers hold numbers
// that are in use; so lengths are checked, and whether a number is assigned is not.
type plan struct {
	code     uint64 // country code
	trunk    string // what is dialed before a national number at home
	min, max int    // digits of a national number
}

// plans are those of the countries whose registers or customers we know of
// (ITU-T E.164 national numbering plans, as libphonenumber has their lengths).
// Other countries are read by libphonenumber, number by number.
var plans = map[string]plan{
	"US": {1, "1", 10, 10}, "CA": {1, "1", 10, 10}, "PR": {1, "1", 10, 10},
	"GB": {44, "0", 9, 10}, "IE": {353, "0", 7, 10}, "ES": {34, "", 9, 9}, "FR": {33, "0", 9, 9}, "DE": {49, "0", 5, 13},
	"IT": {39, "", 6, 11}, "HU": {36, "06", 8, 9}, "EE": {372, "", 7, 8}, "AU": {61, "0", 9, 9}, "IN": {91, "0", 10, 10},
	"NL": {31, "0", 9, 9}, "BE": {32, "0", 8, 9}, "CH": {41, "0", 9, 9}, "PT": {351, "", 9, 9}, "PL": {48, "", 9, 9},
	"AT": {43, "0", 5, 13}, "NZ": {64, "0", 8, 10},
}

var (
	errNoNumber  = errors.New("it holds no digits")
	errLetters   = errors.New("it holds something that is no part of a number")
	errTooLong   = errors.New("it has more than 15 digits")
	errTooShort  = errors.New("it has fewer digits than a number has")
	errNational  = errors.New("it has no country code, and the country of such numbers was not said")
	errLength    = errors.New("it has not as many digits as a number of its country")
	errAreaCode  = errors.New("there is no such area code or exchange")
	errUnwanted  = errors.New("it says neither add nor delete")
	errNoColumn  = errors.New("the line has no such column")
	errZeroFirst = errors.New("no country code begins with 0")
)

// digits are the digits of a cell, as they were written.
type digits struct {
	value uint64
	n     int
	zeros int  // at the beginning
	plus  bool // before them
}

// readDigits takes the digits out of a cell, through the signs that people put
// between them.
func readDigits(cell []byte) (d digits, err error) {
	for i, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			if d.n++; d.n > 18 { // 00 and 15 digits, and one that fits the value still
				return d, errTooLong
			}
			if c == '0' && d.value == 0 {
				d.zeros++
			}
			d.value = d.value*10 + uint64(c-'0')
		case c == '+' && d.n == 0 && !d.plus:
			d.plus = true
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '\t' || c == '"' || c == '\r':
		case c == 0xEF && i == 0 || c == 0xBB && i == 1 || c == 0xBF && i == 2: // the mark before UTF-8
		default:
			return d, errLetters
		}
	}
	if d.n == 0 {
		return d, errNoNumber
	}
	return d, nil
}

// reader turns cells into numbers.
type reader struct {
	plan    plan
	known   bool // plan is that of the country
	country string
	parser  *numbers.Parser // of other countries
}

func newReader(country string) (*reader, error) {
	r := &reader{country: country}
	if country == "" {
		return r, nil
	}
	if r.plan, r.known = plans[country]; r.known {
		return r, nil
	}
	var err error
	if r.parser, err = numbers.NewParser(numbers.Policy{}); err != nil {
		return nil, err
	}
	if _, err := r.parser.Parse("+12025550123", country); err != nil {
		return nil, fmt.Errorf("country %q: %w", country, err)
	}
	return r, nil
}

// number reads a cell as E.164 without the plus.
func (r *reader) number(cell []byte) (uint64, error) {
	d, err := readDigits(cell)
	switch {
	case err != nil:
		return 0, err
	case d.plus:
		return d.international(0)
	case d.zeros >= 2 && d.n > 9 && r.plan.trunk != "00":
		return d.international(2) // 00 before a country code
	case r.known:
		return r.national(d)
	case r.country == "":
		if d.zeros > 0 || d.n <= 10 {
			return 0, errNational
		}
		return d.international(0)
	}
	n, err := r.parser.Parse(string(cell), r.country)
	if err != nil {
		return 0, err
	}
	d, err = readDigits([]byte(n.E164))
	return d.value, err
}

// international takes digits that begin with a country code, after skipped zeros.
func (d digits) international(skipped int) (uint64, error) {
	n := d.n - skipped
	switch {
	case d.zeros > skipped:
		return 0, errZeroFirst
	case n > 15:
		return 0, errTooLong
	case n < 7:
		return 0, errTooShort
	case n != 11 && leading(d.value, n) == 1:
		return 0, errLength
	case n == 11 && leading(d.value, n) == 1:
		return northAmerican(d.value % 1e10)
	}
	return d.value, nil
}

func leading(v uint64, n int) uint64 {
	for range n - 1 {
		v /= 10
	}
	return v
}

// northAmerican checks a national number of country code 1: area code and
// exchange begin with 2 to 9 (NANP Administration).
func northAmerican(national uint64) (uint64, error) {
	if national/1e9 < 2 || national/1e6%10 < 2 {
		return 0, errAreaCode
	}
	return 1e10 + national, nil
}

// national takes digits as they are written in the country: with the trunk
// prefix, without it, or with the country code but no plus.
func (r *reader) national(d digits) (uint64, error) {
	p := r.plan
	code := digitsOf(p.code)
	abroad := d.zeros == 0 && d.n-code >= p.min && d.n-code <= p.max && leadingDigits(d.value, d.n, code) == p.code
	if abroad && (p.trunk == "0" || p.trunk == "06") { // no trunk prefix, so it is not written as at home
		return d.international(0)
	}
	national := d.n
	if t := len(p.trunk); t > 0 && d.begins(p.trunk) && (national > p.max || p.trunk[0] == '0') {
		national -= t
	}
	if d.athome(p, national) {
		return p.join(d.value, national)
	}
	if abroad {
		return d.international(0)
	}
	if national < p.min {
		return 0, errTooShort
	}
	return 0, errLength
}

// athome tells whether n of the digits are a national number. In Italy one
// without a 0 is a mobile's and has at most ten digits.
func (d digits) athome(p plan, n int) bool {
	if n < p.min || n > p.max || p.code == 39 && d.zeros == 0 && n > 10 {
		return false
	}
	return d.zeros == 0 || n < d.n || p.code == 39
}

// begins tells whether the digits begin with a trunk prefix: 1, 0 or 06.
func (d digits) begins(trunk string) bool {
	switch trunk {
	case "0":
		return d.zeros >= 1
	case "06":
		return d.zeros == 1 && leading(d.value, d.n-1) == 6
	}
	return d.zeros == 0 && leading(d.value, d.n) == uint64(trunk[0]-'0')
}

// join puts the country code before the last n digits. Italian numbers keep
// their 0 (ITU-T E.164, Italy).
func (p plan) join(value uint64, n int) (uint64, error) {
	pow := uint64(1)
	for range n {
		pow *= 10
	}
	if p.code == 1 {
		return northAmerican(value % pow)
	}
	return p.code*pow + value%pow, nil
}

func digitsOf(v uint64) (n int) {
	for ; v > 0; v /= 10 {
		n++
	}
	return n
}

// leadingDigits are the first k of n digits.
func leadingDigits(v uint64, n, k int) uint64 {
	for range n - k {
		v /= 10
	}
	return v
}
