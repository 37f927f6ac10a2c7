package siptrunk

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/forecall/forecall/campaigns/rules"
)

// Formats a carrier may want numbers in. The ledger knows E.164 only.
const (
	FormatE164          = "e164"          // +34600111222
	FormatPlain         = "plain"         // 34600111222
	FormatInternational = "international" // 0034600111222
	FormatNational      = "national"      // 600111222 at home, international abroad
)

// DialPlan turns a number into what one carrier wants to see.
type DialPlan struct {
	// Format is one of the four above; empty means e164.
	Format string
	// Country is the calling code at home, such as "34"; needed by national.
	Country string
	// Trunk is what national numbers begin with, such as "0" in Germany.
	Trunk string
	// International is what foreign numbers begin with; empty means "00".
	International string
	// Strip is taken off the front of the formatted number, when it is there.
	Strip string
	// Prefix is put in front last: a carrier's routing digits.
	Prefix string
	// Allow lists the E.164 beginnings this trunk may call; empty allows every
	// number that the rules let through. The last fence before toll fraud.
	Allow []string
}

var (
	planDigits   = regexp.MustCompile(`^[0-9*]{0,12}$`)
	allowPattern = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	// userPattern is all that may ever stand in the user part of a Request-URI.
	userPattern = regexp.MustCompile(`^\+?[0-9*]{2,32}$`)
)

// ErrPrefix is the error for a number that a trunk may not call.
var ErrPrefix = errors.New("the trunk may not call this prefix")

func (p DialPlan) problems() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch p.Format {
	case "", FormatE164, FormatPlain, FormatInternational:
	case FormatNational:
		if !allowPattern.MatchString("+"+p.Country) || len(p.Country) > 3 {
			bad("dial.country %q: national format needs the calling code at home, such as 34", p.Country)
		}
	default:
		bad("dial.format %q: use %s, %s, %s or %s", p.Format, FormatE164, FormatPlain, FormatInternational, FormatNational)
	}
	for name, digits := range map[string]string{"trunk": p.Trunk, "international": p.International, "prefix": strings.TrimPrefix(p.Prefix, "+"), "strip": strings.TrimPrefix(p.Strip, "+")} {
		if !planDigits.MatchString(digits) {
			bad("dial.%s %q: digits and * only, at most 12", name, digits)
		}
	}
	for _, a := range p.Allow {
		if !allowPattern.MatchString(a) {
			bad("dial.allow %q: + and the first digits, such as +34", a)
		}
	}
	return errs
}

// User returns the user part of the Request-URI for an E.164 number. It is the
// last gate before the wire: what is not a dialable number, or not on the
// trunk's list, is an error whatever was checked before.
func (p DialPlan) User(number string) (string, error) {
	if err := rules.Dialable(number); err != nil {
		return "", err
	}
	if !p.allows(number) {
		return "", ErrPrefix
	}
	user := p.Prefix + strings.TrimPrefix(p.format(number), p.Strip)
	if !userPattern.MatchString(user) {
		return "", fmt.Errorf("%w: the dial plan leaves no plain number", rules.ErrNumber)
	}
	return user, nil
}

// Caller returns a caller ID in the format of the plan: neither stripped nor prefixed.
func (p DialPlan) Caller(number string) (string, error) {
	if err := rules.Dialable(number); err != nil {
		return "", err
	}
	return p.format(number), nil
}

func (p DialPlan) allows(number string) bool {
	if len(p.Allow) == 0 {
		return true
	}
	for _, a := range p.Allow {
		if strings.HasPrefix(number, a) {
			return true
		}
	}
	return false
}

func (p DialPlan) format(number string) string {
	digits := number[1:]
	international := p.International
	if international == "" {
		international = "00"
	}
	switch p.Format {
	case FormatPlain:
		return digits
	case FormatInternational:
		return international + digits
	case FormatNational:
		if national, home := strings.CutPrefix(digits, p.Country); home {
			return p.Trunk + national
		}
		return international + digits
	}
	return number
}
