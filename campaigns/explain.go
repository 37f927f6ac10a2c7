package campaigns

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// Explanation is why a number is, or is not, called by a campaign at a time.
type Explanation struct {
	Number     string    `json:"number"`
	Campaign   string    `json:"campaign"`
	CampaignID int64     `json:"campaign_id"`
	Status     Status    `json:"status"`
	At         time.Time `json:"at"`
	KnowOdds   bool      `json:"know_odds"`   // the campaign uses what it learns of who answers
	Allowed    bool      `json:"allowed"`     // by every rule, through a contact that waits for nothing
	Summary    string    `json:"summary"`     // one sentence for people
	DoNotCall  bool      `json:"do_not_call"` // the number is on the internal list
	// Contacts are those of the campaign that have the number, on whatever list.
	Contacts []Explained `json:"contacts"`
	// Verdicts, Place and Next are of the number alone, when no contact has it.
	Verdicts []rules.Verdict `json:"verdicts,omitempty"`
	Place    Whereabouts     `json:"place,omitzero"`
	Next     time.Time       `json:"next,omitzero"`
	Rulebook Rulebook        `json:"rulebook"` // what was applied
	Past     []PastDecision  `json:"past"`     // what was decided of the number before, newest first, by every campaign
}

// Explained is one contact that has the number.
type Explained struct {
	Contact    Contact         `json:"contact"`
	List       string          `json:"list"`
	ListActive bool            `json:"list_active"`
	Phone      int             `json:"phone"` // which of its phones the number is
	Turn       bool            `json:"turn"`  // that phone is called next
	State      string          `json:"state"` // where the contact stands, as a sentence
	Verdicts   []rules.Verdict `json:"verdicts"`
	Filtered   string          `json:"filtered,omitempty"` // the part of the campaign's filter that leaves the contact out
	Allowed    bool            `json:"allowed"`            // by every rule, and it waits for nothing
	Next       time.Time       `json:"next,omitzero"`      // the first time at which rules and waiting may allow it; zero = not by time alone
	Chance     odds.Chance     `json:"chance"`
	Hours      []HourChance    `json:"hours"` // the next day, hour by hour
	Place      Whereabouts     `json:"place"`
	Reserved   bool            `json:"reserved_only"` // a call with an agent reserved for it would be allowed

	rulebook  Rulebook
	turn      int       // index of the phone that is called next
	rulesNext time.Time // the first time at which all rules allow it; zero = not by time alone
}

// HourChance is one hour of a contact's next day.
type HourChance struct {
	At     time.Time `json:"at"`    // when the hour begins, or the time asked about for the first
	Local  string    `json:"local"` // the same by the person's own clock: Mon 18:00
	Open   bool      `json:"open"`  // the calling window is open then
	Answer float64   `json:"answer"`
	Odds   float64   `json:"odds"`
}

// stateWords says where a contact stands at a time.
func stateWords(c Contact, at time.Time, limit int) string {
	tries := fmt.Sprintf("%d of %d tries used", c.Tries, limit)
	last := ""
	if c.Last != "" {
		last = fmt.Sprintf(", the last one ended with %s", c.Last)
	}
	switch c.State {
	case ContactReady:
		return "It is ready to be called; " + tries + last + "."
	case ContactLeased:
		return "It is in the hopper and may be called any moment; " + tries + last + "."
	case ContactLive:
		return "It is in a call now; " + tries + last + "."
	case ContactDone:
		if c.Last == Refused {
			return "A rule refused it for good, and it is not called any more; " + tries + "."
		}
		return "It is done and is not called any more; " + tries + last + "."
	}
	due := "its next try is due since " + stamp(c.NextAt)
	if c.NextAt.After(at) {
		due = "its next try is not before " + stamp(c.NextAt)
	}
	if c.Callback != 0 {
		due = "a callback is agreed for " + stamp(c.NextAt)
	}
	return "It waits: " + due + "; " + tries + last + "."
}

// stamp is an instant for people, with its zone.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// Reason is the first thing that keeps the contact from being called at that
// time; empty when nothing does.
func (e Explained) Reason(at time.Time) string {
	switch c := e.Contact; {
	case c.State == ContactDone:
		return e.reasonDone()
	case c.State == ContactLive:
		return "the contact is in a call now"
	}
	for _, v := range e.Verdicts {
		if refuses(v) {
			return v.Detail
		}
	}
	switch c := e.Contact; {
	case c.State == ContactWaiting && c.NextAt.After(at):
		return "the contact waits until " + stamp(c.NextAt)
	case !e.Turn:
		return fmt.Sprintf("another of the contact's phones, number %d, is called next", e.turn+1)
	case !e.ListActive:
		return fmt.Sprintf("its list %q is switched off", e.List)
	case e.Filtered != "":
		return "the campaign's filter leaves the contact out: " + e.Filtered + " does not hold"
	}
	return ""
}

// reasonDone is why a contact is done with. A rule that refuses it for good put
// it there: the rule is the reason, and not where the contact stands.
func (e Explained) reasonDone() string {
	if e.Contact.Last == Refused {
		for _, v := range e.Verdicts {
			if refuses(v) {
				return v.Detail
			}
		}
		return "the contact is done: a rule refused it before"
	}
	return "the contact is done"
}

// next is the first time at which what time alone decides is out of the way.
func (e Explained) next(at time.Time) time.Time {
	if e.Contact.State == ContactDone || !e.ListActive || e.Filtered != "" {
		return time.Time{}
	}
	until := at
	if e.Contact.State == ContactWaiting && e.Contact.NextAt.After(until) {
		until = e.Contact.NextAt
	}
	switch {
	case e.rulesNext.IsZero():
		return time.Time{}
	case e.rulesNext.After(until):
		return e.rulesNext
	}
	return until
}

// summary is the answer in one sentence.
func (e Explanation) summary() string {
	switch {
	case len(e.Contacts) == 0 && e.DoNotCall:
		return fmt.Sprintf("Campaign %q has no contact with this number, and it is on the internal do-not-call list.", e.Campaign)
	case len(e.Contacts) == 0:
		return fmt.Sprintf("Campaign %q has no contact with this number, so it is not called.", e.Campaign)
	case e.DoNotCall:
		return "It is not called: the number is on the internal do-not-call list."
	case !e.Allowed:
		first := e.Contacts[0]
		for _, c := range e.Contacts[1:] {
			if !c.Next.IsZero() && (first.Next.IsZero() || c.Next.Before(first.Next)) {
				first = c
			}
		}
		text := "It is not called: " + first.Reason(e.At)
		if first.Next.After(e.At) {
			text += "; it may be from " + stamp(first.Next) + " on"
		}
		return text + "."
	case e.Status != Running:
		return fmt.Sprintf("It may be called, but campaign %q is %s.", e.Campaign, e.Status)
	}
	return "It may be called, and is when its turn comes."
}
