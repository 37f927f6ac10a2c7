package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var officeWebhookTests = []test{
	{"a webhook is kept as it was made, with its secrets", webhookKept},
	{"the first webhook that is on begins where the chain ends", webhookBegins},
	{"facts are read from the chain in order, each with what it is about", factsRead},
	{"an event is stored once for each webhook", deliveredOnce},
	{"deliveries are due by their time, and not for a webhook that is off", deliveriesDue},
	{"a webhook whose server is down keeps nobody else's deliveries back", deliveriesEach},
	{"a webhook that fails is marked, and switched off with an alert", webhookFails},
	{"old deliveries are dropped, those that wait are not", deliveriesDropped},
}

// hook stores a webhook that is on.
func (b *bench) hook(name string) campaigns.Webhook {
	b.Helper()
	w, err := b.PutWebhook(b.Context(), campaigns.Webhook{Name: name, URL: "https://example.com/" + name, Secret: "whsec_" + name, Enabled: true, By: "tester"}, "tester")
	b.must(err)
	return w
}

func webhookKept(b *bench) {
	w := b.hook("one")
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	w.Events, w.OldSecret, w.OldUntil, w.Campaign, w.Enabled = []campaigns.EventKind{campaigns.EventSale}, "whsec_old", until, 7, false
	_, err := b.PutWebhook(b.Context(), w, "tester")
	b.must(err)
	got, err := b.Webhook(b.Context(), w.ID)
	b.must(err)
	if got.Secret != "whsec_one" || got.OldSecret != "whsec_old" || !got.OldUntil.Equal(until) || got.Campaign != 7 || got.Enabled || !slices.Equal(got.Events, w.Events) || !got.CreatedAt.Equal(w.CreatedAt) {
		b.Fatalf("%+v", got)
	}
	b.hook("two")
	all, err := b.Webhooks(b.Context())
	b.must(err)
	b.must(b.DeleteWebhook(b.Context(), w.ID, "tester"))
	_, err = b.Webhook(b.Context(), w.ID)
	if len(all) != 2 || !errors.Is(err, campaigns.ErrNotFound) || !errors.Is(b.DeleteWebhook(b.Context(), w.ID, "tester"), campaigns.ErrNotFound) {
		b.Fatal(all, err)
	}
}

func webhookBegins(b *bench) {
	c := b.stocked("c", 3)
	b.call(c, campaigns.Busy)
	w := b.hook("one")
	cursor, head, err := b.WebhookCursor(b.Context())
	b.must(err)
	facts, _, err := b.Facts(b.Context(), cursor, 100)
	b.must(err)
	for _, f := range facts {
		if f.Kind != campaigns.FactAudit {
			b.Fatalf("told of %+v, which was before", f)
		}
	}
	b.must(b.Enqueue(b.Context(), head, nil))
	b.call(c, campaigns.Busy)
	b.hook("two") // the cursor of the first stands
	if cursor, _, _ = b.WebhookCursor(b.Context()); cursor != head {
		b.Fatalf("cursor %d, want %d", cursor, head)
	}
	b.must(b.DeleteWebhook(b.Context(), w.ID, "tester"))
}

func factsRead(b *bench) {
	c := b.stocked("c", 2)
	_, head, err := b.WebhookCursor(b.Context())
	b.must(err)
	a, _ := b.call(c, campaigns.Connected)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 1, Code: "do_not_call", At: time.Now()})
	b.must(err)
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: a.Number, Seller: c.Seller, By: "tester", Reason: "asked"}))
	var kinds []campaigns.FactKind
	for after := head; ; {
		facts, last, err := b.Facts(b.Context(), after, 2)
		b.must(err)
		if last == after {
			break
		}
		after = last
		for _, f := range facts {
			kinds = append(kinds, f.Kind)
			switch f.Kind {
			case campaigns.FactOutcome, campaigns.FactDisposition:
				if f.Attempt != a.ID || len(f.Hash) != 64 {
					b.Fatalf("%+v", f)
				}
			case campaigns.FactDoNotCall:
				if len(kinds) < 4 && (len(f.Added) != 1 || f.Added[0].Number != a.Number) {
					b.Fatalf("%+v", f)
				}
				if len(kinds) == 4 && len(f.Added) != 0 {
					b.Fatalf("a removal is told as %+v", f)
				}
			}
		}
	}
	same(b, "facts", kinds, []campaigns.FactKind{campaigns.FactOutcome, campaigns.FactDisposition, campaigns.FactDoNotCall, campaigns.FactDoNotCall})
}

// delivery is an event on its way to a webhook.
func delivery(w campaigns.Webhook, event string, due time.Time) campaigns.Delivery {
	return campaigns.Delivery{Webhook: w.ID, Event: event, Kind: campaigns.EventSale, Body: `{"id":"` + event + `"}`, State: campaigns.DeliveryPending, NextAt: due, CreatedAt: due}
}

