package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var keptTests = []test{
	{"odds are kept as they are", oddsKeep},
	{"tapes come back in the order of time, those of the asked hours only", tapesKeep},
	{"the same minute again replaces its tape", tapesReplace},
	{"old tapes are dropped, and no others", tapesDrop},
	{"an error ends the reading of tapes", tapesStop},
	{"breaks are listed until they are over", breaksKeep},
	{"a break is taken back once", breaksCancel},
	{"a contact says when it was tried last", triedAt},
	{"a number is found on every list of its campaign and of no other", numberFound},
	{"facts before a call are those that begin it", factsAgree},
}

func oddsKeep(b *bench) {
	if _, err := b.Odds(b.Context(), 1); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, body := range [][]byte{[]byte(`{"v":1}`), {0, 1, 0xff}} {
		b.must(b.SaveOdds(b.Context(), 1, body))
		b.must(b.SaveOdds(b.Context(), 2, []byte("another")))
		got, err := b.Odds(b.Context(), 1)
		b.must(err)
		if !bytes.Equal(got, body) {
			b.Fatalf("got %x, want %x", got, body)
		}
	}
}

var tapeStart = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// record saves the tapes of n minutes of a campaign, the last one first.
func (b *bench) record(campaign int64, n int) {
	b.Helper()
	for i := range n {
		minute := n - 1 - i
		b.must(b.SaveTape(b.Context(), campaign, tapeStart.Add(time.Duration(minute)*time.Minute), fmt.Appendf(nil, "%d/%d", campaign, minute)))
	}
}

// tapes reads those of a campaign between two minutes.
func (b *bench) tapes(campaign int64, from, to int) []string {
	b.Helper()
	var out []string
	at := func(minute int) time.Time { return tapeStart.Add(time.Duration(minute) * time.Minute) }
	b.must(b.Tapes(b.Context(), campaign, at(from), at(to), func(from time.Time, tape []byte) error {
		out = append(out, fmt.Sprintf("%d %s", int(from.Sub(tapeStart).Minutes()), tape))
		return nil
	}))
	return out
}

func tapesKeep(b *bench) {
	b.record(1, 100)
	b.record(2, 3)
	got := b.tapes(1, 10, 90)
	if len(got) != 80 || got[0] != "10 1/10" || got[79] != "89 1/89" {
		b.Fatalf("%d tapes: %v", len(got), got)
	}
	minute := func(text string) (n int) { _, _ = fmt.Sscan(text, &n); return n }
	if !slices.IsSortedFunc(got, func(x, y string) int { return minute(x) - minute(y) }) {
		b.Fatalf("out of order: %v", got)
	}
	same(b, "of the other campaign", b.tapes(2, -1000, 1000), []string{"0 2/0", "1 2/1", "2 2/2"})
	if none := b.tapes(3, -1000, 1000); len(none) != 0 {
		b.Fatalf("of no campaign: %v", none)
	}
}

func tapesReplace(b *bench) {
	b.record(1, 2)
	b.must(b.SaveTape(b.Context(), 1, tapeStart, []byte{0, 0xff}))
	same(b, "tapes", b.tapes(1, 0, 10), []string{"0 \x00\xff", "1 1/1"})
}

func tapesDrop(b *bench) {
	b.record(1, 250)
	b.record(2, 3)
	b.must(b.DropTapes(b.Context(), tapeStart.Add(240*time.Minute)))
	if got := b.tapes(1, -1000, 1000); len(got) != 10 || got[0] != "240 1/240" {
		b.Fatalf("left: %v", got)
	}
	if got := b.tapes(2, -1000, 1000); len(got) != 0 {
		b.Fatalf("left of the other: %v", got)
	}
	b.must(b.DropTapes(b.Context(), tapeStart))
	b.clean()
}

