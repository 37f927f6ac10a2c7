package node

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/sipua"
)

// busyStreet is a far end where every line is engaged.
func busyStreet(t *testing.T) netip.AddrPort {
	t.Helper()
	ua, err := sipua.Listen(sipua.Settings{
		Name: "busy", Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) { _ = inc.Reject(486, "") }),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	return ua.Addr("udp")
}

// people waits until a campaign has so many that may be called.
func (o *office) people(t *testing.T, n int64) {
	t.Helper()
	var d campaigns.Depth
	eventually(t, "people who may be called", func() bool {
		var err error
		if d, err = o.node.Depth(within(t), o.campaign); err != nil {
			t.Fatal(err)
		}
		return d.Ready == n
	})
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestListsOfTheConfigurationAndOfTheWatchedFolderAreLoadedAndReloaded(t *testing.T) {
	t.Parallel()
	folder, watched := t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "march.csv")
	put(t, file, "name,phone\nAna,"+fictional(1)+"\nBen,"+fictional(2)+"\n")
	o := openOfficeWith(t, busyStreet(t), nil, func(c *config.Config) {
		c.Campaigns[0].Lists = []config.List{{Name: "March", File: file, Region: "US"}}
		c.Import.Watch, c.Import.Campaign, c.Import.Region, c.Import.Every = watched, campaignName, "US", 50*time.Millisecond
	})
	o.people(t, 2)
	put(t, file, "name,phone\nAna,"+fictional(1)+"\nCem,"+fictional(3)+"\n")
	o.act(t, campaigns.ActionReload)
	o.people(t, 3)
	put(t, filepath.Join(watched, "april.csv"), "name,phone\nDee,"+fictional(4)+"\n")
	o.people(t, 4)
	lists, err := o.node.db.Lists(within(t), o.campaign)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range lists {
		names = append(names, l.Name)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"April.csv", "March"}) && !slices.Equal(names, []string{"March", "april.csv"}) {
		t.Errorf("lists %q", names)
	}
}

// act does what a schedule would do.
func (o *office) act(t *testing.T, action string) {
	t.Helper()
	if err := o.node.lead.Load().jobs.Act(within(t), o.campaign, action); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

func TestAScheduleStartsPausesAndRecyclesACampaign(t *testing.T) {
	t.Parallel()
	o := openOfficeWith(t, busyStreet(t), nil, func(c *config.Config) { c.Campaigns[0].MaxAttempts = 1 }, "ana")
	status := func(want campaigns.Status) {
		t.Helper()
		c, err := o.node.db.Campaign(within(t), o.campaign)
		if err != nil || c.Status != want {
			t.Errorf("the campaign is %s, not %s: %v", c.Status, want, err)
		}
	}
	o.act(t, campaigns.ActionPause) // of a draft: left as it is
	status(campaigns.Draft)
	o.act(t, campaigns.ActionStart)
	status(campaigns.Running)
	o.plug(t, "ana", newWatcher())
	o.seat(t, "ana")
	o.dial(t, fictional(1)) // engaged, and tried once only
	eventually(t, "the person is done with", func() bool {
		d, err := o.node.Depth(within(t), o.campaign)
		return err == nil && d.Done == 1
	})
	o.act(t, campaigns.ActionPause)
	o.act(t, campaigns.ActionPause) // twice is once
	status(campaigns.Paused)
	o.act(t, campaigns.ActionRecycle)
	d, err := o.node.Depth(within(t), o.campaign)
	if err != nil || d.Done != 0 || d.Ready+d.Waiting+d.Leased != 1 {
		t.Errorf("after recycling, people stand at %+v: %v", d, err)
	}
	if err := o.node.lead.Load().jobs.Act(within(t), o.campaign, "dance"); err == nil {
		t.Error("an unknown action was done")
	}
	if err := o.node.lead.Load().jobs.Act(within(t), o.campaign+1, campaigns.ActionRecycle); err == nil {
		t.Error("a campaign that does not exist was recycled")
	}
	o.act(t, campaigns.ActionStop)
	status(campaigns.Stopped)
}
