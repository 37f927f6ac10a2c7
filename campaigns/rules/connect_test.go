package rules

import (
	"testing"
	"time"
)

// 16 CFR 310.4(b)(1)(iv) and 47 CFR 64.1200(a)(7): two seconds after the
// completed greeting, to the millisecond.
func TestTwoThousandMillisecondsAreInTimeAndOneMoreIsNot(t *testing.T) {
	answered := utc(t, "2026-11-23 12:00:00")
	at := func(ms int) time.Time {
		if ms < 0 {
			return time.Time{}
		}
		return answered.Add(time.Duration(ms) * time.Millisecond)
	}
	const no = -1
	greeted := Connect{Within: 2 * time.Second, From: "greeting_end"}
	started := Connect{Within: 2 * time.Second, From: "greeting_start"}
	connected := Connect{Within: 2 * time.Second, From: "connected"}
	for _, c := range []struct {
		name                                   string
		rule                                   Connect
		greetingStart, greetingEnd             int
		bridged, message, ended                int
		inTime, late, agent, playing, callGone bool
		source                                 string
	}{
		{"an agent after 1999 ms", greeted, no, no, 1999, no, 9000, true, false, true, false, false, "answered"},
		{"an agent after 2000 ms", greeted, no, no, 2000, no, 9000, true, false, true, false, false, "answered"},
		{"an agent after 2001 ms", greeted, no, no, 2001, no, 9000, false, true, true, false, false, "answered"},
		{"the message after 1999 ms", greeted, no, no, no, 1999, 9000, true, false, false, true, false, "answered"},
		{"the message after 2000 ms", greeted, no, no, no, 2000, 9000, true, false, false, true, false, "answered"},
		{"the message after 2001 ms", greeted, no, no, no, 2001, 9000, false, false, false, true, false, "answered"},
		{"the clock starts at the completed greeting", greeted, 300, 1200, 3200, no, 9000, true, false, true, false, false, "greeting_end"},
		{"a millisecond too late after the greeting", greeted, 300, 1200, 3201, no, 9000, false, true, true, false, false, "greeting_end"},
		{"the clock starts as the greeting does", started, 300, 1200, 2300, no, 9000, true, false, true, false, false, "greeting_start"},
		{"too late after its start", started, 300, 1200, 2301, no, 9000, false, true, true, false, false, "greeting_start"},
		{"the clock starts at the answer whatever the greeting", connected, 300, 1200, 2001, no, 9000, false, true, true, false, false, "answered"},
		{"an agent during the greeting", greeted, 300, 1200, 700, no, 9000, true, false, true, false, false, "greeting_end"},
		{"the person goes within two seconds", greeted, no, no, no, no, 2000, true, false, false, false, true, "answered"},
		{"the person waits longer in silence", greeted, no, no, no, no, 2001, false, false, false, false, false, "answered"},
		{"a greeting before the answer is none", greeted, no, no, 2001, no, 9000, false, true, true, false, false, "answered"},
	} {
		v := c.rule.Judge(Instants{
			Answered: answered, GreetingStart: at(c.greetingStart), GreetingEnd: at(c.greetingEnd), Bridged: at(c.bridged), Message: at(c.message), Ended: at(c.ended),
		})
		if v.InTime != c.inTime || v.Late != c.late || v.Agent != c.agent || v.Message != c.playing || v.Gone != c.callGone || v.Source != c.source {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
	if v := greeted.Judge(Instants{Ended: answered}); !v.InTime || v.Late {
		t.Errorf("a call that nobody answered: %+v", v)
	}
	early := Instants{Answered: answered, GreetingEnd: answered.Add(-time.Second), Bridged: answered.Add(2001 * time.Millisecond)}
	if v := greeted.Judge(early); v.Source != "answered" || !v.Late {
		t.Errorf("a greeting before the answer: %+v", v)
	}
}
