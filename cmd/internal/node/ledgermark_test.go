package node

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/sqlite"
)

// TestAHouseThatIsRestoredFromABackupCallsNobodyUntilAPersonLiftsTheStop: the backup is
// made while calls are placed, and calls are placed after it.
func TestAHouseThatIsRestoredFromABackupCallsNobodyUntilAPersonLiftsTheStop(t *testing.T) {
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 24999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 50 * time.Millisecond}, Talk: sim.Dist{Mean: 300 * time.Millisecond},
	})
	o := openOffice(t, far.Addr("udp"), "ana")
	if o.conf.Several() {
		t.Skip("a data folder is backed up here; a database is by its own tools")
	}
	home := (&town{office: o, nodes: []*resident{{name: "alone", node: o.node}}}).crew(t, []string{"ana"})
	o.dial(t, fictional(1), fictional(2), fictional(3), fictional(4), fictional(5), fictional(6))
	placed := func(n int) func() bool {
		return func() bool { c := o.node.Snapshot().Campaigns; return len(c) == 1 && c[0].Totals.Placed >= n }
	}
	eventually(t, "people are called", placed(2))
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := sqlite.Backup(within(t), filepath.Join(o.data, DataFile), backup); err != nil {
		t.Fatal(err)
	}
	eventually(t, "more are called", placed(5))
	head, err := o.node.db.Head(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.node.putMark(ledgerMark{Link: head.Seq, Hash: hex.EncodeToString(head.Hash[:]), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	home()
	o.close(t)
	stopsAfter := func() []campaigns.Stop {
		t.Helper()
		n, err := Start(within(t), Settings{Config: o.conf, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := n.shut(); err != nil {
				t.Error(err)
			}
		}()
		stops, err := n.db.Stops(within(t), true, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(stops) == 1 {
			refusesUntilLifted(t, n, stops[0])
		}
		return stops
	}
	if stops := stopsAfter(); len(stops) != 0 {
		t.Fatalf("the same records hold up: %+v", stops)
	}
	for _, file := range []string{DataFile, DataFile + "-wal", DataFile + "-shm"} {
		if err := os.Remove(filepath.Join(o.data, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, filepath.Join(o.data, DataFile)); err != nil {
		t.Fatal(err)
	}
	if stops := stopsAfter(); len(stops) != 1 || stops[0].By != campaigns.RestoredBy || !strings.Contains(stops[0].Reason, "restored") {
		t.Errorf("the restored house has the stops %+v", stops)
	}
	if stops := stopsAfter(); len(stops) != 0 {
		t.Errorf("a person has lifted it, and it is back: %+v", stops)
	}
	o.ledger(t)
}

// refusesUntilLifted begins a call in vain, and again when somebody lets calls leave.
func refusesUntilLifted(t *testing.T, n *Node, stop campaigns.Stop) {
	t.Helper()
	c, err := n.db.CampaignByName(within(t), campaignName)
	if err != nil {
		t.Fatal(err)
	}
	begin := func() (*campaigns.Attempt, error) {
		stock, err := n.db.Lease(within(t), c.ID, time.Now(), 1)
		if err != nil || len(stock) != 1 {
			t.Fatal(stock, err)
		}
		a := campaigns.NewAttempt(c, stock[0], "+12025550100", time.Now())
		return a, n.db.Begin(within(t), c, a)
	}
	if _, err := begin(); err == nil || !strings.Contains(err.Error(), "refused by stopped") {
		t.Errorf("a call begins: %v", err)
	}
	if err := n.db.LiftStop(within(t), stop.ID, managerLogin, "requests are entered"); err != nil {
		t.Fatal(err)
	}
	a, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
	if err := n.db.Finish(within(t), *a); err != nil {
		t.Fatal(err)
	}
}
