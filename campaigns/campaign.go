package campaigns

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/forecall/forecall/campaigns/rules"
)

// Mode is how a campaign decides when to dial.
type Mode string

// The dial modes, in the industry's words.
const (
	Preview     Mode = "preview"     // the agent sees the card first and asks for the call
	Progressive Mode = "progressive" // one call for each free agent
	Predictive  Mode = "predictive"  // ahead of the agents, under the abandonment cap
)

// Status is the state of a campaign as its manager set it.
//
//	draft --> running <--> paused
//	             |            |
//	             v            v
//	          draining --> stopped
type Status string

// The campaign states. Paused places no new calls and lets those in the air
// end; draining does the same and then stops.
const (
	Draft    Status = "draft"
	Running  Status = "running"
	Paused   Status = "paused"
	Draining Status = "draining"
	Stopped  Status = "stopped"
)

// Campaign is what a manager sets: who is called, when, how fast, and what
// happens after each outcome.
type Campaign struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"` // unique, letters, digits, dash
	Status   Status `json:"status"`
	Mode     Mode   `json:"mode"`
	Priority int    `json:"priority"` // among campaigns that share agents; higher goes first

	// Who calls and what about, for the call log (16 CFR 310.5(a)(2)).
	Seller string `json:"seller"`
	// SellersBefore are the names under which the campaign has called: who asked one
	// of them not to call is not called under a new name. The store keeps them.
	SellersBefore []string `json:"sellers_before,omitempty"`

	Telemarketer string `json:"telemarketer"`
	Purpose      string `json:"purpose"` // sales, debt, service, survey, political, charity
	Goods        string `json:"goods_or_service"`
	Subject      string `json:"subject_key"`
	Party        string `json:"called_party,omitempty"` // consumer or business; empty = consumer
	Language     string `json:"language"`               // BCP 47, of the messages
	// Zone is the IANA zone in which legal periods of the campaign begin and end:
	// blocks of 30 days, months, days. It is fixed by the first call; empty = UTC.
	Zone string `json:"zone,omitempty"`

	Windows     rules.Week            `json:"windows"` // in the contact's own time zone
	Retry       map[Outcome]RetryRule `json:"retry"`
	MaxAttempts int                   `json:"max_attempts"`           // per contact, over all its phones
	Cooldown    time.Duration         `json:"cooldown"`               // least time between two tries of one number
	CallerIDs   []string              `json:"caller_ids"`             // E.164; used in turn
	CallerPools []string              `json:"caller_pools,omitempty"` // pools whose numbers are shown as well
	Trunks      []string              `json:"trunks"`                 // in order of preference; none = any

	RingTime time.Duration `json:"ring_time"` // at least 15 s (16 CFR 310.4(b)(4)(ii))
	Hold     time.Duration `json:"hold"`      // answered until an agent or the message: at most 2 s
	Cap      float64       `json:"cap"`       // abandoned / answered by a person, 0.03
	Target   float64       `json:"target"`    // share to aim at; 0 = 0.98 of the cap
	MaxLines int           `json:"max_lines"` // 0 = what the trunks allow
	// KnowOdds calls people at their best time: the answer odds that are learned
	// of each contact order the hopper, and pacing picks by them.
	KnowOdds bool `json:"know_odds"`
	// Cancel withdraws calls that have rung their legal time and would find
	// nobody free.
	Cancel bool `json:"cancel"`
	// Ceiling is the share of an hour that an agent works at most, talk and
	// wrap-up, so that people last the day; 0 = no ceiling.
	Ceiling float64 `json:"ceiling"`

	WrapUp     time.Duration `json:"wrap_up"`     // limit after which the agent is ready again; 0 = none
	SafeHarbor string        `json:"safe_harbor"` // WAV file of the message when nobody is free
	// SafeHarbors are the message in further languages: BCP 47 tag to WAV file.
	SafeHarbors map[string]string `json:"safe_harbors,omitempty"`
	Script      string            `json:"script"` // text the agent reads
	ScriptVer   string            `json:"script_version"`

	// Filter chooses among the contacts of its lists, in the language of package
	// filter; empty = all of them. Agreed callbacks are kept whatever it says.
	Filter       string          `json:"filter,omitempty"`
	PauseReasons []string        `json:"pause_reasons,omitempty"` // none = the house's
	Consent      ConsentAsk      `json:"consent,omitzero"`        // how agents ask for permission to call again
	ScoreForm    []ScoreQuestion `json:"score_form,omitempty"`

	Recording       RecordingPolicy `json:"recording,omitzero"`
	Departments     []Department    `json:"departments,omitempty"`      // that calls may be passed on to
	OutsideTransfer bool            `json:"outside_transfer,omitempty"` // calls may be passed on to any number
	HoldMusic       string          `json:"hold_music,omitempty"`       // WAV file among the prompts; empty = the house's

	Inbound    InboundPolicy `json:"inbound,omitzero"`      // of people who call the campaign's numbers
	ManualDial bool          `json:"manual_dial,omitempty"` // agents who may, call numbers that they type
	// PreviewDial is how long a card is looked at before its number is dialed by
	// itself; 0 = only by key.
	PreviewDial time.Duration `json:"preview_dial,omitempty"`
	// CallbackGrace is how long past its time a callback agreed with one agent
	// waits for that agent; 0 = 30 minutes.
	CallbackGrace time.Duration `json:"callback_grace,omitempty"`

	Dispositions []DispositionType `json:"dispositions"`
	Products     []Product         `json:"products,omitempty"`   // what is sold; none = agents write it down
	Reasons      []string          `json:"reasons,omitempty"`    // of people who are not interested
	Complaints   []string          `json:"complaints,omitempty"` // departments that take them; none = one for all
	Commission   Commission        `json:"commission,omitzero"`
	Schedule     []Job             `json:"schedule"`
	CreatedAt    time.Time         `json:"created_at"`
}

