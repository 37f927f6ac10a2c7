package storagetest

import (
	"errors"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CallerIDs keeps numbers that people see, and the right to show them.
type CallerIDs interface {
	campaigns.CallerRightStore
}

var callerIDTests = []test{
	{"a right to a caller ID is written once, ended once and never changed", rightsAreAppended},
	{"the last test call to each caller ID is told", lastChecksAreTold},
	{"a number that is to be assigned to the seller is shown only by the right of that seller", callersAreAssigned},
	{"a number that is to be of the country of whom it is shown to is looked at by its digits", callersAreOfTheCountry},
	{"calls are counted by the number they showed and how they were signed", callsAreCountedByCallerID},
}

func rightsAreAppended(b *bench) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	r := campaigns.CallerRight{
		ID: "right-1", Number: "+34910000001", Holder: "Acme", Contract: "C-1", Document: "ab", Name: "ACME",
		From: now.Add(-time.Hour), Until: now.Add(time.Hour), By: "cora", At: now,
	}
	b.must(b.PutCallerRight(b.Context(), r))
	if err := b.PutCallerRight(b.Context(), r); err == nil {
		b.Error("the same right was written twice")
	}
	other := campaigns.CallerRight{ID: "right-2", Number: "+34910000002", Holder: "Acme", Contract: "C-2", From: now, By: "cora", At: now}
	b.must(b.PutCallerRight(b.Context(), other))
	got, err := b.CallerRights(b.Context(), "+34910000001")
	if err != nil || len(got) != 1 || got[0] != r {
		b.Errorf("got %+v, %v; want %+v", got, err, r)
	}
	b.must(b.EndCallerRight(b.Context(), "right-1", "cora", "cancelled"))
	if err := b.EndCallerRight(b.Context(), "right-1", "cora", "again"); !errors.Is(err, campaigns.ErrExists) {
		b.Errorf("ended twice: %v", err)
	}
	if err := b.EndCallerRight(b.Context(), "nobody's", "cora", "x"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Errorf("ended a right that is none: %v", err)
	}
	got, err = b.CallerRights(b.Context(), "")
	if err != nil || len(got) != 2 || got[0].EndedAt.IsZero() || got[0].EndedWhy != "cancelled" || got[1] != other {
		b.Errorf("all: %+v, %v", got, err)
	}
	b.clean()
}

func lastChecksAreTold(b *bench) {
	at := time.Now().UTC().Truncate(time.Microsecond)
	for i, answered := range []bool{true, false} {
		b.must(b.SaveCallerCheck(b.Context(), campaigns.CallerCheck{
			Number: "+34910000001", At: at.Add(time.Duration(i) * time.Minute), Answered: answered, After: 1500 * time.Millisecond, Trunk: "main", By: "cora",
		}))
	}
	b.must(b.SaveCallerCheck(b.Context(), campaigns.CallerCheck{Number: "+34910000002", At: at, Detail: "busy", By: "schedule"}))
	last, err := b.CallerChecks(b.Context(), "", 10)
	if err != nil || len(last) != 2 || last[0].Answered || last[1].Detail != "busy" {
		b.Errorf("last of each: %+v, %v", last, err)
	}
	of, err := b.CallerChecks(b.Context(), "+34910000001", 1)
	if err != nil || len(of) != 1 || of[0].Answered || of[0].After != 1500*time.Millisecond {
		b.Errorf("of one: %+v, %v", of, err)
	}
	b.clean()
}

const (
	assigned = `  - {id: test.assigned, type: cli, require: [assigned], cite: "C. conso. L.221-17"}`
	national = `  - {id: test.national, type: cli, require: [same_country], cite: "a law"}`
)

func callersAreAssigned(b *bench) {
	c := b.stocked("solar", 4, func(c *campaigns.Campaign) { c.Seller = "Acme Energía" })
	people := b.lease(c, 4)
	b.adopt(b.ruleSet("assigned", 1, assigned))
	attempt := func(p campaigns.Contact) *campaigns.Attempt {
		return campaigns.NewAttempt(c, p, "+34910000001", time.Now())
	}
	grant := func(id, holder string, from, until time.Time) {
		b.must(b.PutCallerRight(b.Context(), campaigns.CallerRight{
			ID: id, Number: "+34910000001", Holder: holder, Contract: "C-1", From: from, Until: until, By: "cora", At: time.Now(),
		}))
	}
	now := time.Now()
	b.refusal(c, attempt(people[0]), "test.assigned") // of nobody
	grant("over", "Acme Energía", now.Add(-2*time.Hour), now.Add(-time.Hour))
	b.refusal(c, attempt(people[1]), "test.assigned") // not any more
	grant("other", "Gas SA", now.Add(-time.Hour), time.Time{})
	r := b.refusal(c, attempt(people[2]), "test.assigned") // of another seller
	if !strings.Contains(r.Primary.Detail, "not assigned to the seller") {
		b.Errorf("refused as %q", r.Primary.Detail)
	}
	grant("ours", "acme Energía", now.Add(-time.Hour), time.Time{})
	grant("later", "Gas SA", now.Add(-time.Hour), time.Time{})
	b.must(b.Begin(b.Context(), c, attempt(people[3])))
	b.clean()
}

func callersAreOfTheCountry(b *bench) {
	c := b.stocked("solar", 2)
	people := b.lease(c, 2)
	b.adopt(b.ruleSet("national", 1, national))
	b.refusal(c, campaigns.NewAttempt(c, people[0], "+33162000100", time.Now()), "test.national")
	b.begin(c, people[1])
	b.clean()
}

func callsAreCountedByCallerID(b *bench) {
	c := b.stocked("solar", 2)
	began := time.Now().Add(-time.Minute)
	people := b.lease(c, 2)
	for i, outcome := range []campaigns.Outcome{campaigns.Busy, campaigns.Blocked} {
		a := campaigns.NewAttempt(c, people[i], "+34910000001", time.Now())
		b.must(b.Begin(b.Context(), c, a))
		a.Outcome, a.Attestation, a.EndedAt = outcome, "A", time.Now()
		b.must(b.Finish(b.Context(), *a))
	}
	health, err := b.CallerHealth(b.Context(), began)
	if err != nil || len(health) != 1 || health[0].Calls != 2 || health[0].Blocked != 1 || health[0].Attested["A"] != 2 || health[0].Answered != 0 {
		b.Errorf("%+v, %v", health, err)
	}
	b.clean()
}
