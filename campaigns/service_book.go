package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/script"
)

// CampaignStore keeps campaigns. SetStatus answers ErrStatus for a change that
// the status at that moment does not allow.
type CampaignStore interface {
	CreateCampaign(ctx context.Context, c Campaign, by string) (Campaign, error)
	UpdateCampaign(ctx context.Context, c Campaign, by string) (Campaign, error)
	SetStatus(ctx context.Context, id int64, to Status, by string) (Campaign, error)
	// KeepScript numbers a version of a script; FieldNames are the columns that it
	// may name.
	KeepScript(ctx context.Context, v ScriptVersion) (ScriptVersion, error)
	FieldNames(ctx context.Context, campaign int64) ([]string, error)
}

// DepthReader counts where the contacts of a campaign stand.
type DepthReader interface {
	Depth(ctx context.Context, campaign int64, now time.Time) (Depth, error)
}

// Applier makes the floor do what a campaign's status and settings say. It is
// idempotent.
type Applier interface {
	Apply(ctx context.Context, c Campaign) error
}

// Book is the campaigns of the house, and who may change and start them.
type Book struct {
	store CampaignStore
	read  CampaignReader
	depth DepthReader
	shown ShownNumbers
	floor Applier
}

// NewBook returns the service.
func NewBook(store CampaignStore, read CampaignReader, depth DepthReader, shown ShownNumbers, floor Applier) *Book {
	return &Book{store: store, read: read, depth: depth, shown: shown, floor: floor}
}

// Campaigns lists all of them.
func (b *Book) Campaigns(ctx context.Context, by User) ([]Campaign, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	return b.read.Campaigns(ctx)
}

// Campaign returns one.
func (b *Book) Campaign(ctx context.Context, by User, id int64) (Campaign, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return Campaign{}, err
	}
	c, err := b.read.Campaign(ctx, id)
	return c, missing("campaign", err)
}

// Sellers returns the campaigns by id, for the export of calls: who sold what
// and on whose behalf belongs to each of them.
func (b *Book) Sellers(ctx context.Context, by User) (map[int64]Campaign, error) {
	if err := by.Allow(ExportCalls); err != nil {
		return nil, err
	}
	all, err := b.read.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the campaigns of an export: %w", err)
	}
	byID := make(map[int64]Campaign, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, nil
}

// Depth counts where the contacts of a campaign stand.
func (b *Book) Depth(ctx context.Context, by User, id int64) (Depth, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return Depth{}, err
	}
	d, err := b.depth.Depth(ctx, id, time.Now())
	return d, missing("campaign", err)
}

// Create stores a draft.
func (b *Book) Create(ctx context.Context, by User, c Campaign) (Campaign, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return Campaign{}, err
	}
	c.ID, c.Status = 0, Draft
	if err := c.Validate(); err != nil {
		return Campaign{}, invalid("campaign_invalid", err)
	}
	if err := b.checkShown(ctx, c); err != nil {
		return Campaign{}, err
	}
	if err := c.CheckScript(nil); err != nil {
		return Campaign{}, err
	}
	c.ScriptVer = script.Version(1, c.Script)
	created, err := b.store.CreateCampaign(ctx, c, by.Login)
	if errors.Is(err, ErrExists) {
		return Campaign{}, problem(KindConflict, "name_taken", "There is a campaign %q already.", c.Name)
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("create campaign %q: %w", c.Name, err)
	}
	return created, b.writesScript(ctx, by, Campaign{Script: created.Script}, &created)
}

// Update replaces the settings of a campaign; its status stays. A running
// campaign takes them over with the next call it places.
func (b *Book) Update(ctx context.Context, by User, c Campaign) (Campaign, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return Campaign{}, err
	}
	old, err := b.read.Campaign(ctx, c.ID)
	if err != nil {
		return Campaign{}, missing("campaign", err)
	}
	c.Status, c.CreatedAt = old.Status, old.CreatedAt
	if err := c.Validate(); err != nil {
		return Campaign{}, invalid("campaign_invalid", err)
	}
	if err := b.checkShown(ctx, c); err != nil {
		return Campaign{}, err
	}
	if old.Status == Running && c.Mode != old.Mode {
		return Campaign{}, problem(KindConflict, "campaign_running", "Pause the campaign before you change its mode.")
	}
	if err := b.writesScript(ctx, by, old, &c); err != nil {
		return Campaign{}, err
	}
	updated, err := b.store.UpdateCampaign(ctx, c, by.Login)
	if errors.Is(err, ErrExists) {
		return Campaign{}, problem(KindConflict, "name_taken", "There is a campaign %q already.", c.Name)
	}
	if errors.Is(err, ErrZoneFixed) {
		return Campaign{}, problem(KindConflict, "zone_fixed", "The campaign has called: its legal periods begin and end in %s, and another zone would move them; make a new campaign instead.", old.ReportingZone())
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("update campaign %d: %w", c.ID, err)
	}
	return updated, b.apply(ctx, updated)
}

// Start, Pause, Drain and Stop move a campaign; see Status for what each means.
func (b *Book) Start(ctx context.Context, by User, id int64) (Campaign, error) {
	return b.move(ctx, by, id, Running)
}

// Pause places no new calls and lets those in the air end.
func (b *Book) Pause(ctx context.Context, by User, id int64) (Campaign, error) {
	return b.move(ctx, by, id, Paused)
}

// Drain places no new calls and stops when the last one has ended.
func (b *Book) Drain(ctx context.Context, by User, id int64) (Campaign, error) {
	return b.move(ctx, by, id, Draining)
}

// Stop ends the campaign.
func (b *Book) Stop(ctx context.Context, by User, id int64) (Campaign, error) {
	return b.move(ctx, by, id, Stopped)
}

// move stores the status and tells the floor. A start that the floor cannot
// follow becomes a pause, so that no page shows running what does not run.
func (b *Book) move(ctx context.Context, by User, id int64, to Status) (Campaign, error) {
	if err := by.Allow(StartCampaigns); err != nil {
		return Campaign{}, err
	}
	c, err := b.read.Campaign(ctx, id)
	if err != nil {
		return Campaign{}, missing("campaign", err)
	}
	if c.Status == to {
		return c, b.apply(ctx, c)
	}
	if !c.Status.May(to) {
		return Campaign{}, wrongStatus(c, to)
	}
	moved, err := b.store.SetStatus(ctx, id, to, by.Login)
	if errors.Is(err, ErrStatus) {
		return Campaign{}, wrongStatus(c, to)
	}
	if err != nil {
		return Campaign{}, fmt.Errorf("set campaign %d %s: %w", id, to, err)
	}
	if err := b.apply(ctx, moved); err != nil {
		return Campaign{}, errors.Join(err, b.takeBack(ctx, moved))
	}
	return moved, nil
}

// takeBack pauses what was to run and does not; what was to end stays ended.
func (b *Book) takeBack(ctx context.Context, c Campaign) error {
	if c.Status != Running {
		return nil
	}
	_, err := b.store.SetStatus(context.WithoutCancel(ctx), c.ID, Paused, "floor")
	return err
}

func wrongStatus(c Campaign, to Status) error {
	return problem(KindConflict, "wrong_status", "Campaign %q is %s; from there it cannot become %s.", c.Name, c.Status, to)
}

func (b *Book) apply(ctx context.Context, c Campaign) error {
	if err := b.floor.Apply(ctx, c); err != nil {
		return fmt.Errorf("apply campaign %d: %w", c.ID, err)
	}
	return nil
}
