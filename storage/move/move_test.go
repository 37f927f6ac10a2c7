package move_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/move"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
	"github.com/forecall/forecall/storage/storagetest"
)

var server = sync.OnceValues(func() (*pgtest.Server, error) { return pgtest.Start("fsync=off", "full_page_writes=off") })

func TestMain(m *testing.M) {
	status := m.Run()
	if s, err := server(); err == nil {
		if err := s.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

// database is a new, empty one.
func database(t *testing.T) string {
	t.Helper()
	s, err := server()
	if err != nil {
		pgtest.Skip(t, err)
	}
	name, err := s.Database(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return s.Address(name)
}

func at(t *testing.T, address string) *postgres.Engine {
	t.Helper()
	e, err := postgres.At(address)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// odd is a name as a broken file may hold it: not UTF-8, a zero, a tab, an escape.
const odd = "\xc3(\x00\t\\N\n\ufdd0 Žofia"

var empty = storagetest.Empty{Make: func(path string) error {
	db, err := records.Open(context.Background(), records.Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	return db.Close()
}}

// folder is a data file with people, calls that ended, one that is open, a callback,
// a do-not-call entry, and what findings of its ledger are.
func folder(t *testing.T) (path string, found campaigns.Findings) {
	t.Helper()
	path = empty.Path(t)
	ctx := t.Context()
	db := must(records.Open(ctx, records.Settings{Engine: sqlite.At(path)}))(t)
	c := campaigns.NewCampaign("Spring")
	c.Windows, c.Cooldown = rules.Always(), 0
	c = must(db.CreateCampaign(ctx, c, "tester"))(t)
	l := must(db.CreateList(ctx, campaigns.List{Campaign: c.ID, Name: "list", Active: true}))(t)
	load := must(db.BeginLoad(ctx, campaigns.Load{List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates}))(t)
	people := make([]campaigns.Contact, 500)
	for i := range people {
		people[i] = campaigns.Contact{Row: i + 2, External: fmt.Sprintf("C-%d", i), Name: odd, Fields: map[string]string{"city": "Brno"},
			Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", i+1), Region: "ES", Zones: []string{"Europe/Madrid"}}}}
	}
	must(db.AddContacts(ctx, load, people, campaigns.SkipDuplicates))(t)
	stock := must(db.Lease(ctx, c.ID, time.Now(), 40))(t)
	for i, p := range stock {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		must(0, db.Begin(ctx, c, a))(t)
		if i == 0 {
			continue // open, as a kill leaves it
		}
		a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
		must(0, db.Finish(ctx, *a))(t)
	}
	must(0, db.AddDoNotCall(ctx, campaigns.DoNotCall{Number: "+34600000499", At: time.Now(), Channel: campaigns.ChannelAgent}))(t)
	found = must(db.Verify(ctx, time.Now()))(t)
	must(0, db.Close())(t)
	return path, found
}

// TestAFolderMovesWholeAlsoWhenItIsInterruptedAgainAndAgain: after each batch the move
// is broken off, and begun again by another process.
func TestAFolderMovesWholeAlsoWhenItIsInterruptedAgainAndAgain(t *testing.T) {
	address := database(t)
	path, before := folder(t)
	var done move.Done
	var last int64
	for runs := 1; ; runs++ {
		if runs > 300 {
			t.Fatal("it does not end")
		}
		ctx, kill := context.WithCancel(t.Context())
		var err error
		done, err = move.Run(ctx, move.Settings{From: sqlite.At(path), To: at(t, address), Batch: 100, Tell: func(p move.Progress) {
			if p.Rows <= last {
				t.Errorf("run %d is at row %d, the one before came to %d", runs, p.Rows, last)
			}
			last = p.Rows
			kill()
		}})
		kill()
		if err == nil {
			t.Logf("%d runs, %+v", runs, done)
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if _, err := records.Open(t.Context(), records.Settings{Engine: at(t, address)}); !errors.Is(err, postgres.ErrMoving) {
			t.Fatalf("a node opens half a house: %v", err)
		}
	}
	if !done.Resumed || done.Head != before.Head || done.Links != before.Records {
		t.Errorf("%+v, the folder had %d links and %s", done, before.Records, before.Head)
	}
	if done.Lost != 1 || !done.Found.Clean() || done.Found.Open != 0 || done.Found.Attempts != before.Attempts {
		t.Errorf("%+v", done)
	}
	again, err := move.Run(t.Context(), move.Settings{From: sqlite.At(path), To: at(t, address)})
	if err != nil || !again.Before || again.Head != before.Head {
		t.Errorf("once more: %+v, %v", again, err)
	}
	db := must(records.Open(t.Context(), records.Settings{Engine: at(t, address)}))(t)
	defer db.Close()
	works(t, db)
}

// works goes on with what was moved: somebody is called, and a new campaign gets a
// number of its own.
func works(t *testing.T, db *records.DB) {
	t.Helper()
	ctx := t.Context()
	c := must(db.CampaignByName(ctx, "Spring"))(t)
	stock := must(db.Lease(ctx, c.ID, time.Now(), 1000))(t)
	if len(stock) < 400 || stock[0].Name != odd {
		t.Fatalf("%d people, the first is called %q", len(stock), stock[0].Name)
	}
	a := campaigns.NewAttempt(c, stock[0], "", time.Now())
	must(0, db.Begin(ctx, c, a))(t)
	a.Outcome, a.EndedAt = campaigns.Busy, time.Now()
	must(0, db.Finish(ctx, *a))(t)
	next := must(db.CreateCampaign(ctx, campaigns.NewCampaign("Autumn"), "tester"))(t)
	if next.ID == c.ID {
		t.Error("a new campaign has the number of an old one")
	}
	if f := must(db.Verify(ctx, time.Now()))(t); !f.Clean() || f.Open != 0 {
		t.Errorf("%+v", f)
	}
}

func TestWhatIsInUseOrHoldsSomethingElseIsRefused(t *testing.T) {
	path, _ := folder(t)
	db := must(records.Open(t.Context(), records.Settings{Engine: sqlite.At(path)}))(t)
	if _, err := move.Run(t.Context(), move.Settings{From: sqlite.At(path), To: at(t, database(t))}); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("a service runs on the folder: %v", err)
	}
	must(0, db.Close())(t)
	address := database(t)
	house := must(records.Open(t.Context(), records.Settings{Engine: at(t, address)}))(t)
	must(house.CreateCampaign(t.Context(), campaigns.NewCampaign("Another"), "tester"))(t)
	must(0, house.Close())(t)
	if _, err := move.Run(t.Context(), move.Settings{From: sqlite.At(path), To: at(t, address)}); !errors.Is(err, move.ErrNotEmpty) {
		t.Errorf("another house is there: %v", err)
	}
}

func TestTheRestOfAMoveIsRefusedAfterSomebodyWorkedWithTheFolder(t *testing.T) {
	path, _ := folder(t)
	address := database(t)
	ctx, kill := context.WithCancel(t.Context())
	_, err := move.Run(ctx, move.Settings{From: sqlite.At(path), To: at(t, address), Tell: func(move.Progress) { kill() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	db := must(records.Open(t.Context(), records.Settings{Engine: sqlite.At(path)}))(t)
	must(0, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000498", At: time.Now(), Channel: campaigns.ChannelAgent}))(t)
	must(0, db.Close())(t)
	if _, err := move.Run(t.Context(), move.Settings{From: sqlite.At(path), To: at(t, address)}); !errors.Is(err, move.ErrOther) {
		t.Errorf("half of yesterday and half of today: %v", err)
	}
}
