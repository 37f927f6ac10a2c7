package records

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

// A node falls asleep between Begin and its commit, as SIGSTOP or a long pause of
// its machine would have it.
func TestANodeThatSleepsWithThePenInItsHandHoldsUpNobodyAndWritesNothing(t *testing.T) {
	all := openShared(t, 2)
	one, other := all[0], all[1]
	n, err := one.Join(t.Context(), "one", "", "")
	must(t, err)
	_, err = other.Join(t.Context(), "other", "", "")
	must(t, err)
	c, l := newCampaign(t, one, "c")
	fill(t, one, l, 3)
	stock := leaseAll(t, one, c)
	open := campaigns.NewAttempt(c, stock[0], "", time.Now())
	must(t, one.Begin(t.Context(), c, open))
	asleep, wake := make(chan struct{}), make(chan struct{})
	result := make(chan error, 1)
	go func() {
		first := true
		result <- one.do(t.Context(), func(x *tx) error {
			_, err := x.beginAttempt(c.ID, campaigns.NewAttempt(c, stock[1], "", time.Now()))
			if first {
				first = false
				close(asleep)
				<-wake
			}
			return err
		})
	}()
	<-asleep
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	lost, err := other.EndNode(ctx, n.ID, 0)
	must(t, err)
	close(wake)
	if err := <-result; err == nil {
		t.Error("what it had begun was written after its epoch had ended")
	}
	if len(lost) != 1 || lost[0].ID != open.ID {
		t.Errorf("closed %+v", lost)
	}
	if err := one.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[2], "", time.Now())); !errors.Is(err, campaigns.ErrFenced) {
		t.Errorf("awake again it begins a call: %v", err)
	}
	must(t, other.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[1], "", time.Now())))
	if f, err := other.Verify(t.Context(), time.Now()); err != nil || !f.Clean() || f.Attempts != 2 || f.Open != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
}

func TestNobodyIsCalledWhileTheClocksOfNodeAndDatabaseDiffer(t *testing.T) {
	db := openShared(t, 1)[0]
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 2)
	stock := leaseAll(t, db, c)
	for _, by := range []time.Duration{3 * time.Second, -time.Hour} {
		off := jumpClock(t, db, by)
		err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[0], "", time.Now()))
		if !errors.Is(err, campaigns.ErrClock) {
			t.Fatalf("%s off: %v", by, err)
		}
		must(t, db.AcknowledgeClock(t.Context(), "admin"))
		if err := db.ClockFault(t.Context()); !errors.Is(err, campaigns.ErrClock) {
			t.Fatalf("somebody acknowledged it away: %v", err)
		}
		off.undo()
		must(t, db.ClockFault(t.Context()))
	}
	a := campaigns.NewAttempt(c, stock[0], "", time.Now())
	must(t, db.Begin(t.Context(), c, a))
	var at int64
	must(t, db.read.QueryRow(`SELECT `+nowMicros).Scan(&at))
	if d := moment(at).Sub(a.IntentAt); d < 0 || d > time.Minute {
		t.Errorf("the call began %s before now, by the database's clock", d)
	}
}

func TestAStoreOfOneProcessIsANodeThatNobodyEnds(t *testing.T) {
	path := empty.Path(t)
	var epoch int64
	for range 2 {
		db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
		must(t, err)
		n, err := db.Join(t.Context(), "alone", "", "v1")
		must(t, err)
		if n.Epoch != epoch+1 {
			t.Errorf("epoch %d after %d", n.Epoch, epoch)
		}
		epoch = n.Epoch
		must(t, db.SetNodeState(t.Context(), campaigns.NodeUp))
		must(t, db.Beat(t.Context()))
		lost, err := db.Recover(t.Context(), time.Now())
		must(t, err)
		if len(lost) != int(epoch-1) {
			t.Errorf("%d lost in epoch %d", len(lost), epoch)
		}
		c, l := newCampaign(t, db, "c"+n.Name+time.Now().String())
		fill(t, db, l, 1)
		must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, leaseAll(t, db, c)[0], "", time.Now())))
		if _, err := db.EndNode(t.Context(), n.ID, 0); !errors.Is(err, campaigns.ErrNodeAlive) {
			t.Errorf("ended: %v", err)
		}
		clean(t, db)
		all, err := db.Nodes(t.Context())
		must(t, err)
		if len(all) != 1 || all[0].State != campaigns.NodeUp || all[0].Silent != 0 {
			t.Errorf("nodes %+v", all)
		}
		must(t, db.Close())
	}
}
