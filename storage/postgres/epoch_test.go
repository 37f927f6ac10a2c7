package postgres_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
)

// house opens one database n times; each is a node that is up.
func house(t testing.TB, n int) (stores []*records.DB, all []campaigns.Node) {
	t.Helper()
	stores, all = nodes(t, n), make([]campaigns.Node, n)
	for i, db := range stores {
		all[i] = joins(t, db, fmt.Sprintf("node%d", i))
	}
	return stores, all
}

func joins(t testing.TB, db *records.DB, name string) campaigns.Node {
	t.Helper()
	n, err := db.Join(t.Context(), name, name+":5071", "test")
	must(t, err)
	must(t, db.SetNodeState(t.Context(), campaigns.NodeUp))
	return n
}

// begun begins n calls, of people who were leased for it.
func begun(t testing.TB, db *records.DB, c campaigns.Campaign, people []campaigns.Contact) []*campaigns.Attempt {
	t.Helper()
	out := make([]*campaigns.Attempt, len(people))
	for i, p := range people {
		out[i] = campaigns.NewAttempt(c, p, "", time.Now())
		must(t, db.Begin(t.Context(), c, out[i]))
	}
	return out
}

func leased(t testing.TB, db *records.DB, c campaigns.Campaign, n int) []campaigns.Contact {
	t.Helper()
	people, err := db.Lease(t.Context(), c.ID, time.Now(), n)
	must(t, err)
	if len(people) != n {
		t.Fatalf("leased %d of %d", len(people), n)
	}
	return people
}

func TestAFencedNodeWritesNothingMoreUntilItJoinsAgain(t *testing.T) {
	stores, all := house(t, 2)
	c := stocked(t, stores[0], 400)
	people := leased(t, stores[0], c, 400)
	alive := begun(t, stores[0], c, people[:1])[0]
	var fenced atomic.Bool
	var wrote atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 1 + w; i < len(people); i += 8 {
				after := fenced.Load()
				switch err := stores[0].Begin(t.Context(), c, campaigns.NewAttempt(c, people[i], "", time.Now())); {
				case err == nil && after:
					t.Error("a call was begun by a node that was fenced off")
				case err == nil:
					wrote.Add(1)
				case after && !errors.Is(err, campaigns.ErrFenced) && !errors.Is(err, postgres.ErrAway): // before, its writer is disconnected
					t.Error(err)
				}
			}
		})
	}
	for wrote.Load() < 20 {
		must(t, t.Context().Err())
		runtime.Gosched()
	}
	lost, err := stores[1].EndNode(t.Context(), all[0].ID, 0)
	must(t, err)
	fenced.Store(true)
	wg.Wait()
	if err := stores[0].Finish(t.Context(), ended(*alive)); !errors.Is(err, campaigns.ErrFenced) {
		t.Fatalf("an outcome of a fenced node: %v", err)
	}
	if err := stores[0].Beat(t.Context()); !errors.Is(err, campaigns.ErrFenced) {
		t.Fatalf("a fenced node says that it lives: %v", err)
	}
	f := clean(t, stores[1])
	if f.Attempts != wrote.Load()+1 || f.Open != 0 || int64(len(lost)) != f.Attempts {
		t.Fatalf("%d attempts, %d acknowledged, %d open, %d closed", f.Attempts, wrote.Load()+1, f.Open, len(lost))
	}
	if again := joins(t, stores[0], "node0"); again.ID != all[0].ID || again.Epoch <= all[0].Epoch {
		t.Errorf("it was %+v and is %+v", all[0], again)
	}
	if err := stores[0].Finish(t.Context(), ended(*alive)); !errors.Is(err, campaigns.ErrFinished) {
		t.Fatalf("a second outcome: %v", err)
	}
	must(t, stores[0].AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000000"}))
}

