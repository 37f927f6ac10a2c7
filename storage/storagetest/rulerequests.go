package storagetest

import (
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var ruleRequestTests = []test{
	{"what loosens the rules waits until it is approved, and is in force then", approvesRules},
	{"a request that was asked for over other rules is not approved", refusesStaleRequests},
}

// window is a document of one rule: when people may be called.
func window(b *bench, version int, hours string) *rules.Set {
	b.Helper()
	set, err := rules.ParseSet(fmt.Appendf(nil, `
ruleset: {id: house, title: House, version: %d, reviewed_on: 2026-11-21}
rules:
  - {id: house.hours, type: window, zones: all_candidates, weekly: {mon-sun: ["%s"]}, cite: "our own", status: verified}
`, version, hours))
	b.must(err)
	return set
}

func sum(b *bench, set *rules.Set) (h campaigns.Hash) {
	b.Helper()
	b.must(h.UnmarshalText([]byte(set.SHA256)))
	return h
}

func approvesRules(b *bench) {
	narrow, wide := window(b, 1, "09:00-20:00"), window(b, 2, "08:00-21:00")
	_, err := b.AdoptOver(b.Context(), narrow, nil, campaigns.Adoption{By: "cora", Reason: "first"})
	b.must(err)
	r, err := b.RequestRules(b.Context(), campaigns.RuleRequest{
		Set: "house", Version: 2, SHA256: sum(b, wide), Base: sum(b, narrow), Source: wide.Source, Changes: rules.Looser(narrow, wide), Reason: "summer", By: "cora",
	})
	b.must(err)
	waiting, err := b.RuleRequests(b.Context(), true, 0)
	if err != nil || len(waiting) != 1 || waiting[0].ID != r.ID || waiting[0].State != campaigns.RequestWaiting || len(waiting[0].Changes) == 0 {
		b.Fatalf("waiting %+v, %v", waiting, err)
	}
	a, err := b.ApproveRules(b.Context(), r.ID, "ann", "yes")
	if err != nil || a.ApprovedBy != "ann" || a.By != "cora" || a.Version != 2 {
		b.Errorf("adoption %+v, %v", a, err)
	}
	if _, err := b.ApproveRules(b.Context(), r.ID, "ann", "again"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Errorf("approved twice: %v", err)
	}
	now, err := b.Adopted(b.Context())
	if err != nil || len(now) != 1 || now[0].Version != 2 {
		b.Errorf("in force %+v, %v", now, err)
	}
	drop, err := b.RequestRules(b.Context(), campaigns.RuleRequest{Set: "house", Base: sum(b, wide), Reason: "no more", By: "ann"})
	b.must(err)
	if a, err = b.ApproveRules(b.Context(), drop.ID, "cora", ""); err != nil || !a.Dropped {
		b.Errorf("drop %+v, %v", a, err)
	}
	if now, err = b.Adopted(b.Context()); err != nil || len(now) != 0 {
		b.Errorf("in force %+v, %v", now, err)
	}
	b.clean()
}

func refusesStaleRequests(b *bench) {
	one, two, three := window(b, 1, "09:00-20:00"), window(b, 2, "08:00-21:00"), window(b, 3, "10:00-18:00")
	_, err := b.AdoptOver(b.Context(), one, nil, campaigns.Adoption{By: "cora", Reason: "first"})
	b.must(err)
	r, err := b.RequestRules(b.Context(), campaigns.RuleRequest{
		Set: "house", Version: 2, SHA256: sum(b, two), Base: sum(b, one), Source: two.Source, Reason: "summer", By: "cora",
	})
	b.must(err)
	if _, err := b.AdoptOver(b.Context(), three, nil, campaigns.Adoption{By: "cora"}); !errors.Is(err, campaigns.ErrRulesChanged) {
		b.Errorf("adopted over nothing, where something is: %v", err)
	}
	_, err = b.AdoptOver(b.Context(), three, sum(b, one), campaigns.Adoption{By: "cora", Reason: "winter"})
	b.must(err)
	if _, err := b.ApproveRules(b.Context(), r.ID, "ann", ""); !errors.Is(err, campaigns.ErrRulesChanged) {
		b.Errorf("approved over other rules: %v", err)
	}
	now, err := b.Adopted(b.Context())
	if err != nil || len(now) != 1 || now[0].Version != 3 {
		b.Errorf("in force %+v, %v", now, err)
	}
	b.must(b.EndRuleRequest(b.Context(), r.ID, campaigns.RequestRefused, "ann", "too late"))
	all, err := b.RuleRequests(b.Context(), false, 10)
	if err != nil || len(all) != 1 || all[0].State != campaigns.RequestRefused || all[0].Word != "too late" {
		b.Errorf("all %+v, %v", all, err)
	}
	b.clean()
}
