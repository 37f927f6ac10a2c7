package campaigns

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DispositionType is a word that agents of a campaign may end a call with.
type DispositionType struct {
	Code   string        `json:"code"`
	Label  string        `json:"label"`
	Effect Effect        `json:"effect"`
	Delay  time.Duration `json:"delay,omitempty"` // of a retry
	// Group, Key and Asks are how the agent finds and fills it in; what is empty
	// follows from the rest; see Campaign.Shown.
	Group Group  `json:"group,omitempty"`
	Key   string `json:"key,omitempty"` // a digit or a letter
	Asks  Asks   `json:"asks,omitempty"`
}

// Effect is what a disposition does to the contact.
type Effect string

// The effects of dispositions.
const (
	EffectDone     Effect = "done"     // never again in this campaign
	EffectRetry    Effect = "retry"    // again after the delay
	EffectCallback Effect = "callback" // at the agreed time
	EffectDNC      Effect = "dnc"      // on the do-not-call list at once
	// EffectWrongNumber: this phone never again in this campaign; the contact's
	// next phone, when there is one.
	EffectWrongNumber Effect = "wrong_number"
	// EffectRefused: the person refused: never again in this campaign, and in none
	// of the seller for as long as the law of the place wants (FR D.223-9: 60 days).
	EffectRefused Effect = "refused"
)

// Effects lists them.
func Effects() []Effect {
	return []Effect{EffectDone, EffectRetry, EffectCallback, EffectDNC, EffectWrongNumber, EffectRefused}
}

// DefaultDispositions is the set of a new campaign.
func DefaultDispositions() []DispositionType {
	return []DispositionType{
		{Code: "sale", Label: "Sale", Effect: EffectDone},
		{Code: "appointment", Label: "Appointment", Effect: EffectDone},
		{Code: "survey", Label: "Survey answered", Effect: EffectDone},
		{Code: "callback", Label: "Call back", Effect: EffectCallback},
		{Code: "not_interested", Label: "Not interested", Effect: EffectRefused},
		{Code: "wrong_number", Label: "Wrong number", Effect: EffectWrongNumber},
		{Code: "machine", Label: "Answering machine", Effect: EffectRetry, Delay: 4 * time.Hour},
		{Code: "no_decision", Label: "No decision", Effect: EffectRetry, Delay: 24 * time.Hour},
		{Code: "do_not_call", Label: "Do not call", Effect: EffectDNC},
		{Code: "complaint", Label: "Complaint", Effect: EffectDone},
	}
}

// validateTypes says what is wrong with the words of a campaign.
func validateTypes(types []DispositionType) error {
	var errs []error
	seen := map[string]bool{}
	for i, t := range types {
		switch {
		case t.Code == "":
			errs = append(errs, fmt.Errorf("dispositions: number %d has no code", i+1))
		case seen[t.Code]:
			errs = append(errs, fmt.Errorf("dispositions: %q stands there twice", t.Code))
		case !slices.Contains(Effects(), t.Effect):
			errs = append(errs, fmt.Errorf("dispositions: %q: effect %q: done, retry, callback, dnc, wrong_number or refused", t.Code, t.Effect))
		case t.Delay < 0:
			errs = append(errs, fmt.Errorf("dispositions: %q: delay %s: not less than 0", t.Code, t.Delay))
		}
		seen[t.Code] = true
	}
	errs = append(errs, validateShown(types))
	return errors.Join(errs...)
}

// Disposition is what the agent said of a call, with what was sold, agreed or
// answered. One call has one disposition.
type Disposition struct {
	Attempt string    `json:"attempt_id"`
	Key     string    `json:"key"` // idempotency key of the agent's request
	Agent   int64     `json:"agent_id"`
	Code    string    `json:"code"`
	Note    string    `json:"note,omitempty"`
	At      time.Time `json:"at"`

	Sale        *Sale        `json:"sale,omitempty"`
	Appointment *Appointment `json:"appointment,omitempty"`
	Answers     []Answer     `json:"answers,omitempty"`
	Callback    *Callback    `json:"callback,omitempty"`
	Complaint   *Complaint   `json:"complaint,omitempty"`
	Reason      string       `json:"reason,omitempty"` // why the person is not interested
}

// Answer is a contact's answer to a question of the script.
type Answer struct {
	Question string `json:"question"`
	Value    string `json:"value"`
}

// Callback is a call agreed with the person: at a time, by one agent or any.
type Callback struct {
	ID       int64     `json:"id"`
	Campaign int64     `json:"campaign"`
	Contact  int64     `json:"contact"`
	At       time.Time `json:"at"`
	Agent    int64     `json:"agent"` // 0 = any agent of the campaign
	// Due is when it is tried: At, or later when the person may not be called
	// then, or did not answer.
	Due  time.Time `json:"due,omitzero"`
	Note string    `json:"note,omitempty"`
	Done bool      `json:"done"`
}

// When is the time at which the callback is tried first.
func (c Callback) When() time.Time {
	if c.Due.After(c.At) {
		return c.Due
	}
	return c.At
}

// Type finds the disposition type with a code.
func (c Campaign) Type(code string) (DispositionType, bool) {
	i := slices.IndexFunc(c.Dispositions, func(t DispositionType) bool { return t.Code == code })
	if i < 0 {
		return DispositionType{}, false
	}
	return c.Dispositions[i], true
}

// Validate says what is wrong with a disposition for the campaign.
func (d Disposition) Validate(c Campaign, now time.Time) error {
	t, ok := c.Type(d.Code)
	if !ok {
		return fmt.Errorf("disposition %q is not one of campaign %s: %s", d.Code, c.Name, strings.Join(codes(c), ", "))
	}
	if _, err := d.Does(t); err != nil {
		return err
	}
	if d.Callback != nil && !d.Callback.At.After(now) {
		return errors.New("callback: the time is past")
	}
	return errors.Join(d.Sale.validate(), d.Appointment.validate(), validateAnswers(d.Answers), d.Complaint.validate(c), d.asked(c, t))
}

// Does says what the disposition does to the contact: what its type says,
// unless a callback was agreed, which is never lost. Who is not to be called
// again is not called back; a callback type needs the time.
func (d Disposition) Does(t DispositionType) (Effect, error) {
	switch {
	case t.Effect == EffectDNC && d.Callback != nil:
		return "", fmt.Errorf("%q: who is not to be called again cannot be called back", d.Code)
	case t.Effect == EffectCallback && d.Callback == nil, d.Callback != nil && d.Callback.At.IsZero():
		return "", errors.New("a callback needs its time")
	case d.Callback != nil:
		return EffectCallback, nil
	}
	return t.Effect, nil
}

func codes(c Campaign) []string {
	out := make([]string, len(c.Dispositions))
	for i, t := range c.Dispositions {
		out[i] = t.Code
	}
	return out
}

func validateAnswers(answers []Answer) error {
	for i, a := range answers {
		if a.Question == "" {
			return fmt.Errorf("answer %d names no question", i+1)
		}
	}
	return nil
}
