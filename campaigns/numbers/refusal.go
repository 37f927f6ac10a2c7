package numbers

import (
	"errors"
	"fmt"
)

// Code names a reason for which a text is not a number to dial. It is stable:
// reports and programs may depend on it.
type Code string

// The codes.
const (
	Empty         Code = "empty"              // nothing there
	NotANumber    Code = "not_a_number"       // no digits, or signs that no phone number has
	Letters       Code = "letters"            // 1-800-FLOWERS, "ask for Ann"
	Control       Code = "control_characters" // CR, LF, NUL, TAB inside
	Parameters    Code = "sip_parameters"     // ;maddr=..., user@host, sip:
	Stars         Code = "star_code"          // *31#..., #21#
	Extension     Code = "extension"          // x12, ext. 12
	Several       Code = "several_numbers"    // more than one number in the cell
	Spreadsheet   Code = "spreadsheet_number" // 3.46E+10: the digits are lost
	TooShort      Code = "too_short"
	TooLong       Code = "too_long"
	NoCountry     Code = "no_country"     // national form and no default region, or an unknown country code
	InvalidNumber Code = "invalid"        // no such number in the region's numbering plan
	Emergency     Code = "emergency"      // 112, 911, +1911
	ShortCode     Code = "short_code"     // 1004, 118118
	Premium       Code = "premium"        // the called party earns on the call
	SharedCost    Code = "shared_cost"    // the caller pays a share
	International Code = "international"  // satellite and country codes of no country
	PersonalKind  Code = "personal"       // follow-me numbers, as UK 070
	PagerKind     Code = "pager"          // nobody answers
	VoicemailKind Code = "voicemail"      // nobody answers
	RegionClosed  Code = "region"         // looks like home and is abroad: +1 876
	ZoneUnknown   Code = "zone_unknown"   // no time zone follows from the number
	UnknownRegion Code = "unknown_region" // the default region is not an ISO 3166-1 code
)

// ErrNumber is what every Refusal is.
var ErrNumber = errors.New("not a number to dial")

// Refusal is the error of a text that is not a number to dial. It holds no
// full number, so it may be logged.
type Refusal struct {
	Code   Code
	Reason string // one sentence
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Reason }

// Is makes every refusal an ErrNumber.
func (r *Refusal) Is(target error) bool { return target == ErrNumber }

// CodeOf returns the code of a refusal, and NotANumber for any other error.
func CodeOf(err error) Code {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Code
	}
	return NotANumber
}

func refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}
