package storagetest

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

// Office is what managers and supervisors ask of a store beside calls.
type Office interface {
	ListKeeper
}

// ListKeeper filters, mixes, counts and recycles lists.
type ListKeeper interface {
	SetListWeight(ctx context.Context, id int64, weight int, by string) error
	FilterCount(ctx context.Context, campaign int64, e filter.Expression, now time.Time) (campaigns.FilterCount, error)
	FieldNames(ctx context.Context, campaign int64) ([]string, error)
	ListFigures(ctx context.Context, campaign int64) ([]campaigns.ListFigures, error)
	ReadyZones(ctx context.Context, campaign int64, e filter.Expression, now time.Time) ([]campaigns.ZoneCount, error)
	Recyclable(ctx context.Context, o campaigns.RecycleOrder, now time.Time) (int64, error)
	RecycleBy(ctx context.Context, o campaigns.RecycleOrder, now time.Time, by string) (int64, error)
}
