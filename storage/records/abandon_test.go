package records

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

// history plays a random history of a house: campaigns of two sellers, which
// change, calls of every ending over hours, dispositions before and after
// the end of the call.
func history(t *testing.T, db *DB, rng *rand.Rand, calls int) []campaigns.Campaign {
	t.Helper()
	ctx := context.Background()
	var house []campaigns.Campaign
	for i := range 3 {
		c := campaigns.NewCampaign(fmt.Sprint("campaign ", i))
		c.Windows, c.Seller, c.Zone = rules.Always(), []string{"ACME", "Borg"}[i%2], "Europe/Madrid"
		c, err := db.CreateCampaign(ctx, c, "tester")
		if err != nil {
			t.Fatal(err)
		}
		house = append(house, c)
	}
	for i := range calls {
		time.Sleep(time.Duration(rng.Int64N(int64(5 * time.Minute))))
		k := rng.IntN(len(house))
		if rng.IntN(40) == 0 {
			house[k].Seller = []string{"ACME", "Borg", "Cyb"}[rng.IntN(3)]
			if _, err := db.UpdateCampaign(ctx, house[k], "tester"); err != nil {
				t.Fatal(err)
			}
		}
		one(t, db, rng, house[k], fmt.Sprintf("+346%08d", i))
	}
	return house
}

// one plays a manual call, which needs no contact.
func one(t *testing.T, db *DB, rng *rand.Rand, c campaigns.Campaign, number string) {
	t.Helper()
	ctx := context.Background()
	p := campaigns.Contact{Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}}}
	a := campaigns.NewAttempt(c, p, "", time.Now())
	a.Manual, a.Reserved = true, rng.IntN(3) == 0
	a.Jurisdictions = [][]string{nil, {"ES", "ES-CT"}, {"US", "US-FL"}, {"ES", "FR"}}[rng.IntN(4)]
	if err := db.Begin(ctx, c, a); err != nil {
		t.Fatal(err)
	}
	outcomes := append(campaigns.Endings(), campaigns.NoAnswer, campaigns.Connected, campaigns.Lost)
	a.Outcome = outcomes[rng.IntN(len(outcomes))]
	at := func(most int) time.Time {
		if rng.IntN(3) == 0 {
			return time.Time{}
		}
		return a.IntentAt.Add(time.Duration(rng.IntN(most)) * time.Millisecond)
	}
	if a.Outcome.Live() {
		a.AnsweredAt = a.IntentAt.Add(time.Second)
		a.GreetingStart, a.GreetingEnd, a.BridgedAt, a.MessageAt = at(2000), at(3000), at(5000), at(5000)
	}
	time.Sleep(5 * time.Second)
	a.EndedAt = a.IntentAt.Add(time.Duration(rng.IntN(5000)) * time.Millisecond)
	dispose := func() {
		if _, err := db.Dispose(ctx, campaigns.Disposition{Attempt: a.ID, Key: "k", Code: []string{"machine", "no_decision"}[rng.IntN(2)]}); err != nil {
			t.Fatal(err)
		}
	}
	early := rng.IntN(3) == 0
	if early {
		dispose()
	}
	if err := db.Finish(ctx, *a); err != nil {
		t.Fatal(err)
	}
	if !early && rng.IntN(2) == 0 {
		dispose()
	}
}

func TestWhatIsKeptIsWhatTheCallsSayOverARandomHistory(t *testing.T) {
	seeds, calls := uint64(3), 100
	if testing.Short() { // as under the race detector
		seeds, calls = 1, 40
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 7))
				db, err := Open(context.Background(), Settings{Engine: sqlite.At(filepath.Join(t.TempDir(), "forecall.db"))})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				began := time.Now()
				house := history(t, db, rng, calls)
				compareAbandonment(t, db, rng, house, began)
			})
		})
	}
}

