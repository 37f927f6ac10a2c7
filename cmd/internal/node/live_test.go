package node

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// The trunk that three nodes have together in these tests.
const (
	sharedLines = 10
	sharedCPS   = 12
)

// rush has callers at each node who want far more of the trunk than there is, of
// people who are all busy.
type rush struct {
	*town
	t    *testing.T
	log  string
	stop []func() // the callers of a node
}

func openRush(t *testing.T, change func(*config.Config)) *rush {
	t.Helper()
	r := &rush{t: t, log: filepath.Join(t.TempDir(), "carrier.log")}
	far := folk(t, r.log, 24000, 25999, sim.Callees{Busy: 1, FastFail: sim.Dist{Mean: 500 * time.Millisecond}})
	r.town = openTownWith(t, far.Addr("udp"), 3, func(c *config.Config) {
		c.Trunks[0].MaxChannels, c.Trunks[0].MaxCPS = sharedLines, sharedCPS
		change(c)
	})
	for i, at := range r.nodes {
		ctx, stop := context.WithCancel(context.Background())
		var work sync.WaitGroup
		for j := range 8 {
			work.Go(func() { r.redial(ctx, at, fictional(100*i+j)) })
		}
		r.stop = append(r.stop, sync.OnceFunc(func() { stop(); work.Wait() }))
		t.Cleanup(r.stop[i])
	}
	return r
}

// end ends a node, as a service is stopped: its calls are over before.
func (r *rush) end(i int) {
	r.t.Helper()
	r.stop[i]()
	r.nodes[i].end(r.t)
}

