package node

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/pacing/sim"
)

// nodes are the nodes of the town by name, as a manager reads them.
func (o *town) standings(t *testing.T, m *client.Client) map[string]campaigns.NodeStanding {
	t.Helper()
	var list api.NodeList
	if err := m.Read(within(t), "/v1/nodes", &list); err != nil {
		t.Log(err) // nobody leads at this moment
	}
	out := make(map[string]campaigns.NodeStanding)
	for _, n := range list.Nodes {
		out[n.Name] = n.Standing()
	}
	return out
}

// TestTheNodeThatLeadsIsDrainedWhileItTalks: its conversations end, nothing new is
// placed there, another leads, and the load balancer is told. Undrained it works again.
func TestTheNodeThatLeadsIsDrainedWhileItTalks(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "carrier.log")
	far := folk(t, log, 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 100 * time.Millisecond}, Talk: sim.Dist{Mean: 2 * time.Second},
	})
	logins := []string{"ana", "ben"}
	o := openTown(t, far.Addr("udp"), 2, logins...)
	home := o.crew(t, logins)
	numbers := make([]string, 40)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	first := o.leader()
	m := o.order(t, first, numbers)
	eventually(t, "calls at the node that leads, and the agents are counted", func() bool {
		all := o.standings(t, m)
		agents := 0
		for _, n := range all {
			agents += n.Agents
		}
		return len(all) == 2 && all[first.name].Role == "floor" && all[first.name].Lines > 0 && agents == 2
	})
	if err := m.Post(within(t), "/v1/nodes/"+first.name+"/drain", nil, nil); err != nil {
		t.Fatal(err)
	}
	var second *resident
	eventually(t, "another leads", func() bool { second = o.leader(); return second != nil && second != first })
	eventually(t, "it is drained", func() bool { n, there := o.standings(t, m)[first.name]; return there && n.Drained() })
	if status, state := first.node.ready(t, within(t)); status != http.StatusServiceUnavailable || !state.Draining {
		t.Errorf("/readyz answers %d, %+v", status, state)
	}
	began := time.Now()
	eventually(t, "calls are placed elsewhere", func() bool {
		if n := o.standings(t, m)[first.name]; n.Lines > 0 {
			t.Fatalf("%d calls at a node that is drained", n.Lines)
		}
		return second.node.Snapshot().Campaigns[0].Totals.Placed > 4
	})
	t.Logf("calls went on %s later", time.Since(began).Round(time.Millisecond))
	if err := m.Post(within(t), "/v1/nodes/"+second.name+"/drain", nil, nil); err == nil {
		t.Error("the last node that takes work was drained")
	}
	if err := m.Post(within(t), "/v1/nodes/"+first.name+"/undrain", nil, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it takes work again", func() bool {
		_, state := first.node.ready(t, within(t))
		return o.standings(t, m)[first.name].State == campaigns.NodeUp && !state.Draining && state.Ready
	})
	home()
	for _, r := range o.nodes {
		r.end(t)
	}
	talked := map[string]int{}
	for _, c := range o.ledger(t) {
		if c.Outcome == campaigns.Connected {
			talked[c.Number]++
		}
	}
	for number, times := range talked {
		if times > 1 {
			t.Errorf("%s was talked with %d times", number, times)
		}
	}
}
