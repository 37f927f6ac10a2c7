package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/campaigns/script"
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
	set(&c.KnowOdds, in.BestTime)
	set(&c.Ceiling, in.Ceiling)
	set(&c.Cancel, in.Cancel)
	set(&c.WrapUp, in.WrapUp)
	set(&c.SafeHarbor, in.SafeHarbor)
	set(&c.Script, in.Script)
	set(&c.ScriptVer, in.ScriptVer)
	c.CallerIDs, c.Trunks = in.CallerIDs, in.Trunks
	c.Inbound, c.ManualDial = campaigns.InboundPolicy(in.Inbound), in.ManualDial
	c.PreviewDial, c.CallbackGrace = in.PreviewDial, in.CallbackGrace
	c.Recording = campaigns.RecordingPolicy{Mode: campaigns.RecordingMode(in.Recording.Mode), Announcement: in.Recording.Announcement}
	c.OutsideTransfer, c.HoldMusic = in.OutsideTransfer, in.HoldMusic
	for _, d := range in.Departments {
		c.Departments = append(c.Departments, campaigns.Department(d))
	}
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
	for _, p := range in.SafeHarbors {
		if c.SafeHarbors == nil {
			c.SafeHarbors = map[string]string{}
		}
		c.SafeHarbors[p.Language] = p.File
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

// seed puts the configuration's users and campaigns into the store. What is
// there already keeps what people gave it since; see seedUser for the keys of
// a user that are brought up to date.
func (n *lead) seed(ctx context.Context) error {
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

func (n *lead) seedCampaign(ctx context.Context, in config.Campaign) error {
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
	if err := anchor(&c); err != nil {
		return err
	}
	c.CreatedAt = time.Now().UTC()
	if err := c.CheckScript(nil); err != nil {
		return fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	c.ScriptVer = script.Version(1, c.Script) // whatever the file calls it: the name leads back to the text
	if c, err = n.db.CreateCampaign(ctx, c, bySystem); err != nil {
		return fmt.Errorf("campaign %s: %w", in.Name, err)
	}
	if script.Canonical(c.Script) != "" {
		v := campaigns.ScriptVersion{Campaign: c.ID, Hash: script.Hash(c.Script), Source: c.Script, By: bySystem}
		if _, err := n.db.KeepScript(ctx, v); err != nil {
			return fmt.Errorf("campaign %s: %w", in.Name, err)
		}
	}
	if in.Start {
		_, err = n.db.SetStatus(ctx, c.ID, campaigns.Running, bySystem)
	}
	return err
}

// anchor makes the files of the messages independent of the folder that the
// program was started in.
func anchor(c *campaigns.Campaign) (err error) {
	if c.SafeHarbor != "" {
		if c.SafeHarbor, err = filepath.Abs(c.SafeHarbor); err != nil {
			return err
		}
	}
	for _, file := range []*string{&c.Inbound.Greeting, &c.Inbound.Closed, &c.Recording.Announcement, &c.HoldMusic} {
		if *file == "" {
			continue
		}
		if *file, err = filepath.Abs(*file); err != nil {
			return err
		}
	}
	for language, file := range c.SafeHarbors {
		if c.SafeHarbors[language], err = filepath.Abs(file); err != nil {
			return err
		}
	}
	return nil
}

// owner is who the configuration speaks for.
var owner = campaigns.User{Login: bySystem, Role: campaigns.Admin}

// seedUser makes a user who is missing. Of one who is there, the keys that
// the configuration sets win for name, extension, phone secret and campaigns;
// role, password and whether the user is disabled are the store's: an
// administrator who shut somebody out must not find them back after a restart.
func (n *lead) seedUser(ctx context.Context, in config.User) error {
	there, err := n.db.UserByLogin(ctx, in.Login)
	switch {
	case errors.Is(err, campaigns.ErrNotFound):
		_, err = n.accounts.Install(ctx, campaigns.Account{
			User: campaigns.User{Login: in.Login, Name: in.Name, Role: campaigns.Role(in.Role), Extension: in.Extension,
				Campaigns: in.Campaigns, CreatedAt: time.Now().UTC()},
			Password: in.Password, PhoneSecret: in.PhoneSecret,
		})
	case err == nil:
		n.tellKept(there, in)
		if account, differs := configured(there, in, realm(n.settings.Config.Phones)); differs {
			_, err = n.accounts.Update(ctx, owner, account)
		}
	}
	if err != nil {
		return fmt.Errorf("user %s: %w", in.Login, err)
	}
	return nil
}

// configured is a user of the store with the keys that the configuration
// sets, and whether that changes anything.
func configured(there campaigns.User, in config.User, realm string) (account campaigns.Account, differs bool) {
	account.User = there
	set(&account.Name, in.Name)
	if in.PhoneSecret != "" || there.PhoneHA1 == (campaigns.HA1{}) { // a secret is kept for its extension only
		set(&account.Extension, in.Extension)
	}
	if len(in.Campaigns) > 0 {
		account.Campaigns = in.Campaigns
	}
	if campaigns.NewHA1(account.Extension, realm, in.PhoneSecret) != there.PhoneHA1 {
		account.PhoneSecret = in.PhoneSecret // empty leaves it as it is
	}
	return account, account.Name != there.Name || account.Extension != there.Extension ||
		!slices.Equal(account.Campaigns, there.Campaigns) || account.PhoneSecret != ""
}

// tellKept says where the store holds against the configuration.
func (n *lead) tellKept(there campaigns.User, in config.User) {
	if there.Disabled {
		n.log.Warn("a user of the configuration stays disabled", "agent", there.ID, "login", in.Login)
	}
	if in.Role != "" && campaigns.Role(in.Role) != there.Role {
		n.log.Warn("a user keeps the role that the store holds", "agent", there.ID, "login", in.Login, "role", there.Role, "configured", in.Role)
	}
}
