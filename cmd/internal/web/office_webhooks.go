package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/forecall/forecall/campaigns"
)

// webhooksView is who is told of events.
type webhooksView struct {
	officeView
	Webhooks  []campaigns.Webhook
	Campaigns []campaigns.Campaign
}

// Campaign is what a webhook's campaign is called.
func (v webhooksView) Campaign(id int64) string { return campaignName(v.Campaigns, id) }

func (p *Pages) webhooks(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := webhooksView{officeView: officeIn(r, p.frame(r, "Webhooks"))}
	var err error
	if v.Webhooks, err = p.Office.Webhooks.Webhooks(r.Context(), u); err != nil {
		return err
	}
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "office-webhooks.html", v)
}

// webhookView is one of them, with its log.
type webhookView struct {
	officeView
	Hook       campaigns.Webhook
	New        bool
	Secret     string // shown this once
	Events     []campaigns.EventKind
	Campaigns  []campaigns.Campaign
	Deliveries []campaigns.Delivery
	More       int64 // the deliveries before this one are on the next page; 0 = there are none
}

// Wants tells whether the box of an event is ticked.
func (v webhookView) Wants(k campaigns.EventKind) bool { return slices.Contains(v.Hook.Events, k) }

func (p *Pages) newWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := webhookView{officeView: officeIn(r, p.frame(r, "New webhook")), New: true, Hook: campaigns.Webhook{Enabled: true}}
	return p.showWebhook(w, r, u, v, http.StatusOK)
}

// createWebhook answers with the page itself: the secret is shown in no
// address, and never again.
func (p *Pages) createWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := webhookView{officeView: officeIn(r, p.frame(r, "New webhook")), New: true, Hook: hook(r, 0)}
	made, err := p.Office.Webhooks.Create(r.Context(), u, v.Hook)
	if err == nil {
		v.New, v.Hook, v.Secret, v.Path = false, made, made.Secret, fmt.Sprintf("/office/webhooks/%d", made.ID)
		return p.showWebhook(w, r, u, v, http.StatusCreated)
	}
	return p.led(w, r, err, "", "", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showWebhook(w, r, u, v, status)
	})
}

// hook is the webhook that a form describes.
func hook(r *http.Request, id int64) campaigns.Webhook {
	campaign, _ := strconv.ParseInt(typed(r, "campaign"), 10, 64) // 0 = all
	out := campaigns.Webhook{ID: id, Name: typed(r, "name"), URL: typed(r, "url"), Campaign: campaign, Enabled: typed(r, "enabled") != ""}
	for _, e := range r.PostForm["events"] {
		out.Events = append(out.Events, campaigns.EventKind(e))
	}
	return out
}

// findWebhook is the one that an address names.
func (p *Pages) findWebhook(r *http.Request, u campaigns.User) (campaigns.Webhook, error) {
	all, err := p.Office.Webhooks.Webhooks(r.Context(), u)
	if err != nil {
		return campaigns.Webhook{}, err
	}
	for _, w := range all {
		if w.ID == pathNumber(r, "id") {
			return w, nil
		}
	}
	return campaigns.Webhook{}, &campaigns.Problem{Kind: campaigns.KindNotFound, Code: "webhook_not_found", Text: "There is no such webhook."}
}

func (p *Pages) webhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	found, err := p.findWebhook(r, u)
	if err != nil {
		return err
	}
	return p.showWebhook(w, r, u, webhookView{officeView: officeIn(r, p.frame(r, "Webhook")), Hook: found}, http.StatusOK)
}

// deliveriesShown is how many deliveries stand on a page.
const deliveriesShown = 50

func (p *Pages) showWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User, v webhookView, status int) error {
	v.Events = campaigns.EventKinds()
	var err error
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if !v.New {
		v.Title = v.Brief(v.Hook.Name)
		before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // 0 = from the newest
		if v.Deliveries, err = p.Office.Webhooks.Deliveries(r.Context(), u, v.Hook.ID, before, deliveriesShown); err != nil {
			return err
		}
		if len(v.Deliveries) == deliveriesShown {
			v.More = v.Deliveries[deliveriesShown-1].ID
		}
	}
	return p.render(w, status, "office-webhook.html", v)
}

// hookAct does something with a webhook and leads back to it.
func (p *Pages) hookAct(w http.ResponseWriter, r *http.Request, u campaigns.User, done string, act func(id int64) error) error {
	found, err := p.findWebhook(r, u)
	if err != nil {
		return err
	}
	return p.led(w, r, act(found.ID), fmt.Sprintf("/office/webhooks/%d", found.ID), done, func(status int, wrong string) error {
		v := webhookView{officeView: officeIn(r, p.frame(r, "Webhook")), Hook: found}
		v.Wrong = wrong
		return p.showWebhook(w, r, u, v, status)
	})
}

func (p *Pages) changeWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	found, err := p.findWebhook(r, u)
	if err != nil {
		return err
	}
	in := hook(r, found.ID)
	_, err = p.Office.Webhooks.Update(r.Context(), u, in)
	return p.led(w, r, err, fmt.Sprintf("/office/webhooks/%d", found.ID), "saved", func(status int, wrong string) error {
		found.Name, found.URL, found.Events, found.Campaign, found.Enabled = in.Name, in.URL, in.Events, in.Campaign, in.Enabled
		v := webhookView{officeView: officeIn(r, p.frame(r, "Webhook")), Hook: found}
		v.Wrong = wrong
		return p.showWebhook(w, r, u, v, status)
	})
}

// rotateWebhook draws a new secret and answers with the page that shows it.
func (p *Pages) rotateWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	drawn, err := p.Office.Webhooks.Rotate(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	return p.showWebhook(w, r, u, webhookView{officeView: officeIn(r, p.frame(r, "Webhook")), Hook: drawn, Secret: drawn.Secret}, http.StatusOK)
}

func (p *Pages) testWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.hookAct(w, r, u, "sent", func(id int64) error { return p.Office.Webhooks.Test(r.Context(), u, id) })
}

func (p *Pages) replayDelivery(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	delivery, _ := strconv.ParseInt(typed(r, "delivery"), 10, 64) // 0 is none, which is told
	return p.hookAct(w, r, u, "replayed", func(int64) error { return p.Office.Webhooks.Replay(r.Context(), u, delivery) })
}

func (p *Pages) deleteWebhook(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	if err := p.Office.Webhooks.Delete(r.Context(), u, pathNumber(r, "id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/office/webhooks?done=deleted", http.StatusSeeOther)
	return nil
}
