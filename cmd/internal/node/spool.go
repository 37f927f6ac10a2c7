package node

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/spool"
)

// spoolFolder is where what calls have come to waits for a store that is away,
// inside the data folder of this node.
const spoolFolder = "spool"

// lastDrain bounds the last try to write what waits before a node ends; what is
// not written then is at the next start.
const lastDrain = 2 * time.Second

var (
	_ spool.Store                = (*records.DB)(nil)
	_ campaigns.DispositionStore = deskStore{}
	_ campaigns.Drafts           = drafts{}
	_ campaigns.ScriptStore      = scriptStore{}
	_ campaigns.Background       = past{}
	_ api.Keys                   = (*requestKeys)(nil)
	_ dialer.Journal             = (*spool.Spool)(nil)
)

// openSpool writes to the store what the last run could not: only then is what that
// run left open closed as lost.
func (n *Node) openSpool(ctx context.Context) error {
	s, err := spool.Open(spool.Settings{Folder: filepath.Join(n.settings.Config.Data, spoolFolder), Store: n.db, Away: storeAway, Log: n.log})
	if err != nil {
		return err
	}
	n.spool = s
	n.later(s.Close)
	return s.Drain(ctx)
}

// closeLost closes what the last run left open.
func (n *Node) closeLost(ctx context.Context) error {
	if n.settings.Config.Several() {
		return nil // done when it has joined the others: what they have is theirs
	}
	lost, err := n.db.Recover(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("close the attempts that were open when the last run ended: %w", err)
	}
	if _, err := n.db.CloseSpells(ctx); err != nil {
		return err
	}
	if len(lost) > 0 {
		n.log.Warn("attempts were open when the last run ended; closed as lost", "count", len(lost))
	}
	return nil
}

// keepSpool writes what waits whenever the store is back, until end is called: when
// the last call is over.
func (n *Node) keepSpool() (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	n.work.Go(func() { n.spool.Run(ctx) })
	return func() {
		last, cancel := context.WithTimeout(ctx, lastDrain)
		defer cancel()
		if err := n.spool.Drain(last); err != nil {
			n.log.Error("what waits for the store is written at the next start", "records", n.spool.State().Waiting, "error", err)
		}
		stop()
	}
}

// engineStore is the store as the engine wants it: what calls come to goes by way
// of the spool.
type engineStore struct {
	*records.DB
	spool *spool.Spool
}

func (s engineStore) Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	return s.spool.Begin(ctx, c, a)
}

func (s engineStore) Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error) {
	return s.spool.Receive(ctx, a, phone)
}

func (s engineStore) Finish(ctx context.Context, a campaigns.Attempt) error {
	return s.spool.Finish(ctx, a)
}

func (s engineStore) AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error {
	return s.spool.AddCallEvents(ctx, events)
}

func (s engineStore) EndSide(ctx context.Context, leg campaigns.SideLeg) error {
	return s.spool.EndSide(ctx, leg)
}

func (s engineStore) SaveRecording(ctx context.Context, r campaigns.Recording) error {
	return s.spool.SaveRecording(ctx, r)
}

func (s engineStore) AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error {
	return s.spool.AddDoNotCall(ctx, d)
}

// meterSpool shows what waits for the store.
func (n *Node) meterSpool() {
	for _, m := range []struct {
		name, help string
		value      func(spool.State) float64
	}{
		{"spool_records", "Outcomes and other records that wait on this machine's disk for a store that is away.", func(s spool.State) float64 { return float64(s.Waiting) }},
		{"spool_bytes", "Octets of the files of the spool.", func(s spool.State) float64 { return float64(s.Octets) }},
		{"store_away_seconds", "How long the record store is away, and no call is begun; 0 = it was there when it was last asked.", func(s spool.State) float64 {
			if s.Away.IsZero() {
				return 0
			}
			return time.Since(s.Away).Seconds()
		}},
		{"spool_set_aside", "Files in data/spool/aside: records that the store refused for good; they need a person.", func(s spool.State) float64 { return float64(s.Aside) }},
	} {
		n.meters.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "forecall_" + m.name, Help: m.help},
			func() float64 { return m.value(n.spool.State()) }))
	}
}
