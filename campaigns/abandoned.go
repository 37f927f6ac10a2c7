package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
)

// MachineCode is the disposition by which an agent says that a machine had
// answered: M of Ofcom's adjusted rate.
const MachineCode = "machine"

// Endings lists the outcomes that abandonment counts: those of people and of what
// was taken for machines.
func Endings() []Outcome {
	var out []Outcome
	for _, o := range Outcomes() {
		if o.Live() || o == Machine {
			out = append(out, o)
		}
	}
	return out
}

// Abandonment is what package abandonment must know of a finished attempt. A
// call that people made to us is none of its business.
func (a Attempt) Abandonment() abandonment.Call {
	return abandonment.Call{
		Person: a.Outcome.Live(), Machine: a.Outcome == Machine,
		Talked:  a.Outcome == Connected || a.Outcome == LateConnected || a.Outcome == DeadAir,
		TooLate: a.Outcome == LateConnected, ByPerson: a.Outcome == CalleeHungUp,
		Answered: a.AnsweredAt, GreetingStart: a.GreetingStart, GreetingEnd: a.GreetingEnd,
		Bridged: a.BridgedAt, Message: a.MessageAt, Ended: a.EndedAt,
	}
}

// AbandonScope says whose calls are counted together. The zero value is all that
// the house dials.
type AbandonScope struct {
	Campaign int64 `json:"campaign_id,omitempty"`
	// Of a seller: all campaigns that called for it and for this purpose at the time
	// of the call, whatever they are set to now.
	Seller   string `json:"seller,omitempty"`
	Purpose  string `json:"purpose,omitempty"`
	BySeller bool   `json:"by_seller,omitempty"`
	// Countries are those whose calls count, ISO 3166-1; none = all. A call of which
	// the country is not known counts everywhere.
	Countries []string `json:"countries,omitempty"`
}

// AbandonCall is one call behind a figure.
type AbandonCall struct {
	Seq      int64             `json:"seq"`
	Attempt  string            `json:"attempt_id"`
	Campaign int64             `json:"campaign_id"`
	IntentAt time.Time         `json:"started_at"`
	Outcome  Outcome           `json:"outcome"`
	Class    abandonment.Class `json:"class"`
	// Origin is where the clock began, Wait how long the person then waited for the
	// agent or the message; negative = neither came.
	Origin   time.Time     `json:"clock_started_at,omitzero"`
	Wait     time.Duration `json:"wait_ns"`
	Greeting string        `json:"greeting_source,omitempty"`
	Agent    int64         `json:"agent_id,omitempty"`
	Reserved bool          `json:"reserved_agent,omitempty"`
	ByAgent  bool          `json:"agent_machine,omitempty"` // the agent found a machine
}

// Recount is what the calls themselves say of a period.
type Recount struct {
	Counts abandonment.Counts `json:"counts"`
	// Lost are the calls whose process died meanwhile: nobody knows whether a person
	// had answered. They are in no rate, and are named beside it.
	Lost int64 `json:"lost"`
}

// AMDCase is a call that was taken for a machine and drawn to be listened to.
type AMDCase struct {
	Attempt  string    `json:"attempt_id"`
	Campaign int64     `json:"campaign_id"`
	IntentAt time.Time `json:"started_at"`
	DrawnAt  time.Time `json:"drawn_at"`
	DrawnBy  string    `json:"drawn_by"`
	Recorded bool      `json:"recorded"`        // there is something to listen to
	Label    AMDLabel  `json:"label,omitempty"` // empty = nobody has listened
	At       time.Time `json:"labelled_at,omitzero"`
	By       string    `json:"labelled_by,omitempty"`
}

// AMDLabel is what somebody heard in a call that was taken for a machine.
type AMDLabel string

// The labels.
const (
	AMDHuman   AMDLabel = "human"
	AMDMachine AMDLabel = "machine"
)

// OwnLimitID is the id of the limit that every campaign has of its own.
const OwnLimitID = "campaign.cap"

// OwnLimit is the limit that the campaign's manager set. It is counted as the
// dialer holds it: from the answer, over the 30 days of 16 CFR 310.4(b)(4)(i).
func (c Campaign) OwnLimit() abandonment.Rule {
	return abandonment.Rule{
		ID: OwnLimitID, Label: "the campaign's own limit", Max: c.Cap, ActAt: c.Target, Formula: abandonment.US,
		Window: abandonment.ThirtyDays, Group: abandonment.ByCampaign, Start: abandonment.FromConnected, Act: abandonment.OverPeriod,
	}
}

// AbandonScope is whose calls a rule counts together with those of the campaign.
func (c Campaign) AbandonScope(r abandonment.Rule) AbandonScope {
	s := AbandonScope{Countries: r.Countries}
	switch r.Group {
	case abandonment.BySeller:
		s.Seller, s.Purpose, s.BySeller = c.Seller, c.Purpose, true
	case abandonment.ByCentre:
	default:
		s.Campaign = c.ID
	}
	return s
}

// ReportingZone is the zone in which the campaign's legal periods begin and end.
func (c Campaign) ReportingZone() string {
	if c.Zone == "" {
		return "UTC"
	}
	return c.Zone
}

// AbandonRules are the limits that a rate rule sets: one, or two when a day of the
// calendar counts beside its window.
func AbandonRules(r rules.RateRule) []abandonment.Rule {
	status := ""
	if !r.Binds() {
		status = "unverified"
	}
	out := abandonment.Rule{
		ID: string(r.ID), Label: r.Label, Cite: r.Cite, Status: status, Set: r.Set, Max: r.Max, ActAt: r.ActAt, Formula: abandonment.Formula(r.Formula),
		Window: abandonWindow(r.Window), Group: abandonment.Group(r.Group), Start: abandonment.Start(r.Start), Act: abandonment.Act(r.Act),
		Within: r.Within.Duration(), Countries: r.Countries,
	}
	if r.Window.And != "calendar_day" {
		return []abandonment.Rule{out}
	}
	day := out
	day.ID, day.Window = out.ID+".day", abandonment.Window{Unit: abandonment.Day}
	return []abandonment.Rule{out, day}
}

func abandonWindow(w rules.RateWindow) abandonment.Window {
	switch {
	case w.Calendar == "month":
		return abandonment.OneMonth
	case w.Calendar == "day":
		return abandonment.Window{Unit: abandonment.Day}
	case !w.Rolling.IsZero():
		return abandonment.Window{Unit: abandonment.Rolling, N: int(w.Rolling.Duration() / time.Hour)}
	}
	return abandonment.Window{Unit: abandonment.Blocks, N: int(w.Blocks.Duration() / (24 * time.Hour))}
}
