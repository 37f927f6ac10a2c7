package campaigns

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// WebhookStore keeps webhooks and their deliveries.
type WebhookStore interface {
	PutWebhook(ctx context.Context, w Webhook, by string) (Webhook, error)
	Webhook(ctx context.Context, id int64) (Webhook, error)
	Webhooks(ctx context.Context) ([]Webhook, error)
	DeleteWebhook(ctx context.Context, id int64, by string) error
	Deliveries(ctx context.Context, webhook, before int64, limit int) ([]Delivery, error)
	Replay(ctx context.Context, delivery int64, at time.Time, by string) error
	Enqueue(ctx context.Context, cursor int64, batch []Delivery) error
}

// Webhooks is who is told of what happens here.
type Webhooks struct{ store WebhookStore }

// NewWebhooks returns the service.
func NewWebhooks(store WebhookStore) *Webhooks { return &Webhooks{store: store} }

const (
	maxWebhooks = 50
	// bothSecrets is how long the secret before signs beside the new one.
	bothSecrets = 24 * time.Hour
)

// newSecret draws a secret in the form of Standard Webhooks.
func newSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// Webhooks lists all of them.
func (s *Webhooks) Webhooks(ctx context.Context, by User) ([]Webhook, error) {
	if err := by.Allow(EditWebhooks); err != nil {
		return nil, err
	}
	return s.store.Webhooks(ctx)
}

// Create adds a webhook and draws its secret, which is shown this once.
func (s *Webhooks) Create(ctx context.Context, by User, w Webhook) (Webhook, error) {
	if err := by.Allow(EditWebhooks); err != nil {
		return Webhook{}, err
	}
	if err := w.Validate(); err != nil {
		return Webhook{}, invalid("webhook_invalid", err)
	}
	all, err := s.store.Webhooks(ctx)
	if err != nil {
		return Webhook{}, fmt.Errorf("read webhooks: %w", err)
	}
	if len(all) >= maxWebhooks {
		return Webhook{}, problem(KindConflict, "too_many_webhooks", "There are %d webhooks already.", len(all))
	}
	w.ID, w.By, w.Secret, w.OldSecret, w.FailingAt, w.Alert = 0, by.Login, newSecret(), "", time.Time{}, ""
	return s.store.PutWebhook(ctx, w, by.Login)
}

// Update changes name, address, events, campaign and whether it is on.
// Switched on again, it forgets that it failed.
func (s *Webhooks) Update(ctx context.Context, by User, w Webhook) (Webhook, error) {
	if err := by.Allow(EditWebhooks); err != nil {
		return Webhook{}, err
	}
	if err := w.Validate(); err != nil {
		return Webhook{}, invalid("webhook_invalid", err)
	}
	old, err := s.store.Webhook(ctx, w.ID)
	if err != nil {
		return Webhook{}, missing("webhook", err)
	}
	if w.Enabled {
		old.FailingAt, old.Alert = time.Time{}, ""
	}
	old.Name, old.URL, old.Events, old.Campaign, old.Enabled = w.Name, w.URL, w.Events, w.Campaign, w.Enabled
	return s.store.PutWebhook(ctx, old, by.Login)
}

// Rotate draws a new secret, shown this once; the one before signs beside it
// for a day.
func (s *Webhooks) Rotate(ctx context.Context, by User, id int64) (Webhook, error) {
	if err := by.Allow(EditWebhooks); err != nil {
		return Webhook{}, err
	}
	w, err := s.store.Webhook(ctx, id)
	if err != nil {
		return Webhook{}, missing("webhook", err)
	}
	w.OldSecret, w.OldUntil, w.Secret = w.Secret, time.Now().Add(bothSecrets), newSecret()
	return s.store.PutWebhook(ctx, w, by.Login)
}

// Delete removes a webhook and what waits for it.
func (s *Webhooks) Delete(ctx context.Context, by User, id int64) error {
	if err := by.Allow(EditWebhooks); err != nil {
		return err
	}
	return missing("webhook", s.store.DeleteWebhook(ctx, id, by.Login))
}

// Deliveries lists what was sent to a webhook, the newest first, before one of
// them (0 = from the newest).
func (s *Webhooks) Deliveries(ctx context.Context, by User, webhook, before int64, limit int) ([]Delivery, error) {
	if err := by.Allow(EditWebhooks); err != nil {
		return nil, err
	}
	if _, err := s.store.Webhook(ctx, webhook); err != nil {
		return nil, missing("webhook", err)
	}
	return s.store.Deliveries(ctx, webhook, before, limit)
}

// Replay sends an event again, as it was.
func (s *Webhooks) Replay(ctx context.Context, by User, delivery int64) error {
	if err := by.Allow(EditWebhooks); err != nil {
		return err
	}
	return missing("delivery", s.store.Replay(ctx, delivery, time.Now(), by.Login))
}

// Test sends a webhook an event that says so.
func (s *Webhooks) Test(ctx context.Context, by User, id int64) error {
	if err := by.Allow(EditWebhooks); err != nil {
		return err
	}
	w, err := s.store.Webhook(ctx, id)
	if err != nil {
		return missing("webhook", err)
	}
	if !w.Enabled {
		return problem(KindConflict, "webhook_off", "The webhook %q is switched off; switch it on to test it.", w.Name)
	}
	data, err := json.Marshal(map[string]string{"webhook": w.Name, "asked_by": by.Login})
	if err != nil {
		return err
	}
	event := NewEvent("test_"+rand.Text(), EventTest, time.Now(), fmt.Sprintf("webhook/%d", w.ID), data)
	d, err := event.Delivery(w.ID, time.Now())
	if err != nil {
		return err
	}
	return s.store.Enqueue(ctx, 0, []Delivery{d})
}

// NewEvent wraps data in the envelope.
func NewEvent(id string, kind EventKind, at time.Time, subject string, data json.RawMessage) CloudEvent {
	return CloudEvent{
		SpecVersion: "1.0", ID: id, Source: "forecall", Type: "com.forecall." + string(kind), Time: at.UTC(), Subject: subject,
		DataContentType: "application/json", Data: data,
	}
}

// Delivery is the event on its way to a webhook, due now.
func (e CloudEvent) Delivery(webhook int64, now time.Time) (Delivery, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return Delivery{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return Delivery{
		Webhook: webhook, Event: e.ID, Kind: EventKind(e.Type[len("com.forecall."):]), Body: string(body), State: DeliveryPending, NextAt: now, CreatedAt: now,
	}, nil
}
