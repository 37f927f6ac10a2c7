package postgres_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
)

func TestAStaleOwnerNeitherCallsNorTakesContacts(t *testing.T) {
	stores, all := house(t, 2)
	c := stocked(t, stores[0], 10)
	old, err := stores[0].TakeCampaign(t.Context(), c.ID)
	must(t, err)
	people := leased(t, stores[0], c, 4)
	call := func(db *records.DB, p campaigns.Contact, fence int64) error {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Fence = fence
		return db.Begin(t.Context(), c, a)
	}
	must(t, call(stores[0], people[0], old))
	must(t, call(stores[1], people[1], old)) // another node's hands, for the same owner
	fence, err := stores[1].TakeCampaign(t.Context(), c.ID)
	must(t, err)
	if fence <= old {
		t.Fatalf("fence %d after %d", fence, old)
	}
	for name, stale := range map[string]int64{"an old fence": old, "none": 0, "one of tomorrow": fence + 1} {
		if err := call(stores[0], people[2], stale); !errors.Is(err, campaigns.ErrSuperseded) {
			t.Errorf("a call with %s: %v", name, err)
		}
	}
	if _, err := stores[0].Lease(t.Context(), c.ID, time.Now(), 1); !errors.Is(err, campaigns.ErrSuperseded) {
		t.Errorf("a hopper of the old owner: %v", err)
	}
	must(t, stores[0].ReleaseCampaign(t.Context(), c.ID, old)) // it is another's: nothing happens
	if got := leased(t, stores[1], c, 8); len(got) == 8 {      // with the two that stood in the old hopper
		must(t, call(stores[0], got[0], fence))
	}
	_, err = stores[0].EndNode(t.Context(), all[1].ID, 0)
	must(t, err)
	if err := call(stores[0], people[2], fence); !errors.Is(err, campaigns.ErrSuperseded) && !errors.Is(err, campaigns.ErrNotLeased) {
		t.Errorf("a call for an owner that has ended: %v", err)
	}
	last, err := stores[0].TakeCampaign(t.Context(), c.ID)
	must(t, err)
	if last <= fence+1 {
		t.Errorf("fence %d after an end of %d", last, fence)
	}
	must(t, call(stores[0], leased(t, stores[0], c, 7)[0], last))
	must(t, stores[0].ReleaseCampaign(t.Context(), c.ID, last))
	clean(t, stores[0])
}

// owner is what one node believes of itself in the race.
type owner struct {
	db    *records.DB
	fence atomic.Int64
}

func TestWhoeverIsSupersededBeginsNoCallHoweverOftenOwnersChange(t *testing.T) {
	takeovers := 60
	if os.Getenv("FORECALL_MEASURE") != "" {
		takeovers = 1000
	}
	stores, _ := house(t, 3)
	c := stocked(t, stores[0], 3000)
	var nodes [3]owner
	for i, db := range stores {
		nodes[i].db = db
	}
	var inForce, begun, refused atomic.Int64 // inForce: the greatest fence that somebody was told
	var over atomic.Bool
	news := newNews()
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for n := &nodes[i%3]; !over.Load(); {
				fence, told := n.fence.Load(), inForce.Load()
				err := callOne(t, n.db, c, fence)
				var no *rules.Refusal
				switch {
				case err == nil && fence < told:
					t.Errorf("a call was begun under fence %d after %d was given out", fence, told)
				case err == nil:
					begun.Add(1)
					news.tell()
				case errors.Is(err, campaigns.ErrSuperseded):
					refused.Add(1)
					news.wait(func() bool { return inForce.Load() != told || over.Load() })
				case !errors.Is(err, campaigns.ErrNotLeased) && !errors.As(err, &no) && !errors.Is(err, errNobody):
					t.Error(err)
					news.tell()
				}
			}
		})
	}
	for range takeovers {
		n := &nodes[rand.IntN(3)]
		must(t, n.db.Beat(t.Context()))
		fence, err := n.db.TakeCampaign(t.Context(), c.ID)
		must(t, err)
		if before := inForce.Swap(fence); before >= fence {
			t.Errorf("fence %d after %d", fence, before)
		}
		n.fence.Store(fence)
		news.tell()
		want := begun.Load() + rand.Int64N(3)
		news.wait(func() bool { return begun.Load() >= want || t.Failed() })
	}
	over.Store(true)
	news.tell()
	wg.Wait()
	for _, db := range stores {
		must(t, db.Beat(t.Context()))
	}
	f := clean(t, stores[1])
	t.Logf("%d takeovers, %d calls begun, %d refused, %d open", takeovers, begun.Load(), refused.Load(), f.Open)
	if f.Attempts != begun.Load() || begun.Load() == 0 {
		t.Fatalf("%d begun, %d in the ledger", begun.Load(), f.Attempts)
	}
}

