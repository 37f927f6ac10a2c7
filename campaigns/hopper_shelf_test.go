package campaigns

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// shelf is a Leaser in memory: contacts in order, with the states of the store.
type shelf struct {
	t  testing.TB
	mu sync.Mutex

	contacts []*Contact
	fail     error
	leases   int
	given    int // contacts, over all leases
	delay    time.Duration
}

func newShelf(t testing.TB, n int, zone func(i int) string) *shelf {
	s := &shelf{t: t}
	for i := range n {
		s.contacts = append(s.contacts, &Contact{
			ID: int64(i + 1), Campaign: 1, State: ContactReady,
			Phones: []Phone{{Number: fmt.Sprintf("+1555%07d", i), Zones: []string{zone(i)}}},
		})
	}
	return s
}

func newYork(int) string { return "America/New_York" }

func (s *shelf) Lease(_ context.Context, _ int64, now time.Time, n int) ([]Contact, error) {
	time.Sleep(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases++
	if s.fail != nil {
		return nil, s.fail
	}
	ordered := slices.Clone(s.contacts)
	slices.SortStableFunc(ordered, func(a, b *Contact) int { return b.Rank - a.Rank })
	var out []Contact
	for _, c := range ordered {
		due := c.State == ContactReady || (c.State == ContactWaiting && !now.Before(c.NextAt))
		if due && len(out) < n {
			c.State = ContactLeased
			s.given++
			out = append(out, *c)
		}
	}
	return out, nil
}

func (s *shelf) Release(_ context.Context, ids []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	for _, id := range ids {
		c := s.contacts[id-1]
		if c.State != ContactLeased {
			s.t.Errorf("contact %d is released in state %s", id, c.State)
		}
		c.State = ContactReady
	}
	return nil
}

func (s *shelf) Postpone(_ context.Context, ids []int64, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	for _, id := range ids {
		c := s.contacts[id-1]
		if c.State != ContactLeased {
			s.t.Errorf("contact %d is postponed in state %s", id, c.State)
		}
		c.State, c.NextAt = ContactWaiting, until
	}
	return nil
}

func (s *shelf) Depth(_ context.Context, _ int64, _ time.Time) (Depth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := Depth{Total: int64(len(s.contacts))}
	for _, c := range s.contacts {
		switch c.State {
		case ContactReady:
			d.Ready++
		case ContactLeased:
			d.Leased++
		case ContactWaiting:
			d.Waiting++
			if d.NextDue.IsZero() || c.NextAt.Before(d.NextDue) {
				d.NextDue = c.NextAt
			}
		case ContactDone:
			d.Done++
		}
	}
	return d, s.fail
}

func (s *shelf) states() map[ContactState]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[ContactState]int)
	for _, c := range s.contacts {
		out[c.State]++
	}
	return out
}

func (s *shelf) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// dialed marks a contact as done.
func (s *shelf) dialed(p Contact) { s.set(func() { s.contacts[p.ID-1].State = ContactDone }) }

// feed runs a hopper over a shelf; the returned function stops it and looks
// that no contact is left leased.
func feed(t *testing.T, s *shelf, week rules.Week, settings HopperSettings) (*Hopper, func()) {
	t.Helper()
	c := NewCampaign("c")
	c.ID, c.Windows = 1, week
	h := NewHopper(s, c, settings)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	synctest.Wait()
	return h, func() {
		cancel()
		<-ended
		if n := s.states()[ContactLeased]; n != 0 && s.fail == nil {
			t.Errorf("%d contacts are left leased", n)
		}
	}
}
