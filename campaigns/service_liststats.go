package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/filter"
	"github.com/forecall/forecall/campaigns/rules"
)

// ListKeeper filters, counts and recycles lists.
type ListKeeper interface {
	Lists(ctx context.Context, campaign int64) ([]List, error)
	List(ctx context.Context, id int64) (List, error)
	SetListWeight(ctx context.Context, id int64, weight int, by string) error
	FilterCount(ctx context.Context, campaign int64, e filter.Expression, now time.Time) (FilterCount, error)
	FieldNames(ctx context.Context, campaign int64) ([]string, error)
	ListFigures(ctx context.Context, campaign int64) ([]ListFigures, error)
	ReadyZones(ctx context.Context, campaign int64, e filter.Expression, now time.Time) ([]ZoneCount, error)
	Recyclable(ctx context.Context, o RecycleOrder, now time.Time) (int64, error)
	RecycleBy(ctx context.Context, o RecycleOrder, now time.Time, by string) (int64, error)
}

// ListCare is what managers do with lists while they are dialed.
type ListCare struct {
	store     ListKeeper
	campaigns CampaignReader
}

// NewListCare returns the service.
func NewListCare(store ListKeeper, campaigns CampaignReader) *ListCare {
	return &ListCare{store, campaigns}
}

// maxWeight bounds the share of a list in a mix.
const maxWeight = 1000

// Figures says how far each list of a campaign has come, and how many of its
// contacts could be called this minute: ready, chosen by the filter, within the
// calling window of their zones. The do-not-call list is asked at each call.
func (l *ListCare) Figures(ctx context.Context, by User, campaign int64) ([]ListFigures, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	c, err := l.campaigns.Campaign(ctx, campaign)
	if err != nil {
		return nil, missing("campaign", err)
	}
	figures, err := l.store.ListFigures(ctx, campaign)
	if err != nil {
		return nil, err
	}
	e, err := filter.Parse(c.Filter, filter.Names{})
	if err != nil {
		return nil, invalid("filter_invalid", err)
	}
	now := time.Now()
	zones, err := l.store.ReadyZones(ctx, campaign, e, now)
	if err != nil {
		return nil, err
	}
	open := map[int64]int64{}
	for _, z := range zones {
		if rules.OpenAt(c.Windows, z.Zones, now, c.RingTime+amdMargin) {
			open[z.List] += z.Count
		}
	}
	for i := range figures {
		if figures[i].List.Active {
			figures[i].Callable = open[figures[i].List.ID]
		}
	}
	return figures, nil
}

// SetWeight gives a list its share among those of the campaign that have one.
func (l *ListCare) SetWeight(ctx context.Context, by User, list int64, weight int) (List, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return List{}, err
	}
	if weight < 0 || weight > maxWeight {
		return List{}, problem(KindInvalid, "weight_invalid", "A weight is 0, for none, to %d.", maxWeight)
	}
	if err := l.store.SetListWeight(ctx, list, weight, by.Login); err != nil {
		return List{}, missing("list", err)
	}
	changed, err := l.store.List(ctx, list)
	return changed, missing("list", err)
}

// Fields lists the columns of the campaign's lists, for filters.
func (l *ListCare) Fields(ctx context.Context, by User, campaign int64) ([]string, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	return l.store.FieldNames(ctx, campaign)
}

// CountFilter says whom a filter would choose, before it is saved. What is wrong
// with it is a Problem whose cause is a *filter.Error with the place.
func (l *ListCare) CountFilter(ctx context.Context, by User, campaign int64, text string) (FilterCount, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return FilterCount{}, err
	}
	if _, err := l.campaigns.Campaign(ctx, campaign); err != nil {
		return FilterCount{}, missing("campaign", err)
	}
	names, err := l.names(ctx, campaign)
	if err != nil {
		return FilterCount{}, err
	}
	e, err := filter.Parse(text, names)
	if bad, ok := errors.AsType[*filter.Error](err); ok {
		return FilterCount{}, &Problem{Kind: KindInvalid, Code: "filter_invalid", Text: bad.Error(), Cause: bad}
	}
	if err != nil {
		return FilterCount{}, err
	}
	return l.store.FilterCount(ctx, campaign, e, time.Now())
}

// names are what a filter of a campaign may refer to. A campaign without
// columns yet is not asked for them: its list may come later.
func (l *ListCare) names(ctx context.Context, campaign int64) (filter.Names, error) {
	var names filter.Names
	for _, o := range Outcomes() {
		names.Outcomes = append(names.Outcomes, string(o))
	}
	lists, err := l.store.Lists(ctx, campaign)
	if err != nil {
		return names, fmt.Errorf("read the lists: %w", err)
	}
	for _, list := range lists {
		names.Lists = append(names.Lists, list.Name)
	}
	if names.Fields, err = l.store.FieldNames(ctx, campaign); err != nil {
		return names, err
	}
	return names, nil
}

// Recycle makes finished contacts callable again, or, dry, only says how many
// that would be. What was done is in the audit.
func (l *ListCare) Recycle(ctx context.Context, by User, o RecycleOrder, dry bool) (int64, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return 0, err
	}
	c, err := l.campaigns.Campaign(ctx, o.Campaign)
	if err != nil {
		return 0, missing("campaign", err)
	}
	if err := o.Validate(c); err != nil {
		return 0, invalid("recycle_invalid", err)
	}
	if o.List != 0 {
		if list, err := l.store.List(ctx, o.List); err != nil || list.Campaign != o.Campaign {
			return 0, missing("list", errors.Join(err, ErrNotFound))
		}
	}
	if dry {
		return l.store.Recyclable(ctx, o, time.Now())
	}
	return l.store.RecycleBy(ctx, o, time.Now(), by.Login)
}