// news wakes those who wait for something to become so.
type news struct {
	mu   sync.Mutex
	cond *sync.Cond
}

func newNews() *news {
	n := &news{}
	n.cond = sync.NewCond(&n.mu)
	return n
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cond.Broadcast()
}

func (n *news) wait(so func() bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !so() {
		n.cond.Wait()
	}
}

var errNobody = errors.New("nobody to call")

// callOne begins a call of whoever is next, and ends every other one.
func callOne(t *testing.T, db *records.DB, c campaigns.Campaign, fence int64) error {
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 1)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		return errNobody
	}
	a := campaigns.NewAttempt(c, people[0], "", time.Now())
	a.Fence = fence
	if err := db.Begin(t.Context(), c, a); err != nil {
		return err
	}
	if a.Seq%2 == 0 {
		return db.Finish(t.Context(), ended(*a))
	}
	return nil
}

func TestADutyIsOfOneNodeUntilItIsReleasedOrOverOrItsNodeIs(t *testing.T) {
	stores, all := house(t, 2)
	one, other := stores[0], stores[1]
	fence, err := one.TakeDuty(t.Context(), "floor", time.Hour)
	must(t, err)
	if _, err := other.TakeDuty(t.Context(), "floor", time.Hour); !errors.Is(err, campaigns.ErrDutyTaken) {
		t.Fatalf("taken by two: %v", err)
	}
	must(t, one.KeepDuty(t.Context(), "floor", fence, time.Hour))
	must(t, one.ReleaseDuty(t.Context(), "floor", fence))
	if err := one.KeepDuty(t.Context(), "floor", fence, time.Hour); !errors.Is(err, campaigns.ErrSuperseded) {
		t.Fatalf("kept after it was released: %v", err)
	}
	next, err := other.TakeDuty(t.Context(), "floor", 0)
	must(t, err)
	if next <= fence {
		t.Errorf("fence %d after %d", next, fence)
	}
	must(t, one.ReleaseDuty(t.Context(), "floor", fence)) // it is another's: nothing happens
	must(t, other.KeepDuty(t.Context(), "floor", next, time.Hour))
	must(t, other.KeepDuty(t.Context(), "floor", next, -time.Minute)) // as if time had gone
	last, err := one.TakeDuty(t.Context(), "floor", time.Hour)
	must(t, err)
	if err := other.KeepDuty(t.Context(), "floor", next, time.Hour); !errors.Is(err, campaigns.ErrSuperseded) {
		t.Fatalf("kept by whom it was taken from: %v", err)
	}
	_, err = other.EndNode(t.Context(), all[0].ID, 0)
	must(t, err)
	if err := one.KeepDuty(t.Context(), "floor", last, time.Hour); !errors.Is(err, campaigns.ErrFenced) {
		t.Fatalf("kept by a node that has ended: %v", err)
	}
	if d, err := other.Duties(t.Context()); err != nil || len(d) != 1 || d[0].Node != 0 {
		t.Fatalf("duties %+v, %v", d, err)
	}
	_, err = other.TakeDuty(t.Context(), "floor", time.Hour)
	must(t, err)
	if d, err := other.Duties(t.Context()); err != nil || len(d) != 1 || d[0].Node != all[1].ID {
		t.Fatalf("duties %+v, %v", d, err)
	}
}
