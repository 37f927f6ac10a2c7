package web

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// How the last hour is kept: the floor is looked at each second, which costs
// the engine nothing, and a sample is closed every 15 s.
const (
	lookEvery   = time.Second
	sampleEvery = 15 * time.Second
	lastHour    = int(time.Hour / sampleEvery)
	// smoothed is over how many samples shares and waits are taken: one sample
	// alone has too few calls to say anything.
	smoothed = int(5 * time.Minute / sampleEvery)
)

// sample is one campaign over 15 s.
type sample struct {
	at    time.Time
	share float64 // abandoned, of the period of account
	air   int     // calls without an agent yet, and conversations
	rate  float64 // calls placed in the last minute

	placed, answered, bridged int           // in these 15 s
	busy, free                time.Duration // of agents
}

// history is the last hour of every campaign on the floor. It has one writer,
// Remember, and any number of readers.
type history struct {
	mu     sync.Mutex
	past   map[int64][]sample                 // by campaign, the oldest first
	open   map[int64]sample                   // the sample that is being made
	last   map[int64]campaigns.CampaignStatus // at the last look
	looked time.Time
	closed time.Time // when the last samples were
}

func newHistory() *history {
	return &history{past: map[int64][]sample{}, open: map[int64]sample{}, last: map[int64]campaigns.CampaignStatus{}}
}

// Remember keeps the last hour of the floor until ctx is done.
func (p *Pages) Remember(ctx context.Context) {
	if p.Floor == nil {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		p.past.look(p.Floor.Snapshot(), time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look adds what has happened since the last look.
func (h *history) look(f campaigns.FloorSnapshot, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	step := min(now.Sub(h.looked), sampleEvery) // nothing is known of what lies before the first look
	if h.looked.IsZero() {
		step, h.closed = 0, now
	}
	h.looked = now
	ids := map[string]int64{}
	there := map[int64]bool{}
	for _, c := range f.Campaigns {
		ids[c.Name], there[c.ID] = c.ID, true
		h.count(c)
	}
	for _, a := range f.Agents {
		h.spend(ids[a.Campaign], a.State, step)
	}
	for id := range h.past {
		if !there[id] { // it has left the floor
			delete(h.past, id)
			delete(h.open, id)
			delete(h.last, id)
		}
	}
	if now.Sub(h.closed) >= sampleEvery {
		h.close(f, now)
	}
}

// count adds the calls of a campaign since the last look. A counter that fell
// began anew with a period of account.
func (h *history) count(c campaigns.CampaignStatus) {
	s, before := h.open[c.ID], h.last[c.ID]
	if _, known := h.last[c.ID]; known && c.Placed >= before.Placed {
		s.placed += c.Placed - before.Placed
		s.answered += max(0, c.PickedUp-before.PickedUp)
		s.bridged += max(0, c.Bridged-before.Bridged)
	}
	h.open[c.ID], h.last[c.ID] = s, c
	if h.past[c.ID] == nil {
		h.past[c.ID] = []sample{}
	}
}

// spend adds the time of an agent.
func (h *history) spend(campaign int64, state campaigns.AgentState, step time.Duration) {
	s, known := h.open[campaign]
	if !known {
		return
	}
	switch state {
	case campaigns.AgentReady, campaigns.AgentReserved:
		s.free += step
	case campaigns.AgentTalking, campaigns.AgentWrapUp, campaigns.AgentPreview:
		s.busy += step
	}
	h.open[campaign] = s
}

func (h *history) close(f campaigns.FloorSnapshot, now time.Time) {
	for _, c := range f.Campaigns {
		s := h.open[c.ID]
		s.at, s.share, s.rate, s.air = now, c.AbandonShare(), c.PerMinute, c.Ringing+c.Waiting+c.Queued+c.Talking
		past := append(h.past[c.ID], s)
		h.past[c.ID] = append([]sample{}, past[max(0, len(past)-lastHour):]...)
		h.open[c.ID] = sample{}
	}
	h.closed = now
}

// hour is the last hour of a campaign, the oldest sample first. Nobody changes
// the slice any more.
func (h *history) hour(campaign int64) []sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.past[campaign]
}

// over sums up the last samples up to the one at i.
func over(past []sample, i int) (sum sample) {
	for _, s := range past[max(0, i+1-smoothed) : i+1] {
		sum.placed += s.placed
		sum.answered += s.answered
		sum.bridged += s.bridged
		sum.busy += s.busy
		sum.free += s.free
	}
	return sum
}
