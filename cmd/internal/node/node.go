package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/exports"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/timesource"
	"github.com/forecall/forecall/cmd/internal/webhook"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/deskphone"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
	"github.com/forecall/forecall/storage/sqlite"
)

// Settings are what a node is started with.
type Settings struct {
	Config  config.Config
	Version string
	// Speed is how many seconds pass for the dialer in one real second: 1, but
	// for the demo and tests.
	Speed float64
	// Headsets is a UDP socket for the headsets in browsers, instead of
	// softphone.listen; nil = that. The node closes it.
	Headsets net.PacketConn
	Log      *slog.Logger
}

// DataFile is the database inside a data folder.
const DataFile = "forecall.db"

// Node is a running forecall.
type Node struct {
	settings Settings
	log      *slog.Logger
	db       *records.DB
	media    media.Settings
	prompts  prompts
	trunks   *siptrunk.Trunks
	phones   *deskphone.Phones
	headsets *headsets
	secrets  *secrets
	engine   *dialer.Engine
	floor    *floor
	meters   *meters

	accounts *campaigns.Accounts
	book     *campaigns.Book
	lists    *campaigns.Lists
	web      *website

	shelf         *registry.Shelf // do-not-call registers of others
	registry      *campaigns.Registry
	registerLoads *api.RegisterLoads

	exports *exports.Works
	jobs    *jobs
	sender  *webhook.Sender
	callers *campaigns.CallerBook
	rights  *campaigns.CallerRights
	stops   *campaigns.Stops
	clerk   *keyring.Clerk     // signs how far the ledger has grown
	times   *timesource.Source // says how far our clock is off
	proof   campaigns.Proof

	work  sync.WaitGroup
	close []func() error // in the order of opening
}

