package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/exports"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/web"
	"github.com/forecall/forecall/cmd/internal/webhook"
	"github.com/forecall/forecall/dialer"
)

// lead is what one node of a house has at a time, and a node that stands alone
// always: the floor with its engine, the services over it, pages and API, and all
// that happens by itself. It is made anew each time that a node begins to lead.
type lead struct {
	*Node

	engine *dialer.Engine
	floor  *floor
	jobs   *jobs
	stops  *campaigns.Stops

	accounts *campaigns.Accounts
	book     *campaigns.Book
	lists    *campaigns.Lists
	rights   *campaigns.CallerRights
	proof    campaigns.Proof

	registry      *campaigns.Registry
	registerLoads *api.RegisterLoads
	exports       *exports.Works
	sender        *webhook.Sender
	clerk         *keyring.Clerk // signs how far the ledger has grown
	pages         *web.Pages
	handler       http.Handler // pages and API

	over    context.Context // done when this node leads no more, and what was asked of it is to end
	end     context.CancelFunc
	mu      sync.Mutex // guards retired
	retired bool
	open    atomic.Bool    // to requests
	serving sync.WaitGroup // requests, and hands that talk with the engine

	work sync.WaitGroup
	cleanup
}

// enter begins to serve something; false when this node leads no more.
func (n *lead) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.retired {
		n.serving.Add(1)
	}
	return !n.retired
}

// retire ends what is served, and returns when nothing is any more.
func (n *lead) retire() {
	n.mu.Lock()
	n.retired = true
	n.mu.Unlock()
	n.end()
	n.serving.Wait()
}

// join lets hands talk with the engine over a pipe, until it ends or this node leads
// no more.
func (n *lead) join(p dialer.Pipe) {
	if !n.enter() {
		_ = p.Close() // they look for whoever leads then
		return
	}
	defer n.serving.Done()
	if err := n.engine.Join(n.over, p); err != nil && n.over.Err() == nil {
		n.log.Debug("hands of a node are not heard any more", "error", err)
		n.several.suspect(err)
	}
}

// ServeHTTP serves pages and API for as long as this node leads.
func (n *lead) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(n.over, stop)()
	n.handler.ServeHTTP(w, r.WithContext(ctx))
}

// openLead makes a node lead that stands alone.
func (n *Node) openLead(ctx context.Context) error {
	if n.several != nil {
		return nil
	}
	l, err := n.makeLead(ctx)
	if err != nil {
		return err
	}
	n.lead.Store(l)
	n.later(l.shut)
	return nil
}

// makeLead makes all that leads.
func (n *Node) makeLead(ctx context.Context) (*lead, error) {
	l := &lead{Node: n}
	l.over, l.end = context.WithCancel(context.Background())
	began, took := time.Now(), []time.Duration(nil)
	for _, step := range []func(context.Context) error{
		l.openClerk, l.openRules, l.openRegistry, l.openEngine, l.openServices, l.openProof, l.seed, l.givePrompts, l.firstAdmin, l.openPages,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, l.shut())
		}
		took = append(took, time.Since(began).Round(time.Millisecond))
	}
	l.log.Debug("all that leads is made", "took", took)
	return l, nil
}

// dialing is how brain and hands of this node work.
func (n *Node) dialing() (dialer.Settings, error) {
	voices, err := queueVoices()
	return dialer.Settings{
		Callers: n.callers, Speed: n.settings.Speed, DrainLimit: n.settings.Config.Drain.Limit, Messages: n.prompts.safeHarbor,
		Voices: n.prompts.callers(voices), Phone: phoneOf, Bridged: n.meters.bridged, Log: n.log,
		Sounds: n.prompts.sounds, Recordings: n.recordings().folder, Hopper: campaigns.HopperSettings{Judge: n.db},
	}, err
}

func (n *lead) openEngine(context.Context) error {
	settings, err := n.dialing()
	if err != nil {
		return err
	}
	if n.several == nil {
		n.engine = dialer.NewEngine(settings, engineStore{n.db, n.spool}, n.trunks)
	} else {
		settings.Node, settings.Owns = n.several.name, n.db
		n.engine = dialer.NewFloor(settings, engineStore{n.db, n.spool}, n.trunks)
	}
	n.stops = campaigns.NewStops(n.db, n.engine)
	n.jobs = &jobs{db: n.db, settings: n.settings.Config, log: n.log}
	n.jobs.scheduler = dialer.NewScheduler(n.jobs, n.log)
	n.floor = &floor{Engine: n.engine, phones: n.phones, headsets: n.headsets, schedule: n.jobs.scheduler.Set, several: n.several}
	n.later(func() error { n.floor.watching.Wait(); return nil })
	return nil
}

// run dials until soft is done and drains. hard ends what still talks.
func (n *lead) run(soft, hard context.Context) error {
	soft, stop := context.WithCancel(soft)
	defer stop()
	engine, drain := make(chan error, 1), soft
	if n.several != nil {
		drain = context.WithoutCancel(soft) // another node goes on: nothing is drained
	}
	n.keepSpells(hard)
	if err := n.learnCallers(soft); err != nil {
		n.log.Error("read the caller IDs", "error", err)
	}
	n.work.Go(func() { engine <- n.engine.Run(drain, hard) })
	err := n.resume(soft)
	if n.several == nil {
		n.trunks.OnCall(n.engine.Receive)
	} else if err == nil {
		n.work.Go(func() { n.several.take(n) })
	}
	if err == nil {
		n.work.Go(func() { n.jobs.run(soft) })
		n.work.Go(func() { n.exports.Run(soft) })
		n.keepProof(soft)
		n.work.Go(func() { n.pages.Remember(soft) })
		n.work.Go(func() { n.tryCallers(soft) })
		n.tellWebhooks(soft)
		<-soft.Done()
	}
	stop()
	err = errors.Join(err, <-engine)
	n.work.Wait()
	return err
}

// resume tells the engine of every campaign as the store has it.
func (n *lead) resume(ctx context.Context) error {
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

// firstAdmin makes the user admin with a password drawn for it when nobody could
// log in yet. In a house of several nodes only the one that leads may: another
// would draw a password of its own, and one of the two be told in vain.
func (n *lead) firstAdmin(ctx context.Context) error {
	if n.settings.FirstAdmin == nil {
		return nil
	}
	users, err := n.db.Users(ctx)
	if err != nil || len(users) > 0 {
		return err
	}
	password := rand.Text()
	_, err = n.accounts.Install(ctx, campaigns.Account{
		User: campaigns.User{Login: "admin", Name: "Administrator", Role: campaigns.Admin, CreatedAt: time.Now().UTC()}, Password: password,
	})
	if err == nil {
		n.settings.FirstAdmin(password)
	}
	return err
}
