package abandonment

import (
	"testing"
	"time"
)

var answered = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

func after(ms int) time.Time { return answered.Add(time.Duration(ms) * time.Millisecond) }

func TestTheTwoSecondsEndAfterTwoThousandMilliseconds(t *testing.T) {
	for _, c := range []struct {
		name string
		from Start
		call Call
		want Class
	}{
		{"connected 1999 ms", FromConnected, Call{Talked: true, Bridged: after(1999)}, Met},
		{"connected 2000 ms", FromConnected, Call{Talked: true, Bridged: after(2000)}, Met},
		{"connected 2001 ms", FromConnected, Call{Talked: true, Bridged: after(2001)}, Late},
		{"greeting end 1999 ms", FromGreetingEnd, Call{Talked: true, GreetingEnd: after(900), Bridged: after(2899)}, Met},
		{"greeting end 2000 ms", FromGreetingEnd, Call{Talked: true, GreetingEnd: after(900), Bridged: after(2900)}, Met},
		{"greeting end 2001 ms, though they talked", FromGreetingEnd, Call{Talked: true, GreetingEnd: after(900), Bridged: after(2901)}, Late},
		{"greeting end 2.4 s later (section 4, late connect)", FromGreetingEnd, Call{Talked: true, GreetingEnd: after(900), Bridged: after(3300)}, Late},
		{"the same call from the answer", FromConnected, Call{Talked: true, GreetingEnd: after(900), Bridged: after(2899)}, Late},
		{"greeting start", FromGreetingStart, Call{Talked: true, GreetingStart: after(300), GreetingEnd: after(900), Bridged: after(2300)}, Met},
		{"greeting start 1 ms late", FromGreetingStart, Call{Talked: true, GreetingStart: after(300), GreetingEnd: after(900), Bridged: after(2301)}, Late},
		{"greeting unknown: the answer, stricter", FromGreetingEnd, Call{Talked: true, Bridged: after(2001)}, Late},
		{"greeting before the answer: the answer", FromGreetingEnd, Call{Talked: true, GreetingEnd: after(-500), Bridged: after(2000)}, Met},
		{"message 2000 ms", FromConnected, Call{Message: after(2000)}, Told},
		{"message 2001 ms", FromConnected, Call{Message: after(2001)}, ToldLate},
		{"hung up at 1999 ms", FromConnected, Call{ByPerson: true, Ended: after(1999)}, HungUp},
		{"hung up at 2001 ms, nobody had come", FromConnected, Call{ByPerson: true, Ended: after(2001)}, Silent},
		{"we hung up at 500 ms", FromConnected, Call{Ended: after(500)}, Silent},
		{"our fault, nothing is known", FromConnected, Call{}, Silent},
		{"less than a microsecond over", FromConnected, Call{Talked: true, Bridged: after(2000).Add(900)}, Met},
		{"a microsecond over", FromConnected, Call{Talked: true, Bridged: after(2000).Add(time.Microsecond)}, Late},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.call.Person, c.call.Answered = true, answered
			if got := Judge(c.from, Limit, c.call); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestWhoeverDidNotAnswerIsNotCounted(t *testing.T) {
	if got := Judge(FromConnected, Limit, Call{Ended: answered}); got != Unanswered || got.Live() || got.Abandoned() {
		t.Errorf("unanswered: %s", got)
	}
	if got := Judge(FromConnected, Limit, Call{Machine: true, Answered: answered}); got != Machine || got.Live() {
		t.Errorf("machine: %s", got)
	}
	// A row without its instants, as one that was brought in from elsewhere: what the dialer said.
	for late, want := range map[bool]Class{false: Met, true: Late} {
		if got := Judge(FromGreetingEnd, Limit, Call{Person: true, Talked: true, TooLate: late}); got != want {
			t.Errorf("too late %t: %s", late, got)
		}
	}
}

// A later start of the clock never makes a call worse, and every answered call is
// in one class of answered calls.
func FuzzALaterStartIsNeverStricter(f *testing.F) {
	f.Add(int64(300_000), int64(900_000), int64(2_000_000), int64(0), int64(60_000_000), true, true)
	f.Add(int64(0), int64(0), int64(0), int64(1_900_000), int64(9_000_000), false, true)
	f.Fuzz(func(t *testing.T, start, end, bridged, message, over int64, byPerson, talked bool) {
		at := func(us int64) time.Time {
			if us == 0 {
				return time.Time{}
			}
			return answered.Add(time.Duration(us%3_600_000_000) * time.Microsecond)
		}
		c := Call{
			Person: true, Answered: answered, GreetingStart: at(start), GreetingEnd: at(end), Bridged: at(bridged),
			Message: at(message), Ended: at(over), ByPerson: byPerson, Talked: talked,
		}
		strict := Judge(FromConnected, Limit, c)
		for _, from := range Starts() {
			got := Judge(from, Limit, c)
			if !got.Live() {
				t.Fatalf("%s: a person answered, and it is %q", from, got)
			}
			if !strict.Abandoned() && got.Abandoned() {
				t.Fatalf("from %s it is %s, from the answer %s", from, got, strict)
			}
			var n Counts
			n.Note(got, false)
			if n.Answered() != 1 || n.Abandoned() != map[bool]int64{true: 1}[got.Abandoned()] {
				t.Fatalf("%s is counted as %+v", got, n)
			}
		}
	})
}
