package rules

import "time"

// Connect is a connect rule that applies to a plan: how soon after the person
// has answered an agent, or the message, has to be there.
type Connect struct {
	ID     ID
	Set    string
	Within time.Duration
	From   string // greeting_end, greeting_start, connected
	Cite   string
	Status Status
}

// Instants are the moments of one call that connect rules look at; zero = did
// not happen, or is not known.
type Instants struct {
	Answered      time.Time // SIP 200
	GreetingStart time.Time
	GreetingEnd   time.Time
	Bridged       time.Time // the agent heard the person
	Message       time.Time // the message began
	Ended         time.Time
}

// ConnectVerdict is what a connect rule says of a finished call.
type ConnectVerdict struct {
	InTime  bool          // an agent or the message was there within the time, or the person went before
	Source  string        // greeting_end, greeting_start or answered: what the clock was started by
	Delay   time.Duration // from there to the agent, the message or the end
	Agent   bool          // an agent talked, however late
	Message bool          // the message began
	Late    bool          // an agent talked, but too late: the law counts it as abandoned
	Gone    bool          // the person was gone before the time was over: answered, not abandoned
}

// Judge says whether a call was connected in time. The clock starts at the
// instant of the rule; when that is not known, at the answer, which is the
// stricter (16 CFR 310.4(b)(1)(iv), 47 CFR 64.1200(a)(7): two seconds after the
// completed greeting). Within is inclusive: 2000 ms is in time, 2001 ms is not.
// A call that was never answered is in time.
func (r Connect) Judge(i Instants) ConnectVerdict {
	if i.Answered.IsZero() {
		return ConnectVerdict{InTime: true}
	}
	start, source := r.start(i)
	v := ConnectVerdict{Source: source, Agent: !i.Bridged.IsZero(), Message: !i.Message.IsZero()}
	switch {
	case v.Agent:
		v.Delay = max(0, i.Bridged.Sub(start))
	case v.Message:
		v.Delay = max(0, i.Message.Sub(start))
	case !i.Ended.IsZero():
		v.Delay = max(0, i.Ended.Sub(start))
		v.Gone = v.Delay <= r.Within
	}
	v.InTime = v.Delay <= r.Within && (v.Agent || v.Message || v.Gone)
	v.Late = v.Agent && !v.InTime
	return v
}

func (r Connect) start(i Instants) (time.Time, string) {
	switch {
	case r.From == fromGreetingEnd && !i.GreetingEnd.IsZero() && !i.GreetingEnd.Before(i.Answered):
		return i.GreetingEnd, fromGreetingEnd
	case r.From == fromGreetingStart && !i.GreetingStart.IsZero() && !i.GreetingStart.Before(i.Answered):
		return i.GreetingStart, fromGreetingStart
	}
	return i.Answered, fromAnswered
}

// The instants at which the wait for an agent may begin.
const (
	fromGreetingEnd   = "greeting_end"
	fromGreetingStart = "greeting_start"
	fromConnected     = "connected"
	fromAnswered      = "answered"
)
