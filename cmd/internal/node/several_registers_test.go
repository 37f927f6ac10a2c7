package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

const askRegisters = "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
	"  - {id: house.register, type: list, list: us-national, max_age: 31d, cite: \"a law\", status: verified}\n"

// adopt puts rules in force at a node.
func (r *resident) adopt(t *testing.T, source string) {
	t.Helper()
	set, err := rules.ParseSet([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.node.db.Adopt(within(t), []*rules.Set{set}, campaigns.Adoption{By: "cora", ApprovedBy: "dora", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
}

// register loads a full list of numbers at the node that leads.
func (o *town) register(t *testing.T, numbers ...string) {
	t.Helper()
	l := o.leader().node.lead.Load()
	cora := campaigns.User{Login: "cora", Role: campaigns.Compliance}
	draft, err := l.registry.Prepare(within(t), cora, national(numbers...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.registry.Confirm(within(t), cora, draft, "test"); err != nil {
		t.Fatal(err)
	}
}

// call has a node begin a call to a number of the campaign; the row is closed.
func (r *resident) call(t *testing.T, number string) error {
	t.Helper()
	db := r.node.db
	c, err := db.CampaignByName(within(t), campaignName)
	if err != nil {
		t.Fatal(err)
	}
	fence, err := db.TakeCampaign(within(t), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	leased, err := db.Lease(within(t), c.ID, time.Now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(leased, func(p campaigns.Contact) bool { return p.Phones[0].Number == number })
	if i < 0 {
		t.Fatalf("%s is not among %d people", number, len(leased))
	}
	a := campaigns.NewAttempt(c, leased[i], "", time.Now())
	a.Fence = fence
	if err := db.Begin(within(t), c, a); err != nil {
		return err
	}
	a.Outcome, a.EndedAt = campaigns.Cancelled, time.Now()
	if err := db.Finish(within(t), *a); err != nil {
		t.Fatal(err)
	}
	return nil
}

// people loads numbers into the campaign, which does not run.
func (o *town) people(t *testing.T, numbers ...string) {
	t.Helper()
	db := o.nodes[0].node.db
	c, err := db.CampaignByName(within(t), campaignName)
	if err != nil {
		t.Fatal(err)
	}
	l, err := db.CreateList(within(t), campaigns.List{Campaign: c.ID, Name: "test", Active: true, CreatedAt: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]campaigns.Contact, len(numbers))
	for i, number := range numbers {
		batch[i] = campaigns.Contact{Row: i + 2, Name: number, Phones: []campaigns.Phone{{Number: number, Region: "US", Zones: []string{"America/New_York"}}}}
	}
	load, err := db.BeginLoad(within(t), campaigns.Load{List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates})
	if err == nil {
		_, err = db.AddContacts(within(t), load, batch, campaigns.SkipDuplicates)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// refusedBy tells whether an error is the refusal of a rule, and what it says.
func refusedBy(err error, rule rules.ID) (detail string, ok bool) {
	var r *rules.Refusal
	if !errors.As(err, &r) || r.Primary.Rule != rule {
		return "", false
	}
	return r.Primary.Detail, true
}

// TestARegisterThatWasLoadedAtOneNodeIsAskedByAll: at once, by a node that joins
// later, and by the others when the node that loaded it is gone.
func TestARegisterThatWasLoadedAtOneNodeIsAskedByAll(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTown(t, far.addr(), 3)
	numbers := make([]string, 12)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	first := o.leader()
	others := without(o.nodes, first)
	o.people(t, numbers...)
	first.adopt(t, askRegisters)
	for i, r := range o.nodes { // nobody has loaded it
		if _, ok := refusedBy(r.call(t, numbers[i]), "house.register"); !ok {
			t.Errorf("%s calls without the register", r.name)
		}
	}
	o.register(t, numbers[3], numbers[4])
	for i, r := range others { // the acknowledgement is there: no waiting
		if detail, ok := refusedBy(r.call(t, numbers[3+i]), "house.register"); !ok || !strings.Contains(detail, "is on the register") {
			t.Errorf("%s: a number that is on the register: %q", r.name, detail)
		}
	}
	if err := others[0].call(t, numbers[5]); err != nil {
		t.Errorf("a number that is not: %v", err)
	}
	late := o.open(t, len(o.nodes), func(int, *Settings) {})
	eventually(t, "the register comes to a node that joins", func() bool {
		v, ok := late.node.shelf.Version("us-national")
		return ok && v.Version == 1
	})
	first.end(t)
	eventually(t, "another leads", func() bool { return o.leader() != nil && o.leader() != first })
	for i, r := range []*resident{late, others[0], others[1]} {
		if err := r.call(t, numbers[6+i]); err != nil {
			t.Errorf("%s, after the node is gone that had loaded it: %v", r.name, err)
		}
	}
	o.register(t, numbers[9]) // made from what the new one took
	if _, ok := refusedBy(late.call(t, numbers[9]), "house.register"); !ok {
		t.Error("a number of the next version is called")
	}
}

// TestANodeWithoutTheRegisterInForcePlacesNothing: what it says is on its way.
func TestANodeWithoutTheRegisterInForcePlacesNothing(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTown(t, far.addr(), 2)
	o.leader().adopt(t, askRegisters)
	follower := without(o.nodes, o.leader())[0]
	// A version that the ledger has and no shelf.
	v := campaigns.RegisterVersion{List: "us-national", Version: 1, Kind: campaigns.RegisterFull, AccessedAt: time.Now(), LoadedAt: time.Now(), SHA256: strings.Repeat("a", 64), By: "cora"}
	if err := o.leader().node.db.AddRegisterVersion(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	eventually(t, "placing waits for it", func() bool { return strings.Contains(follower.node.several.registers.waiting(), "us-national") })
	if lines, why := (waitingTrunk{follower.node.trunks, follower.node.several.registers.waiting}).Room(nil); lines != 0 || why == "" {
		t.Errorf("room for %d calls, %q", lines, why)
	}
}

func without(all []*resident, one *resident) (rest []*resident) {
	for _, r := range all {
		if r != one {
			rest = append(rest, r)
		}
	}
	return rest
}
