package campaigns

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Group is what a disposition means for the campaign, at a glance.
type Group string

// The groups, in the order in which they are shown.
const (
	GroupSuccess Group = "success" // what the campaign is for
	GroupRetry   Group = "retry"   // the person is called again
	GroupFinal   Group = "final"   // the person is not called again
)

// Asks is what an agent fills in with a disposition.
type Asks string

// What may be asked for.
const (
	AsksNothing     Asks = "nothing"
	AsksSale        Asks = "sale"
	AsksAppointment Asks = "appointment"
	AsksSurvey      Asks = "survey"
	AsksCallback    Asks = "callback"
	AsksReason      Asks = "reason"
	AsksComplaint   Asks = "complaint"
)

// asksByCode are the dispositions of a new campaign that ask for something.
var asksByCode = map[string]Asks{
	"sale": AsksSale, "appointment": AsksAppointment, "survey": AsksSurvey, "callback": AsksCallback,
	"not_interested": AsksReason, "complaint": AsksComplaint,
}

// shown fills in what a type leaves to the house: what it asks for, and its group.
func (t DispositionType) shown() DispositionType {
	if t.Asks == "" {
		t.Asks = asksByCode[t.Code]
	}
	switch {
	case t.Asks == "" && t.Effect == EffectCallback:
		t.Asks = AsksCallback
	case t.Asks == "":
		t.Asks = AsksNothing
	}
	if t.Group == "" {
		t.Group = t.groupOf()
	}
	return t
}

func (t DispositionType) groupOf() Group {
	switch {
	case t.Asks == AsksSale, t.Asks == AsksAppointment, t.Asks == AsksSurvey:
		return GroupSuccess
	case t.Effect == EffectRetry, t.Effect == EffectCallback:
		return GroupRetry
	}
	return GroupFinal
}

// keys are given out in this order to dispositions that name none.
const keys = "1234567890"

// Shown lists the campaign's dispositions as agents see them: each with its
// group, with what it asks for, and with a key of its own as long as there are
// digits.
func (c Campaign) Shown() []DispositionType {
	taken := map[string]bool{}
	for _, t := range c.Dispositions {
		taken[t.Key] = true
	}
	out, next := make([]DispositionType, len(c.Dispositions)), 0
	for i, t := range c.Dispositions {
		t = t.shown()
		for t.Key == "" && next < len(keys) {
			if key := keys[next : next+1]; !taken[key] {
				t.Key = key
			}
			next++
		}
		out[i] = t
	}
	return out
}

func validateShown(types []DispositionType) error {
	var errs []error
	keys := map[string]string{}
	for _, t := range types {
		switch t.Group {
		case "", GroupSuccess, GroupRetry, GroupFinal:
		default:
			errs = append(errs, fmt.Errorf("dispositions: %q: group %q: success, retry or final", t.Code, t.Group))
		}
		switch t.Asks {
		case "", AsksNothing, AsksSale, AsksAppointment, AsksSurvey, AsksCallback, AsksReason, AsksComplaint:
		default:
			errs = append(errs, fmt.Errorf("dispositions: %q: it asks for %q: nothing, sale, appointment, survey, callback, reason or complaint", t.Code, t.Asks))
		}
		if t.Key == "" {
			continue
		}
		if r := t.Key[0]; len(t.Key) != 1 || !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z') {
			errs = append(errs, fmt.Errorf("dispositions: %q: key %q: one digit or one small letter", t.Code, t.Key))
		} else if other, twice := keys[t.Key]; twice {
			errs = append(errs, fmt.Errorf("dispositions: %q and %q have the same key %s", other, t.Code, t.Key))
		}
		keys[t.Key] = t.Code
	}
	return errors.Join(errs...)
}

// Consequence is what a disposition leads to, for the agent who is about to
// choose it: a sentence with places for values, and the values.
type Consequence struct {
	Text string   // as "Calls again in %s."
	Args []string // as "4 h"
}

// String is the sentence with its values.
func (c Consequence) String() string {
	args := make([]any, len(c.Args))
	for i, a := range c.Args {
		args[i] = a
	}
	return fmt.Sprintf(c.Text, args...)
}

// Consequence says what a disposition would do to the contact who is on the
// phone with a number.
func (c Campaign) Consequence(t DispositionType, p Contact, number string) Consequence {
	switch t.Effect {
	case EffectRetry:
		if p.Tries+1 >= c.MaxAttempts {
			return Consequence{Text: "Never again: this was the last try."}
		}
		return Consequence{Text: "Calls again in %s.", Args: []string{spoken(t.Delay)}}
	case EffectCallback:
		return Consequence{Text: "Calls at the agreed time."}
	case EffectDNC:
		return Consequence{Text: "Never again, in no campaign, at once."}
	case EffectWrongNumber:
		for _, phone := range p.Phones {
			if !phone.Dead && phone.Number != number {
				return Consequence{Text: "This number never again; another number of the person is tried."}
			}
		}
		return Consequence{Text: "This number never again; there is no other."}
	case EffectRefused:
		return Consequence{Text: "Never again in this campaign, and by no other of the seller while the law wants rest."}
	}
	return Consequence{Text: "Never again in this campaign."}
}

// spoken writes a delay for people: 15 min, 4 h, 1 d 12 h.
func spoken(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	text := ""
	for _, part := range []struct {
		n    int
		unit string
	}{{days, "d"}, {hours, "h"}, {minutes, "min"}} {
		if part.n > 0 {
			text += " " + strconv.Itoa(part.n) + " " + part.unit
		}
	}
	if text == "" {
		return "a moment"
	}
	return text[1:]
}
