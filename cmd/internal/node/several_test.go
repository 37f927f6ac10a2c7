package node

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// town is a house of several nodes in one process, over one Postgres.
type town struct {
	*office
	nodes []*resident
}

// resident is one of its nodes.
type resident struct {
	name       string
	node       *Node
	soft, hard context.CancelFunc
	ended      chan struct{}
}

// openTown starts so many nodes, whose trunks lead to far, and waits until one leads
// and all know it.
func openTown(t *testing.T, far netip.AddrPort, nodes int, agents ...string) *town {
	t.Helper()
	return openTownWith(t, far, nodes, func(*config.Config) {}, agents...)
}

// openTownWith changes the configuration of each node first.
func openTownWith(t *testing.T, far netip.AddrPort, nodes int, change func(*config.Config), agents ...string) *town {
	t.Helper()
	return openTownOf(t, far, nodes, func(_ int, s *Settings) { change(&s.Config) }, agents...)
}

// openTownOf changes the settings of each node first.
func openTownOf(t *testing.T, far netip.AddrPort, nodes int, change func(i int, s *Settings), agents ...string) *town {
	t.Helper()
	o := &office{data: t.TempDir(), secret: "a secret of the town"}
	o.conf = o.config(far, agents)
	onPostgres(t, &o.conf)
	town := &town{office: o}
	for i := range nodes {
		town.open(t, i, change)
	}
	town.meet(t)
	return town
}

// meet waits until the nodes know one another, who leads, and the phones.
func (o *town) meet(t *testing.T) {
	t.Helper()
	eventually(t, "every node knows the others and who leads", func() bool {
		for _, r := range o.nodes {
			if v := r.node.several.member.View(); len(v.Nodes) != len(o.nodes) || v.Leader.ID == 0 {
				return false
			}
		}
		return o.leader() != nil
	})
	eventually(t, "every node knows the phones", func() bool {
		for _, r := range o.nodes {
			for _, u := range r.node.settings.Config.Users {
				if _, known := r.node.secrets.find(u.Extension); !known && u.Extension != "" {
					return false
				}
			}
		}
		return true
	})
}

// open starts the i-th node of the town.
func (o *town) open(t *testing.T, i int, change func(i int, s *Settings)) *resident {
	t.Helper()
	conf := o.conf
	conf.Data = filepath.Join(o.data, fmt.Sprint(i))
	conf.Media.Ports = fmt.Sprintf("%d-%d", 26000+500*i, 26499+500*i)
	conf.Cluster = config.Cluster{Name: fmt.Sprintf("node-%d", i+1), Listen: "127.0.0.1:0", Secret: strings.Repeat("s", 32)}
	conf.Trunks, conf.Users = slices.Clone(conf.Trunks), slices.Clone(conf.Users)
	settings := Settings{Config: conf, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil)).With("at", conf.Cluster.Name)}
	change(i, &settings)
	if err := settings.Config.Validate(); err != nil {
		t.Fatal(err)
	}
	n, err := Start(within(t), settings)
	if err != nil {
		t.Fatal(err)
	}
	r := &resident{name: conf.Cluster.Name, node: n, ended: make(chan struct{})}
	var soft, hard context.Context
	soft, r.soft = context.WithCancel(context.Background())
	hard, r.hard = context.WithCancel(context.Background())
	go func() {
		defer close(r.ended)
		if err := n.Run(soft, hard); err != nil {
			t.Errorf("%s ended with %v", r.name, err)
		}
	}()
	t.Cleanup(func() { r.end(t) })
	o.nodes = append(o.nodes, r)
	return r
}

// leader is the node that leads, or nil.
func (o *town) leader() *resident {
	for _, r := range o.nodes {
		if l := r.node.lead.Load(); l != nil && l.open.Load() {
			return r
		}
	}
	return nil
}

func (r *resident) end(t *testing.T) {
	t.Helper()
	r.soft()
	r.hard()
	await(t, r.name+" ends", r.ended)
}