// redial calls a number without end; most of its calls find no room.
func (r *rush) redial(ctx context.Context, at *resident, number string) {
	for ctx.Err() == nil {
		if _, err := at.node.trunks.Dial(ctx, dialer.Request{Number: number, RingTime: 5 * time.Second}); err == nil {
			r.t.Error("somebody answered")
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// flows waits until the carrier has seen so many calls more.
func (r *rush) flows(what string, n int) {
	r.t.Helper()
	want := len(r.invites()) + n
	eventually(r.t, what, func() bool { return len(r.invites()) >= want })
}

// standAll tells whether all of these nodes stand so with the trunk.
func standAll(nodes []*resident, together bool, cps ...float64) func() bool {
	return func() bool {
		var shares []float64
		for _, n := range nodes {
			st := n.node.live.standing()
			if len(st) != 1 || st[0].Together != together || st[0].Apart == together {
				return false
			}
			shares = append(shares, st[0].CPS)
		}
		slices.Sort(shares)
		return len(cps) == 0 || slices.Equal(shares, cps)
	}
}

func (r *rush) records() []carrier.Record {
	r.t.Helper()
	f, err := os.Open(r.log)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	all, err := carrier.ReadLog(f)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// invites are the instants at which the carrier saw calls.
func (r *rush) invites() (at []time.Time) {
	for _, rec := range r.records() {
		if rec.Event == carrier.Invited {
			at = append(at, rec.At)
		}
	}
	return at
}

// check fails when the carrier saw more calls at once than the trunk has lines, or
// more in four seconds than five seconds of its calls allow: what was written late
// on a busy machine must not count, and what is doubled does.
func (r *rush) check() {
	r.t.Helper()
	now, most := map[string]bool{}, 0
	for _, rec := range r.records() {
		switch rec.Event {
		case carrier.Invited:
			now[rec.CallID] = true
		case carrier.Refused, carrier.Canceled:
			delete(now, rec.CallID)
		}
		most = max(most, len(now))
	}
	at := r.invites()
	slices.SortFunc(at, time.Time.Compare)
	const upTo = sharedCPS * 5
	closest := time.Hour
	for i := upTo; i < len(at); i++ {
		closest = min(closest, at[i].Sub(at[i-upTo]))
	}
	r.t.Logf("%d calls, %d at once, %d of them within %s", len(at), most, upTo+1, closest)
	if most > sharedLines || closest < 4*time.Second {
		r.t.Errorf("the trunk has %d lines and %d calls a second", sharedLines, sharedCPS)
	}
}

// admin reads from the administrator's port of the first node.
func (r *rush) admin(path string) string {
	r.t.Helper()
	res, err := http.Get("http://" + r.nodes[0].node.Admin() + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// meters tells whether /metrics of the first node has all these lines.
func (r *rush) meters(lines ...string) func() bool {
	return func() bool {
		text := r.admin("/metrics")
		return !slices.ContainsFunc(lines, func(line string) bool { return !strings.Contains(text, "\n"+line+"\n") })
	}
}

// TestThreeNodesShareOneTrunkWhateverBecomesOfRedis: the carrier's log decides.
func TestThreeNodesShareOneTrunkWhateverBecomesOfRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := openRush(t, func(c *config.Config) { c.Live, c.Redis.URL = config.LiveRedis, server.URL() })
	eventually(t, "the nodes share", standAll(r.nodes, true, sharedCPS, sharedCPS, sharedCPS))
	r.flows("calls leave by Redis' word", 40)
	manager := r.order(t, r.nodes[0], []string{fictional(900)})
	eventually(t, "the metrics say so", r.meters("forecall_redis_up 1", "forecall_redis_nodes 3", `forecall_trunk_shared{trunk="carrier"} 1`))
	server.Kill()
	eventually(t, "each node heeds its safe share", standAll(r.nodes, false, 4, 4, 4))
	eventually(t, "the metrics say so", r.meters("forecall_redis_up 0", `forecall_trunk_share_cps{trunk="carrier"} 4`, `forecall_trunk_shared{trunk="carrier"} 0`))
	if text := r.admin("/readyz"); !strings.Contains(text, "Redis is away: trunk carrier dials at this node's safe share, 4 of 12 calls a second") {
		t.Errorf("/readyz says %s", text)
	}
	eventually(t, "the list of nodes and the campaign say so", func() bool {
		var house api.NodeList
		if err := manager.Read(within(t), "/v1/nodes", &house); err != nil || len(house.SafeShares) != 1 {
			return false
		}
		l := r.leader()
		if l == nil {
			return false
		}
		all := l.node.lead.Load().floor.Snapshot().Campaigns
		return house.SafeShares[0] == (campaigns.TrunkShare{Trunk: "carrier", CPS: 4, AllCPS: sharedCPS, Lines: house.SafeShares[0].Lines, AllLines: sharedLines}) &&
			len(all) == 1 && strings.Contains(all[0].Why, "Redis is away: trunk carrier dials at this node's safe share")
	})
	r.flows("calls leave without Redis", 40)
	if err := server.Again(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the nodes share again", standAll(r.nodes, true))
	r.flows("calls leave by Redis' word again", 40)
	server.Flush()
	r.flows("calls leave after Redis was emptied", 40)
	r.end(2)
	eventually(t, "the others have its part", standAll(r.nodes[:2], true, sharedCPS, sharedCPS))
	r.flows("calls leave of two nodes", 40)
	r.check()
}

// TestThreeNodesGoOnBehindSentinelsWhenTheMasterIsLost with the words that its replica
// had not heard.
func TestThreeNodesGoOnBehindSentinelsWhenTheMasterIsLost(t *testing.T) {
	t.Parallel()
	master, replica, address := redistest.Sentinels(t, 3)
	r := openRush(t, func(c *config.Config) { c.Live, c.Redis.URL = config.LiveRedis, address })
	eventually(t, "the nodes share", standAll(r.nodes, true, sharedCPS, sharedCPS, sharedCPS))
	r.flows("calls leave by the master's word", 40)
	master.Kill()
	replica.Eventually("the replica is master", func() bool { return replica.Field("replication", "role") == "master" })
	r.flows("calls leave", 40)
	eventually(t, "the nodes share again", standAll(r.nodes, true))
	r.flows("calls leave by the new master's word", 40)
	r.check()
}

// TestThreeNodesWithoutRedisHaveTheirSafeShares also when one of them goes.
func TestThreeNodesWithoutRedisHaveTheirSafeShares(t *testing.T) {
	t.Parallel()
	r := openRush(t, func(*config.Config) {})
	eventually(t, "each node has its safe share", standAll(r.nodes, false, 4, 4, 4))
	r.flows("calls leave", 40)
	r.end(0)
	eventually(t, "the others have its part", standAll(r.nodes[1:], false, 6, 6))
	r.flows("calls leave of two nodes", 40)
	r.check()
}

func TestANodeThatHasNotJoinedCallsNobody(t *testing.T) {
	l := &live{begun: make(chan struct{})}
	if _, _, err := l.Take(t.Context(), "carrier", true); err == nil {
		t.Error("it has a line")
	}
	if n, why := l.Room("carrier", time.Second); n != 0 || why == "" {
		t.Errorf("it has room for %d calls: %q", n, why)
	}
}
