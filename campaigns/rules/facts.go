package rules

import "time"

// Terms are what the settings of a campaign, and the way of the call, say that
// rules ask for. They are equal for all calls of one campaign.
type Terms struct {
	Campaign int64
	Seller   string // who is called for; empty = the house
	Purpose  string // sales, debt, service, survey, political, charity; empty = any rule set's purpose fits
	Subject  string // key of "the same subject" (Fla. Stat. 501.616(6)(b))
	Goods    string // goods or service, in words
	Mode     string // preview, progressive, predictive
	Party    string // consumer or business; empty = consumer

	Windows  Week          // the campaign's own hours, at the person's place
	Margin   time.Duration // of its own hours: how long the window must be open yet
	RingTime time.Duration // until we give up
	Hold     time.Duration // from the answer until an agent or the message; answering machine detection included
	MaxTries int           // per contact; 0 = no limit
	Cooldown time.Duration // least time between two tries of one number

	AIVoice, Prerecorded, AMD bool
	Message                   bool   // who is abandoned hears a message
	OptOut                    bool   // which takes a refusal by key or voice
	Recording                 string // off, on, announce, consent
}

// Place is where the called person is, as far as the number and the address say.
type Place struct {
	Country string // ISO 3166-1 alpha-2, of the number; empty = unknown
	// Jurisdictions are those of number and address together: US, US-FL (ISO
	// 3166-2). Every one of them binds.
	Jurisdictions []string
	// Regions choose the regional holidays; none, in a country with regions, is
	// the union of all of them.
	Regions    []string
	Zones      []string // candidate IANA zones; a window has to be open in all
	ZoneSource string   // number, area_code, address, contact, consent ...
	LineType   string   // mobile, fixed, fixed_or_mobile, voip, toll_free ...; empty = unknown
}

// Facts is what is known of a number at the moment of dialing.
type Facts struct {
	Number string // E.164
	Place  Place

	Live     bool      // an attempt to the number is open on any node
	DNC      bool      // the number is on the internal do-not-call list, of the seller or of the house
	Agreed   bool      // a callback agreed with the person: cool-down and tries do not bind
	Manual   bool      // an agent typed the number
	Reserved bool      // an agent is reserved for this call alone: guards and rates do not bind
	Tries    int       // attempts that count so far for the contact
	LastTry  time.Time // last attempt of this number by any campaign; zero = never

	// History are the calls that the house placed to the number, and to other
	// numbers of the same person, newest first, as far back as Plan.Horizon.
	History  []Past
	Lists    []Listed    // aligned with Plan.Lists; shorter = not loaded
	Consents []Grant     // of the number, whatever the seller
	CLI      CLI         // the number that would be shown
	Stops    []string    // kill switches that meet the call, in words
	Rates    []RateCount // aligned with Plan.Rates; shorter = not counted yet
	External []Checked
	Clock    ClockState

	masked mask // of a record: the number is not kept, but whether it was dialable
}

// mask says what a record keeps of a number.
type mask uint8

const (
	maskNone mask = iota
	maskDialable
	maskNotDialable
)

// Past is one call that the house placed before.
type Past struct {
	At       time.Time
	Campaign int64
	Seller   string
	Subject  string
	Outcome  string // as in package campaigns; empty = it has not ended
	Effect   string // of the agent's disposition; empty = none
	Answered bool   // by a person
	Refused  bool   // the person said that they do not want such calls
	Other    bool   // it went to another number of the person
}

// Listed is what one register says of a number.
type Listed struct {
	Listed       bool
	Loaded       bool      // a version of the register is there and whole
	Version      string    // of the register
	SHA256       [32]byte  // of that version's source
	AccessedAt   time.Time // when that version was fetched
	RegisteredAt time.Time // since when the number is known to be on it; zero = unknown, no grace
}

// The channels of a Grant; none is live calls alone.
const (
	GrantLive      uint8 = 1 << iota // calls by people
	GrantAutomated                   // recorded or artificial voice
	GrantRecording                   // of the conversation
)

// Grant is a permission of the person, or a relation from which the law derives
// one, as the consent ledger holds it.
type Grant struct {
	ID        string
	Kind      string // consent, out_of_hours, contract, purchase, inquiry, interaction
	Level     string // soft, express, express_written
	Seller    string // empty = the whole house
	Purpose   string // empty = any
	Channels  uint8
	At        time.Time
	RenewedAt time.Time
	Until     time.Time // its own end; zero = only the rules' own
	Revoked   time.Time // zero = not
}

// CLI is the caller ID that would be shown, and what is known of the right to it.
type CLI struct {
	Number     string // E.164; empty = none is chosen
	Seller     string // to whom it is assigned, by the right to it; empty = to nobody that we know of
	Authorized bool   // a right to use it is on record
	From       time.Time
	Until      time.Time // of that right; zero = open
	Callable   bool      // it was called back and answered
	TestedAt   time.Time // when
	Blocked    bool      // a carrier or analytics block or label it
	LineType   string    // mobile, fixed ...
	Country    string    // ISO 3166-1; empty = unknown
	ID         string    // of the authorization
}

// RateCount is how one rate rule stands for the campaign.
type RateCount struct {
	Known     bool  // it was counted; unknown = fail closed
	Spent     bool  // only calls with a reserved agent may be placed now
	Answered  int64 // denominator, with estimates
	Abandoned int64 // numerator, with estimates
	Budget    int64 // abandoned calls that are left
	From, To  time.Time
}

// Checked is the answer of an external check of the number.
type Checked struct {
	Check  string // rnd, litigator ...
	At     time.Time
	OK     bool
	Answer string // as given
}

// ClockState is what is known of our own clock.
type ClockState struct {
	Offset time.Duration // from a trusted source; 0 = none or no difference
	Jumped bool          // the wall clock jumped, or cannot be trusted for another reason
}

// MaxClockOffset is how far our clock may be off before nobody is called.
const MaxClockOffset = 5 * time.Second
