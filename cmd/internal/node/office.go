package node

import (
	"context"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/webhook"
	"github.com/forecall/forecall/storage/records"
)

var (
	_ campaigns.FigureStore      = (*records.DB)(nil)
	_ campaigns.ListKeeper       = (*records.DB)(nil)
	_ campaigns.WebhookStore     = (*records.DB)(nil)
	_ campaigns.ScoreStore       = (*records.DB)(nil)
	_ campaigns.ShiftStore       = (*records.DB)(nil)
	_ campaigns.MessageStore     = (*records.DB)(nil)
	_ campaigns.PromptStore      = (*records.DB)(nil)
	_ campaigns.CallerIDStore    = (*records.DB)(nil)
	_ campaigns.HouseStore       = (*records.DB)(nil)
	_ campaigns.CallerRightStore = (*records.DB)(nil)
	_ campaigns.TestStore        = (*records.DB)(nil)
	_ campaigns.NodeReader       = (*records.DB)(nil)
	_ campaigns.NodeKeeper       = (*records.DB)(nil)
	_ webhook.Store              = (*records.DB)(nil)
	_ webhook.Ledger             = (*records.DB)(nil)
)

// office is the services of those who look after campaigns, agents and the
// house.
func (n *lead) office(plan campaigns.PlanTeller, bell campaigns.Bell) api.Office {
	aside := n.engine.Aside
	if n.several != nil {
		aside = n.several.hands.Aside // those of the engine are nobody's
	}
	trunks := campaigns.NewTrunks(&trunkDesk{trunks: n.trunks, caller: n.trunks.CallerID, aside: aside}, n.db)
	n.rights = campaigns.NewCallerRights(n.db, trunks)
	return api.Office{
		Performance: campaigns.NewPerformance(n.db, n.db, n.db, n.db),
		Care:        campaigns.NewListCare(n.db, n.db),
		Webhooks:    campaigns.NewWebhooks(n.db),
		Scoring:     campaigns.NewScoring(n.db, n.db, n.db),
		Roster:      campaigns.NewRoster(n.db, n.db, n.db, plan),
		Messages:    campaigns.NewMessages(mail{n.db, n.known}, n.db, bell),
		Prompts:     campaigns.NewPrompts(n.db, promptFolder(n.prompts), n.db),
		CallerIDs:   campaigns.NewCallerIDs(n.db, n.db, n.db),
		House:       campaigns.NewHouse(n.db, n.db),
		Rights:      n.rights,
		Trunks:      trunks,
		Nodes:       campaigns.NewNodes(n.db, n.db, n.floor),
	}
}

// openBell makes what wakes the desks of agents.
func (n *lead) openBell() *api.Bell {
	bell := api.NewBell(n.floor)
	n.later(func() error { bell.Wait(); return nil })
	return bell
}

// openWebhooks makes what delivers events; it fails when the configuration
// names a network that is none.
func (n *lead) openWebhooks() error {
	allowed, err := prefixes("webhooks.allow", n.settings.Config.Webhooks.Allow)
	if err != nil {
		return err
	}
	n.sender = webhook.NewSender(allowed, nil, n.settings.Version)
	n.later(n.sender.Close)
	return nil
}

// tellWebhooks sends what happens to those who asked for it, until ctx is done.
func (n *lead) tellWebhooks(ctx context.Context) {
	n.work.Go(func() { webhook.NewFeeder(n.db, n.log).Run(ctx) })
	n.work.Go(func() { webhook.NewCourier(n.db, n.sender, n.log).Run(ctx) })
}
