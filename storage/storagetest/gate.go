package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var gateTests = []test{
	{"rules bind the very next call when they are adopted, and no call after they are dropped", gateAdopts},
	{"rules that do not go together are not adopted", gateRefusesRules},
	{"of a hundred at once one gets the last allowed call to a number, over two campaigns", gateLastCall},
	{"a register that is not loaded, or too old, lets nobody be called, and ends no contact", gateRegister},
	{"a refusal in conversation keeps the person's other number silent too", gateOtherNumber},
	{"every decision is kept, refusals once, and all come out the same again", gateDecisions},
	{"the judge of the hopper says what the gate will say", gateJudge},
	{"a list is known to be barred before anybody is called", gateForesees},
	{"a transfer to an outside number is bound by the do-not-call list and by stops, and by no hours", gateSide},
	{"contacts are put back each until its own time, or done", gatePutBack},
}

// ruleSet reads rules, as lines of a list, into a set of their own.
func (b *bench) ruleSet(id string, version int, lines string) *rules.Set {
	b.Helper()
	set, err := rules.ParseSet(fmt.Appendf(nil, "ruleset: {id: %s, version: %d, reviewed_on: 2026-11-21}\nrules:\n%s", id, version, lines))
	b.must(err)
	return set
}

func (b *bench) adopt(sets ...*rules.Set) []campaigns.Adoption {
	b.Helper()
	out, err := b.Adopt(b.Context(), sets, campaigns.Adoption{By: "clara", Reason: "test"})
	b.must(err)
	return out
}

func gateAdopts(b *bench) {
	c := b.stocked("c", 3)
	people := b.lease(c, 3)
	b.begin(c, people[0])
	set := b.ruleSet("house", 1, cap1)
	if got := b.adopt(set); len(got) != 1 || got[0].Set != "house" || got[0].Seq == 0 || got[0].At.IsZero() {
		b.Fatalf("adopted %+v", got)
	}
	if got := b.adopt(set); len(got) != 0 {
		b.Fatalf("adopted twice: %+v", got)
	}
	b.adopt(b.ruleSet("house", 2, consent))
	r := b.refusal(c, campaigns.NewAttempt(c, people[1], "", time.Now()), "test.consent")
	if r.Primary.Cite != "a law" || r.Primary.Set != "house@2" {
		b.Fatalf("%+v", r.Primary)
	}
	p := b.state(people[1].ID, campaigns.ContactWaiting) // a consent may come
	if wait := time.Until(p.NextAt); wait <= 0 || wait > campaigns.FixWait {
		b.Fatalf("judged again in %s", wait)
	}
	now, err := b.Adopted(b.Context())
	b.must(err)
	if len(now) != 1 || now[0].Version != 2 {
		b.Fatalf("in force %+v", now)
	}
	_, err = b.Drop(b.Context(), campaigns.Adoption{Set: "house", By: "clara"})
	b.must(err)
	b.begin(c, people[2])
	if _, err := b.Drop(b.Context(), campaigns.Adoption{Set: "house", By: "clara"}); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("dropped twice: %v", err)
	}
	history, err := b.Adoptions(b.Context())
	b.must(err)
	if len(history) != 3 || !history[2].Dropped || history[1].SHA256.String() == history[0].SHA256.String() {
		b.Fatalf("history %+v", history)
	}
	old, err := b.RuleSet(b.Context(), history[0].SHA256)
	if err != nil || old.Name() != "house@1" {
		b.Fatalf("%v, %v", old, err)
	}
	b.clean()
}

// The rules of these tests.
const (
	cap1     = `  - {id: test.cap, type: cap, max: 3, per: 24h, key: [called_number], cite: "a law"}`
	consent  = `  - {id: test.consent, type: consent, level: express, cite: "a law"}`
	register = `  - {id: test.list, type: list, list: the-list, max_age: 31d, cite: "a law"}`
	refused  = `  - {id: test.refused, type: cooldown, after: refused, for: 60d, key: [person], cite: "a law"}`
)

func gateRefusesRules(b *bench) {
	one, two := b.ruleSet("one", 1, cap1), b.ruleSet("two", 1, cap1)
	if _, err := b.Adopt(b.Context(), []*rules.Set{one, two}, campaigns.Adoption{By: "clara"}); err == nil || !strings.Contains(err.Error(), "test.cap") {
		b.Fatalf("a rule stands in force twice: %v", err)
	}
	if now, err := b.Adopted(b.Context()); err != nil || len(now) != 0 {
		b.Fatalf("half of it is in force: %+v, %v", now, err)
	}
	b.adopt(one)
	if got := b.Book().Sets(); len(got) != 1 || got[0].ID != "one" {
		b.Fatalf("in force %v", got)
	}
	b.clean()
}

