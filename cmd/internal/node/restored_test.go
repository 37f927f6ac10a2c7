package node

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// vaulted is a server of a test's own that archives its log.
func vaulted(t *testing.T) (*pgtest.Server, *pgtest.Vault) {
	t.Helper()
	vault, err := pgtest.NewVault()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vault.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := pgtest.Start(append(vault.Settings(), "fsync=off")...)
	if err != nil {
		pgtest.Skip(t, err)
	}
	t.Cleanup(func() { _ = s.Stop() }) // it was lost once
	return s, vault
}

// openTownAt is openTown on a server of the test's own.
func openTownAt(t *testing.T, s *pgtest.Server, far netip.AddrPort, nodes int, agents ...string) *town {
	t.Helper()
	name, err := s.Database(within(t), "")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{data: t.TempDir(), secret: "a secret of the town"}
	o.conf = o.config(far, agents)
	o.conf.Storage, o.conf.Postgres.URL, o.conf.Cluster.Secret = config.StoragePostgres, s.Address(name), strings.Repeat("s", 32)
	o.conf.Campaigns[0].WrapUp = 5 * time.Second // of a call that the records have lost nothing can be noted: it ends by itself
	town := &town{office: o}
	for i := range nodes {
		town.open(t, i, func(int, *Settings) {})
	}
	town.meet(t)
	return town
}

// TestNodesThatFindTheirDatabaseRestoredCallNobodyUntilAPersonLiftsTheStop: the backup is
// made while calls are placed; the database burns down under nodes that go on, and comes
// back as it was at an instant before the last calls. Those people are called again by a
// person's word and not before.
func TestNodesThatFindTheirDatabaseRestoredCallNobodyUntilAPersonLiftsTheStop(t *testing.T) {
	s, vault := vaulted(t)
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 100 * time.Millisecond}, Talk: sim.Dist{Mean: time.Second},
	})
	logins := []string{"ana", "ben"}
	o := openTownAt(t, s, far.Addr("udp"), 2, logins...)
	home := o.crew(t, logins)
	numbers := make([]string, 60)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o.order(t, o.nodes[0], numbers)
	invited := func() int64 { return far.Stats().Invites }
	called := func(n int64) {
		t.Helper()
		from := invited()
		eventually(t, "people are called", func() bool { return invited() >= from+n })
	}
	called(4)
	if err := vault.Copy(s); err != nil {
		t.Fatal(err)
	}
	called(4)
	until, err := s.Now(within(t))
	if err != nil {
		t.Fatal(err)
	}
	called(6)
	if err := s.Archived(within(t)); err != nil {
		t.Fatal(err)
	}
	called(2)
	if err := s.Lose(); err != nil {
		t.Fatal(err)
	}
	for _, r := range o.nodes {
		if err := r.node.db.Writable(within(t)); err == nil {
			t.Fatal("a database that is gone takes writes")
		}
	}
	before := invited()
	long, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := s.Restore(long, vault, until); err != nil {
		t.Fatal(err)
	}
	stop := o.stopOfTheRestored(t)
	if n := invited() - before; n != 0 {
		t.Errorf("%d calls reached the carrier between the restore and a person's word", n)
	}
	eventually(t, "a person lifts the stop", func() bool {
		return o.nodes[1].node.db.LiftStop(within(t), stop.ID, managerLogin, "requests are entered") == nil
	})
	called(6)
	home()
	for _, r := range o.nodes {
		r.end(t)
	}
	calls := o.ledger(t)
	var wrong []string
	for _, c := range calls {
		if c.IntentAt.After(until) && c.IntentAt.Before(stop.At) {
			wrong = append(wrong, c.ID)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("calls from after the instant are in the ledger: %v", wrong)
	}
	t.Logf("%d calls in the ledger, %d at the carrier", len(calls), invited())
	if int64(len(calls)) >= invited() {
		t.Error("no call was lost with the database: this test shows nothing")
	}
}

// stopOfTheRestored waits until the house is stopped because its records went back, and
// the campaign says so that wants to place calls.
func (o *town) stopOfTheRestored(t *testing.T) campaigns.Stop {
	t.Helper()
	var all []campaigns.Stop
	eventually(t, "the house is stopped", func() bool {
		var err error
		all, err = o.nodes[0].node.db.Stops(within(t), true, 0)
		return err == nil && len(all) > 0
	})
	if len(all) != 1 || all[0].By != campaigns.RestoredBy || all[0].Scope != campaigns.StopHouse {
		t.Fatalf("the stops are %+v", all)
	}
	eventually(t, "the campaign says why it calls nobody", func() bool {
		l := o.leader()
		if l == nil {
			return false
		}
		c := l.node.Snapshot().Campaigns
		return len(c) == 1 && strings.Contains(c[0].Why.Text, all[0].Reason)
	})
	return all[0]
}