// RetryRule says what happens to a contact after an outcome.
type RetryRule struct {
	Delay     time.Duration `json:"delay"`      // until the next try
	Max       int           `json:"max"`        // tries ended so, after which the contact is done; 0 = campaign maximum
	NextPhone bool          `json:"next_phone"` // try another phone of the contact next
}

// Job is something a campaign does by the clock.
type Job struct {
	Spec   string `json:"spec"`   // five cron fields, or @daily and the like
	Zone   string `json:"zone"`   // IANA zone the fields are read in
	Action string `json:"action"` // start, pause, stop, reload, recycle
}

// The actions of a Job: reload reads the campaign's watched lists again, recycle
// makes finished contacts whose outcome may be retried callable again.
const (
	ActionStart   = "start"
	ActionPause   = "pause"
	ActionStop    = "stop"
	ActionReload  = "reload"
	ActionRecycle = "recycle"
)

// Least ring time, longest hold and lowest ceiling of occupancy that a campaign
// may set.
const (
	MinRingTime = 15 * time.Second
	MaxHold     = 2 * time.Second
	MinCeiling  = 0.5
)

// NewCampaign returns a draft with the defaults that most campaigns keep.
func NewCampaign(name string) Campaign {
	return Campaign{
		Name: name, Status: Draft, Mode: Predictive, Language: "en", Purpose: "sales",
		Windows:     defaultWindows(),
		Retry:       DefaultRetry(),
		MaxAttempts: 6, Cooldown: 15 * time.Minute,
		RingTime: 25 * time.Second, Hold: MaxHold, Cap: 0.03,
		WrapUp:       60 * time.Second,
		Dispositions: DefaultDispositions(),
	}
}

func defaultWindows() rules.Week {
	w, err := rules.ParseWeek(map[string][]string{"mon-fri": {"09:00-20:00"}})
	if err != nil {
		panic(err)
	}
	return w
}

// DefaultRetry is the usual rule per outcome; an outcome that is absent ends
// the contact.
func DefaultRetry() map[Outcome]RetryRule {
	return map[Outcome]RetryRule{
		NoAnswer:        {Delay: 4 * time.Hour, NextPhone: true},
		Busy:            {Delay: 15 * time.Minute},
		Invalid:         {NextPhone: true, Max: 1},
		Blocked:         {Delay: 24 * time.Hour, Max: 2},
		Machine:         {Delay: 4 * time.Hour, NextPhone: true},
		Cancelled:       {Delay: 30 * time.Minute},
		RouteFailed:     {Delay: 5 * time.Minute},
		Failed:          {Delay: 30 * time.Minute, Max: 2},
		Lost:            {Delay: time.Hour},
		AbandonedMsg:    {Delay: 72 * time.Hour, Max: 1},
		AbandonedSilent: {Delay: 72 * time.Hour, Max: 1},
		CalleeHungUp:    {Delay: 4 * time.Hour, Max: 2},
		DeadAir:         {Delay: time.Hour, Max: 2},
	}
}

