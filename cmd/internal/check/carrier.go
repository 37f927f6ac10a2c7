package check

import (
	"fmt"
	"iter"
	"sort"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// LawAnswered is I6: every answer is acknowledged and ends with an agent or
// counted as abandoned, never in silence that nobody counts.
const LawAnswered campaigns.Law = "I6"

// mostOfEach bounds the findings of one law; all are counted.
const mostOfEach = 100

// mostLegs is how many Call-IDs an attempt may have on the wire: its own, and
// one more after a fail-over to another trunk (siptrunk.LegCallID).
const mostLegs = 2

// seen is one call as the carrier saw it.
type seen struct {
	callID, number                 string
	attempt                        string // of the ledger
	invitedAt, answeredAt, endedAt time.Time
	acked                          bool
	vanished                       bool
	last                           carrier.Event
}

// Carrier checks laws I1, I3, I4 and I6 between the ledger's calls, the
// do-not-call additions and the carrier's log.
func Carrier(calls iter.Seq2[campaigns.Call, error], dnc []campaigns.DoNotCallChange, log []carrier.Record) (campaigns.Findings, error) {
	f := &findings{per: map[campaigns.Law]int{}}
	f.At = time.Now().UTC()
	attempts, err := index(calls)
	if err != nil {
		return campaigns.Findings{}, fmt.Errorf("read the ledger: %w", err)
	}
	f.Attempts = int64(len(attempts))
	far := follow(log)
	name(far, attempts)
	f.Records = int64(len(log))
	f.matched(attempts, far)
	f.answered(attempts, far)
	f.overlaps(far)
	f.doNotCall(dnc, far)
	return f.Findings, nil
}

func index(calls iter.Seq2[campaigns.Call, error]) (map[string]campaigns.Call, error) {
	attempts := map[string]campaigns.Call{}
	for c, err := range calls {
		if err != nil {
			return nil, err
		}
		attempts[c.ID] = c
	}
	return attempts, nil
}

// follow folds the log into one value per call, in order of the INVITEs.
func follow(log []carrier.Record) []*seen {
	var order []*seen
	byID := map[string]*seen{}
	for _, r := range log {
		if r.Event == carrier.Started {
			endAll(byID, r.At)
			continue
		}
		c := byID[r.CallID]
		if r.Event == carrier.Invited {
			c = &seen{callID: r.CallID, number: r.Number, invitedAt: r.At}
			byID[r.CallID], order = c, append(order, c)
		}
		if c != nil {
			c.apply(r)
		}
	}
	return order
}

// endAll closes what a carrier that was restarted had on its lines.
func endAll(calls map[string]*seen, at time.Time) {
	for _, c := range calls {
		if c.endedAt.IsZero() {
			c.endedAt, c.vanished = at, true
		}
	}
}

func (c *seen) apply(r carrier.Record) {
	c.last = r.Event
	switch r.Event {
	case carrier.Answered:
		c.answeredAt = r.At
	case carrier.Acked:
		c.acked = true
	case carrier.Vanished, carrier.Unacked:
		c.vanished, c.endedAt = true, r.At
	case carrier.Refused, carrier.Bye, carrier.HungUp:
		c.endedAt = r.At
	}
}

// name tells each call which attempt of the ledger it belongs to. One that
// belongs to none goes by its own Call-ID.
func name(far []*seen, attempts map[string]campaigns.Call) {
	byCallID := map[string]string{}
	for id := range attempts {
		a := campaigns.Attempt{ID: id}
		for n := 1; n <= mostLegs; n++ {
			byCallID[siptrunk.LegCallID(a.CallID(), n)] = id
		}
	}
	for _, c := range far {
		c.attempt = byCallID[c.callID]
		if c.attempt == "" {
			c.attempt = c.callID
		}
	}
}

type findings struct {
	campaigns.Findings
	per map[campaigns.Law]int
}

func (f *findings) add(law campaigns.Law, attempt, format string, args ...any) {
	f.Count++
	if f.per[law]++; f.per[law] <= mostOfEach {
		f.Broken = append(f.Broken, campaigns.Finding{Law: law, Attempt: attempt, Detail: fmt.Sprintf(format, args...)})
	}
}

// matched is I4: each INVITE has one row, each row that was sent has one INVITE.
func (f *findings) matched(attempts map[string]campaigns.Call, far []*seen) {
	invites := map[string]int{}
	calls := map[string]bool{}
	for _, c := range far {
		id := c.attempt
		if _, ok := attempts[id]; !ok {
			f.add(campaigns.LawOneCall, id, "the carrier saw an INVITE with Call-ID %s that the ledger does not hold", c.callID)
			continue
		}
		if calls[c.callID] {
			f.add(campaigns.LawOneCall, id, "the carrier saw two calls with one Call-ID")
		}
		calls[c.callID] = true
		if attempts[id].Number != c.number {
			f.add(campaigns.LawOneCall, id, "the carrier was given another number than the ledger holds")
		}
		invites[id]++
	}
	for id, a := range attempts {
		if !a.SentAt.IsZero() && invites[id] == 0 {
			f.add(campaigns.LawOneCall, id, "the ledger says it was sent, the carrier saw no INVITE")
		}
	}
}

// answered is I6.
func (f *findings) answered(attempts map[string]campaigns.Call, far []*seen) {
	for _, c := range far {
		id := c.attempt
		a, ok := attempts[id]
		if !ok || c.answeredAt.IsZero() {
			continue
		}
		lost := a.Outcome == campaigns.Lost || a.Outcome == ""
		if !c.acked && !lost {
			f.add(LawAnswered, id, "answered by the carrier and never acknowledged, outcome %s", a.Outcome)
		}
		if !lost && !a.Outcome.Live() && a.Outcome != campaigns.Machine {
			f.add(LawAnswered, id, "a person answered, and the outcome is %s", a.Outcome)
		}
	}
}

// overlaps is I3: never two calls to one number at once, by the carrier's clock.
func (f *findings) overlaps(far []*seen) {
	byNumber := map[string][]*seen{}
	for _, c := range far {
		byNumber[c.number] = append(byNumber[c.number], c)
	}
	for _, calls := range byNumber {
		sort.Slice(calls, func(i, j int) bool { return calls[i].invitedAt.Before(calls[j].invitedAt) })
		for i := 1; i < len(calls); i++ {
			f.overlap(calls[i-1], calls[i])
		}
	}
}

func (f *findings) overlap(before, after *seen) {
	id, previous := after.attempt, before.attempt
	if id == previous {
		return // the second trunk of a fail-over: the first had given up
	}
	if before.endedAt.IsZero() || after.invitedAt.Before(before.endedAt) {
		f.add(campaigns.LawLive, id, "called while attempt %s to the same number was still up", previous)
	}
}

// clockSlack is how much later than an addition an INVITE may reach the
// carrier and still have left before it. Ledger and carrier's log are written
// by one machine and read one clock, so this covers only the way over the
// loopback and the commit of the addition, whose row bears the time at which
// its transaction began.
const clockSlack = 50 * time.Millisecond

// listed is a time in which a number stood on the do-not-call list; a zero
// until means to this day.
type listed struct{ from, until time.Time }

// holds tells whether the number was on the list, for longer than the slack.
func (l listed) holds(at time.Time) bool {
	return at.After(l.from.Add(clockSlack)) && (l.until.IsZero() || at.Before(l.until))
}

// onList turns the changes, in the order of the ledger, into the times in
// which each number stood on the list.
func onList(changes []campaigns.DoNotCallChange) map[string][]listed {
	times := map[string][]listed{}
	for _, d := range changes {
		of := times[d.Number]
		open := len(of) > 0 && of[len(of)-1].until.IsZero()
		switch {
		case d.Removed && open:
			of[len(of)-1].until = d.RecordedAt
		case !d.Removed && !open:
			times[d.Number] = append(of, listed{from: d.RecordedAt})
		}
	}
	return times
}

// doNotCall is I1: no INVITE on the wire while the number stands on the list,
// whenever the ledger wrote the attempt: a row that was there before the
// addition does not excuse an INVITE that left after it.
func (f *findings) doNotCall(changes []campaigns.DoNotCallChange, far []*seen) {
	times := onList(changes)
	for _, c := range far {
		for _, l := range times[c.number] {
			if l.holds(c.invitedAt) {
				f.add(campaigns.LawDoNotCall, c.attempt, "called %s after the number was put on the do-not-call list", c.invitedAt.Sub(l.from))
			}
		}
	}
}
