package campaigns_test

import (
	"context"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// copied is a store whose reports are read from a copy.
type copied struct {
	campaigns.FigureStore
	campaigns.UserStore
	campaigns.CampaignReader
	behind time.Duration
}

func (c copied) ReportsBehind() time.Duration { return c.behind }

func (copied) Users(context.Context) ([]campaigns.User, error) { return nil, nil }

func (copied) Campaigns(context.Context) ([]campaigns.Campaign, error) { return nil, nil }

func (copied) CampaignFigures(context.Context, campaigns.FigureQuery) (map[int64]campaigns.Figures, error) {
	return nil, nil
}

func TestATableThatIsReadFromACopyThatHasFallenBackSaysHowOldItIs(t *testing.T) {
	for behind, want := range map[time.Duration]time.Duration{0: 0, campaigns.ReportsFresh: 0, time.Minute: time.Minute} {
		store := copied{behind: behind}
		q := campaigns.PerformanceQuery{FigureQuery: campaigns.FigureQuery{From: time.Now().Add(-time.Hour), To: time.Now(), Zone: "UTC"}}
		r, err := campaigns.NewPerformance(store, store, store, nil).Table(t.Context(), campaigns.User{Role: campaigns.Admin}, campaigns.FiguresByCampaign, q)
		if err != nil || r.Behind != want {
			t.Errorf("a copy that is %s behind: the table says %s, %v", behind, r.Behind, err)
		}
	}
}
