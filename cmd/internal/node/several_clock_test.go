package node

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing/sim"
)

// TestANodeWhoseClockIsOffSaysSoWhereNodesAreListed: nobody is called from there, and
// somebody who looks at the house learns why, at whichever node they look.
func TestANodeWhoseClockIsOffSaysSoWhereNodesAreListed(t *testing.T) {
	t.Parallel()
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 25999, sim.Callees{Person: 1, Ring: sim.Dist{Mean: time.Second}, Talk: sim.Dist{Mean: time.Second}})
	o := openTown(t, far.Addr("udp"), 2)
	leads := o.leader()
	other := o.nodes[0]
	if other == leads {
		other = o.nodes[1]
	}
	m := o.at(t, other)
	o.node = other.node
	pages := o.clerk(t)
	for _, off := range []*resident{other, leads} {
		off.node.db.SetClockOffset(7*time.Second, "ntp.example.org")
		var all map[string]campaigns.NodeStanding
		eventually(t, off.name+" says that its clock is off", func() bool {
			all = o.standings(t, m)
			return len(all[off.name].Barred) == 1
		})
		if bar := all[off.name].Barred[0]; bar.Code != campaigns.BarClock || !strings.Contains(bar.Why, "7s ahead of the time of ntp.example.org") {
			t.Errorf("%s says %+v", off.name, bar)
		}
		for _, n := range all {
			if n.Name != off.name && len(n.Barred) != 0 {
				t.Errorf("%s says %+v", n.Name, n.Barred)
			}
		}
		if text := pages.get("/office/nodes"); !strings.Contains(text, "Calls nobody: its clock is off.") || !strings.Contains(text, "7s ahead of the time of") {
			t.Errorf("the page does not say why:\n%s", text)
		}
		off.node.db.SetClockOffset(0, "ntp.example.org")
		eventually(t, "it takes work", func() bool { return len(o.standings(t, m)[off.name].Barred) == 0 })
	}
	if text := pages.get("/office/nodes"); strings.Contains(text, "Calls nobody") {
		t.Errorf("the clocks are right, and the page says\n%s", text)
	}
}