func tapesStop(b *bench) {
	b.record(1, 50)
	enough, n := errors.New("enough"), 0
	err := b.Tapes(b.Context(), 1, tapeStart, tapeStart.Add(time.Hour), func(time.Time, []byte) error {
		if n++; n == 40 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 40 {
		b.Fatalf("%v after %d", err, n)
	}
}

func breaksKeep(b *bench) {
	now := time.Now().Truncate(time.Microsecond).UTC()
	plan := func(agent int64, from, to time.Duration, reason string) campaigns.Break {
		one := campaigns.Break{Agent: agent, From: now.Add(from), Reason: reason, By: "eva"}
		if to != 0 {
			one.To = now.Add(to)
		}
		kept, err := b.PlanBreak(b.Context(), one)
		b.must(err)
		one.ID, one.PlannedAt = kept.ID, kept.PlannedAt
		if kept != one || kept.ID == 0 || kept.PlannedAt.IsZero() {
			b.Fatalf("kept %+v of %+v", kept, one)
		}
		return kept
	}
	end := plan(7, 3*time.Hour, 0, "")
	lunch := plan(7, time.Hour, 90*time.Minute, "lunch")
	other := plan(8, 10*time.Minute, 20*time.Minute, "")
	list := func(agent int64, at time.Duration) []campaigns.Break {
		got, err := b.Breaks(b.Context(), agent, now.Add(at))
		b.must(err)
		return got
	}
	same(b, "of the agent", list(7, 0), []campaigns.Break{lunch, end})
	same(b, "of everybody", list(0, 0), []campaigns.Break{other, lunch, end})
	same(b, "during lunch", list(7, 80*time.Minute), []campaigns.Break{lunch, end})
	same(b, "after lunch", list(0, 2*time.Hour), []campaigns.Break{end})
	same(b, "after the shift", list(0, 4*time.Hour), nil)
	got, err := b.Break(b.Context(), lunch.ID)
	b.must(err)
	if got != lunch {
		b.Fatalf("%+v", got)
	}
	b.clean()
}

func breaksCancel(b *bench) {
	one, err := b.PlanBreak(b.Context(), campaigns.Break{Agent: 7, From: time.Now().Add(time.Hour), By: "eva"})
	b.must(err)
	b.must(b.CancelBreak(b.Context(), one.ID, "eva"))
	if err := b.CancelBreak(b.Context(), one.ID, "eva"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("again: %v", err)
	}
	if _, err := b.Break(b.Context(), one.ID); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("it is still there: %v", err)
	}
	all, err := b.AuditEntries(b.Context(), 0, 0)
	b.must(err)
	n := len(all)
	if n < 2 || all[n-2].Kind != "break.plan" || all[n-1].Kind != "break.cancel" || all[n-1].By != "eva" || all[n-1].Subject != "user 7" {
		b.Fatalf("audit %+v", all)
	}
	b.clean()
}

func triedAt(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	if !p.TriedAt.IsZero() {
		b.Fatalf("tried at %s", p.TriedAt)
	}
	a := b.begin(c, p)
	b.finish(a, campaigns.NoAnswer)
	got := b.state(p.ID, campaigns.ContactWaiting)
	if !got.TriedAt.Equal(a.IntentAt.Truncate(time.Microsecond)) {
		b.Fatalf("tried at %s, not %s", got.TriedAt, a.IntentAt)
	}
}

func numberFound(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	num := b.number()
	b.load(b.list(one, "a", 0), []campaigns.Contact{person(num)}, campaigns.AllowDuplicates)
	second := person(b.number())
	second.Phones = append(second.Phones, campaigns.Phone{Number: num, Kind: "mobile", Zones: []string{"Europe/Madrid"}})
	b.load(b.list(one, "b", 0), []campaigns.Contact{second}, campaigns.AllowDuplicates)
	b.load(b.list(two, "a", 0), []campaigns.Contact{person(num)}, campaigns.AllowDuplicates)
	got, err := b.ContactsByNumber(b.Context(), one.ID, num)
	b.must(err)
	if len(got) != 2 || got[0].ID >= got[1].ID || got[0].List == got[1].List || got[1].Phones[1].Number != num {
		b.Fatalf("%+v", got)
	}
	for _, strange := range []string{"", "+", "600", b.number()} {
		if got, err := b.ContactsByNumber(b.Context(), one.ID, strange); err != nil || len(got) != 0 {
			b.Fatalf("%q: %+v, %v", strange, got, err)
		}
	}
}

func factsAgree(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Cooldown = time.Hour })
	b.load(b.list(c, "l", 0), b.people(3), campaigns.SkipDuplicates)
	batch := b.lease(c, 3)
	ask := func(p campaigns.Contact) *rules.Refusal {
		phone, _ := p.Dial()
		d, err := b.Weigh(b.Context(), c, p, phone.Number, false, time.Now())
		b.must(err)
		return d.Refusal()
	}
	refused := func(p campaigns.Contact, want rules.ID) {
		b.Helper()
		if r := ask(p); r == nil || r.Primary.Rule != want {
			b.Fatalf("%+v, want %s", r, want)
		}
	}
	if r := ask(batch[0]); r != nil {
		b.Fatalf("refused: %v", r)
	}
	a := b.begin(c, batch[0])
	refused(batch[0], rules.Live)
	b.finish(a, campaigns.NoAnswer)
	refused(batch[0], rules.Cooldown)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: batch[1].Phones[0].Number}))
	refused(batch[1], rules.DNC)
	stranger := campaigns.Contact{Phones: []campaigns.Phone{{Number: "+88312345678"}}}
	refused(stranger, rules.Zone)
	if got := b.depth(c); got.Leased != 2 || got.Waiting != 1 {
		b.Fatalf("asking moved contacts: %+v", got)
	}
}
