package webhook

import (
	"context"
	"log/slog"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Ledger is where facts stand, and where their deliveries go.
type Ledger interface {
	Webhooks(ctx context.Context) ([]campaigns.Webhook, error)
	WebhookCursor(ctx context.Context) (cursor, head int64, err error)
	Facts(ctx context.Context, after int64, limit int) (facts []campaigns.Fact, last int64, err error)
	Attempt(ctx context.Context, id string) (campaigns.Call, error)
	Enqueue(ctx context.Context, cursor int64, batch []campaigns.Delivery) error
}

// Rhythm of the feeder.
const (
	feedEvery = 500 * time.Millisecond
	feedBatch = 500
)

// Feeder turns facts into deliveries.
type Feeder struct {
	ledger Ledger
	log    *slog.Logger
}

// NewFeeder returns a feeder; Run reads the ledger.
func NewFeeder(ledger Ledger, log *slog.Logger) *Feeder { return &Feeder{ledger, log} }

// Run reads the ledger until ctx is done.
func (f *Feeder) Run(ctx context.Context) {
	tick := time.NewTicker(feedEvery)
	defer tick.Stop()
	for {
		more, err := f.Feed(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Error("webhooks cannot be told what happened; it is tried again", "error", err)
		}
		if more && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Feed reads a stretch of the chain; more tells that there is another behind it.
// Without a webhook that is on nothing is read, and the first one to be
// switched on begins where the chain ends then.
func (f *Feeder) Feed(ctx context.Context) (more bool, err error) {
	hooks, err := f.ledger.Webhooks(ctx)
	if err != nil {
		return false, err
	}
	cursor, head, err := f.ledger.WebhookCursor(ctx)
	if err != nil {
		return false, err
	}
	on := false
	for _, w := range hooks {
		on = on || w.Enabled
	}
	if !on || cursor == head {
		return false, nil
	}
	facts, last, err := f.ledger.Facts(ctx, cursor, feedBatch)
	if err != nil || last == cursor {
		return false, err
	}
	batch, err := f.deliveries(ctx, hooks, facts)
	if err != nil {
		return false, err
	}
	return last < head, f.ledger.Enqueue(ctx, last, batch)
}

// deliveries are the events of facts, one for each webhook that wants them.
func (f *Feeder) deliveries(ctx context.Context, hooks []campaigns.Webhook, facts []campaigns.Fact) ([]campaigns.Delivery, error) {
	var out []campaigns.Delivery
	now := time.Now()
	for _, fact := range facts {
		events, campaign, err := f.events(ctx, fact)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			for _, w := range hooks {
				if !w.Wants(e.kind, campaign) || !e.at.After(w.CreatedAt.Add(-time.Second)) {
					continue
				}
				d, err := e.envelope().Delivery(w.ID, now)
				if err != nil {
					return nil, err
				}
				out = append(out, d)
			}
		}
	}
	return out, nil
}