func gateLastCall(b *bench) {
	const each = 50
	num := b.number()
	var all []campaigns.Campaign
	var people [][]campaigns.Contact
	for _, name := range []string{"one", "two"} {
		c := b.campaign(name, func(c *campaigns.Campaign) { c.MaxAttempts = 100 })
		same := make([]campaigns.Contact, each)
		for i := range same {
			same[i] = person(num)
		}
		b.load(b.list(c, "l", 0), same, campaigns.AllowDuplicates)
		all, people = append(all, c), append(people, b.lease(c, each))
	}
	b.adopt(b.ruleSet("house", 1, cap1))
	for i := range 2 { // of three that are allowed
		b.finish(b.begin(all[i], people[i][each-1]), campaigns.NoAnswer)
	}
	var won, capped, live atomic.Int64
	together(2*(each-1), func(i int) {
		c, p := all[i%2], people[i%2][i/2]
		a := campaigns.NewAttempt(c, p, "", time.Now())
		err := b.Begin(b.Context(), c, a)
		var r *rules.Refusal
		switch {
		case err == nil:
			won.Add(1)
			if err := b.Finish(b.Context(), ended(*a, campaigns.NoAnswer)); err != nil {
				b.Error(err)
			}
		case errors.As(err, &r) && r.Primary.Rule == "test.cap":
			capped.Add(1)
		case errors.As(err, &r) && r.Primary.Rule == rules.Live:
			live.Add(1)
		default:
			b.Error(err)
		}
	})
	if won.Load() != 1 || capped.Load()+live.Load() != 2*(each-1)-1 {
		b.Fatalf("%d won, %d refused by the cap, %d while the number was in the call", won.Load(), capped.Load(), live.Load())
	}
	b.clean()
}

// fakeRegister is a register whose version tests choose.
type fakeRegister struct {
	mu sync.Mutex
	is rules.Listed
}

func (f *fakeRegister) Look(list string, number uint64) rules.Listed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if list != "the-list" || number == 0 {
		return rules.Listed{}
	}
	return f.is
}

func (f *fakeRegister) set(is rules.Listed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.is = is
}

func gateRegister(b *bench) {
	c := b.stocked("c", 4)
	people := b.lease(c, 4)
	b.adopt(b.ruleSet("house", 1, register))
	closed := func(p campaigns.Contact, reason string) {
		b.Helper()
		r := b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), "test.list")
		if r.Primary.Reason != reason {
			b.Fatalf("refused as %s, want %s", r.Primary.Reason, reason)
		}
		back := b.state(p.ID, campaigns.ContactWaiting)
		if wait := time.Until(back.NextAt); wait <= 0 || wait > campaigns.FixWait {
			b.Fatalf("judged again in %s", wait)
		}
	}
	closed(people[0], "not_loaded") // nobody handed registers over
	shelf := &fakeRegister{}
	b.SetRegisters(shelf)
	closed(people[1], "not_loaded")
	shelf.set(rules.Listed{Loaded: true, AccessedAt: time.Now().Add(-31*24*time.Hour - time.Second)})
	closed(people[2], "stale")
	shelf.set(rules.Listed{Loaded: true, AccessedAt: time.Now().Add(-31*24*time.Hour + time.Hour), Version: "7"})
	a := b.begin(c, people[3])
	for _, call := range b.all(campaigns.CallFilter{Number: a.Number, Checks: true}) {
		if len(call.Checks) != 2 || call.Checks[0].List != campaigns.InternalList || call.Checks[1].List != "the-list" || call.Checks[1].Version != "7" ||
			call.Checks[1].Listed || call.Checks[1].AccessedAt.IsZero() {
			b.Fatalf("the call log says of the lists %+v", call.Checks)
		}
	}
	b.begin(c, b.leaseAt(c, time.Now().Add(campaigns.FixWait+time.Minute))) // it came back by itself
	shelf.set(rules.Listed{Loaded: true, Listed: true, AccessedAt: time.Now()})
	p := b.leaseAt(c, time.Now().Add(campaigns.FixWait+time.Minute))
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), "test.list")
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

