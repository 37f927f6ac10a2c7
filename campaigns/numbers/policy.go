package numbers

import "slices"

// Kind is what a number is, as far as the numbering plan tells.
type Kind string

// The kinds.
const (
	Fixed         Kind = "fixed"
	Mobile        Kind = "mobile"
	FixedOrMobile Kind = "fixed_or_mobile" // plans that do not tell, as in North America
	TollFree      Kind = "toll_free"
	PremiumRate   Kind = "premium"
	Shared        Kind = "shared_cost"
	VoIP          Kind = "voip"
	Personal      Kind = "personal"
	Pager         Kind = "pager"
	Company       Kind = "uan" // one number of a company, wherever it is answered
	Voicemail     Kind = "voicemail"
	Network       Kind = "international" // country codes of no country: satellite, global networks
)

// Number is a number that may be dialed.
type Number struct {
	E164   string   // "+" and 7 to 15 digits
	Region string   // ISO 3166-1 alpha-2; "001" for numbers of no country
	Kind   Kind     //
	Zones  []string // IANA zones the called person may be in; nil = unknown. Shared: not to be changed
}

// Policy says what passes beyond the ordinary. The zero Policy lets ordinary
// numbers of every country through and is the right one for most.
type Policy struct {
	// AllowRegions names regions (ISO 3166-1 alpha-2) whose numbers look like
	// those of their neighbours: the islands and territories that share the
	// country code 1. The default region of a list is always allowed.
	AllowRegions []string
	// AllowKinds names kinds that are refused otherwise: premium,
	// shared_cost, international, personal, pager, voicemail.
	AllowKinds []Kind
}

// closedKinds are refused by default, with the sentence that says why.
var closedKinds = map[Kind]struct {
	code   Code
	reason string
}{
	PremiumRate: {Premium, "it is a premium-rate number: the call would cost more than a call"},
	Shared:      {SharedCost, "it is a shared-cost number: the caller pays a part of the service"},
	Network:     {International, "it belongs to a satellite or global network and to no country"},
	Personal:    {PersonalKind, "it is a personal follow-me number, which is charged above ordinary calls"},
	Pager:       {PagerKind, "it is a pager: nobody can answer"},
	Voicemail:   {VoicemailKind, "it is a voicemail access number: nobody can answer"},
}

// admit applies the policy to what the numbering plan said.
func (p Policy) admit(region string, kind Kind, callingCode int, defaultRegion string) *Refusal {
	if closed, ok := closedKinds[kind]; ok && !slices.Contains(p.AllowKinds, kind) {
		return &Refusal{Code: closed.code, Reason: closed.reason}
	}
	if callingCode != 1 || region == "US" || region == "CA" || region == defaultRegion {
		return nil
	}
	if slices.Contains(p.AllowRegions, region) {
		return nil
	}
	return refuse(RegionClosed, "it looks like a number of the United States or Canada and is one of %s, charged as abroad; allow region %s to call it", region, region)
}
