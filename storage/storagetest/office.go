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
	campaigns.FigureStore
	campaigns.WebhookStore
	campaigns.ScoreStore
	campaigns.ShiftStore
	campaigns.MessageStore
	campaigns.PromptStore
	campaigns.CallerIDStore
	campaigns.HouseStore
	campaigns.TestStore
	Courier
}

// Courier turns facts into what is sent, and remembers how that went.
type Courier interface {
	WebhookCursor(ctx context.Context) (cursor, head int64, err error)
	Facts(ctx context.Context, after int64, limit int) (facts []campaigns.Fact, last int64, err error)
	DueDeliveries(ctx context.Context, now time.Time, limit int) ([]campaigns.Delivery, error)
	SaveDelivery(ctx context.Context, d campaigns.Delivery, alert string) error
	DropDeliveries(ctx context.Context, before time.Time) error
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
