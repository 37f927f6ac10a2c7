package numbers

import (
	"errors"
	"strconv"

	"github.com/nyaruka/phonenumbers"

	"github.com/forecall/forecall/campaigns/rules"
)

// reading is what a numbering plan says of a text.
type reading struct {
	e164    string
	region  string
	calling int
	kind    Kind
}

// Parse reads a number under the zero Policy; defaultRegion (ISO 3166-1
// alpha-2) is where numbers without a country code belong, "" for nowhere.
// The error is a *Refusal. For many numbers make a Parser.
func Parse(text, defaultRegion string) (Number, error) { return Policy{}.Parse(text, defaultRegion) }

// Parse reads a number under the policy, as the function Parse.
func (p Policy) Parse(text, defaultRegion string) (Number, error) {
	var buf [maxDigits + 1]byte
	digits, plus, refusal := clean(text, buf[:0])
	if refusal != nil {
		return Number{}, refusal
	}
	return p.finish(digits, plus, defaultRegion)
}

// finish asks the library and applies the policy.
func (p Policy) finish(digits []byte, plus bool, defaultRegion string) (Number, error) {
	if defaultRegion != "" && phonenumbers.GetCountryCodeForRegion(defaultRegion) == 0 {
		return Number{}, refuse(UnknownRegion, "the default region %q is not a country code as ES or US (ISO 3166-1)", defaultRegion)
	}
	r, refusal := ask(string(digits), plus, defaultRegion)
	if refusal != nil {
		return Number{}, refusal
	}
	if refusal := p.admit(r.region, r.kind, r.calling, defaultRegion); refusal != nil {
		return Number{}, refusal
	}
	return Number{E164: r.e164, Region: r.region, Kind: r.kind, Zones: zonesOf(r)}, nil
}

// ask reads clean digits with the library.
func ask(digits string, plus bool, defaultRegion string) (reading, *Refusal) {
	if refusal := service(digits, plus, defaultRegion); refusal != nil {
		return reading{}, refusal
	}
	text := digits
	if plus {
		text = "+" + digits
	}
	parsed, err := phonenumbers.Parse(text, defaultRegion)
	if err != nil {
		return reading{}, unparsed(err, plus, defaultRegion)
	}
	if !phonenumbers.IsValidNumber(parsed) {
		return reading{}, invalid(parsed)
	}
	r := reading{
		e164:    phonenumbers.Format(parsed, phonenumbers.E164),
		region:  phonenumbers.GetRegionCodeForNumber(parsed),
		calling: int(parsed.GetCountryCode()),
		kind:    kinds[phonenumbers.GetNumberType(parsed)],
	}
	if r.region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		r.kind = Network
	}
	if err := rules.Dialable(r.e164); err != nil {
		return reading{}, refuse(TooShort, "E.164 wants 7 to 15 digits")
	}
	return r, nil
}

var kinds = map[phonenumbers.PhoneNumberType]Kind{
	phonenumbers.FIXED_LINE: Fixed, phonenumbers.MOBILE: Mobile, phonenumbers.FIXED_LINE_OR_MOBILE: FixedOrMobile,
	phonenumbers.TOLL_FREE: TollFree, phonenumbers.PREMIUM_RATE: PremiumRate, phonenumbers.SHARED_COST: Shared,
	phonenumbers.VOIP: VoIP, phonenumbers.PERSONAL_NUMBER: Personal, phonenumbers.PAGER: Pager,
	phonenumbers.UAN: Company, phonenumbers.VOICEMAIL: Voicemail,
}

// longestShort is the length up to which a text may be an emergency number or
// a short code rather than a subscriber's number.
const longestShort = 6

// service refuses emergency numbers and short codes, with and without a
// country code before them.
func service(digits string, plus bool, defaultRegion string) *Refusal {
	if len(digits) > longestShort+1 { // +1 and six more
		return nil
	}
	if isEmergency(digits, plus, defaultRegion) {
		return refuse(Emergency, "it is an emergency number and is never dialed")
	}
	if len(digits) > longestShort {
		return nil
	}
	if !plus && isShortCode(digits, defaultRegion) {
		return refuse(ShortCode, "it is a short code of %s, not a subscriber's number", defaultRegion)
	}
	return refuse(TooShort, "it has %d digits; a number has at least 7 with its country code", len(digits))
}

// isEmergency knows 112 and 911, which lead to help from nearly everywhere,
// those of the default region, and both written after a country code.
func isEmergency(digits string, plus bool, defaultRegion string) bool {
	if digits == "112" || digits == "911" || (defaultRegion != "" && phonenumbers.IsEmergencyNumber(digits, defaultRegion)) {
		return true
	}
	if !plus || len(digits) > longestShort+1 {
		return false
	}
	for n := 1; n <= 3 && n < len(digits); n++ {
		code, _ := strconv.Atoi(digits[:n])
		for _, region := range phonenumbers.GetRegionCodesForCountryCode(code) {
			rest := digits[n:]
			if rest == "112" || rest == "911" || phonenumbers.IsEmergencyNumber(rest, region) {
				return true
			}
		}
	}
	return false
}

func isShortCode(digits, defaultRegion string) bool {
	if defaultRegion == "" {
		return false
	}
	number, err := phonenumbers.Parse(digits, defaultRegion)
	return err == nil && phonenumbers.IsValidShortNumberForRegion(number, defaultRegion)
}

// unparsed puts the library's error into words.
func unparsed(err error, plus bool, defaultRegion string) *Refusal {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && !plus && defaultRegion == "":
		return refuse(NoCountry, "it has no country code (+34 ...) and the import has no default region")
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return refuse(NoCountry, "no country has the country code it begins with")
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return refuse(TooShort, "it is too short")
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return refuse(TooLong, "it is too long")
	}
	return refuse(NotANumber, "it is not a phone number")
}

// invalid says why a number is in no numbering plan.
func invalid(n *phonenumbers.PhoneNumber) *Refusal {
	code := int(n.GetCountryCode())
	region := phonenumbers.GetRegionCodeForCountryCode(code)
	digits := len(phonenumbers.GetNationalSignificantNumber(n))
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return refuse(TooShort, "it has %d digits after the country code +%d, too few for %s", digits, code, region)
	case phonenumbers.TOO_LONG:
		return refuse(TooLong, "it has %d digits after the country code +%d, too many for %s", digits, code, region)
	case phonenumbers.INVALID_COUNTRY_CODE:
		return refuse(NoCountry, "no country has the country code it begins with")
	}
	return refuse(InvalidNumber, "no such number is in use in the numbering plan of %s (+%d)", region, code)
}