func gateOtherNumber(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	first, second := b.number(), b.number()
	b.load(b.list(one, "l", 0), []campaigns.Contact{person(first)}, campaigns.SkipDuplicates)
	both := person(second)
	both.Phones = append(both.Phones, person(first).Phones...)
	b.load(b.list(two, "l", 0), []campaigns.Contact{both}, campaigns.SkipDuplicates)
	a := b.begin(one, b.lease(one, 1)[0])
	b.finish(a, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 1, Code: "not_interested", At: time.Now()})
	b.must(err)
	b.adopt(b.ruleSet("house", 1, refused))
	r := b.refusal(two, campaigns.NewAttempt(two, b.lease(two, 1)[0], "", time.Now()), "test.refused")
	if days := time.Until(r.Primary.Next).Hours() / 24; days < 59 || days > 62 {
		b.Fatalf("silent for %.1f days", days)
	}
	b.clean()
}

func gateDecisions(b *bench) {
	c := b.stocked("c", 4)
	people := b.lease(c, 4)
	a := b.begin(c, people[0])
	b.adopt(b.ruleSet("house", 1, cap1+"\n"+consent))
	for range 3 { // refused again and again: one record, three refusals
		b.refusal(c, campaigns.NewAttempt(c, people[1], "", time.Now()), "test.consent")
		b.leaseAt(c, time.Now().Add(campaigns.FixWait))
	}
	_, err := b.Drop(b.Context(), campaigns.Adoption{Set: "house", By: "clara"})
	b.must(err)
	last := b.begin(c, people[2])
	var got []campaigns.DecisionRecord
	for d, err := range b.Decisions(b.Context(), campaigns.DecisionFilter{Campaign: c.ID}) {
		b.must(err)
		got = append(got, d)
	}
	if len(got) != 3 || got[0].ID != a.ID || got[1].ID != last.ID || got[2].Rule != "test.consent" || got[2].Attempt != 0 {
		b.Fatalf("decisions %+v", got)
	}
	if got[2].Number != people[1].Phones[0].Number || got[0].Number != a.Number {
		b.Fatalf("numbers %s and %s", got[2].Number, got[0].Number)
	}
	call, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if call.Decision.String() != got[0].Digest().String() || call.Ruleset.String() != got[0].Book.String() || !slices.Equal(call.Jurisdictions, []string{"ES"}) {
		b.Fatalf("the attempt says %s by %s in %v", call.Decision, call.Ruleset, call.Jurisdictions)
	}
	one, err := b.Decision(b.Context(), got[2].ID)
	if err != nil || one.Rule != "test.consent" {
		b.Fatalf("%+v, %v", one, err)
	}
	counts, err := b.Refusals(b.Context(), c.ID, time.Now().Add(-time.Hour), time.Time{})
	b.must(err)
	if len(counts) != 1 || counts[0].Rule != "test.consent" || counts[0].N != 3 {
		b.Fatalf("counts %+v", counts)
	}
	replay, err := campaigns.NewReplays(b, "2026a").Run(b.Context(), campaigns.User{Role: campaigns.Compliance}, campaigns.DecisionFilter{}, nil)
	b.must(err)
	if !replay.Same() || replay.Decisions != 3 || replay.Allowed != 2 {
		b.Fatalf("replay %+v", replay)
	}
	b.clean()
}

func gateJudge(b *bench) {
	c := b.stocked("c", 4)
	people := b.lease(c, 4)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: people[0].Phones[0].Number, By: "eva"}))
	b.finish(b.begin(c, people[1]), campaigns.NoAnswer)
	b.adopt(b.ruleSet("house", 1, strings.ReplaceAll(cap1, "max: 3", "max: 1")))
	people[1].State = campaigns.ContactLeased
	got, err := b.Judge(b.Context(), c.ID, people[:3], time.Now())
	b.must(err)
	if got[0].Allowed || got[0].Rule != string(rules.DNC) || !got[0].Until.IsZero() {
		b.Fatalf("on the list: %+v", got[0])
	}
	if wait := time.Until(got[1].Until); got[1].Allowed || got[1].Rule != "test.cap" || wait < 23*time.Hour || wait > 24*time.Hour {
		b.Fatalf("called once: %+v", got[1])
	}
	if !got[2].Allowed || got[2].Reserved {
		b.Fatalf("callable: %+v", got[2])
	}
	_, err = b.Judge(b.Context(), c.ID, people[:3], time.Now()) // the same again is the same refusal
	b.must(err)
	counts, err := b.Refusals(b.Context(), c.ID, time.Now().Add(-time.Hour), time.Time{})
	b.must(err)
	if len(counts) != 2 || counts[0].N != 1 || counts[1].N != 1 {
		b.Fatalf("what the hopper refuses is counted %+v", counts)
	}
	d, err := b.Weigh(b.Context(), c, people[1], people[1].Phones[0].Number, false, time.Now())
	b.must(err)
	if first, refused := d.Primary(); !refused || first.Rule != "test.cap" || first.Used != 1 || first.Max != 1 {
		b.Fatalf("explained as %+v", first)
	}
	b.must(b.KeepRefusal(b.Context(), c, people[1], people[1].Phones[0].Number, d))
	for kept, err := range b.Decisions(b.Context(), campaigns.DecisionFilter{Number: people[1].Phones[0].Number}) {
		b.must(err)
		if kept.Attempt == 0 && (kept.Rule != "test.cap" || kept.Contact != people[1].ID) {
			b.Fatalf("kept %+v", kept)
		}
	}
	replay, err := campaigns.NewReplays(b, "2026a").Run(b.Context(), campaigns.User{Role: campaigns.Compliance}, campaigns.DecisionFilter{}, nil)
	b.must(err)
	if !replay.Same() || replay.Decisions != 3 {
		b.Fatalf("replay %+v", replay)
	}
	b.clean()
}

