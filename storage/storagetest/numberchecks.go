package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Checks keeps what others answered about numbers.
type Checks interface {
	AddChecks(ctx context.Context, batch []campaigns.NumberCheck, by string) (added int, err error)
	ChecksOf(ctx context.Context, number string) ([]campaigns.NumberCheck, error)
}

var checkTests = []test{
	{"an answer of a check is there once, and the newest is first", checkKept},
	{"a rule that wants a check refuses until its answer is there, and again when it is old", checkAsked},
}

func checkKept(b *bench) {
	num, at := b.number(), day(2026, 11, 1)
	batch := []campaigns.NumberCheck{
		{Number: num, Check: "rnd", At: at, OK: true, Answer: "no"}, {Number: num, Check: "rnd", At: at.Add(time.Hour), Answer: "yes"},
		{Number: num, Check: "in-dlt", At: at, OK: true},
	}
	for _, want := range []int{3, 0} {
		added, err := b.AddChecks(b.Context(), batch, "ana")
		b.must(err)
		if added != want {
			b.Fatalf("%d added, want %d", added, want)
		}
	}
	got, err := b.ChecksOf(b.Context(), num)
	b.must(err)
	if len(got) != 3 || got[0].Answer != "yes" || got[0].OK || got[0].By != "ana" || got[0].RecordedAt.IsZero() || !got[1].At.Equal(at) || got[1].Number != num {
		b.Fatalf("%+v", got)
	}
	if got, err := b.ChecksOf(b.Context(), b.number()); err != nil || len(got) != 0 {
		b.Fatalf("of another number: %+v, %v", got, err)
	}
}

const checkSet = `ruleset: {id: checked, version: 1, reviewed_on: 2026-11-21}
rules:
  - {id: in.dlt, type: external, check: in-dlt, max_age: 1d, cite: "TCCCPR 2018"}
`

func checkAsked(b *bench) {
	s, err := rules.ParseSet([]byte(checkSet))
	b.must(err)
	_, err = b.Adopt(b.Context(), []*rules.Set{s}, campaigns.Adoption{By: "ana", Reason: "test"})
	b.must(err)
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	says := func(want string) {
		b.Helper()
		d, err := b.Weigh(b.Context(), c, p, num, false, time.Now())
		b.must(err)
		if v := verdictOf(d, "in.dlt"); v.Reason != want {
			b.Fatalf("%q, want %q: %+v", v.Reason, want, v)
		}
	}
	answer := func(ago time.Duration, ok bool) {
		b.Helper()
		_, err := b.AddChecks(b.Context(), []campaigns.NumberCheck{{Number: num, Check: "in-dlt", At: time.Now().Add(-ago), OK: ok}}, "ana")
		b.must(err)
	}
	says("unchecked")
	answer(25*time.Hour, true)
	says("check_old")
	answer(2*time.Hour, false)
	says("check_failed")
	var r *rules.Refusal
	if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); !errors.As(err, &r) || r.Primary.Rule != "in.dlt" {
		b.Fatalf("begun: %v", err)
	}
	answer(time.Minute, true)
	says("")
	if entries, err := b.AuditEntries(b.Context(), 0, 100); err != nil || !slices.ContainsFunc(entries, func(e campaigns.AuditEntry) bool { return e.Kind == "check.answers" && e.By == "ana" }) {
		b.Fatalf("the audit: %+v, %v", entries, err)
	}
	b.clean()
}
