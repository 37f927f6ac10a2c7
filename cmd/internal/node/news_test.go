package node

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// ringers is a town whose agents wait for people who let it ring for a minute.
type ringers struct {
	*town
	log   string
	known int // people of the campaign
}

func openRingers(t *testing.T, people int, change func(*config.Config)) *ringers {
	t.Helper()
	r := &ringers{log: filepath.Join(t.TempDir(), "carrier.log"), known: people}
	far := folk(t, r.log, 24000, 25999, sim.Callees{Person: 1, Ring: sim.Dist{Mean: time.Minute}, Talk: sim.Dist{Mean: time.Second}})
	logins := []string{"ana", "ben", "cyd", "dan", "eve", "fay"}
	r.town = openTownWith(t, far.Addr("udp"), 3, change, logins...)
	r.crew(t, logins)
	numbers := make([]string, people)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	r.order(t, r.leader(), numbers)
	r.rings(t)
	return r
}

// events is the carrier's log as it is.
func (r *ringers) events(t *testing.T) []carrier.Record {
	t.Helper()
	f, err := os.Open(r.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := carrier.ReadLog(f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// calls are the numbers that ring at the carrier, and when those that were cancelled
// last were.
func (r *ringers) calls(t *testing.T) (ringing map[string]bool, cancelled map[string]time.Time) {
	t.Helper()
	ringing, cancelled = map[string]bool{}, map[string]time.Time{}
	for _, rec := range r.events(t) {
		switch rec.Event {
		case carrier.Ringing:
			ringing[rec.Number] = true
		case carrier.Canceled:
			delete(ringing, rec.Number)
			cancelled[rec.Number] = rec.At
		}
	}
	return ringing, cancelled
}

// rings waits until a call rings for each agent, and returns their numbers.
func (r *ringers) rings(t *testing.T) (numbers []string) {
	t.Helper()
	eventually(t, "a call rings for each agent", func() bool {
		ringing, _ := r.calls(t)
		numbers = numbers[:0]
		for number := range ringing {
			numbers = append(numbers, number)
		}
		return len(numbers) == 6
	})
	return numbers
}

// lists puts what rings onto the do-not-call list in the store, at a node that does
// not lead, without a word to the brain, and tells how long it rang on at most.
func (r *ringers) lists(t *testing.T, how string) {
	t.Helper()
	numbers := r.rings(t)
	entries := make([]campaigns.DoNotCall, len(numbers))
	for i, number := range numbers {
		entries[i] = campaigns.DoNotCall{Number: number, At: time.Now(), By: "test", Reason: "asked"}
	}
	at := time.Now()
	if _, err := r.follower().node.db.ImportDoNotCall(within(t), entries); err != nil {
		t.Fatal(err)
	}
	wrote := time.Now()
	var last time.Time
	eventually(t, "none of them rings", func() bool {
		_, cancelled := r.calls(t)
		for _, number := range numbers {
			if cancelled[number].Before(at) {
				return false
			}
			if cancelled[number].After(last) {
				last = cancelled[number]
			}
		}
		return true
	})
	t.Logf("%s: written in %s, the last call is withdrawn %s later", how, wrote.Sub(at).Round(time.Millisecond), last.Sub(wrote).Round(time.Millisecond))
}

func (r *ringers) follower() *resident {
	for _, n := range r.nodes {
		if n != r.leader() {
			return n
		}
	}
	return nil
}

// TestWhatIsWrittenAtOneNodeIsHeardAtAll: with the bell, when Redis is away, and when
// it is back and empty. The carrier's log says how long a person's phone rang on.
func TestWhatIsWrittenAtOneNodeIsHeardAtAll(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := openRingers(t, 60, func(c *config.Config) { c.Live, c.Redis.URL = config.LiveRedis, server.URL() })
	eventually(t, "every node has heard where the phones of all agents are", func() bool {
		for _, n := range r.nodes {
			places := n.node.several.presence.Load().View().Agents
			for _, at := range places {
				if at.Phone == "" {
					return false
				}
			}
			if len(places) != 6 {
				return false
			}
		}
		return true
	})
	r.lists(t, "by the bell")
	for _, n := range r.nodes {
		if n != r.follower() && n.node.several.news.heard.Load() == 0 {
			t.Errorf("%s did not hear the bell", n.name)
		}
	}
	server.Kill()
	r.lists(t, "without Redis")
	if err := server.Again(); err != nil {
		t.Fatal(err)
	}
	gaps := r.nodes[0].node.several.news.gaps.Load()
	eventually(t, "a node reads everything anew, for it may have missed the bell", func() bool {
		return r.nodes[0].node.several.news.gaps.Load() > gaps
	})
	r.lists(t, "by the bell again")
}

// TestAStopThatIsWrittenAtOneNodeHoldsAtAll without Redis.
func TestAStopThatIsWrittenAtOneNodeHoldsAtAll(t *testing.T) {
	t.Parallel()
	r := openRingers(t, 60, func(*config.Config) {})
	db := r.follower().node.db
	stop, err := db.ThrowStop(within(t), campaigns.Stop{Scope: campaigns.StopCampaign, Value: fmt.Sprint(r.campaign), Reason: "test", By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	wrote := time.Now()
	eventually(t, "nothing rings", func() bool { ringing, _ := r.calls(t); return len(ringing) == 0 })
	_, cancelled := r.calls(t)
	var last time.Time
	for _, at := range cancelled {
		if at.After(last) {
			last = at
		}
	}
	t.Logf("the last call is withdrawn %s after the stop was written", last.Sub(wrote).Round(time.Millisecond))
	heldUp := func() bool {
		l := r.leader()
		return l != nil && len(l.node.Snapshot().Campaigns) == 1 && l.node.Snapshot().Campaigns[0].Why.Cause == "kill_switch"
	}
	eventually(t, "the floor says so", heldUp)
	if err := db.LiftStop(within(t), stop.ID, "test", "over"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the floor goes on", func() bool { return !heldUp() && r.leader() != nil })
}
