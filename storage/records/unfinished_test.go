package records

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// leaveUnfinished has a node read a list, and leave an agent with an outside number
// after the person has gone.
func leaveUnfinished(t *testing.T, db *DB, c campaigns.Campaign, l campaigns.List) (load int64, attempt string) {
	t.Helper()
	fill(t, db, l, 1)
	a := campaigns.NewAttempt(c, leaseAll(t, db, c)[0], "", time.Now())
	must(t, db.Begin(t.Context(), c, a))
	must(t, db.BeginSide(t.Context(), &campaigns.SideLeg{ID: a.ID + "-side", Attempt: a.ID, Campaign: c.ID, Agent: 1, Number: "+34911000001"}))
	a.Outcome, a.EndedAt = campaigns.Connected, time.Now()
	must(t, db.Finish(t.Context(), *a))
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "jan.csv", Policy: campaigns.SkipDuplicates, By: "eva"})
	must(t, err)
	batch := make([]campaigns.Contact, 3)
	for i := range batch {
		batch[i] = campaigns.Contact{Row: i + 2, Phones: []campaigns.Phone{{Number: fmt.Sprintf("+3491200000%d", i), Zones: []string{"Europe/Madrid"}}}}
	}
	_, err = db.AddContacts(t.Context(), load, batch, campaigns.SkipDuplicates)
	must(t, err)
	return load, a.ID
}

// isClosed looks what the store says of what a node has left.
func isClosed(t *testing.T, db *DB, load int64, attempt string, want bool) {
	t.Helper()
	got, err := db.Load(t.Context(), load)
	must(t, err)
	sides, err := db.SideLegs(t.Context(), attempt)
	must(t, err)
	if closed := !got.EndedAt.IsZero(); closed != want || closed && (got.Cut != campaigns.CutNode || got.Line != 4 || got.Counts.Rows != 3 || got.Counts.Added != 3) {
		t.Errorf("load %+v", got)
	}
	if len(sides) != 1 || (sides[0].Outcome == campaigns.Lost) != want || sides[0].EndedAt.IsZero() == want {
		t.Errorf("side legs %+v", sides)
	}
	if said := got.Interrupted(); want && !strings.Contains(said, "after line 4, by the end of node one.") {
		t.Error(said)
	}
}

func TestWhatADeadNodeLeftBesideCallsIsClosed(t *testing.T) {
	all := openShared(t, 2)
	one, other := all[0], all[1]
	n, err := one.Join(t.Context(), "one", "", "")
	must(t, err)
	_, err = other.Join(t.Context(), "other", "", "")
	must(t, err)
	c, l := newCampaign(t, one, "c")
	load, attempt := leaveUnfinished(t, one, c, l)
	c2, l2 := newCampaign(t, other, "c2")
	living, goes := leaveUnfinished(t, other, c2, l2)
	isClosed(t, other, load, attempt, false)
	if _, err := other.EndNode(t.Context(), n.ID, 0); err != nil {
		t.Fatal(err)
	}
	isClosed(t, other, load, attempt, true)
	isClosed(t, other, living, goes, false)
	if err := one.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: 9, Added: 9}, ""); err == nil {
		t.Error("the dead node ended its load")
	}
	isClosed(t, other, load, attempt, true)
}

func TestANodeThatStartsAgainClosesWhatItsEarlierLifeLeft(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *DB{"one of several": openPostgres, "alone": openTest} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			_, err := db.Join(t.Context(), "one", "", "")
			must(t, err)
			c, l := newCampaign(t, db, "c")
			load, attempt := leaveUnfinished(t, db, c, l)
			_, err = db.Recover(t.Context(), time.Now())
			must(t, err)
			isClosed(t, db, load, attempt, false)
			_, err = db.Join(t.Context(), "one", "", "") // what another process of this name does
			must(t, err)
			_, err = db.Recover(t.Context(), time.Now())
			must(t, err)
			isClosed(t, db, load, attempt, true)
		})
	}
}
