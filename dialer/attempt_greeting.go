package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/dialer/media"
)

// Where the instants of a greeting come from.
const (
	greetingHeard   = "vad"  // voice activity on the person's audio
	greetingUnknown = "none" // nothing was heard, or the line cannot be listened to
)

// greeter is what listens for the greeting of a person.
type greeter struct {
	ear   *media.Greeting
	untap func()
}

// listenToGreeting begins to listen when the person has answered. A line that
// cannot be tapped has no greeting, and its clock runs from the answer.
func (a *attempt) listenToGreeting() {
	line, ok := a.leg.Audio().(interface {
		Tap(media.Sink) (remove func())
	})
	if !ok {
		return
	}
	a.greeter.ear = media.NewGreeting(time.Now())
	a.greeter.untap = line.Tap(a.greeter.ear)
}

// noteGreeting writes down when the person had greeted, and whether the agent came
// later than the law lets them wait for one after it (47 CFR 64.1200(a)(7), 16 CFR
// 310.4(b)(1)(iv)).
func (a *attempt) noteGreeting() {
	row := a.row
	if a.caller != nil || row.AnsweredAt.IsZero() {
		return
	}
	row.GreetingSource = greetingUnknown
	if a.greeter.ear != nil {
		a.greeter.untap()
		if start, end := a.greeter.ear.Heard(time.Now()); !start.IsZero() {
			row.GreetingStart, row.GreetingEnd, row.GreetingSource = start, end, greetingHeard
		}
	}
	row.Late = abandonment.Judge(abandonment.FromGreetingEnd, abandonment.Limit, row.Abandonment()) == abandonment.Late
}
