package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/storagetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nodes opens one database n times, as n processes do.
func nodes(t testing.TB, n int) []*records.DB {
	t.Helper()
	address := database(t)
	out := make([]*records.DB, n)
	for i := range out {
		out[i] = open(t, address)
	}
	return out
}

// stocked makes a campaign with n contacts that may be called at any hour.
func stocked(t testing.TB, db *records.DB, n int) campaigns.Campaign {
	t.Helper()
	return named(t, db, "c", n)
}

// named is stocked for a campaign of another name.
func named(t testing.TB, db *records.DB, name string, n int) campaigns.Campaign {
	t.Helper()
	c := campaigns.NewCampaign(name)
	c.Windows, c.Cooldown = rules.Always(), 0
	c, err := db.CreateCampaign(t.Context(), c, "tester")
	must(t, err)
	c, err = db.SetStatus(t.Context(), c.ID, campaigns.Running, "tester")
	must(t, err)
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	people := make([]campaigns.Contact, n)
	for i := range people {
		people[i] = campaigns.Contact{Row: i + 2, Name: "Ana", Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", i), Zones: []string{"Europe/Madrid"}}}}
	}
	for some := range slices.Chunk(people, 1000) {
		_, err = db.AddContacts(t.Context(), load, some, campaigns.SkipDuplicates)
		must(t, err)
	}
	return c
}

func ended(a campaigns.Attempt) campaigns.Attempt {
	a.Outcome, a.Trunk, a.Code, a.EndedBy, a.EndedAt = campaigns.NoAnswer, "main", 487, "us", a.IntentAt
	return a
}

func clean(t testing.TB, db *records.DB) campaigns.Findings {
	t.Helper()
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !f.Clean() {
		t.Fatalf("the ledger is not clean: %+v", f.Broken)
	}
	return f
}

// The neighbour writes nothing that the suite reads: it takes the pen, and does
// things that fail, again and again.
func TestTheSuiteHoldsWhileAnotherNodeHasThePen(t *testing.T) {
	if testing.Short() {
		t.Skip("see TestStore")
	}
	storagetest.Run(t, func(t *testing.T) storagetest.Store {
		address := database(t)
		other, db := open(t, address), open(t, address)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := other.Writable(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
		t.Cleanup(func() { cancel(); wg.Wait() })
		return db
	})
}

func TestWhatIsUndoneOnOneNodeDoesNotMisleadAnother(t *testing.T) {
	all := nodes(t, 3)
	c := stocked(t, all[0], 90)
	people, err := all[0].Lease(t.Context(), c.ID, time.Now(), 90)
	must(t, err)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i, p := range people {
		wg.Go(func() {
			a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
			if i%2 == 1 {
				a.ID = "the same for all" // fails after it has written
			}
			switch err := all[i%3].Begin(t.Context(), c, a); {
			case err == nil:
				won.Add(1)
			case i%2 == 0 || !errors.Is(err, campaigns.ErrExists):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f := clean(t, all[1]); won.Load() != 46 || f.Attempts != 46 {
		t.Fatalf("%d begun, %d in the ledger", won.Load(), f.Attempts)
	}
}

func TestANumberIsInOneCallOverAllNodes(t *testing.T) {
	all := nodes(t, 3)
	c := stocked(t, all[0], 60)
	people, err := all[0].Lease(t.Context(), c.ID, time.Now(), 60)
	must(t, err)
	var won atomic.Int64
	var wg sync.WaitGroup
	for _, p := range people {
		for _, db := range all {
			wg.Go(func() {
				err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "+34910000000", time.Now()))
				var refused *rules.Refusal
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &refused) && !errors.Is(err, campaigns.ErrNotLeased):
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if won.Load() != 60 {
		t.Fatalf("%d attempts at 60 people", won.Load())
	}
	if f := clean(t, all[2]); f.Attempts != 60 {
		t.Fatalf("%d attempts in the ledger", f.Attempts)
	}
}

func TestNodesShareOutContactsAndNobodyIsTakenTwice(t *testing.T) {
	all := nodes(t, 3)
	c := stocked(t, all[0], 600)
	var mu sync.Mutex
	seen := make(map[int64]int)
	var wg sync.WaitGroup
	for _, db := range all {
		for range 4 {
			wg.Go(func() {
				for {
					got, err := db.Lease(t.Context(), c.ID, time.Now(), 17)
					if err != nil {
						t.Error(err)
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, p := range got {
						seen[p.ID]++
					}
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("contact %d was leased %d times", id, n)
		}
	}
	if len(seen) != 600 {
		t.Fatalf("leased %d of 600", len(seen))
	}
	clean(t, all[1])
}

func TestWhatOneNodeWasToldBindsTheNextCallOfAnother(t *testing.T) {
	all := nodes(t, 2)
	c := stocked(t, all[0], 3)
	people, err := all[0].Lease(t.Context(), c.ID, time.Now(), 3)
	must(t, err)
	must(t, all[0].AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: people[0].Phones[0].Number}))
	var refused *rules.Refusal
	err = all[1].Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now()))
	if !errors.As(err, &refused) {
		t.Fatalf("a number of the do-not-call list: %v", err)
	}
	closed := c
	closed.Windows = rules.Week{}
	_, err = all[0].UpdateCampaign(t.Context(), closed, "tester")
	must(t, err)
	err = all[1].Begin(t.Context(), c, campaigns.NewAttempt(c, people[1], "", time.Now()))
	if !errors.As(err, &refused) {
		t.Fatalf("a campaign whose windows are closed: %v", err)
	}
	_, err = all[0].ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopHouse, Reason: "drill", By: "tester"})
	must(t, err)
	err = all[1].Begin(t.Context(), c, campaigns.NewAttempt(c, people[2], "", time.Now()))
	if !errors.As(err, &refused) {
		t.Fatalf("a house that is stopped: %v", err)
	}
	clean(t, all[1])
}

// TestAWalkOverAsManyRowsAsAPieceHasEndsWhereTheyEnd: a cursor brings a thousand
// rows at once.
func TestAWalkOverAsManyRowsAsAPieceHasEndsWhereTheyEnd(t *testing.T) {
	t.Parallel()
	db := nodes(t, 1)[0]
	numbers := make([]campaigns.DoNotCall, 1000)
	for i := range numbers {
		numbers[i] = campaigns.DoNotCall{Number: fmt.Sprintf("+1202555%04d", i), By: "test", Reason: "asked"}
	}
	if n, err := db.ImportDoNotCall(t.Context(), numbers); n != len(numbers) || err != nil {
		t.Fatal(n, err)
	}
	clean(t, db)
}