// compareAbandonment asks counters and calls the same of random scopes and times.
func compareAbandonment(t *testing.T, db *DB, rng *rand.Rand, house []campaigns.Campaign, began time.Time) {
	t.Helper()
	ctx := context.Background()
	scopes := []campaigns.AbandonScope{{}, {BySeller: true, Seller: "ACME", Purpose: "sales"}, {Campaign: house[0].ID}, {Campaign: house[1].ID, Countries: []string{"US"}}, {Countries: []string{"FR", "ES"}}}
	total := int64(0)
	for i := range 60 {
		span := time.Since(began)
		from := began.Add(time.Duration(rng.Int64N(int64(span))))
		to := from.Add(time.Duration(rng.Int64N(int64(span))))
		if i%4 == 0 {
			from, to = abandonment.ThirtyDays.At(began, began, time.UTC).From, time.Now()
		}
		s, start := scopes[i%len(scopes)], abandonment.Starts()[i%3]
		kept, err := db.AbandonCounts(ctx, s, start, from, to)
		if err != nil {
			t.Fatal(err)
		}
		again, err := db.RecountAbandonment(ctx, s, start, abandonment.Limit, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if d := kept.Differ(again.Counts); d != nil {
			t.Fatalf("%+v from %s, %s to %s: %+v", s, start, from, to, d)
		}
		total += kept.Answered()
	}
	if total == 0 {
		t.Fatal("nothing was counted")
	}
}

func TestAStoreThatIsOlderThanItsCountersIsCountedWhenItIsOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := filepath.Join(t.TempDir(), "forecall.db")
		db, err := Open(ctx, Settings{Engine: sqlite.At(path)})
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(4, 7))
		began := time.Now()
		house := history(t, db, rng, 60)
		want, err := db.AbandonCounts(ctx, campaigns.AbandonScope{}, abandonment.FromGreetingEnd, began.Add(-time.Hour), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		err = db.do(ctx, func(t *tx) error { // as the release before left it
			for _, q := range []string{`DELETE FROM abandon_state`, `DELETE FROM abandon_counts`, `INSERT INTO abandon_counts SELECT 99, 1, id, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5 FROM abandon_groups LIMIT 1`} {
				if _, err := t.exec(q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = Open(ctx, Settings{Engine: sqlite.At(path)}); err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		got, err := db.AbandonCounts(ctx, campaigns.AbandonScope{}, abandonment.FromGreetingEnd, began.Add(-time.Hour), time.Now())
		if err != nil || got != want || got.Empty() {
			t.Fatalf("%+v, want %+v (%v)", got, want, err)
		}
		compareAbandonment(t, db, rng, house, began)
	})
}

const hardRates = `ruleset: {id: test-hard, title: Hard, version: 1, reviewed_on: 2026-11-21, reviewed_by: ""}
applies_when: {called_country: [ES]}
rules:
  - {id: t.rate, type: rate, max: 0.03, act: hard, window: {rolling: 24h, and: calendar_day}, start: connected, within: 2s, cite: "a test"}
  - {id: t.month, type: rate, max: 0.05, window: {calendar: month}, group: seller_purpose, formula: ca, cite: "a test"}
`

func TestARateRuleOfTheBookIsCountedAndLetsOnlyReservedCallsThroughWhenItIsSpent(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	set, err := rules.ParseSet([]byte(hardRates))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Adopt(ctx, []*rules.Set{set}, campaigns.Adoption{By: "carla"}); err != nil {
		t.Fatal(err)
	}
	c := campaigns.NewCampaign("c")
	c.Windows, c.Seller, c.CallerIDs = rules.Always(), "ACME", nil
	if c, err = db.CreateCampaign(ctx, c, "tester"); err != nil {
		t.Fatal(err)
	}
	place := func(number string, reserved bool) error {
		p := campaigns.Contact{Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}}}
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Manual, a.Reserved = true, reserved
		if err := db.Begin(ctx, c, a); err != nil {
			return err
		}
		a.Outcome, a.AnsweredAt, a.EndedAt = campaigns.AbandonedSilent, a.IntentAt, a.IntentAt
		return db.Finish(ctx, *a)
	}
	if err := place("+34612000001", true); err != nil {
		t.Fatal(err)
	}
	all, err := db.Standings(ctx, c.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, st := range all {
		got = append(got, fmt.Sprintf("%s %s %s %d of %d left %d", st.Rule.ID, st.Rule.Window.Unit, st.Rule.Group, int(st.Rate.Above), int(st.Rate.Below), st.Budget))
	}
	want := []string{
		"campaign.cap blocks campaign 1 of 1 left -1", "t.rate rolling campaign 1 of 1 left -1",
		"t.rate.day day campaign 1 of 1 left -1", "t.month month seller_purpose 1 of 1 left -1",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	db.rates = rateMemory{} // it is a second old at most
	var refusal *rules.Refusal
	if err := place("+34612000002", false); !errors.As(err, &refusal) || refusal.Primary.Rule != "t.rate" {
		t.Fatalf("placed ahead of agents: %v", err)
	}
	if err := place("+34612000003", true); err != nil {
		t.Fatalf("with an agent kept for it: %v", err)
	}
}
