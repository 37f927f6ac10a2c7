package storagetest

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

var evidenceTests = []test{
	{"what the law asks of a call is kept and chained", keepsWhatTheLawAsks},
}

func keepsWhatTheLawAsks(b *bench) {
	c := b.stocked("c", 1)
	a := campaigns.NewAttempt(c, b.lease(c, 1)[0], "+34910000000", time.Now())
	a.Decision, a.Ruleset = make(campaigns.Hash, 32), append(make(campaigns.Hash, 31), 1)
	a.Jurisdictions, a.ZoneSource, a.Reserved = []string{"US", "US-FL"}, "npa", true
	a.Consent, a.CLIAuthorization, a.PartyKind = "c1 c2", "right 7", "consumer"
	b.must(b.Begin(b.Context(), c, a))
	e := ended(*a, campaigns.Connected)
	e.GreetingStart, e.GreetingEnd, e.GreetingSource = e.AnsweredAt, e.AnsweredAt.Add(time.Microsecond), "vad"
	e.Late, e.AMD, e.Attestation, e.Verstat = true, "human", "A", "TN-Validation-Passed"
	e.MessageSHA256 = append(make(campaigns.Hash, 31), 2)
	b.must(b.Finish(b.Context(), e))
	got := b.all(campaigns.CallFilter{})[0].Attempt
	// The store may say more of why than the caller did: what it said stands in a.
	same(b, "why it was allowed", []string{got.Decision.String(), got.Ruleset.String(), got.ZoneSource, got.Consent, got.CLIAuthorization, got.PartyKind},
		[]string{a.Decision.String(), a.Ruleset.String(), a.ZoneSource, a.Consent, a.CLIAuthorization, a.PartyKind})
	same(b, "where the person is", got.Jurisdictions, a.Jurisdictions)
	if got.Reserved != a.Reserved || got.Late != e.Late || !got.GreetingStart.Equal(e.GreetingStart) || !got.GreetingEnd.Equal(e.GreetingEnd) {
		b.Errorf("the call reads %+v", got)
	}
	same(b, "what answered", []string{got.GreetingSource, got.AMD, got.Attestation, got.Verstat, got.MessageSHA256.String()},
		[]string{e.GreetingSource, e.AMD, e.Attestation, e.Verstat, e.MessageSHA256.String()})
	if f := b.clean(); f.Attempts != 1 {
		b.Errorf("findings %+v", f)
	}
}
