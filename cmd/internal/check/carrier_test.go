package check

import (
	"iter"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
)

const number = "+12025550123"

func at(second int) time.Time { return time.Unix(int64(second), 0).UTC() }

// call is a row of the ledger: sent at a second, ended so.
func call(id string, sent int, o campaigns.Outcome) campaigns.Call {
	return campaigns.Call{Attempt: campaigns.Attempt{ID: id, Number: number, IntentAt: at(sent), SentAt: at(sent), Outcome: o}}
}

// far is the carrier's side: one event a second from start on.
func far(id string, start int, events ...carrier.Event) []carrier.Record {
	var out []carrier.Record
	for i, e := range events {
		out = append(out, carrier.Record{At: at(start + i), CallID: id + "@forecall", Number: number, Event: e})
	}
	return out
}

func rows(calls ...campaigns.Call) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for _, c := range calls {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func TestTheLawsHoldOrAreNamed(t *testing.T) {
	dnc := func(second int) []campaigns.DoNotCallChange {
		return []campaigns.DoNotCallChange{{DoNotCall: campaigns.DoNotCall{Number: number}, RecordedAt: at(second)}}
	}
	removed := func(second int) campaigns.DoNotCallChange {
		return campaigns.DoNotCallChange{DoNotCall: campaigns.DoNotCall{Number: number}, Removed: true, RecordedAt: at(second)}
	}
	written := func(c campaigns.Call, second int) campaigns.Call {
		c.IntentAt = at(second)
		return c
	}
	talked := []carrier.Event{carrier.Invited, carrier.Ringing, carrier.Answered, carrier.Acked, carrier.Bye}
	for _, c := range []struct {
		name  string
		calls []campaigns.Call
		log   []carrier.Record
		dnc   []campaigns.DoNotCallChange
		want  campaigns.Law // empty = clean
	}{
		{name: "a conversation", calls: []campaigns.Call{call("a", 1, campaigns.Connected)}, log: far("a", 1, talked...)},
		{name: "a busy line", calls: []campaigns.Call{call("a", 1, campaigns.Busy)}, log: far("a", 1, carrier.Invited, carrier.Refused)},
		{name: "an INVITE without a row", log: far("a", 1, talked...), want: campaigns.LawOneCall},
		{name: "a row sent without an INVITE", calls: []campaigns.Call{call("a", 1, campaigns.Busy)}, want: campaigns.LawOneCall},
		{name: "two INVITEs with one Call-ID", calls: []campaigns.Call{call("a", 1, campaigns.Busy)},
			log: append(far("a", 1, carrier.Invited, carrier.Refused), far("a", 9, carrier.Invited, carrier.Refused)...), want: campaigns.LawOneCall},
		{name: "a fail-over to a second trunk", calls: []campaigns.Call{call("a", 1, campaigns.Connected)},
			log: append(far("a", 1, carrier.Invited, carrier.Refused), far("a-2", 3, talked...)...)},
		{name: "an answer without ACK", calls: []campaigns.Call{call("a", 1, campaigns.Connected)},
			log: far("a", 1, carrier.Invited, carrier.Answered, carrier.Unacked), want: LawAnswered},
		{name: "an answer that the ledger calls no answer", calls: []campaigns.Call{call("a", 1, campaigns.NoAnswer)}, log: far("a", 1, talked...), want: LawAnswered},
		{name: "an answer lost in a crash", calls: []campaigns.Call{call("a", 1, campaigns.Lost)}, log: far("a", 1, carrier.Invited, carrier.Answered, carrier.Unacked)},
		{name: "two calls at once", calls: []campaigns.Call{call("a", 1, campaigns.Connected), call("b", 2, campaigns.Connected)},
			log: append(far("a", 1, talked...), far("b", 2, talked...)...), want: campaigns.LawLive},
		{name: "two calls one after the other", calls: []campaigns.Call{call("a", 1, campaigns.Connected), call("b", 9, campaigns.Connected)},
			log: append(far("a", 1, talked...), far("b", 9, talked...)...)},
		{name: "a call after do-not-call", calls: []campaigns.Call{call("a", 5, campaigns.Connected)}, log: far("a", 5, talked...), dnc: dnc(3), want: campaigns.LawDoNotCall},
		{name: "an INVITE that left after do-not-call, its row written before", calls: []campaigns.Call{written(call("a", 5, campaigns.Connected), 2)},
			log: far("a", 5, talked...), dnc: dnc(3), want: campaigns.LawDoNotCall},
		{name: "a fail-over whose second INVITE left after do-not-call", calls: []campaigns.Call{call("a", 1, campaigns.Connected)},
			log: append(far("a", 1, carrier.Invited, carrier.Refused), far("a-2", 4, talked...)...), dnc: dnc(3), want: campaigns.LawDoNotCall},
		{name: "a call after do-not-call that was taken back later", calls: []campaigns.Call{call("a", 5, campaigns.Connected)},
			log: far("a", 5, talked...), dnc: append(dnc(3), removed(9)), want: campaigns.LawDoNotCall},
		{name: "a call after do-not-call was taken back", calls: []campaigns.Call{call("a", 5, campaigns.Connected)},
			log: far("a", 5, talked...), dnc: append(dnc(3), removed(4))},
		{name: "an INVITE that left in the moment of the commit", calls: []campaigns.Call{call("a", 1, campaigns.Connected)}, log: far("a", 1, talked...),
			dnc: []campaigns.DoNotCallChange{{DoNotCall: campaigns.DoNotCall{Number: number}, RecordedAt: at(1).Add(-clockSlack)}}},
		{name: "an INVITE just past the slack", calls: []campaigns.Call{call("a", 1, campaigns.Connected)}, log: far("a", 1, talked...),
			dnc:  []campaigns.DoNotCallChange{{DoNotCall: campaigns.DoNotCall{Number: number}, RecordedAt: at(1).Add(-clockSlack - time.Millisecond)}},
			want: campaigns.LawDoNotCall},
		{name: "do-not-call during the call", calls: []campaigns.Call{call("a", 1, campaigns.Connected)}, log: far("a", 1, talked...), dnc: dnc(4)},
		{name: "another number on the wire", calls: []campaigns.Call{{Attempt: campaigns.Attempt{ID: "a", Number: "+12025550199", SentAt: at(1), Outcome: campaigns.Connected}}},
			log: far("a", 1, talked...), want: campaigns.LawOneCall},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Carrier(rows(c.calls...), c.dnc, c.log)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && !f.Clean() {
				t.Fatalf("found %+v, want none", f.Broken)
			}
			if c.want != "" && (f.Clean() || f.Broken[0].Law != c.want) {
				t.Fatalf("found %+v, want a breach of %s", f.Broken, c.want)
			}
		})
	}
}
