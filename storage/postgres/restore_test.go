package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
)

// diary is what callers were told of the attempts that they made, and when.
type diary struct {
	mu      sync.Mutex
	entries []entry
}

type entry struct {
	id, number string
	at         time.Time // when it was known to be written, by the caller's clock
}

func (d *diary) put(a *campaigns.Attempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry{a.ID, a.Number, time.Now()})
}

func (d *diary) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries)
}

// work calls people through a store until ctx is done, each once.
func (d *diary) work(ctx context.Context, t *testing.T, db *records.DB, c campaigns.Campaign, people <-chan campaigns.Contact) {
	for ctx.Err() == nil {
		a := campaigns.NewAttempt(c, <-people, "", time.Now())
		err := db.Begin(ctx, c, a)
		if err == nil {
			err = db.Finish(ctx, ended(*a))
		}
		switch {
		case err == nil:
			d.put(a)
		case ctx.Err() == nil:
			t.Errorf("a call: %v", err)
			return
		}
	}
}

// awaitMore waits until n more calls are written.
func (d *diary) awaitMore(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for enough := d.len() + n; d.len() < enough; {
		if time.Now().After(deadline) || t.Failed() {
			t.Fatal("nothing is written any more")
		}
		<-time.After(2 * time.Millisecond)
	}
}

// TestAServerThatIsRestoredToAnInstantStopsTheHouseBeforeAnythingElseIsWritten: the
// copy is made while calls go on, the machine burns down with the service connected,
// and the service finds the records as they were before its last calls.
func TestAServerThatIsRestoredToAnInstantStopsTheHouseBeforeAnythingElseIsWritten(t *testing.T) {
	vault, err := pgtest.NewVault()
	must(t, err)
	t.Cleanup(func() { must(t, vault.Close()) })
	s, _, db := battered(t, vault.Settings()...)
	c := stocked(t, db, 20_100)
	stock, err := db.Lease(t.Context(), c.ID, time.Now(), 20_000)
	must(t, err)
	people := make(chan campaigns.Contact, len(stock))
	for _, p := range stock {
		people <- p
	}
	var d diary
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() { d.work(ctx, t, db, c, people) })
	}
	d.awaitMore(t, 50)
	must(t, vault.Copy(s))
	d.awaitMore(t, 50)
	local := time.Now()
	until, err := s.Now(t.Context())
	must(t, err)
	d.awaitMore(t, 50)
	stop()
	working.Wait()
	if _, err := db.ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopCampaign, Value: "0", By: "tester", Reason: "the last that is archived"}); err != nil {
		t.Fatal(err)
	}
	must(t, s.Archived(t.Context()))
	must(t, s.Lose())
	if err := db.Writable(t.Context()); err == nil {
		t.Fatal("a server that is gone takes writes")
	}
	within, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, s.Restore(within, vault, until))

	begin := func() error {
		stock, err := db.Lease(t.Context(), c.ID, time.Now(), 1)
		if err != nil || len(stock) != 1 {
			t.Fatal(stock, err)
		}
		a := campaigns.NewAttempt(c, stock[0], "", time.Now())
		err = db.Begin(t.Context(), c, a)
		if err == nil {
			err = db.Finish(t.Context(), ended(*a))
		}
		return err
	}
	if err := begin(); err == nil || !strings.Contains(err.Error(), "refused by stopped") {
		t.Fatalf("the first call after the records went back: %v", err)
	}
	clean(t, db)
	kept, lost := 0, 0
	for _, e := range d.entries {
		_, err := db.Attempt(t.Context(), e.id)
		switch {
		case err == nil:
			kept++
		case !errors.Is(err, campaigns.ErrUnknownAttempt):
			t.Fatal(err)
		case e.at.Before(local):
			t.Errorf("a call written %s before the instant is gone", local.Sub(e.at))
		default:
			lost++
		}
	}
	t.Logf("%d calls are there, %d after the instant are not", kept, lost)
	if kept < 90 || lost < 40 {
		t.Errorf("%d calls are there, %d are not", kept, lost)
	}
	stops, err := db.Stops(t.Context(), true, 0)
	must(t, err)
	if len(stops) != 1 || stops[0].By != campaigns.RestoredBy || stops[0].Scope != campaigns.StopHouse {
		t.Fatalf("the stops are %+v", stops)
	}
	must(t, db.LiftStop(t.Context(), stops[0].ID, "boss", "requests are entered"))
	must(t, begin())
	must(t, s.Kill()) // what fails and loses nothing that was acknowledged stops nobody
	must(t, s.Again())
	for range 3 {
		must(t, begin())
	}
}