func gateForesees(b *bench) {
	c := b.campaign("c")
	people := b.people(3)
	nowhere := person("+88312345678")
	nowhere.Phones[0].Zones = nil
	people = append(people, nowhere)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: people[1].Phones[0].Number, By: "eva"}))
	bars, err := b.Foresee(b.Context(), c.ID, people)
	b.must(err)
	var count campaigns.Bars
	for _, bar := range bars {
		count.Add(bar)
	}
	if got := count.String(); got != "2 of 4 not dialable: 1 dnc.internal, 1 zone.known" {
		b.Fatal(got)
	}
	b.adopt(b.ruleSet("house", 1, register))
	shelf := &fakeRegister{}
	shelf.set(rules.Listed{Loaded: true, Listed: true, AccessedAt: time.Now()})
	b.SetRegisters(shelf)
	bars, err = b.Foresee(b.Context(), c.ID, people[:1])
	b.must(err)
	if bars[0].Rule != "test.list" || bars[0].Cite != "a law" || bars[0].Detail == "" {
		b.Fatalf("%+v", bars[0])
	}
}

func gatePutBack(b *bench) {
	c := b.stocked("c", 4)
	people := b.lease(c, 4)
	soon, late := time.Now().Add(time.Hour).Truncate(time.Microsecond), time.Now().Add(24*time.Hour).Truncate(time.Microsecond)
	b.must(b.Release(b.Context(), []int64{people[3].ID}))
	b.must(b.PutBack(b.Context(), []campaigns.Back{
		{Contact: people[0].ID, Until: soon}, {Contact: people[1].ID, Until: late}, {Contact: people[2].ID}, {Contact: people[3].ID, Until: late},
	}))
	if p := b.state(people[0].ID, campaigns.ContactWaiting); !p.NextAt.Equal(soon) {
		b.Fatalf("until %s", p.NextAt)
	}
	if p := b.state(people[1].ID, campaigns.ContactWaiting); !p.NextAt.Equal(late) {
		b.Fatalf("until %s", p.NextAt)
	}
	if p := b.state(people[2].ID, campaigns.ContactDone); p.Last != campaigns.Refused {
		b.Fatalf("ended with %q", p.Last)
	}
	b.state(people[3].ID, campaigns.ContactReady) // its lease was over
	if d := b.depth(c); d.Waiting != 2 || d.Done != 1 || d.Ready != 1 || d.Leased != 0 {
		b.Fatalf("depth %+v", d)
	}
	b.clean()
}

func gateSide(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	b.adopt(b.ruleSet("house", 1, consent+"\n"+register))
	side := func(id, number string) error {
		return b.BeginSide(b.Context(), &campaigns.SideLeg{ID: id, Attempt: a.ID, Campaign: c.ID, Agent: 1, Number: number, CallerID: "+34910000000"})
	}
	b.must(side("one", "+34911000001")) // no consent, and no register is loaded
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: "+34911000002", By: "eva"}))
	if err := side("two", "+34911000002"); !errors.Is(err, campaigns.ErrListed) {
		b.Fatalf("a number on the list: %v", err)
	}
	stop, err := b.ThrowStop(b.Context(), campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "ES", Reason: "court", By: "clara"})
	b.must(err)
	if err := side("three", "+34911000003"); !errors.Is(err, campaigns.ErrStopped) {
		b.Fatalf("while Spain is stopped: %v", err)
	}
	b.must(side("four", "+33123456789"))
	b.must(b.LiftStop(b.Context(), stop.ID, "clara", "over"))
	b.must(side("three", "+34911000003"))
}
