package rules

// Set is one document of rules: a preset of this house, or one of its own.
type Set struct {
	ID      string // us-federal
	Title   string
	Version int
	BasedOn string // preset/us-federal@3, of a set that was copied and changed
	// ReviewedOn is the date (2026-11-21) on which somebody last compared it with
	// the law, ReviewedBy who; nobody = this house, not counsel.
	ReviewedOn string
	ReviewedBy string
	Optional   bool // not among the presets that a new house adopts by itself
	Applies    Scope
	// Variables are values that the law or the operator assigns, as the numeric
	// code of commercial calls: rules name them as $code. Sets in force share them.
	Variables map[string][]string
	Rules     []Rule
	Notes     []Note
	Source    []byte // the document as it was read
	SHA256    string // of the source, hexadecimal
}

// Name is the id with the version: us-federal@3.
func (s *Set) Name() string { return s.ID + "@" + itoa(s.Version) }

// Scope says to which calls a set applies. An empty part is any.
type Scope struct {
	Countries []string `yaml:"called_country" json:"called_country,omitempty"` // ISO 3166-1, of the number or of the address
	Regions   []string `yaml:"called_region" json:"called_region,omitempty"`   // ISO 3166-2
	Purposes  []string `yaml:"purpose" json:"purpose,omitempty"`               // sales, debt ...; a campaign without purpose is met by all
	Parties   []string `yaml:"party" json:"party,omitempty"`                   // consumer, business
}

// Note is a row of the law that is no rule of a call, and where it stands.
type Note struct {
	ID     ID     `yaml:"id" json:"id"`
	Text   string `yaml:"text" json:"text"`
	Cite   string `yaml:"cite" json:"cite"`
	Status Status `yaml:"status" json:"status"`
}

// When narrows a rule to some of the calls of its set. An empty part is any.
type When struct {
	Countries words `yaml:"country" json:"country,omitempty"`
	// States are regions of the number or of the address: FL or US-FL.
	States words `yaml:"state" json:"state,omitempty"`
	// Via says where a state comes from: a jurisdiction counts by the area code
	// and by the address, always both (Fla. Stat. 501.059(8)(d) presumes Florida by
	// its area codes); the field is there to be read by people.
	Via      words `yaml:"via" json:"via,omitempty"`
	Any      words `yaml:"any" json:"any,omitempty"` // flags of which one holds: ai_voice, prerecorded, amd, recorded, predictive ...
	All      words `yaml:"all" json:"all,omitempty"` // flags that all hold
	Not      words `yaml:"not" json:"not,omitempty"` // flags of which none holds
	Purposes words `yaml:"purpose" json:"purpose,omitempty"`
	Goods    words `yaml:"goods" json:"goods,omitempty"` // words of which one stands in the campaign's goods or subject
	Lines    words `yaml:"line_type" json:"line_type,omitempty"`
	Parties  words `yaml:"party" json:"party,omitempty"`
}