var namePattern = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$`)

// Validate says everything that is wrong with the campaign's settings.
func (c Campaign) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !namePattern.MatchString(c.Name) {
		bad("name %q: 1 to 64 letters, digits, spaces, dots, dashes", c.Name)
	}
	if !slices.Contains([]Mode{Preview, Progressive, Predictive}, c.Mode) {
		bad("mode %q: preview, progressive or predictive", c.Mode)
	}
	if c.RingTime < MinRingTime {
		bad("ring_time %s: at least %s, or 4 rings (16 CFR 310.4(b)(4)(ii))", c.RingTime, MinRingTime)
	}
	if c.Hold <= 0 || c.Hold > MaxHold {
		bad("hold %s: more than 0 and at most %s (47 CFR 64.1200(a)(7))", c.Hold, MaxHold)
	}
	if !(c.Cap > 0 && c.Cap <= 0.05) { // NaN is neither
		bad("cap %g: more than 0 and at most 0.05", c.Cap)
	}
	if !(c.Target >= 0 && c.Target <= c.Cap) {
		bad("target %g: between 0 and the cap %g", c.Target, c.Cap)
	}
	if c.Ceiling != 0 && !(c.Ceiling >= MinCeiling && c.Ceiling <= 1) {
		bad("ceiling %g: 0 for none, or from %g to 1", c.Ceiling, MinCeiling)
	}
	if c.MaxAttempts < 1 {
		bad("max_attempts %d: at least 1", c.MaxAttempts)
	}
	if c.Windows.Empty() {
		bad("windows: no day has a calling window, so nobody could be called")
	}
	if c.Cooldown < 0 || c.WrapUp < 0 || c.MaxLines < 0 {
		bad("cooldown %s, wrap_up %s, max_lines %d: not less than 0", c.Cooldown, c.WrapUp, c.MaxLines)
	}
	if c.Party != "" && c.Party != PartyConsumer && c.Party != PartyBusiness {
		bad("called_party %q: consumer or business", c.Party)
	}
	for _, id := range c.CallerIDs {
		if err := rules.Dialable(id); err != nil {
			bad("caller_ids: %q: %w", id, err)
		}
	}
	for _, j := range c.Schedule {
		if err := j.Validate(); err != nil {
			errs = append(errs, err)
		}
	}
	for _, o := range slices.Sorted(maps.Keys(c.Retry)) {
		if r := c.Retry[o]; !o.Known() {
			bad("retry: %q is not an outcome", o)
		} else if r.Delay < 0 || r.Max < 0 {
			bad("retry: %s: delay %s, max %d: not less than 0", o, r.Delay, r.Max)
		}
	}
	errs = append(errs, c.validateOffice())
	errs = append(errs, c.validateTalk())
	errs = append(errs, c.validateInbound(), c.Consent.validate())
	if _, err := rules.Location(c.ReportingZone()); err != nil {
		bad("zone %q: an IANA time zone, as Europe/Madrid", c.Zone)
	}
	return errors.Join(append(errs, validateTypes(c.Dispositions), c.validateTrade())...)
}

// Validate says what is wrong with a job of the schedule.
func (j Job) Validate() error {
	if _, err := cron.ParseStandard(j.Spec); err != nil {
		return fmt.Errorf("schedule %q: %w", j.Spec, err)
	}
	if _, err := rules.Location(j.Zone); err != nil {
		return fmt.Errorf("schedule %q: %w", j.Spec, err)
	}
	if !slices.Contains([]string{ActionStart, ActionPause, ActionStop, ActionReload, ActionRecycle}, j.Action) {
		return fmt.Errorf("schedule %q: action %q: start, pause, stop, reload or recycle", j.Spec, j.Action)
	}
	return nil
}

// May tells whether a campaign in state s may go to state to.
func (s Status) May(to Status) bool {
	next := map[Status][]Status{
		Draft:    {Running},
		Running:  {Paused, Draining, Stopped},
		Paused:   {Running, Draining, Stopped},
		Draining: {Stopped, Running},
		Stopped:  {Running},
	}
	return slices.Contains(next[s], to)
}

// List is a load of contacts that belongs to one campaign.
type List struct {
	ID        int64     `json:"id"`
	Campaign  int64     `json:"campaign"`
	Name      string    `json:"name"`     // unique within the campaign
	Priority  int       `json:"priority"` // higher is dialed first
	Weight    int       `json:"weight"`   // share among the campaign's lists that have one; 0 = by priority alone
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"created_at"`
}