func TestOnlyTheOpenCallsOfTheNodeThatEndedAreClosedAndOnce(t *testing.T) {
	stores, all := house(t, 3)
	c := stocked(t, stores[0], 60)
	people := leased(t, stores[0], c, 60)
	for i, db := range stores {
		begun(t, db, c, people[20*i:20*i+20])
	}
	inbound := &campaigns.Attempt{ID: "in", Campaign: c.ID, Number: "+34699999999", Mode: campaigns.Inbound}
	_, err := stores[1].Receive(t.Context(), inbound, campaigns.Phone{Number: inbound.Number, Zones: []string{"Europe/Madrid"}})
	must(t, err)
	var closed atomic.Int64
	var wg sync.WaitGroup
	for _, db := range []*records.DB{stores[0], stores[2], stores[0], stores[2]} {
		wg.Go(func() { // all notice at once
			lost, err := db.EndNode(t.Context(), all[1].ID, 0)
			if err != nil {
				t.Error(err)
			}
			closed.Add(int64(len(lost)))
			for _, a := range lost {
				if a.Outcome != campaigns.Lost {
					t.Errorf("closed as %s", a.Outcome)
				}
			}
		})
	}
	wg.Wait()
	if f := clean(t, stores[2]); closed.Load() != 21 || f.Open != 40 || f.Outcomes != 21 {
		t.Fatalf("%d closed; %+v", closed.Load(), f)
	}
	// Its next life has nothing left to close, and closes nothing of others.
	joins(t, stores[1], "node1")
	if lost, err := stores[1].Recover(t.Context(), time.Now()); err != nil || len(lost) != 0 {
		t.Fatalf("recovered %d, %v", len(lost), err)
	}
	lost, err := stores[0].Leave(t.Context())
	must(t, err)
	if f := clean(t, stores[2]); len(lost) != 20 || f.Open != 20 {
		t.Fatalf("%d closed by the node that left, %d open", len(lost), f.Open)
	}
	if err := stores[0].Writable(t.Context()); !errors.Is(err, campaigns.ErrFenced) {
		t.Fatalf("a node that left writes: %v", err)
	}
}

func TestANodeThatStartsAgainClosesWhatItsLifeBeforeHadOpen(t *testing.T) {
	stores, _ := house(t, 2)
	c := stocked(t, stores[0], 4)
	people := leased(t, stores[0], c, 4)
	for i, db := range stores {
		begun(t, db, c, people[2*i:2*i+2])
	}
	joins(t, stores[0], "node0") // as after kill -9
	begun(t, stores[0], c, leasedAgain(t, stores[0], c))
	lost, err := stores[0].Recover(t.Context(), time.Now())
	must(t, err)
	if f := clean(t, stores[1]); len(lost) != 2 || f.Open != 3 {
		t.Fatalf("%d closed, %d open", len(lost), f.Open)
	}
}

// leasedAgain is one more person.
func leasedAgain(t testing.TB, db *records.DB, c campaigns.Campaign) []campaigns.Contact {
	t.Helper()
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "more", Active: true})
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, []campaigns.Contact{{Row: 2, Phones: []campaigns.Phone{{Number: "+34700000000", Zones: []string{"Europe/Madrid"}}}}}, campaigns.SkipDuplicates)
	must(t, err)
	return leased(t, db, c, 1)
}

func TestANodeThatWasHeardOfLatelyIsNotEnded(t *testing.T) {
	stores, all := house(t, 2)
	must(t, stores[0].Beat(t.Context()))
	if _, err := stores[1].EndNode(t.Context(), all[0].ID, time.Hour); !errors.Is(err, campaigns.ErrNodeAlive) {
		t.Fatalf("a node that beats: %v", err)
	}
	if _, err := stores[1].EndNode(t.Context(), all[1].ID, 0); !errors.Is(err, campaigns.ErrNodeAlive) {
		t.Fatalf("itself: %v", err)
	}
	if _, err := stores[1].EndNode(t.Context(), 99, 0); !errors.Is(err, campaigns.ErrNotFound) {
		t.Fatalf("a stranger: %v", err)
	}
	must(t, stores[0].SetNodeState(t.Context(), campaigns.NodeDraining))
	known, err := stores[1].Nodes(t.Context())
	must(t, err)
	if len(known) != 2 || known[0].State != campaigns.NodeDraining || known[1].State != campaigns.NodeUp || known[0].Address != "node0:5071" {
		t.Fatalf("nodes %+v", known)
	}
	if s := known[0].Silent; s > time.Minute || known[0].BeatAt.IsZero() || known[0].BeatAt.Before(known[0].Since) {
		t.Errorf("it was silent for %s, %+v", s, known[0])
	}
}

func TestVerifyFindsTheOpenCallsOfANodeThatIsGone(t *testing.T) {
	stores, all := house(t, 2)
	c := stocked(t, stores[0], 2)
	people := leased(t, stores[0], c, 2)
	begun(t, stores[0], c, people)
	soon, late := time.Now().Add(80*time.Second), time.Now().Add(100*time.Second)
	broken := func(db *records.DB, at time.Time) int64 {
		t.Helper()
		f, err := db.Verify(t.Context(), at)
		must(t, err)
		for _, b := range f.Broken {
			if b.Law != campaigns.LawOutcome {
				t.Errorf("%+v", b)
			}
		}
		return int64(f.Count)
	}
	if n := broken(stores[1], soon); n != 0 {
		t.Errorf("%d findings while it lives", n)
	}
	if n := broken(stores[1], late); n != 2 {
		t.Errorf("%d findings when it was silent for long", n)
	}
	_, err := stores[1].EndNode(t.Context(), all[0].ID, 0)
	must(t, err)
	if n := broken(stores[1], late); n != 0 {
		t.Errorf("%d findings after it was ended", n)
	}
}
