package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Counting the contacts of a million takes seconds: a page waits so long for
// it, then shows the last figures; a count may take so long, and holds for
// several times as long as it took.
const (
	countPatience = time.Second
	countWithin   = time.Minute
	countHolds    = 10
)

// counts are the figures of lists, counted once for everybody who looks.
type counts struct {
	work sync.WaitGroup

	mu   sync.Mutex
	last map[int64][]campaigns.ListFigures // by campaign
	now  map[int64]*count
}

// count is one count, under way or ended.
type count struct {
	done chan struct{}
	stop context.CancelFunc
	took time.Duration
	at   time.Time // it ended
	rows []campaigns.ListFigures
	err  error
}

func newCounts() *counts {
	return &counts{last: map[int64][]campaigns.ListFigures{}, now: map[int64]*count{}}
}

// begin returns the count of a campaign, a new one when the last is too old.
func (c *counts) begin(ctx context.Context, campaign int64, work func(context.Context) ([]campaigns.ListFigures, error)) *count {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.now[campaign]; k != nil && (k.at.IsZero() || k.err == nil && time.Since(k.at) < countHolds*k.took) {
		return k
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countWithin)
	k, began := &count{done: make(chan struct{}), stop: cancel}, time.Now()
	c.now[campaign] = k
	c.work.Go(func() {
		defer close(k.done)
		defer cancel()
		rows, err := work(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		k.rows, k.err, k.at, k.took = rows, err, time.Now(), time.Since(began)
		if err == nil {
			c.last[campaign] = rows
		}
	})
	return k
}

// close stops what is counted, and waits for it.
func (c *counts) close() {
	c.mu.Lock()
	for _, k := range c.now {
		k.stop()
	}
	c.mu.Unlock()
	c.work.Wait()
}

// figures are those of a campaign's lists; counting says that they are not the
// newest, or that there are none yet. What lists are set to is as it stands.
func (p *Pages) figures(r *http.Request, u campaigns.User, campaign int64) (rows []campaigns.ListFigures, counting bool, err error) {
	lists, err := p.Lists.Lists(r.Context(), u, campaign)
	if err != nil {
		return nil, false, err
	}
	k := p.counted.begin(r.Context(), campaign, func(ctx context.Context) ([]campaigns.ListFigures, error) {
		return p.Office.Care.Figures(ctx, u, campaign)
	})
	patience, stop := context.WithTimeout(r.Context(), countPatience)
	defer stop()
	select {
	case <-k.done:
		if k.err != nil {
			return nil, false, k.err
		}
	case <-patience.Done():
		counting = true
	}
	p.counted.mu.Lock()
	last := p.counted.last[campaign]
	p.counted.mu.Unlock()
	rows = make([]campaigns.ListFigures, len(lists))
	for i, l := range lists {
		if at := slices.IndexFunc(last, func(f campaigns.ListFigures) bool { return f.List.ID == l.ID }); at >= 0 {
			rows[i] = last[at]
		}
		rows[i].List = l
	}
	return rows, counting, nil
}
