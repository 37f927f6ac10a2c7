package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Webhook is an address that is told of events.
type Webhook struct {
	campaigns.Webhook
	Secret string `json:"secret,omitempty" doc:"Shown once, when it is drawn."`
}

type webhookOutput struct{ Body Webhook }

type webhooksOutput struct {
	Body struct {
		Webhooks []Webhook `json:"webhooks"`
		Events   []string  `json:"events" doc:"All that there are."`
	}
}

func (s *Server) listWebhooks(ctx context.Context, _ *struct{}) (*webhooksOutput, error) {
	all, err := s.Office.Webhooks.Webhooks(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &webhooksOutput{}
	out.Body.Webhooks = []Webhook{}
	for _, w := range all {
		out.Body.Webhooks = append(out.Body.Webhooks, webhookOf(w))
	}
	for _, k := range campaigns.EventKinds() {
		out.Body.Events = append(out.Body.Events, string(k))
	}
	return out, nil
}

func webhookOf(w campaigns.Webhook) Webhook {
	w.Events = notNil(w.Events)
	return Webhook{Webhook: w}
}

// WebhookChange is what can be set of a webhook.
type WebhookChange struct {
	Name     string   `json:"name" minLength:"1" maxLength:"64"`
	URL      string   `json:"url" minLength:"1" maxLength:"2000"`
	Events   []string `json:"events,omitempty" maxItems:"20" doc:"None for all."`
	Campaign int64    `json:"campaign_id,omitempty" minimum:"0" doc:"0 for all."`
	Enabled  bool     `json:"enabled"`
}

func (ch WebhookChange) webhook(id int64) campaigns.Webhook {
	w := campaigns.Webhook{ID: id, Name: ch.Name, URL: ch.URL, Campaign: ch.Campaign, Enabled: ch.Enabled}
	for _, e := range ch.Events {
		w.Events = append(w.Events, campaigns.EventKind(e))
	}
	return w
}

type newWebhookInput struct{ Body WebhookChange }

func (s *Server) createWebhook(ctx context.Context, in *newWebhookInput) (*webhookOutput, error) {
	return webhookWithSecret(s.Office.Webhooks.Create(ctx, who(ctx), in.Body.webhook(0)))
}

type webhookInput struct {
	ByID
	Body WebhookChange
}

func (s *Server) changeWebhook(ctx context.Context, in *webhookInput) (*webhookOutput, error) {
	w, err := s.Office.Webhooks.Update(ctx, who(ctx), in.Body.webhook(in.ID))
	if err != nil {
		return nil, err
	}
	return &webhookOutput{webhookOf(w)}, nil
}

func (s *Server) rotateWebhook(ctx context.Context, in *ByID) (*webhookOutput, error) {
	return webhookWithSecret(s.Office.Webhooks.Rotate(ctx, who(ctx), in.ID))
}

func webhookWithSecret(w campaigns.Webhook, err error) (*webhookOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &webhookOutput{webhookOf(w)}
	out.Body.Secret = w.Secret
	return out, nil
}

func (s *Server) deleteWebhook(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Office.Webhooks.Delete(ctx, who(ctx), in.ID)
}

func (s *Server) testWebhook(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Office.Webhooks.Test(ctx, who(ctx), in.ID)
}

type deliveriesInput struct {
	ByID
	Cursor int64 `query:"cursor" minimum:"0" doc:"The next_cursor of the page before."`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// Delivery is one event on its way to a webhook.
type Delivery struct {
	ID        int64                   `json:"id"`
	Event     string                  `json:"event_id"`
	Kind      campaigns.EventKind     `json:"kind"`
	State     campaigns.DeliveryState `json:"state"`
	Tries     int                     `json:"tries"`
	CreatedAt time.Time               `json:"created_at"`
	TriedAt   time.Time               `json:"tried_at,omitzero"`
	NextAt    time.Time               `json:"next_at,omitzero"`
	Status    int                     `json:"status,omitempty" doc:"HTTP status of the last answer."`
	TookMS    int64                   `json:"took_ms"`
	Error     string                  `json:"error,omitempty"`
	Answer    string                  `json:"answer,omitempty" doc:"Its first kilobyte."`
	Body      string                  `json:"body"`
}

type deliveriesOutput struct {
	Body struct {
		Deliveries []Delivery `json:"deliveries"`
		Next       int64      `json:"next_cursor,omitempty"`
	}
}

func (s *Server) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	list, err := s.Office.Webhooks.Deliveries(ctx, who(ctx), in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	out.Body.Deliveries = []Delivery{}
	for _, d := range list {
		out.Body.Deliveries = append(out.Body.Deliveries, Delivery{
			d.ID, d.Event, d.Kind, d.State, d.Tries, d.CreatedAt.UTC(), d.TriedAt.UTC(), d.NextAt.UTC(), d.Status, d.Took.Milliseconds(), d.Error, d.Answer, d.Body,
		})
	}
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].ID
	}
	return out, nil
}

func (s *Server) replay(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, s.Office.Webhooks.Replay(ctx, who(ctx), in.ID)
}
