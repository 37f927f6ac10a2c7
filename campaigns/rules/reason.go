package rules

// reason is why a rule is not met, in one word: for counting, and as what the
// words of a verdict are written from.
type reason uint8

const (
	reasonNone reason = iota
	reasonNumber
	reasonStopped
	reasonLive
	reasonListed
	reasonNotLoaded
	reasonStale
	reasonZoneUnknown
	reasonPlaceUnknown
	reasonClosed
	reasonMargin
	reasonHoliday
	reasonNoHolidays
	reasonAttempts
	reasonCooldown
	reasonClock
	reasonConsent
	reasonCap
	reasonSilence
	reasonRate
	reasonNotCounted
	reasonRing
	reasonHold
	reasonMessage
	reasonOptOut
	reasonRecording
	reasonLine
	reasonLineUnknown
	reasonZoneSource
	reasonManyZones
	reasonNoCLI
	reasonUnauthorized
	reasonNotCallable
	reasonBlocked
	reasonNotAssigned
	reasonMobile
	reasonOtherCountry
	reasonForbiddenRange
	reasonRange
	reasonUntested
	reasonUnchecked
	reasonCheckOld
	reasonCheckFailed
	reasonCustom
	reasonCustomError
	reasons // how many there are
)

// reasonWords are the words as they stand in records, counts and JSON.
var reasonWords = [reasons]string{
	"", "not_e164", "stopped", "in_call", "listed", "not_loaded", "stale", "zone_unknown", "place_unknown", "closed", "margin", "holiday",
	"no_holiday_data", "no_tries_left", "cooldown", "clock", "no_consent", "cap", "silence", "spent", "not_counted", "ring_time", "hold", "no_message",
	"no_opt_out", "recording", "line_type", "line_type_unknown", "zone_source", "many_zones", "no_cli", "unauthorized", "not_callable", "blocked",
	"not_assigned", "mobile", "other_country", "forbidden_range", "not_in_range", "untested", "unchecked", "check_old", "check_failed", "custom", "custom_error",
}

// final are the reasons that neither time nor the house takes away: the number
// itself, or what the person has asked for.
func (r reason) final() bool {
	switch r {
	case reasonNumber, reasonListed, reasonAttempts, reasonLine:
		return true
	}
	return false
}
