package rules

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNumber marks a text that is not a dialable E.164 number.
var ErrNumber = errors.New("not a number that may be dialed")

// Dialable refuses everything but a plain E.164 number: "+", a country code
// that does not begin with 0, 7 to 15 digits in all (ITU-T E.164 section 6).
// What passes holds no character with a meaning in a SIP URI.
func Dialable(number string) error {
	if isDialable(number) {
		return nil
	}
	if len(number) < 8 || len(number) > 16 || number[0] != '+' || number[1] == '0' {
		return fmt.Errorf("%w: E.164 wants + and 7 to 15 digits", ErrNumber)
	}
	at := strings.IndexFunc(number[1:], func(r rune) bool { return r < '0' || r > '9' })
	return fmt.Errorf("%w: character %d is not a digit", ErrNumber, at+2)
}

// isDialable is Dialable without the reason.
func isDialable(number string) bool {
	if len(number) < 8 || len(number) > 16 || number[0] != '+' || number[1] == '0' {
		return false
	}
	for i := 1; i < len(number); i++ {
		if number[i] < '0' || number[i] > '9' {
			return false
		}
	}
	return true
}