// Start opens everything and begins to serve; nothing is dialed before Run.
// ctx bounds the start alone.
func Start(ctx context.Context, s Settings) (n *Node, err error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	n = &Node{settings: s, log: s.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.shut())
			n = nil
		}
	}()
	for _, step := range []func(context.Context) error{
		n.openStore, n.openClerk, n.openRegisters, n.openRules, n.openSound, n.openTrunks, n.openPhones, n.openSoftphones, n.openEngine, n.openServices, n.openProof, n.seed, n.openWeb,
	} {
		if err := step(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// later remembers how to close what was opened.
func (n *Node) later(f func() error) { n.close = append(n.close, f) }

// shut closes everything in reverse.
func (n *Node) shut() error {
	var errs []error
	for i := len(n.close) - 1; i >= 0; i-- {
		errs = append(errs, n.close[i]())
	}
	n.close = nil
	return errors.Join(errs...)
}

func (n *Node) openStore(ctx context.Context) error {
	folder := n.settings.Config.Data
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	db, err := records.Open(ctx, records.Settings{Engine: sqlite.At(filepath.Join(folder, DataFile)), Log: n.log})
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("data: %s is in use by another forecall; stop it, or give this one a folder of its own: %w", folder, err)
	}
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	n.db = db
	n.later(db.Close)
	n.times = timesource.New(timesource.Settings{Servers: n.settings.Config.Clock.Servers, Tell: db.SetClockOffset, Log: n.log})
	lost, err := db.Recover(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("close the attempts that were open when the last run ended: %w", err)
	}
	if _, err := db.CloseSpells(ctx); err != nil {
		return err
	}
	if len(lost) > 0 {
		n.log.Warn("attempts were open when the last run ended; closed as lost", "count", len(lost))
	}
	return nil
}

func (n *Node) openSound(context.Context) error {
	m, err := MediaSettings(n.settings.Config)
	if err != nil {
		return err
	}
	n.media = m
	n.later(m.Poller.Close)
	return n.openPrompts()
}

func (n *Node) openTrunks(context.Context) error {
	s, err := TrunkSettings(n.settings.Config, n.media, n.log)
	if err != nil {
		return err
	}
	if n.trunks, err = siptrunk.Open(s); err != nil {
		return err
	}
	n.later(n.trunks.Close)
	return nil
}

func (n *Node) openEngine(context.Context) error {
	n.meters = newMeters()
	voices, err := queueVoices()
	if err != nil {
		return err
	}
	n.callers = campaigns.NewCallerBook()
	n.engine = dialer.NewEngine(dialer.Settings{
		Callers: n.callers, Speed: n.settings.Speed, DrainLimit: n.settings.Config.Drain.Limit, Messages: n.prompts.safeHarbor,
		Voices: n.prompts.callers(voices), Phone: phoneOf, Bridged: n.meters.bridged, Log: n.log,
		Sounds: n.prompts.sounds, Recordings: n.recordings().folder, Hopper: campaigns.HopperSettings{Judge: n.db},
	}, engineStore{n.db}, n.trunks)
	n.stops = campaigns.NewStops(n.db, n.engine)
	n.jobs = &jobs{db: n.db, settings: n.settings.Config, log: n.log}
	n.jobs.scheduler = dialer.NewScheduler(n.jobs, n.log)
	n.floor = &floor{Engine: n.engine, phones: n.phones, headsets: n.headsets, schedule: n.jobs.scheduler.Set}
	n.later(func() error { n.floor.watching.Wait(); return nil })
	return nil
}

// Run dials until soft is done, drains, and closes everything. hard ends
// what still talks.
func (n *Node) Run(soft, hard context.Context) error {
	soft, stop := context.WithCancel(soft)
	defer stop()
	engine, began := make(chan error, 1), time.Now()
	n.keepSpells(hard)
	if err := n.learnCallers(soft); err != nil {
		n.log.Error("read the caller IDs", "error", err)
	}
	n.work.Go(func() { n.keepCallers(soft) })
	n.work.Go(func() { engine <- n.engine.Run(soft, hard) })
	err := n.resume(soft)
	n.trunks.OnCall(n.engine.Receive)
	if err == nil {
		n.work.Go(func() { n.jobs.run(soft) })
		n.work.Go(func() { n.times.Run(soft) })
		n.work.Go(func() { n.exports.Run(soft) })
		n.work.Go(func() { n.adoptRecordings(soft, began) })
		n.keepProof(soft)
		n.work.Go(func() { n.web.pages.Remember(soft) })
		n.work.Go(func() { n.tryCallers(soft) })
		n.work.Go(func() { n.secrets.follow(soft, n.log) })
		n.tellWebhooks(soft)
		<-soft.Done()
		n.web.draining.Store(true)
	}
	stop()
	err = errors.Join(err, <-engine)
	n.work.Wait()
	return errors.Join(err, n.shut())
}

// resume tells the engine of every campaign as the store has it.
func (n *Node) resume(ctx context.Context) error {
	if err := n.stops.Tell(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped while it starts: nothing runs
		}
		return err
	}
	all, err := n.db.Campaigns(ctx)
	if err != nil {
		return fmt.Errorf("read the campaigns: %w", err)
	}
	for _, c := range all {
		if err := n.floor.Apply(ctx, c); err != nil {
			n.log.Error("campaign cannot run", "campaign", c.Name, "error", err)
		}
	}
	return nil
}

// Snapshot is the floor as the engine published it last.
func (n *Node) Snapshot() dialer.Snapshot { return n.engine.Snapshot() }

// Depth is where the contacts of a campaign stand.
func (n *Node) Depth(ctx context.Context, campaign int64) (campaigns.Depth, error) {
	return n.db.Depth(ctx, campaign, time.Now())
}

// FirstAdmin makes the user admin with a password drawn for it when nobody
// could log in yet; empty means that there are users.
func (n *Node) FirstAdmin(ctx context.Context) (password string, err error) {
	users, err := n.db.Users(ctx)
	if err != nil || len(users) > 0 {
		return "", err
	}
	password = rand.Text()
	_, err = n.accounts.Install(ctx, campaigns.Account{
		User: campaigns.User{Login: "admin", Name: "Administrator", Role: campaigns.Admin, CreatedAt: time.Now().UTC()}, Password: password,
	})
	return password, err
}
