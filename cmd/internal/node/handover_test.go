package node

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing/sim"
)

// busyTown is three nodes in the middle of a campaign for so many people.
func busyTown(t *testing.T, people int) (o *town, home func()) {
	t.Helper()
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 300 * time.Millisecond}, Talk: sim.Dist{Mean: 2 * time.Second},
	})
	logins := []string{"ana", "ben", "cyd", "dan"}
	o = openTown(t, far.Addr("udp"), 3, logins...)
	home = o.crew(t, logins)
	numbers := make([]string, people)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o.order(t, o.nodes[0], numbers)
	eventually(t, "people are called", func() bool {
		l := o.leader()
		if l == nil {
			return false
		}
		c := l.node.Snapshot().Campaigns
		return len(c) == 1 && c[0].Totals.Placed >= 6
	})
	return o, home
}

// everybody waits until all people were called and nobody is talked with any more.
func (o *town) everybody(t *testing.T) {
	t.Helper()
	eventually(t, "everybody was called", func() bool {
		l := o.leader()
		if l == nil {
			return false
		}
		d, err := l.node.Depth(within(t), o.campaign)
		return err == nil && d.Ready+d.Leased+d.Live == 0 && len(l.node.Snapshot().Calls()) == 0
	})
}

// outcomes ends the town and counts how its calls ended, and whom they were for.
func (o *town) outcomes(t *testing.T) (calls map[campaigns.Outcome]int, people int) {
	t.Helper()
	for _, r := range o.nodes {
		r.end(t)
	}
	seen := map[string]bool{}
	calls = map[campaigns.Outcome]int{}
	for _, c := range o.ledger(t) {
		calls[c.Outcome]++
		seen[c.Number] = true
		if c.Outcome != campaigns.Connected {
			t.Logf("%s: %s by %s: %s (placed %s, answered %s, ended %s)", c.ID, c.Outcome, c.EndedBy, c.Error, c.IntentAt, c.AnsweredAt, c.EndedAt)
		}
	}
	t.Log(calls)
	return calls, len(seen)
}

// TestTheNodeThatLeadsStopsSoftlyAndNoCallIsWithdrawnOrLost: SIGTERM. Another leads, and
// the node ends by itself when its conversations have.
func TestTheNodeThatLeadsStopsSoftlyAndNoCallIsWithdrawnOrLost(t *testing.T) {
	o, home := busyTown(t, 18)
	first, began := o.leader(), time.Now()
	first.soft()
	eventually(t, "another leads", func() bool { l := o.leader(); return l != nil && l != first })
	t.Logf("another leads, and serves pages, %s after the order to stop", time.Since(began).Round(time.Millisecond))
	await(t, "the node ends by itself", first.ended)
	o.everybody(t)
	home()
	calls, people := o.outcomes(t)
	// Who answers in the second without a floor waits for the next, for two seconds: on a
	// machine that is busy with other tests that may be too little.
	if people != 18 || calls[campaigns.Cancelled]+calls[campaigns.Lost] > 0 || calls[campaigns.Connected] < 10 {
		t.Errorf("of %d people: %v", people, calls)
	}
}

// TestANodeThatIsTakenForDeadLetsGoAndWorksAgainByItself: as after a sleep of ten seconds,
// others have ended its life.
func TestANodeThatIsTakenForDeadLetsGoAndWorksAgainByItself(t *testing.T) {
	o, home := busyTown(t, 18)
	leader := o.leader()
	var victim *resident
	for _, r := range o.nodes {
		if r != leader {
			victim = r
		}
	}
	before := victim.node.several.member.View().Self
	if _, err := leader.node.db.EndNode(within(t), before.ID, time.Microsecond); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has joined again", func() bool {
		v := victim.node.several
		return v.member.View().Self.Epoch > before.Epoch && v.life.Load() != nil && v.member.Lives() == nil
	})
	if leader != o.leader() {
		t.Error("another leads, though only a follower was taken for dead")
	}
	o.everybody(t)
	home()
	if calls, people := o.outcomes(t); people != 18 || calls[campaigns.Connected] < 10 {
		t.Errorf("of %d people: %v", people, calls)
	}
}
