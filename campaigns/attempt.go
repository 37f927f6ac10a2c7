package campaigns

import (
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns/rules"
)

// Attempt is one try of one number: what stands in the ledger before the
// INVITE, and, from Outcome on, what the second append adds.
type Attempt struct {
	ID       string `json:"attempt_id"` // UUIDv7; the SIP Call-ID derives from it
	Seq      int64  `json:"seq"`        // place in the ledger, set by the store
	Campaign int64  `json:"campaign_id"`
	List     int64  `json:"list_id"`
	Contact  int64  `json:"contact_id"`
	Phone    int    `json:"phone"` // index of the phone of the contact

	Number    string    `json:"called_number"` // E.164
	CallerID  string    `json:"cli_number"`
	Mode      Mode      `json:"mode"`
	Agent     int64     `json:"agent_id"` // reserved before the call, or who talked
	Callback  int64     `json:"callback_id"`
	Try       int       `json:"attempt_no"`
	Zones     []string  `json:"contact_zones"`
	ScriptVer string    `json:"script_version"`
	IntentAt  time.Time `json:"intent_at"`
	Manual    bool      `json:"manual_single_dial"`
	// Fence is that of the campaign's owner who places the call, 0 where no node
	// owns campaigns: the store refuses one that is not in force any more.
	Fence int64 `json:"-"`
	// Settings is the version of the campaign's settings that were in force,
	// set by the store.
	Settings int64 `json:"settings_version"`
	// RetryOf is the attempt at the same contact before this one, and DayNo how
	// many attempts at the number began within the last 24 h, this one
	// included; both are set by the store.
	RetryOf string `json:"retry_of,omitempty"`
	DayNo   int    `json:"attempt_no_24h"`
	// MonthNo is how many began within the last 30 days, this one included.
	MonthNo int `json:"attempt_no_30d,omitempty"`

	// Why it was allowed: the SHA-256 of the decision's record and of the rule
	// book that decided, where the person was taken to be and how that is known,
	// the entries of the ledger of consents it stood on (joined by spaces), the
	// proof of our right to show the caller ID.
	Place            rules.Place `json:"-"` // the zero place is that of the number
	Decision         Hash        `json:"decision_sha256,omitempty"`
	Ruleset          Hash        `json:"ruleset_sha256,omitempty"`
	Jurisdictions    []string    `json:"jurisdictions,omitempty"`
	ZoneSource       string      `json:"zone_source,omitempty"`
	Reserved         bool        `json:"reserved_agent,omitempty"` // one agent was kept free for it alone
	Consent          string      `json:"consent_id,omitempty"`
	CLIAuthorization string      `json:"cli_authorization_id,omitempty"`
	PartyKind        string      `json:"called_party_kind,omitempty"` // consumer, business, or unknown

	Outcome Outcome `json:"outcome"`
	Trunk   string  `json:"trunk"` // that carried it
	Code    int     `json:"sip_final_code"`
	Q850    int     `json:"q850"`
	Reason  string  `json:"carrier_reason"`
	EndedBy string  `json:"ended_by"` // callee, agent, us, carrier
	Error   string  `json:"error"`

	SentAt       time.Time     `json:"dialed_at"` // first INVITE on the wire; zero = never sent
	RingingAt    time.Time     `json:"ring_started_at"`
	AnsweredAt   time.Time     `json:"answered_at"`
	BridgedAt    time.Time     `json:"agent_bridged_at"`
	MessageAt    time.Time     `json:"abandon_msg_started_at"`
	MessageEndAt time.Time     `json:"abandon_msg_ended_at"`
	EndedAt      time.Time     `json:"ended_at"`
	ConnectDelay time.Duration `json:"connect_delay"`
	OptOut       bool          `json:"opt_out_key"` // the callee pressed 9

	// The person's greeting, which starts the clock of 47 CFR 64.1200(a)(7), and
	// what answered; what the carrier said of the caller ID (RFC 8224, RFC 8588).
	GreetingStart  time.Time `json:"greeting_start_at,omitzero"`
	GreetingEnd    time.Time `json:"greeting_end_at,omitzero"`
	GreetingSource string    `json:"greeting_source,omitempty"` // vad, none
	Late           bool      `json:"late_connect,omitempty"`    // the agent came later than the law allows
	AMD            string    `json:"amd_result,omitempty"`
	Attestation    string    `json:"stir_attest,omitempty"`
	Verstat        string    `json:"stir_verstat,omitempty"`
	MessageSHA256  Hash      `json:"audio_sha256,omitempty"` // of the message that was played

	// Who took over when the phone of Agent was lost in mid-call, and when they
	// were connected. BridgedAt and ConnectDelay stay those of the first.
	SecondAgent int64     `json:"second_agent_id"` // 0 = nobody
	SecondAt    time.Time `json:"second_agent_at"`

	// Talks are the agents who had the person one after the other, of a call that
	// was passed on; empty when it was not.
	Talks []AgentTalk `json:"talks,omitempty"`

	PacketsIn  uint64  `json:"rtp_in"`
	PacketsOut uint64  `json:"rtp_out"`
	LossShare  float64 `json:"rtp_loss"`
	JitterMS   float64 `json:"rtp_jitter_ms"`
	MOS        float64 `json:"mos"`

	// The same of the agent's leg, for the length of the call: who hears whom
	// badly can be told apart.
	AgentLoss     float64 `json:"agent_rtp_loss"`
	AgentJitterMS float64 `json:"agent_rtp_jitter_ms"`
	AgentMOS      float64 `json:"agent_mos"` // 0 = not measured

	// What becomes of the contact, decided by the campaign's retry rule.
	Next Next `json:"next"`
}

// Next is where the contact goes after an attempt.
type Next struct {
	State ContactState `json:"state"`
	At    time.Time    `json:"at,omitzero"`
	Phone int          `json:"phone"`
}

// NewAttempt draws the attempt that would call the contact's next phone.
func NewAttempt(c Campaign, p Contact, callerID string, now time.Time) *Attempt {
	phone, zones := p.Dial()
	return &Attempt{
		Place: p.Place(phone),
		ID:    uuid.Must(uuid.NewV7()).String(), Campaign: c.ID, List: p.List, Contact: p.ID, Phone: p.Phone,
		Number: phone.Number, CallerID: callerID, Mode: c.Mode, Agent: p.Agent, Callback: p.Callback,
		Try: p.Tries + 1, Zones: zones, ScriptVer: c.ScriptVer, IntentAt: now,
	}
}

// CallID is the SIP Call-ID of the attempt (RFC 3261 section 8.1.1.4): the
// carrier's records and ours name the same call.
func (a *Attempt) CallID() string { return a.ID + "@forecall" }

// After decides where the contact goes after an attempt that ended with
// outcome o at time now. Tries is how many have counted, this one included;
// same is how many of them ended with o.
func (c Campaign) After(o Outcome, p Contact, tries, same int, now time.Time) Next {
	rule, retry := c.Retry[o]
	next := Next{State: ContactWaiting, At: now.Add(rule.Delay), Phone: p.Phone}
	if other, ok := p.otherPhone(); ok && rule.NextPhone {
		next.Phone = other
	}
	if o == Invalid && (next.Phone == p.Phone || same >= len(p.Phones)) {
		return Next{State: ContactDone, Phone: p.Phone} // no phone is left that may exist
	}
	spent := rule.Max > 0 && same >= rule.Max && o != Invalid
	if !retry || spent || (o.Counts() && tries >= c.MaxAttempts) {
		return Next{State: ContactDone, Phone: p.Phone}
	}
	return next
}
