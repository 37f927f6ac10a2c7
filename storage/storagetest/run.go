package storagetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Run runs the whole suite. Open returns a fresh store, which the test closes
// in its cleanup.
func Run(t *testing.T, open func(*testing.T) Store) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"ledger", ledgerTests},
		{"rules", rulesTests},
		{"gate", gateTests},
		{"races", raceTests},
		{"contacts", contactTests},
		{"loads", loadTests},
		{"dispositions", dispositionTests},
		{"do not call", doNotCallTests},
		{"calls", callTests},
		{"settings", settingTests},
		{"kept", keptTests},
		{"scripts", scriptTests},
		{"talk", talkTests},
		{"office lists", officeListTests},
		{"office figures", officeFigureTests},
		{"office webhooks", officeWebhookTests},
		{"office people", officePeopleTests},
		{"spells", spellTests},
		{"trade", tradeTests},
		{"inbound", inboundTests},
		{"search", searchTests},
		{"desk", deskTests},
		{"caller IDs", callerIDTests},
		{"stops", stopTests},
		{"other phones", otherPhoneTests},
		{"rule requests", ruleRequestTests},
		{"rule reach", ruleReachTests},
		{"registers", registerTests},
		{"checks", checkTests},
		{"consents", consentTests},
		{"consents at the gate", consentGateTests},
		{"evidence", evidenceTests},
		{"abandonment", abandonTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, tt := range g.tests {
				t.Run(tt.name, func(t *testing.T) {
					t.Parallel()
					tt.run(&bench{T: t, Store: open(t)})
				})
			}
		})
	}
}

// test is one sentence about a store, and the code that asks it.
type test struct {
	name string
	run  func(*bench)
}

// bench is a store on the test bench, with short ways to what most tests need.
type bench struct {
	*testing.T
	Store

	contacts atomic.Int64 // numbers given out
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// campaign creates a running campaign that may call at any hour.
func (b *bench) campaign(name string, change ...func(*campaigns.Campaign)) campaigns.Campaign {
	b.Helper()
	c := campaigns.NewCampaign(name)
	c.Windows = rules.Always()
	c.Cooldown = 0
	for _, f := range change {
		f(&c)
	}
	c, err := b.CreateCampaign(b.Context(), c, "tester")
	b.must(err)
	c, err = b.SetStatus(b.Context(), c.ID, campaigns.Running, "tester")
	b.must(err)
	return c
}

// list creates an active list of a campaign.
func (b *bench) list(c campaigns.Campaign, name string, priority int) campaigns.List {
	b.Helper()
	l, err := b.CreateList(b.Context(), campaigns.List{Campaign: c.ID, Name: name, Priority: priority, Active: true})
	b.must(err)
	return l
}

// person is a contact with one phone.
func person(number string) campaigns.Contact {
	return campaigns.Contact{Name: "Ana", Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}}}
}

// number gives out a number that nobody else of the test has.
func (b *bench) number() string { return fmt.Sprintf("+346%08d", b.contacts.Add(1)) }

// people makes n contacts with numbers of their own.
func (b *bench) people(n int) []campaigns.Contact {
	out := make([]campaigns.Contact, n)
	for i := range out {
		out[i] = person(b.number())
		out[i].Row = i + 2
	}
	return out
}

// load adds contacts to a list in one load and returns what became of them.
func (b *bench) load(l campaigns.List, people []campaigns.Contact, policy campaigns.Duplicates) (int64, []campaigns.RowVerdict) {
	b.Helper()
	id, err := b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "test.csv", Policy: policy, By: "tester"})
	b.must(err)
	verdicts, err := b.AddContacts(b.Context(), id, people, policy)
	b.must(err)
	b.must(b.EndLoad(b.Context(), id, campaigns.LoadCounts{Rows: int64(len(people)), Added: int64(len(people))}, ""))
	return id, verdicts
}

// stocked is a campaign with n contacts on one list.
func (b *bench) stocked(name string, n int, change ...func(*campaigns.Campaign)) campaigns.Campaign {
	b.Helper()
	c := b.campaign(name, change...)
	b.load(b.list(c, "list", 0), b.people(n), campaigns.SkipDuplicates)
	return c
}

// lease takes exactly n contacts.
func (b *bench) lease(c campaigns.Campaign, n int) []campaigns.Contact {
	b.Helper()
	got, err := b.Lease(b.Context(), c.ID, time.Now(), n)
	b.must(err)
	if len(got) != n {
		b.Fatalf("leased %d contacts, want %d", len(got), n)
	}
	return got
}

// begin opens an attempt at a leased contact.
func (b *bench) begin(c campaigns.Campaign, p campaigns.Contact) *campaigns.Attempt {
	b.Helper()
	a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
	b.must(b.Begin(b.Context(), c, a))
	return a
}

// finish ends an attempt.
func (b *bench) finish(a *campaigns.Attempt, o campaigns.Outcome) {
	b.Helper()
	b.must(b.Finish(b.Context(), ended(*a, o)))
}

// ended fills an attempt as if it had been a call, a very short one: it must
// be over before the test goes on.
func ended(a campaigns.Attempt, o campaigns.Outcome) campaigns.Attempt {
	a.Outcome, a.Trunk, a.Code, a.EndedBy = o, "main", 200, "callee"
	a.SentAt = a.IntentAt.Add(time.Microsecond)
	a.RingingAt = a.SentAt.Add(2 * time.Microsecond)
	if o.Live() {
		a.AnsweredAt = a.RingingAt.Add(time.Microsecond)
	}
	a.EndedAt = a.RingingAt.Add(3 * time.Microsecond)
	return a
}

// call leases, begins and finishes one call.
func (b *bench) call(c campaigns.Campaign, o campaigns.Outcome) (*campaigns.Attempt, campaigns.Contact) {
	b.Helper()
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	b.finish(a, o)
	return a, p
}

// state asserts where a contact stands, and returns it.
func (b *bench) state(id int64, want campaigns.ContactState) campaigns.Contact {
	b.Helper()
	p, err := b.Contact(b.Context(), id)
	b.must(err)
	if p.State != want {
		b.Fatalf("contact %d is %s (next %s), want %s", id, p.State, p.NextAt, want)
	}
	return p
}

// depth reads where the contacts of a campaign stand.
func (b *bench) depth(c campaigns.Campaign) campaigns.Depth {
	b.Helper()
	d, err := b.Depth(b.Context(), c.ID, time.Now())
	b.must(err)
	return d
}

// clean asserts that the ledger breaks no law.
func (b *bench) clean() campaigns.Findings {
	b.Helper()
	f, err := b.Verify(b.Context(), time.Now())
	b.must(err)
	if !f.Clean() {
		b.Fatalf("the ledger is not clean: %+v", f.Broken)
	}
	return f
}

// all collects a stream of calls.
func (b *bench) all(f campaigns.CallFilter) []campaigns.Call {
	b.Helper()
	var out []campaigns.Call
	for c, err := range b.Calls(b.Context(), f) {
		b.must(err)
		out = append(out, c)
	}
	return out
}

// together runs f n times at once, from one starting gun.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	gun := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gun
			f(i)
		})
	}
	close(gun)
	wg.Wait()
}

func same[T comparable](b *bench, what string, got, want []T) {
	b.Helper()
	if !slices.Equal(got, want) {
		b.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
