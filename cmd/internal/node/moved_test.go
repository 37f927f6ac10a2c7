package node

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/move"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/sqlite"
)

// TestNodesGoOnCallingWhereTheFolderThatWasMovedLeftOff: a house of one dials a part of
// its list, is stopped and moved, and two nodes call the others of it and nobody twice.
func TestNodesGoOnCallingWhereTheFolderThatWasMovedLeftOff(t *testing.T) {
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 50 * time.Millisecond}, Talk: sim.Dist{Mean: 300 * time.Millisecond},
	})
	logins := []string{"ana"}
	alone := openOffice(t, far.Addr("udp"), logins...)
	if alone.conf.Several() {
		t.Skip("a data folder is moved here")
	}
	home := (&town{office: alone, nodes: []*resident{{name: "alone", node: alone.node}}}).crew(t, logins)
	numbers := make([]string, 8)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	alone.dial(t, numbers...)
	eventually(t, "some are called", func() bool { return far.Stats().Invites >= 3 })
	if err := alone.manager.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/pause", alone.campaign), nil, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "their calls are over", func() bool { return len(alone.node.Snapshot().Calls()) == 0 })
	home()
	alone.close(t)
	before := alone.ledger(t)
	if len(before) == 0 || len(before) == len(numbers) {
		t.Fatalf("%d of %d people were called before the move: it shows nothing", len(before), len(numbers))
	}

	o := &town{office: &office{data: t.TempDir(), secret: alone.secret, conf: alone.conf}}
	onPostgres(t, &o.conf)
	to, err := postgres.At(o.conf.Postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	done, err := move.Run(within(t), move.Settings{From: sqlite.At(filepath.Join(alone.data, DataFile)), To: to})
	if err != nil || !done.Found.Clean() {
		t.Fatalf("moved: %+v, %v", done, err)
	}
	db := o.store(t)
	if err := errors.Join(HandOverKey(within(t), o.conf, alone.data, db), db.Close()); err != nil {
		t.Fatal(err)
	}
	moved := time.Now()
	for i := range 2 {
		o.open(t, i, func(int, *Settings) {})
	}
	o.meet(t)
	defer o.crew(t, logins)()
	o.resume(t)
	talked := map[string]int{}
	eventually(t, "everybody is called, and somebody was talked with", func() bool {
		called, since := map[string]bool{}, 0
		clear(talked)
		for c, err := range o.nodes[0].node.db.Calls(within(t), campaigns.CallFilter{}) {
			if err != nil {
				return false
			}
			called[c.Number] = true
			if c.Outcome == campaigns.Connected {
				talked[c.Number]++
				if c.IntentAt.After(moved) {
					since++
				}
			}
		}
		return len(called) == len(numbers) && since > 0
	})
	for number, times := range talked {
		if times != 1 {
			t.Errorf("%s was talked with %d times", number, times)
		}
	}
}

// resume lets the campaign of the town go on, by a manager at its last node.
func (o *town) resume(t *testing.T) {
	t.Helper()
	m := client.New(o.nodes[len(o.nodes)-1].node.URL())
	if _, err := m.Login(within(t), managerLogin, o.secret); err != nil {
		t.Fatal(err)
	}
	id, err := m.CampaignID(within(t), campaignName)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", id), nil, nil); err != nil {
		t.Fatal(err)
	}
}