func deliveredOnce(b *bench) {
	one, two := b.hook("one"), b.hook("two")
	now := time.Now()
	for range 2 { // the feeder may be struck between reading and writing
		b.must(b.Enqueue(b.Context(), 5, []campaigns.Delivery{delivery(one, "a", now), delivery(two, "a", now), delivery(one, "b", now)}))
	}
	due, err := b.DueDeliveries(b.Context(), now.Add(time.Second), 10)
	b.must(err)
	if len(due) != 3 || due[0].Body != `{"id":"a"}` || due[0].Kind != campaigns.EventSale {
		b.Fatalf("%+v", due)
	}
}

func deliveriesDue(b *bench) {
	on, off := b.hook("on"), b.hook("off")
	off.Enabled = false
	_, err := b.PutWebhook(b.Context(), off, "tester")
	b.must(err)
	now := time.Now()
	b.must(b.Enqueue(b.Context(), 0, []campaigns.Delivery{delivery(on, "later", now.Add(time.Hour)), delivery(on, "now", now), delivery(off, "now", now), delivery(on, "before", now.Add(-time.Hour))}))
	due, err := b.DueDeliveries(b.Context(), now, 10)
	b.must(err)
	if len(due) != 2 || due[0].Event != "before" || due[1].Event != "now" {
		b.Fatalf("%+v", due)
	}
	d := due[0].After(campaigns.Trial{At: now, Status: 204, Took: 30 * time.Millisecond, Answer: "ok"}, 0)
	b.must(b.SaveDelivery(b.Context(), d, ""))
	log, err := b.Deliveries(b.Context(), on.ID, 0, 10)
	b.must(err)
	if len(log) != 3 || log[0].State != campaigns.Delivered || log[0].Status != 204 || log[0].Took != 30*time.Millisecond || log[0].Answer != "ok" || log[0].Tries != 1 {
		b.Fatalf("%+v", log)
	}
	older, err := b.Deliveries(b.Context(), on.ID, log[1].ID, 10)
	b.must(err)
	b.must(b.Replay(b.Context(), log[0].ID, now, "tester"))
	due, err = b.DueDeliveries(b.Context(), now, 10)
	b.must(err)
	if len(older) != 1 || len(due) != 2 || due[0].Tries != 0 || !errors.Is(b.Replay(b.Context(), 999, now, "tester"), campaigns.ErrNotFound) {
		b.Fatalf("older %+v, due %+v", older, due)
	}
}

func deliveriesEach(b *bench) {
	down, up := b.hook("down"), b.hook("up")
	now := time.Now()
	var batch []campaigns.Delivery
	for i := range 20 {
		batch = append(batch, delivery(down, fmt.Sprint(i), now.Add(-time.Hour)))
	}
	b.must(b.Enqueue(b.Context(), 0, append(batch, delivery(up, "one", now))))
	due, err := b.DueDeliveries(b.Context(), now, 5)
	b.must(err)
	if len(due) != 6 || due[0].Webhook != down.ID || due[5].Webhook != up.ID {
		b.Fatalf("%d are due: %+v", len(due), due)
	}
}

func webhookFails(b *bench) {
	w := b.hook("one")
	now := time.Now().UTC().Truncate(time.Microsecond)
	b.must(b.Enqueue(b.Context(), 0, []campaigns.Delivery{delivery(w, "a", now)}))
	due, err := b.DueDeliveries(b.Context(), now, 1)
	b.must(err)
	failed := due[0].After(campaigns.Trial{At: now, Status: 500, Error: "broken"}, 0)
	b.must(b.SaveDelivery(b.Context(), failed, ""))
	b.must(b.SaveDelivery(b.Context(), failed.After(campaigns.Trial{At: now.Add(time.Hour), Error: "broken"}, 0), ""))
	got, err := b.Webhook(b.Context(), w.ID)
	b.must(err)
	if !got.FailingAt.Equal(now) || !got.Enabled {
		b.Fatalf("%+v", got)
	}
	b.must(b.SaveDelivery(b.Context(), failed, "it is gone"))
	got, err = b.Webhook(b.Context(), w.ID)
	b.must(err)
	if got.Enabled || got.Alert != "it is gone" {
		b.Fatalf("%+v", got)
	}
	arrived := failed.After(campaigns.Trial{At: now, Status: 200}, 0)
	b.must(b.SaveDelivery(b.Context(), arrived, ""))
	got, err = b.Webhook(b.Context(), w.ID)
	b.must(err)
	if !got.FailingAt.IsZero() {
		b.Fatalf("%+v", got)
	}
}

func deliveriesDropped(b *bench) {
	w := b.hook("one")
	old := time.Now().Add(-time.Hour)
	b.must(b.Enqueue(b.Context(), 0, []campaigns.Delivery{delivery(w, "a", old), delivery(w, "b", old)}))
	due, err := b.DueDeliveries(b.Context(), time.Now(), 1)
	b.must(err)
	b.must(b.SaveDelivery(b.Context(), due[0].After(campaigns.Trial{At: old, Status: 200}, 0), ""))
	b.must(b.DropDeliveries(b.Context(), time.Now()))
	log, err := b.Deliveries(b.Context(), w.ID, 0, 10)
	b.must(err)
	if len(log) != 1 || log[0].State != campaigns.DeliveryPending {
		b.Fatalf("%+v", log)
	}
}
