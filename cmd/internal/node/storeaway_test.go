package node

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// outage is a way in which a Postgres can be away, and how it comes back.
type outage struct{ begin, end func(*pgtest.Server) error }

// lostStore is an office whose Postgres goes away while two people are on the line:
// one talks, the other one's phone rings.
type lostStore struct {
	*office
	village     *village
	server      *pgtest.Server
	earA, earB  *ear
	first, next *desk // who talks already, and who is to
	hears       *ear  // of first
	says        float64
	card        api.Card
}

const (
	talksNow  = 7
	ringsNow  = 8
	firstLate = 20 // of those who wait for the next agents
)

func openLostStore(t *testing.T) *lostStore {
	t.Helper()
	s, err := pgtest.Start()
	if err != nil {
		pgtest.Skip(t, err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	name, err := s.Database(within(t), "")
	if err != nil {
		t.Fatal(err)
	}
	v := openVillage(t, func(number string) time.Duration {
		if number == fictional(ringsNow) {
			return 12 * time.Second
		}
		return 50 * time.Millisecond
	})
	o := &lostStore{village: v, server: s, earA: &ear{}, earB: &ear{}}
	o.office = openOfficeWith(t, v.addr(), slog.New(slog.NewTextHandler(t.Output(), nil)), func(c *config.Config) {
		c.Storage, c.Postgres.URL, c.Cluster.Secret = config.StoragePostgres, s.Address(name), strings.Repeat("s", 32)
		c.Cluster.Listen = "127.0.0.1:0"
	}, "ana", "ben")
	o.plugVoice(t, "ana", agentHertz, o.earA)
	o.plugVoice(t, "ben", benHertz, o.earB)
	ana := o.seat(t, "ana")
	o.first, o.hears, o.says = ana, o.earA, agentHertz
	o.dial(t, fictional(talksNow))
	o.card = ana.connected(t)
	o.next = o.seat(t, "ben")
	o.dial(t, fictional(ringsNow), fictional(firstLate), fictional(firstLate+1))
	eventually(t, "the second phone rings, and two people wait to be called", func() bool {
		c := o.node.Snapshot().Campaigns
		return v.calls() == 2 && len(c) == 1 && c[0].Hopper.Callable == 2
	})
	t.Cleanup(func() { _ = s.Thaw() }) // a test that fails must not wait for a server that is stopped
	return o
}

// works is what the agent who talks does while the store is away.
func (o *lostStore) works(t *testing.T) {
	t.Helper()
	o.village.heard.wants(t, "the person", o.says)
	o.hears.wants(t, "the agent", voiceHertz)
	var card api.Card
	if err := o.first.Read(within(t), "/v1/agent/call", &card); err != nil || card.Attempt != o.card.Attempt {
		t.Errorf("the card while the store is away: %s, %v", card.Attempt, err)
	}
	if err := o.first.Read(within(t), "/v1/agent/call/script", &json.RawMessage{}); err != nil {
		t.Errorf("the script: %v", err)
	}
	if err := o.first.Put(within(t), "/v1/agent/call/draft", map[string]any{"draft": map[string]any{"note": "so far"}}, nil); err != nil {
		t.Errorf("the draft: %v", err)
	}
	o.first.does(t, "hold", on(true))
	o.first.does(t, "hold", on(false))
}

// ends hangs up and says what came of it; the agent is ready then.
func (o *lostStore) ends(t *testing.T, d *desk, attempt, code string) {
	t.Helper()
	var err error
	eventually(t, "the agent hangs up", func() bool { // not at once: that would be a second click
		err = d.Post(within(t), "/v1/agent/call/hang-up", nil, nil)
		no, ok := errors.AsType[*client.Refusal](err)
		return !ok || no.Code != "too_soon"
	})
	if err != nil {
		t.Fatalf("hang up: %v", err)
	}
	d.until(t, "call_ended")
	for range 2 { // the second time is the same
		d.dispose(t, attempt, api.Disposition{Code: code, Note: "the store was away"})
	}
	var now api.Agent
	if err := d.Read(within(t), "/v1/agent", &now); err != nil || now.State != campaigns.AgentReady {
		t.Errorf("after the disposition: %s, %v", now.State, err)
	}
}

// TestConversationsGoOnWhilePostgresIsAway: over real SIP. Both sides hear each other,
// desks work, a phone that rings when it goes is answered by an agent, nobody else is
// called, and afterwards the ledger has everything once.
func TestConversationsGoOnWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]outage{
		"ended at once": {(*pgtest.Server).Crash, (*pgtest.Server).Again},
		"stopped":       {(*pgtest.Server).Freeze, (*pgtest.Server).Thaw},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openLostStore(t)
			if err := way.begin(o.server); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			o.works(t)
			second := o.next.connected(t)
			if second.Number != fictional(ringsNow) {
				t.Errorf("the second card is of %s", second.Number)
			}
			o.earB.wants(t, "the second agent", voiceHertz)
			o.ends(t, o.first, o.card.Attempt, "not_interested")
			o.ends(t, o.next, second.Attempt, "not_interested")
			eventually(t, "why nobody is called stands on the board", func() bool {
				c := o.node.Snapshot().Campaigns
				return len(c) == 1 && (strings.Contains(c[0].Why.Text, "the record store is away since") || strings.Contains(c[0].Why.Text, "the record store does not tell"))
			})
			if n := o.village.calls(); n != 2 {
				t.Errorf("%d calls, two of them before the store went away", n)
			}
			t.Logf("away for %s, %+v", time.Since(began).Round(time.Millisecond), o.node.spool.State())
			if err := way.end(o.server); err != nil {
				t.Fatal(err)
			}
			o.comesBack(t, second.Attempt)
		})
	}
}

// comesBack waits until calls are placed again, and reads the ledger.
func (o *lostStore) comesBack(t *testing.T, second string) {
	t.Helper()
	eventually(t, "the store has everything", func() bool { return o.node.spool.State().Waiting == 0 })
	eventually(t, "people are called again", func() bool { return o.village.calls() == 4 })
	a, b := o.first.connected(t), o.next.connected(t)
	o.ends(t, o.first, a.Attempt, "not_interested")
	o.ends(t, o.next, b.Attempt, "not_interested")
	if n := o.node.spool.State().Aside; n != 0 {
		t.Errorf("%d records were set aside", n)
	}
	o.first.leave()
	o.next.leave()
	o.close(t)
	called := map[string]campaigns.Call{}
	for _, c := range o.ledger(t) {
		if was, twice := called[c.Number]; twice {
			t.Errorf("%s was called twice: %s and %s", c.Number, was.ID, c.ID)
		}
		called[c.Number] = c
		if c.Outcome != campaigns.Connected || c.Disposition == nil || c.Disposition.Code != "not_interested" {
			t.Errorf("%s: %s, %+v", c.Number, c.Outcome, c.Disposition)
		}
	}
	for _, i := range []int{talksNow, ringsNow, firstLate, firstLate + 1} {
		if _, there := called[fictional(i)]; !there {
			t.Errorf("%s was not called", fictional(i))
		}
	}
	if c := called[fictional(ringsNow)]; c.ID != second || c.BridgedAt.IsZero() {
		t.Errorf("the second call: %+v", c.Attempt)
	}
}
