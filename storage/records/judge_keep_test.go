package records

import (
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// A hopper judges beside the writer. Settings may change between its look and
// the moment at which what it refused is kept: then nothing is kept, and above
// all the old settings are not taken for the new ones by any Begin that follows.
func TestSettingsThatChangeWhileAHopperJudgesBindTheNextCall(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 2)
	people := leaseAll(t, db, c)
	must(t, db.AddDoNotCall(ctx, campaigns.DoNotCall{Number: people[0].Phones[0].Number}))
	force := db.force.Load()
	d, err := db.Weigh(ctx, c, people[0], people[0].Phones[0].Number, false, time.Now())
	must(t, err)
	refused, worth := keptOf(people[0], people[0].Phones[0].Number, d)
	if !worth {
		t.Fatal("a number on the list is worth keeping")
	}

	closed := c
	closed.Windows = rules.Week{} // never open
	_, err = db.UpdateCampaign(ctx, closed, "tester")
	must(t, err)
	must(t, db.keepRefusals(ctx, c, force, []kept{refused})) // as Judge does, which read c before
	must(t, db.KeepRefusal(ctx, c, people[0], people[0].Phones[0].Number, d))

	for range db.Decisions(ctx, campaigns.DecisionFilter{}) {
		t.Error("a decision under the old settings is kept as one under the new")
	}
	var refusal *rules.Refusal
	err = db.Begin(ctx, c, campaigns.NewAttempt(c, people[1], "", time.Now()))
	if !errors.As(err, &refusal) || refusal.Primary.Rule != rules.Hours {
		t.Fatalf("a call outside the hours that the campaign has now: %v", err)
	}
}
