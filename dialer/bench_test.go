package dialer

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// endless is a store that takes everything at once and never runs out of
// contacts, and a trunk on which everybody is busy, or talks for a while.
type endless struct {
	*memStore
	next     atomic.Int64
	finished atomic.Int64
}

func (s *endless) Lease(_ context.Context, _ int64, _ time.Time, n int) ([]campaigns.Contact, error) {
	out := make([]campaigns.Contact, n)
	for i := range out {
		out[i] = campaigns.Contact{ID: s.next.Add(1), Phones: []campaigns.Phone{{Number: "+15550000001", Zones: []string{"America/New_York"}}}}
	}
	return out, nil
}
func (s *endless) Release(context.Context, []int64) error { return nil }
func (s *endless) Begin(context.Context, campaigns.Campaign, *campaigns.Attempt) error {
	return nil
}
func (s *endless) Finish(context.Context, campaigns.Attempt) error {
	s.finished.Add(1)
	return nil
}

type busyTrunk struct{ in time.Duration }

func (busyTrunk) CallerID([]string) string    { return "" }
func (busyTrunk) Room([]string) (int, string) { return 1000, "" }
func (b busyTrunk) Dial(ctx context.Context, r Request) (Leg, error) {
	r.OnProgress(Progress{Step: StepSent, At: time.Now()})
	r.OnProgress(Progress{Step: StepRinging, At: time.Now()})
	sleep(ctx, b.in)
	return nil, &CallError{Outcome: campaigns.Busy, Code: 486}
}

// BenchmarkCallsThroughTheEngine is what a call costs the engine itself: hopper,
// decision, attempt and loop, with 200 agents and 200 calls in the air.
func BenchmarkCallsThroughTheEngine(b *testing.B) {
	store := &endless{memStore: newMemStore(b)}
	e := NewEngine(Settings{Messages: message}, store, busyTrunk{in: 50 * time.Millisecond})
	soft, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = e.Run(soft, context.Background()) }()
	h := &house{t: b, engine: e, phones: make(map[int64]*memStation)}
	for id := range int64(200) {
		h.agent(id+1, true, 1)
	}
	b.ReportAllocs()
	b.ResetTimer()
	h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = campaigns.Progressive }))
	for store.finished.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(store.finished.Load())/b.Elapsed().Seconds(), "calls/s")
	stop()
	<-ended
}
