package siptrunk

import (
	"strings"

	"github.com/forecall/forecall/campaigns/rules"
)

// Number reads the user part of a URI that the carrier sends as the E.164
// number that it stands for, with or without plus, in the plan's format; ok is
// false when it is none, such as a name or an extension.
func (p DialPlan) Number(user string) (e164 string, ok bool) {
	user, _, _ = strings.Cut(user, ";") // RFC 3966 parameters
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) { // RFC 3966 visual separators
			return -1
		}
		return r
	}, user)
	number := p.unformat(digits)
	if rules.Dialable(number) != nil {
		return "", false
	}
	return number, true
}

func (p DialPlan) unformat(digits string) string {
	international := p.International
	if international == "" {
		international = "00"
	}
	switch rest, abroad := strings.CutPrefix(digits, international); {
	case strings.HasPrefix(digits, "+"):
		return digits
	case p.Format != FormatPlain && p.Format != "" && p.Format != FormatE164 && abroad:
		return "+" + rest
	case p.Format == FormatNational:
		return "+" + p.Country + strings.TrimPrefix(digits, p.Trunk)
	}
	return "+" + strings.TrimPrefix(digits, "00")
}