// crew are robots, each with its desk at one node and its phone at the next.
func (o *town) crew(t *testing.T, logins []string) (sendHome func()) {
	t.Helper()
	poller := media.NewPlainPoller()
	ports, err := media.NewPortRange(28000, 29999)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready := make(chan struct{}, len(logins))
	var work sync.WaitGroup
	for i, login := range logins {
		desk, phone := o.nodes[i%len(o.nodes)], o.nodes[(i+1)%len(o.nodes)].node.PhonesAddr()
		work.Go(func() {
			err := robot.Run(ctx, robot.Settings{
				Server: desk.node.URL(), Login: login, Password: o.secret, Extension: login, Secret: o.secret, IP: loopback,
				Registrar: sipua.Target{Host: phone.Addr().String(), Port: int(phone.Port()), Transport: "udp"},
				Media:     media.Settings{IP: loopback, Ports: ports, Poller: poller},
				Homes:     o.homes(i + 1),
				Wrap:      sim.Dist{Mean: time.Second}, Seed: uint64(i), OnReady: func() { ready <- struct{}{} },
			})
			if err != nil && ctx.Err() == nil {
				t.Errorf("%s: %v", login, err)
			}
		})
	}
	sendHome = sync.OnceFunc(func() {
		stop()
		work.Wait()
		if err := poller.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(sendHome)
	for range logins {
		await(t, "a robot is ready", ready)
	}
	return sendHome
}

// homes are the nodes, beginning with the i-th.
func (o *town) homes(i int) (all []robot.Home) {
	for j := range o.nodes {
		n := o.nodes[(i+j)%len(o.nodes)].node
		phone := n.PhonesAddr()
		all = append(all, robot.Home{
			Server: n.URL(), Registrar: sipua.Target{Host: phone.Addr().String(), Port: int(phone.Port()), Transport: "udp"},
		})
	}
	return all
}

// order logs a manager in at a node and starts the campaign with these numbers.
func (o *town) order(t *testing.T, at *resident, numbers []string) *client.Client {
	t.Helper()
	m := client.New(at.node.URL())
	if _, err := m.Login(within(t), managerLogin, o.secret); err != nil {
		t.Fatal(err)
	}
	var err error
	if o.campaign, err = m.CampaignID(within(t), campaignName); err != nil {
		t.Fatal(err)
	}
	o.manager = m
	o.dial(t, numbers...)
	return m
}

// TestThreeNodesWorkOneCampaign: desks, phones and calls are at any node, and what
// the manager does at one is done for all.
func TestThreeNodesWorkOneCampaign(t *testing.T) {
	log := filepath.Join(t.TempDir(), "carrier.log")
	far := folk(t, log, 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 100 * time.Millisecond}, Talk: sim.Dist{Mean: 2 * time.Second},
	})
	logins := []string{"ana", "ben", "cyd"}
	o := openTown(t, far.Addr("udp"), 3, logins...)
	home := o.crew(t, logins)
	numbers := make([]string, 12)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	follower := o.nodes[0]
	if follower == o.leader() {
		follower = o.nodes[1]
	}
	o.order(t, follower, numbers)
	eventually(t, "everybody was called and talked with", func() bool {
		s := o.leader()
		if s == nil {
			return false
		}
		snapshot := s.node.Snapshot()
		return len(snapshot.Campaigns) == 1 && snapshot.Campaigns[0].Totals.Bridged >= len(numbers)
	})
	home()
	for _, r := range o.nodes {
		r.end(t)
	}
	placed := map[string]int{}
	for _, c := range o.ledger(t) {
		placed[string(c.Outcome)]++
	}
	t.Log(placed)
	if placed["connected"] != len(numbers) {
		t.Errorf("of %d people: %v", len(numbers), placed)
	}
}

// TestAnotherNodeLeadsWhenTheOneThatLeadsEnds: in the middle of everything, with calls
// and phones at the node that ends. Its agents go on elsewhere, and everybody is
// called.
func TestAnotherNodeLeadsWhenTheOneThatLeadsEnds(t *testing.T) {
	log := filepath.Join(t.TempDir(), "carrier.log")
	far := folk(t, log, 24000, 25999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 100 * time.Millisecond}, Talk: sim.Dist{Mean: 3 * time.Second},
	})
	logins := []string{"ana", "ben", "cyd", "dan"}
	o := openTown(t, far.Addr("udp"), 3, logins...)
	home := o.crew(t, logins)
	numbers := make([]string, 24)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o.order(t, o.nodes[0], numbers)
	placed := func() int {
		if l := o.leader(); l != nil {
			if c := l.node.Snapshot().Campaigns; len(c) == 1 {
				return c[0].Totals.Placed
			}
		}
		return 0
	}
	eventually(t, "people are called", func() bool { return placed() >= 6 })
	first := o.leader()
	first.end(t)
	var second *Node
	eventually(t, "another leads", func() bool {
		l := o.leader()
		if l != nil && l != first {
			second = l.node
		}
		return second != nil
	})
	eventually(t, "everybody was called", func() bool {
		d, err := second.Depth(within(t), o.campaign)
		return err == nil && d.Ready+d.Leased+d.Live == 0 && len(second.Snapshot().Calls()) == 0
	})
	home()
	for _, r := range o.nodes {
		r.end(t)
	}
	calls, people := map[string]int{}, map[string]bool{}
	for _, c := range o.ledger(t) {
		calls[string(c.Outcome)]++
		people[c.Number] = true
		if c.Outcome != campaigns.Connected {
			t.Logf("%s: %s by %s: %s (placed %s, rang %s)", c.ID, c.Outcome, c.EndedBy, c.Error, c.IntentAt, c.RingingAt)
		}
	}
	t.Log(calls)
	if len(people) != len(numbers) || calls["connected"] < len(numbers)-len(logins)-2 {
		t.Errorf("of %d people: %v", len(people), calls)
	}
}
