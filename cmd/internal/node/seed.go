package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/config"
)

// bySystem is who did it, in the audit trail, when the configuration did.
const bySystem = "configuration"

// CampaignOf is the campaign that a configuration describes: the defaults of
// a new one, and over them every key that is set.
func CampaignOf(in config.Campaign) (campaigns.Campaign, error) {
	c := campaigns.NewCampaign(in.Name)
	set(&c.Mode, campaigns.Mode(in.Mode))
	set(&c.Priority, in.Priority)
	set(&c.Seller, in.Seller)
	set(&c.Telemarketer, in.Telemarketer)
	set(&c.Purpose, in.Purpose)
	set(&c.Goods, in.Goods)
	set(&c.Subject, in.Subject)
	set(&c.Language, in.Language)
	set(&c.MaxAttempts, in.MaxAttempts)
	set(&c.Cooldown, in.Cooldown)
	set(&c.RingTime, in.RingTime)
	set(&c.Hold, in.Hold)
	set(&c.Cap, in.Cap)
	set(&c.Target, in.Target)
	set(&c.MaxLines, in.MaxLines)
	set(&c.WrapUp, in.WrapUp)
	set(&c.SafeHarbor, in.SafeHarbor)
	set(&c.Script, in.Script)
	set(&c.ScriptVer, in.ScriptVer)
	c.CallerIDs, c.Trunks = in.CallerIDs, in.Trunks
	if err := setLists(&c, in); err != nil {
		return c, fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	return c, nil
}

// setLists reads what is a list or a table in the configuration.
func setLists(c *campaigns.Campaign, in config.Campaign) error {
	if len(in.Windows) > 0 {
		week, err := rules.ParseWeek(in.Windows)
		if err != nil {
			return err
		}
		c.Windows = week
	}
	if len(in.Retry) > 0 {
		c.Retry = map[campaigns.Outcome]campaigns.RetryRule{}
	}
	for _, r := range in.Retry {
		c.Retry[campaigns.Outcome(r.Outcome)] = campaigns.RetryRule{Delay: r.Delay, Max: r.Max, NextPhone: r.NextPhone}
	}
	if len(in.Dispositions) > 0 {
		c.Dispositions = nil
	}
	for _, d := range in.Dispositions {
		c.Dispositions = append(c.Dispositions, campaigns.DispositionType{Code: d.Code, Label: d.Label, Effect: campaigns.Effect(d.Effect), Delay: d.Delay})
	}
	for _, j := range in.Schedule {
		c.Schedule = append(c.Schedule, campaigns.Job(j))
	}
	return nil
}

// set overwrites a default with a value that is given.
func set[T comparable](into *T, value T) {
	var zero T
	if value != zero {
		*into = value
	}
}

// seed puts the configuration's users and campaigns into the store. Users are
// brought up to date; a campaign that is there keeps the settings that its
// manager gave it.
func (n *Node) seed(ctx context.Context) error {
	for _, in := range n.settings.Config.Campaigns {
		if err := n.seedCampaign(ctx, in); err != nil {
			return err
		}
	}
	for _, in := range n.settings.Config.Users {
		if err := n.seedUser(ctx, in); err != nil {
			return err
		}
	}
	return n.secrets.read(ctx)
}

func (n *Node) seedCampaign(ctx context.Context, in config.Campaign) error {
	_, err := n.db.CampaignByName(ctx, in.Name)
	if err == nil {
		return nil
	}
	if !errors.Is(err, campaigns.ErrNotFound) {
		return fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	c, err := CampaignOf(in)
	if err != nil {
		return err
	}
	if c.SafeHarbor != "" {
		if c.SafeHarbor, err = filepath.Abs(c.SafeHarbor); err != nil {
			return err
		}
	}
	c.CreatedAt = time.Now().UTC()
	if c, err = n.db.CreateCampaign(ctx, c, bySystem); err != nil {
		return fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	if in.Start {
		_, err = n.db.SetStatus(ctx, c.ID, campaigns.Running, bySystem)
	}
	return err
}

// owner is who the configuration speaks for.
var owner = campaigns.User{Login: bySystem, Role: campaigns.Admin}

func (n *Node) seedUser(ctx context.Context, in config.User) error {
	account := campaigns.Account{
		User: campaigns.User{Login: in.Login, Name: in.Name, Role: campaigns.Role(in.Role), Extension: in.Extension,
			Campaigns: in.Campaigns, CreatedAt: time.Now().UTC()},
		Password: in.Password, PhoneSecret: in.PhoneSecret,
	}
	_, err := n.db.UserByLogin(ctx, in.Login)
	switch {
	case errors.Is(err, campaigns.ErrNotFound):
		_, err = n.accounts.Install(ctx, account)
	case err == nil:
		account.Password = "" // changed by its owner since, perhaps
		_, err = n.accounts.Update(ctx, owner, account)
	}
	if err != nil {
		return fmt.Errorf("user %s: %w", in.Login, err)
	}
	return nil
}
