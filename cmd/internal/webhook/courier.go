package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Store is where deliveries wait.
type Store interface {
	Webhook(ctx context.Context, id int64) (campaigns.Webhook, error)
	Webhooks(ctx context.Context) ([]campaigns.Webhook, error)
	DueDeliveries(ctx context.Context, now time.Time, limit int) ([]campaigns.Delivery, error)
	SaveDelivery(ctx context.Context, d campaigns.Delivery, alert string) error
	DropDeliveries(ctx context.Context, before time.Time) error
}

// Rhythm of the courier.
const (
	dueEvery  = time.Second
	dueBatch  = 200 // of each webhook
	keepFor   = 30 * 24 * time.Hour
	dropEvery = time.Hour
)

// Courier sends what is due. Each webhook has a line of its own: its events go
// one after the other, and a slow server delays nobody else's.
type Courier struct {
	store  Store
	sender *Sender
	log    *slog.Logger

	mu   sync.Mutex // guards what follows
	busy map[int64]bool
	wg   sync.WaitGroup
}

// NewCourier returns a courier; Run sends.
func NewCourier(store Store, sender *Sender, log *slog.Logger) *Courier {
	return &Courier{store: store, sender: sender, log: log, busy: make(map[int64]bool)}
}

// Run sends until ctx is done, and waits for what is on its way.
func (c *Courier) Run(ctx context.Context) {
	defer c.wg.Wait()
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	for dropped := (time.Time{}); ; {
		if err := c.Round(ctx, time.Now()); err != nil && ctx.Err() == nil {
			c.log.Error("webhooks cannot be sent", "error", err)
		}
		if now := time.Now(); now.Sub(dropped) >= dropEvery {
			dropped = now
			if err := c.store.DropDeliveries(ctx, now.Add(-keepFor)); err != nil && ctx.Err() == nil {
				c.log.Error("old deliveries", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Round begins to send what is due at a time, to every webhook that is not
// being served already. Wait waits for what it began.
func (c *Courier) Round(ctx context.Context, now time.Time) error {
	due, err := c.store.DueDeliveries(ctx, now, dueBatch)
	if err != nil {
		return err
	}
	lines := map[int64][]campaigns.Delivery{}
	for _, d := range due {
		lines[d.Webhook] = append(lines[d.Webhook], d)
	}
	for id, line := range lines {
		if !c.take(id) {
			continue
		}
		c.wg.Go(func() {
			defer c.give(id)
			if err := c.serve(ctx, id, line); err != nil && ctx.Err() == nil {
				c.log.Error("webhook", "webhook", id, "error", err)
			}
		})
	}
	return nil
}

// Wait waits for what Round began.
func (c *Courier) Wait() { c.wg.Wait() }

func (c *Courier) take(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[id] {
		return false
	}
	c.busy[id] = true
	return true
}

func (c *Courier) give(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, id)
}

// patience is how many deliveries in a row may fail before the rest of a line
// waits for the next round: a server that is down is not asked two hundred
// times for ten seconds.
const patience = 3

// serve sends the line of one webhook.
func (c *Courier) serve(ctx context.Context, id int64, line []campaigns.Delivery) error {
	w, err := c.store.Webhook(ctx, id)
	if err != nil {
		return err
	}
	failed := 0
	for _, d := range line {
		if failed >= patience || !w.Enabled {
			return nil
		}
		t := c.sender.Send(ctx, w, d)
		if ctx.Err() != nil {
			return nil // we were stopped: that is no failure of theirs
		}
		failed++
		if t.Arrived() {
			failed, w.FailingAt = 0, time.Time{}
		}
		if w.Enabled, err = c.settle(ctx, &w, d.After(t, rand.Float64()), t); err != nil { // #nosec G404: spreads load
			return err
		}
	}
	return nil
}

// settle stores what came of a try, and whether the webhook goes on.
func (c *Courier) settle(ctx context.Context, w *campaigns.Webhook, d campaigns.Delivery, t campaigns.Trial) (on bool, err error) {
	alert := ""
	switch {
	case t.Arrived():
	case t.Status == http.StatusGone:
		alert = "The server answered 410 Gone: it wants no more events. The webhook was switched off."
	case !w.FailingAt.IsZero() && t.At.Sub(w.FailingAt) >= campaigns.GivesUpAfter:
		alert = fmt.Sprintf("Nothing has arrived since %s; the last try: %s. The webhook was switched off.", w.FailingAt.UTC().Format("2006-01-02 15:04 MST"), d.Error)
	case w.FailingAt.IsZero():
		w.FailingAt = t.At
	}
	if alert != "" {
		c.log.Error("webhook switched off", "webhook", w.ID, "reason", alert)
	}
	return alert == "", c.store.SaveDelivery(context.WithoutCancel(ctx), d, alert)
}
