package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
)

// begunBy opens a transaction of somebody else's, which has done something by now.
func begunBy(t *testing.T, address, statement string) pgx.Tx {
	t.Helper()
	ctx := context.Background() // it outlives the test's own
	c, err := pgx.Connect(ctx, address)
	must(t, err)
	t.Cleanup(func() { _ = c.Close(ctx) })
	tx, err := c.Begin(ctx)
	must(t, err)
	_, err = tx.Exec(ctx, `SET search_path = forecall`)
	must(t, err)
	_, err = tx.Exec(ctx, statement)
	must(t, err)
	return tx
}

func idsOf(people []campaigns.Contact) []int64 {
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

func TestContactsAreClaimedWhileAnotherHasThePen(t *testing.T) {
	address := database(t)
	db := open(t, address)
	c := stocked(t, db, 5)
	other := begunBy(t, address, `UPDATE pen SET turn = turn + 1`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := db.Lease(ctx, c.ID, time.Now(), 3)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d contacts, %v", len(got), err)
	}
	must(t, other.Rollback(t.Context()))
	d, err := db.Depth(t.Context(), c.ID, time.Now())
	if err != nil || d.Leased != 3 || d.Ready != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	begun(t, db, c, got)
	clean(t, db)
}

func TestAClaimPassesOverAContactThatSomebodyIsMoving(t *testing.T) {
	address := database(t)
	db := open(t, address)
	c := stocked(t, db, 4)
	all := idsOf(leased(t, db, c, 4))
	must(t, db.Release(t.Context(), all))
	other := begunBy(t, address, fmt.Sprintf(`SELECT id FROM contacts WHERE id IN (%d, %d) FOR UPDATE`, all[0], all[2]))
	if got := idsOf(leased(t, db, c, 2)); got[0] != all[1] || got[1] != all[3] {
		t.Fatalf("claimed %v of %v", got, all)
	}
	if got, err := db.Lease(t.Context(), c.ID, time.Now(), 4); err != nil || len(got) != 0 {
		t.Fatalf("claimed %v, %v", got, err)
	}
	must(t, other.Rollback(t.Context()))
	if got := idsOf(leased(t, db, c, 2)); got[0] != all[0] || got[1] != all[2] {
		t.Fatalf("claimed %v of %v when they were free", got, all)
	}
	clean(t, db)
}

// TestAtTheMomentOfTakeoverEveryContactIsInOneHopper: the old owner claims while the
// new one takes the campaign and claims as well. What the store counts as leased
// afterwards is what the new one has, and the old one gets nothing more.
func TestAtTheMomentOfTakeoverEveryContactIsInOneHopper(t *testing.T) {
	rounds := 60
	if os.Getenv("FORECALL_MEASURE") != "" {
		rounds = 1000
	}
	stores, _ := house(t, 2)
	c := stocked(t, stores[0], 40)
	_, err := stores[0].TakeCampaign(t.Context(), c.ID)
	must(t, err)
	between := 0 // rounds in which the old owner claimed some before it was superseded
	for round := range rounds {
		old, next := stores[round%2], stores[(round+1)%2]
		var wg sync.WaitGroup
		var early []campaigns.Contact
		wg.Go(func() {
			for i := range 3 {
				some, err := old.Lease(t.Context(), c.ID, time.Now(), 5+i)
				if errors.Is(err, campaigns.ErrSuperseded) {
					return
				}
				if err != nil {
					t.Error(err)
				}
				early = append(early, some...)
			}
		})
		_, err := next.TakeCampaign(t.Context(), c.ID)
		must(t, err)
		if _, err := old.Lease(t.Context(), c.ID, time.Now(), 1); !errors.Is(err, campaigns.ErrSuperseded) {
			t.Fatalf("the old owner after it was superseded: %v", err)
		}
		got := leased(t, next, c, 20)
		wg.Wait()
		if len(early) > 0 {
			between++
		}
		d, err := next.Depth(t.Context(), c.ID, time.Now())
		must(t, err)
		if d.Leased != int64(len(got)) || d.Ready != 40-int64(len(got)) {
			t.Fatalf("round %d: %d contacts are leased and %d ready, the owner has %d, the one before had %d", round, d.Leased, d.Ready, len(got), len(early))
		}
		must(t, next.Release(t.Context(), idsOf(got)))
	}
	t.Logf("%d rounds; in %d the old owner had claimed some", rounds, between)
	clean(t, stores[0])
}

func TestWhatANodeClaimedIsCallableAgainWhenItHasEnded(t *testing.T) {
	stores, all := house(t, 2)
	c := stocked(t, stores[0], 10)
	_, err := stores[0].TakeCampaign(t.Context(), c.ID)
	must(t, err)
	leased(t, stores[0], c, 7)
	_, err = stores[1].EndNode(t.Context(), all[0].ID, 0)
	must(t, err)
	if _, err := stores[0].Lease(t.Context(), c.ID, time.Now(), 1); !errors.Is(err, campaigns.ErrFenced) {
		t.Fatalf("a claim of a node that has ended: %v", err)
	}
	leased(t, stores[1], c, 10)
	clean(t, stores[1])
}

// TestAClaimThatIsNotCommittedEndsWithItsNode: another node ends its connections, as
// it does with one that sleeps.
func TestAClaimThatIsNotCommittedEndsWithItsNode(t *testing.T) {
	address := database(t)
	stores := []*records.DB{open(t, address), open(t, address)}
	c := stocked(t, stores[0], 3)
	asleep := joins(t, stores[0], "asleep")
	joins(t, stores[1], "awake")
	begunBy(t, address, fmt.Sprintf(`SET application_name = 'forecall/node %d'; SELECT id FROM contacts FOR UPDATE`, asleep.ID))
	if got, err := stores[1].Lease(t.Context(), c.ID, time.Now(), 3); err != nil || len(got) != 0 {
		t.Fatalf("claimed %v, %v", got, err)
	}
	must(t, stores[1].Disconnect(t.Context(), asleep.ID, 0))
	deadline := time.Now().Add(20 * time.Second)
	for {
		got, err := stores[1].Lease(t.Context(), c.ID, time.Now(), 3)
		must(t, err)
		if len(got) == 3 {
			break
		}
		if must(t, stores[1].Release(t.Context(), idsOf(got))); time.Now().After(deadline) {
			t.Fatal("the contacts do not come free")
		}
		time.Sleep(10 * time.Millisecond)
	}
	clean(t, stores[1])
}

// TestCountersOfContactsAreExactHoweverTheyAreMovedBesideClaims: numbers are typed by
// hand, calls disposed of and people erased while hoppers claim the same contacts.
func TestCountersOfContactsAreExactHoweverTheyAreMovedBesideClaims(t *testing.T) {
	all := nodes(t, 2)
	c := stocked(t, all[0], 60)
	people := leased(t, all[0], c, 60)
	must(t, all[0].Release(t.Context(), idsOf(people)))
	var over atomic.Bool
	var hoppers, hands sync.WaitGroup
	for _, db := range all {
		hoppers.Go(func() {
			for !over.Load() {
				got, err := db.Lease(t.Context(), c.ID, time.Now(), 9)
				if err == nil {
					err = db.Release(t.Context(), idsOf(got))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for some := range slices.Chunk(people, 20) {
		hands.Go(func() {
			for i, p := range some {
				if err := byHand(t.Context(), all[i%2], c, p); err != nil {
					t.Error(err)
				}
			}
		})
	}
	hands.Wait()
	over.Store(true)
	hoppers.Wait()
	clean(t, all[0])
}

// byHand calls somebody whom a hopper may have at that moment, and disposes of the
// call after its end, when the contact may be in a hopper again.
func byHand(ctx context.Context, db *records.DB, c campaigns.Campaign, p campaigns.Contact) error {
	a := campaigns.NewAttempt(c, p, "", time.Now())
	a.Manual = true
	err := db.Begin(ctx, c, a)
	var no *rules.Refusal
	if errors.As(err, &no) {
		return fmt.Errorf("a number that is free: %w", err)
	}
	if err == nil {
		err = db.Finish(ctx, ended(*a))
	}
	if err == nil {
		_, err = db.Dispose(ctx, campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback",
			Callback: &campaigns.Callback{At: time.Now()}})
	}
	return err
}