// Rule is one rule of a set. The fields after Unless belong to the types that
// their comments name; ParseSet refuses one that stands at another type.
type Rule struct {
	ID     ID     `yaml:"id"`
	Type   Type   `yaml:"type"`
	When   When   `yaml:"when"`
	Cite   string `yaml:"cite"`   // where the law says so; no rule is without
	Label  string `yaml:"label"`  // a word for reports: target, not a safe harbour
	Note   string `yaml:"note"`   // what is open, or what a reader should know
	Status Status `yaml:"status"` // empty = verified
	// Unless lifts the rule for a call: reserved_agent, agreed, manual, ebr, or what
	// a consent rule asks for: consent, consent.express, consent.written,
	// consent.out_of_hours, contract, purchase, inquiry, interaction, each also with
	// a greatest age: {purchase: {max_age: 18mo}}.
	Unless needs `yaml:"unless"`

	List   string `yaml:"list"`    // list: which register; internal is our own
	Scope  string `yaml:"scope"`   // list internal: seller or house, for the reader
	MaxAge Period `yaml:"max_age"` // list: of the version; external: of the answer; consent: of the consent
	// Grace is how long after its registration a number may still be called (list).
	Grace Period `yaml:"grace"`

	Level       string `yaml:"level"`        // consent: least: soft, express, express_written
	Channel     string `yaml:"channel"`      // consent: live (default) or automated
	NamesSeller bool   `yaml:"names_seller"` // consent: one given to the house as a whole does not do
	Any         needs  `yaml:"any"`          // consent: what does instead

	Zones      string   `yaml:"zones"`       // window: all_candidates, the only way
	Weekly     Week     `yaml:"weekly"`      // window
	Holidays   string   `yaml:"holidays"`    // window: es, us-la, fr+region: closed on those days
	PreHoliday spans    `yaml:"pre_holiday"` // window: narrower hours on the day before a holiday
	Margin     lateness `yaml:"margin"`      // window: how long it has to be open yet: ring+amd+5s

	Max float64 `yaml:"max"` // cap: calls; rate: share of abandoned calls
	Per Period  `yaml:"per"` // cap
	// For is the silence of a cooldown or a guard.
	For Period `yaml:"for"`
	// After are the endings that start it: refused, abandoned, machine,
	// conversation, answered, attempt, outcome.busy, effect.done, each also with
	// "disposition." before it (cooldown, guard).
	After words `yaml:"after"`
	// Elapsed counts instants, CalendarDays dates at the person's place; a period in
	// days counts dates, one in hours instants, when neither is set (cap, cooldown,
	// guard).
	Elapsed      bool `yaml:"elapsed"`
	CalendarDays bool `yaml:"calendar_days"`
	// FirstDay: the day of the event is day one of the silence (12 CFR
	// 1006.14(b)(2)(ii)); else the days are counted after it (cooldown, guard).
	FirstDay bool   `yaml:"first_day"`
	Key      words  `yaml:"key"`   // called_number (default) or person; seller, subject, campaign narrow it (cap, cooldown, guard)
	Count    string `yaml:"count"` // cap: attempts (default), answered or conversations

	Window   RateWindow `yaml:"window"`    // rate
	Group    string     `yaml:"group"`     // rate: campaign (default), seller_purpose, centre
	Formula  string     `yaml:"formula"`   // rate: us, ca, uk2010, uk_amd_fp, uk_adjusted
	ActAt    float64    `yaml:"act_at"`    // rate: share at which pacing shrinks
	OnBreach string     `yaml:"on_breach"` // rate: progressive
	Act      string     `yaml:"act"`       // rate: period (default) or hard
	Start    string     `yaml:"start"`     // rate: connected, greeting_start, greeting_end (default): when the wait for an agent begins

	Min Period `yaml:"min"` // ring: least time

	Within   Period  `yaml:"within"`   // connect, rate: greatest wait for an agent
	From     string  `yaml:"from"`     // connect: greeting_end (default), greeting_start, connected
	Fallback string  `yaml:"fallback"` // connect: answered, when the start is not known; the stricter, and the only way
	Message  Message `yaml:"message"`  // connect: to whom nobody can be given

	// Require is, of a cli rule: authorized, callable, not_blocked, assigned, shown,
	// not_mobile, same_country; of a record rule: ways of recording that will do: off,
	// on, announce, consent; of an external rule nothing.
	Require      words  `yaml:"require"`
	ForbidRanges words  `yaml:"forbid_ranges"` // cli: beginnings that are forbidden: +346
	RequireRange words  `yaml:"require_range"` // cli: beginnings of which it has one; $name is a variable
	TestedWithin Period `yaml:"tested_within"` // cli: age of the last test call

	Keep words  `yaml:"keep"` // record: what has to be kept: calls, recordings, consents, rates
	Hold Period `yaml:"hold"` // record: how long

	Check string `yaml:"check"` // external: which

	Allow  words `yaml:"allow"`  // line_type: those that may be called
	Forbid words `yaml:"forbid"` // line_type: those that may not
	// Unknown is what an unknown line type is (line_type): refused (default) or allowed.
	Unknown string `yaml:"unknown"`

	Sources  words `yaml:"sources"`   // zone: where the zone may come from: address, consent ...
	MaxZones int   `yaml:"max_zones"` // zone: how many candidates

	Expr string `yaml:"expr"` // custom: what has to hold

	line   int
	custom *custom
}

// Message is what a connect rule asks for the person to whom no agent can be given.
type Message struct {
	Audio  string `yaml:"audio" json:"audio,omitempty"`     // req: a message is played
	OptOut string `yaml:"opt_out" json:"opt_out,omitempty"` // keypress, voice, keypress_and_voice
}

// RateWindow is the legal period of a rate rule. One of Blocks, Rolling and
// Calendar is set.
type RateWindow struct {
	Blocks   Period `yaml:"blocks" json:"blocks,omitzero"`      // successive blocks of so many days
	Anchor   string `yaml:"anchor" json:"anchor,omitempty"`     // campaign_start
	Rolling  Period `yaml:"rolling" json:"rolling,omitzero"`    // the last hours
	Calendar string `yaml:"calendar" json:"calendar,omitempty"` // month or day, in the campaign's zone
	And      string `yaml:"and" json:"and,omitempty"`           // calendar_day: that as well
}

// RateRule is a rate rule that applies to a plan.
type RateRule struct {
	ID        ID         `json:"id"`
	Set       string     `json:"set"`
	Countries []string   `json:"countries,omitempty"` // calls to these alone are counted; empty = all
	Regions   []string   `json:"regions,omitempty"`
	Max       float64    `json:"max"`
	ActAt     float64    `json:"act_at,omitempty"`
	Window    RateWindow `json:"window"`
	Group     string     `json:"group"`   // campaign, seller_purpose, centre
	Formula   string     `json:"formula"` // us, ca, uk2010, uk_amd_fp, uk_adjusted
	OnBreach  string     `json:"on_breach,omitempty"`
	Act       string     `json:"act"`    // period or hard
	Start     string     `json:"start"`  // connected, greeting_start, greeting_end
	Within    Period     `json:"within"` // 2s, the wait that makes a call abandoned
	Label     string     `json:"label,omitempty"`
	Cite      string     `json:"cite"`
	Status    Status     `json:"status"`
}

// Binds tells whether the rule may hold calls back, or is only shown.
func (r RateRule) Binds() bool { return r.Status.Binds() }
