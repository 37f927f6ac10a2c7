package dialer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
)

// memStore is the ledger in memory, with its laws.
type memStore struct {
	memTalks
	t  testing.TB
	mu sync.Mutex

	contacts map[int64]*campaigns.Contact
	order    []int64
	through  int // so many at the start of order are done
	begun    map[string]*campaigns.Attempt
	open     map[string]string                 // number -> attempt
	calling  map[string]int                    // numbers that call us
	taken    map[int64]bool                    // contacts that were taken out of a hopper by a call to us
	was      map[string]campaigns.ContactState // of a caller's contact, by attempt
	finished map[string]campaigns.Attempt
	dnc      map[string]campaigns.DoNotCall
	statuses map[int64]campaigns.Status
	saved    map[int64][]byte
	tapes    map[int64][]minute
	odds     map[int64][]byte
	dropped  []time.Time // the instants before which tapes were dropped
	tally    campaigns.Tally
	rates    []abandonment.Rule // beside the campaign's own limit
	opened   time.Time
	campaign map[int64]campaigns.Campaign

	latency    time.Duration
	failBegin  error
	failFinish error
	failTally  error
	failDNC    error
	failTape   error
	slowTape   time.Duration
	refused    map[string]bool // numbers whose attempts the ledger says it does not have
	refuse     func(campaigns.Attempt) *rules.Refusal
	begins     func() // called when a row is in the ledger and Begin has not returned
	failures   int
}

func newMemStore(t testing.TB) *memStore {
	return &memStore{
		t: t, contacts: make(map[int64]*campaigns.Contact), begun: make(map[string]*campaigns.Attempt),
		open: make(map[string]string), calling: make(map[string]int), taken: make(map[int64]bool), was: make(map[string]campaigns.ContactState), finished: make(map[string]campaigns.Attempt),
		dnc: make(map[string]campaigns.DoNotCall), statuses: make(map[int64]campaigns.Status),
		saved: make(map[int64][]byte), tapes: make(map[int64][]minute), odds: make(map[int64][]byte), opened: time.Now(), campaign: make(map[int64]campaigns.Campaign), latency: time.Millisecond,
	}
}

// load adds contacts with numbers of their own.
func (s *memStore) load(campaign int64, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		id := int64(len(s.order) + 1)
		s.put(campaigns.Contact{
			ID: id, Campaign: campaign, List: 1, Name: fmt.Sprintf("Person %d", id), State: campaigns.ContactReady,
			Phones: []campaigns.Phone{{Number: fmt.Sprintf("+1555%07d", id), Zones: []string{"America/New_York"}}},
		})
	}
}

func (s *memStore) add(c campaigns.Contact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(c)
}

// put is add for who holds the lock.
func (s *memStore) put(c campaigns.Contact) {
	s.contacts[c.ID] = &c
	s.order = append(s.order, c.ID)
}

func (s *memStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *memStore) Lease(_ context.Context, campaign int64, now time.Time, n int) ([]campaigns.Contact, error) {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.through < len(s.order) && s.contacts[s.order[s.through]].State == campaigns.ContactDone {
		s.through++
	}
	var out []campaigns.Contact
	for _, callback := range []bool{true, false} {
		for _, id := range s.order[s.through:] {
			c := s.contacts[id]
			due := c.State == campaigns.ContactReady || (c.State == campaigns.ContactWaiting && !now.Before(c.NextAt))
			if len(out) < n && c.Campaign == campaign && due && (c.Callback != 0) == callback {
				c.State = campaigns.ContactLeased
				lease := *c
				if callback {
					lease.Rank = 1000
				}
				out = append(out, lease)
			}
		}
	}
	return out, nil
}

func (s *memStore) Release(_ context.Context, ids []int64) error {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c := s.contacts[id]; c.State == campaigns.ContactLeased {
			c.State = campaigns.ContactReady
		} else if !s.taken[id] {
			s.t.Errorf("contact %d is released in state %s", id, c.State)
		}
	}
	return nil
}

func (s *memStore) Postpone(_ context.Context, ids []int64, until time.Time) error {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c := s.contacts[id]; c.State == campaigns.ContactLeased {
			c.State, c.NextAt = campaigns.ContactWaiting, until
		} else if !s.taken[id] {
			s.t.Errorf("contact %d is postponed in state %s", id, c.State)
		}
	}
	return nil
}

func (s *memStore) Depth(_ context.Context, campaign int64, now time.Time) (campaigns.Depth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d campaigns.Depth
	for _, c := range s.contacts {
		if c.Campaign != campaign {
			continue
		}
		d.Total++
		switch c.State {
		case campaigns.ContactReady:
			d.Ready++
		case campaigns.ContactLeased:
			d.Leased++
		case campaigns.ContactLive:
			d.Live++
		case campaigns.ContactDone:
			d.Done++
		case campaigns.ContactWaiting:
			d.Waiting++
			if d.NextDue.IsZero() || c.NextAt.Before(d.NextDue) {
				d.NextDue = c.NextAt
			}
		}
	}
	return d, nil
}

func (s *memStore) Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	err := s.begin(ctx, c, a)
	if s.begins != nil && err == nil {
		s.begins()
	}
	return err
}

func (s *memStore) begin(_ context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failBegin != nil {
		s.failures++
		return s.failBegin
	}
	if s.begun[a.ID] != nil {
		s.t.Errorf("attempt %s is begun twice", a.ID)
	}
	contact := s.contacts[a.Contact]
	if s.calling[a.Number] > 0 || contact.State == campaigns.ContactLive {
		return &rules.Refusal{Primary: rules.Verdict{Rule: rules.Live}}
	}
	if contact.State != campaigns.ContactLeased && s.taken[a.Contact] {
		return campaigns.ErrNotLeased
	}
	if contact.State != campaigns.ContactLeased && !a.Manual {
		s.t.Errorf("contact %d is called in state %s", a.Contact, contact.State)
	}
	if _, listed := s.dnc[a.Number]; listed {
		contact.State = campaigns.ContactDone
		return &rules.Refusal{Primary: rules.Verdict{Rule: rules.DNC}}
	}
	if s.refuse != nil {
		if r := s.refuse(*a); r != nil {
			contact.State = campaigns.ContactDone
			return r
		}
	}
	if s.open[a.Number] != "" {
		s.t.Errorf("number %s has two open attempts", a.Number)
	}
	row := *a
	s.begun[a.ID], s.open[a.Number] = &row, a.ID
	s.campaign[c.ID] = c
	contact.State = campaigns.ContactLive
	return nil
}

func (s *memStore) Finish(_ context.Context, a campaigns.Attempt) error {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failFinish != nil {
		s.failures++
		return s.failFinish
	}
	if s.refused[a.Number] {
		return fmt.Errorf("finish: %w", campaigns.ErrUnknownAttempt)
	}
	if s.begun[a.ID] == nil {
		return campaigns.ErrUnknownAttempt
	}
	if _, twice := s.finished[a.ID]; twice {
		s.t.Errorf("attempt %s gets a second outcome", a.ID)
		return campaigns.ErrFinished
	}
	if !a.Outcome.Known() {
		s.t.Errorf("attempt %s ends with outcome %q", a.ID, a.Outcome)
	}
	s.finished[a.ID] = a
	if a.Mode == campaigns.Inbound {
		s.letGo(a)
		return nil
	}
	if a.OptOut { // in the same transaction
		s.dnc[a.Number] = campaigns.DoNotCall{Number: a.Number, At: a.EndedAt, Channel: campaigns.ChannelKey, Attempt: a.ID}
	}
	delete(s.open, a.Number)
	p := s.contacts[a.Contact]
	if a.Outcome.Counts() {
		p.Tries++
	}
	next := s.campaign[a.Campaign].After(a.Outcome, *p, p.Tries, 1, time.Now())
	p.State, p.NextAt, p.Phone, p.Callback, p.Agent = next.State, next.At, next.Phone, 0, 0
	return nil
}

// Standings are the campaign's own limit, with what was counted before the test
// and since, and further ones that the test wants.
func (s *memStore) Standings(_ context.Context, id int64, now time.Time) ([]abandonment.Standing, error) {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := abandonment.Counts{Met: s.tally.Live - s.tally.Abandoned, Silent: s.tally.Abandoned}
	for _, a := range s.finished {
		if a.Campaign == id && a.Mode != campaigns.Inbound {
			n.Note(abandonment.Judge(abandonment.FromConnected, abandonment.Limit, a.Abandonment()), a.Reserved)
		}
	}
	own := campaigns.NewCampaign("own").OwnLimit()
	var out []abandonment.Standing
	for _, r := range append([]abandonment.Rule{own}, s.rates...) {
		out = append(out, r.Stand(now, r.Window.At(now, s.opened, time.UTC), n, abandonment.Sample{}, n))
	}
	return out, s.failTally
}

func (s *memStore) Estimates(_ context.Context, id int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[id], nil
}

func (s *memStore) SaveEstimates(_ context.Context, id int64, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved[id] = b
	return nil
}

func (s *memStore) Odds(_ context.Context, id int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.odds[id] == nil {
		return nil, campaigns.ErrNotFound
	}
	return s.odds[id], nil
}

func (s *memStore) SaveOdds(_ context.Context, id int64, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.odds[id] = b
	return nil
}

func (s *memStore) SaveTape(ctx context.Context, id int64, from time.Time, tape []byte) error {
	s.mu.Lock()
	slow := s.slowTape
	s.mu.Unlock()
	rest(ctx, slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failTape != nil {
		return s.failTape
	}
	s.tapes[id] = append(s.tapes[id], minute{from, tape})
	return nil
}

func (s *memStore) DropTapes(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped = append(s.dropped, before)
	return nil
}

func (s *memStore) AddDoNotCall(_ context.Context, d campaigns.DoNotCall) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failFinish != nil || s.failDNC != nil {
		return errors.Join(s.failFinish, s.failDNC)
	}
	s.dnc[d.Number] = d
	return nil
}

func (s *memStore) SetStatus(_ context.Context, id int64, to campaigns.Status, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses[id] = to
	return nil
}

// outcomes counts what the ledger says.
func (s *memStore) outcomes() map[campaigns.Outcome]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[campaigns.Outcome]int)
	for _, a := range s.finished {
		out[a.Outcome]++
	}
	return out
}

func (s *memStore) rows() []campaigns.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]campaigns.Attempt, 0, len(s.finished))
	for _, a := range s.finished {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b campaigns.Attempt) int { return a.IntentAt.Compare(b.IntentAt) })
	return out
}

// checkLaws is what must hold when everything has ended.
func (s *memStore) checkLaws() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.begun {
		if _, ok := s.finished[id]; !ok {
			s.t.Errorf("attempt %s has no outcome", id)
		}
	}
	for _, c := range s.contacts {
		if c.State == campaigns.ContactLeased || c.State == campaigns.ContactLive {
			s.t.Errorf("contact %d is left in state %s", c.ID, c.State)
		}
	}
	for _, a := range s.finished {
		checkRow(s.t, a)
	}
	s.checkOneLeg()
}

// checkOneLeg is law I7 as the ledger's checker reads it: an agent is bridged
// only after the last call was over, or had been taken over.
func (s *memStore) checkOneLeg() {
	s.t.Helper()
	type talk struct {
		agent      int64
		from, over time.Time
	}
	var talks []talk
	for _, a := range s.finished {
		if len(a.Talks) > 0 {
			for _, t := range a.Talks {
				talks = append(talks, talk{t.Agent, t.From, t.To})
			}
			continue
		}
		first := talk{a.Agent, a.BridgedAt, a.EndedAt}
		if a.SecondAgent != 0 {
			talks = append(talks, talk{a.SecondAgent, a.SecondAt, a.EndedAt})
			first.over = a.SecondAt
		}
		if a.Agent != 0 && !a.BridgedAt.IsZero() {
			talks = append(talks, first)
		}
	}
	slices.SortFunc(talks, func(a, b talk) int { return a.from.Compare(b.from) })
	ended := make(map[int64]time.Time)
	for _, t := range talks {
		if before := ended[t.agent]; before.After(t.from) {
			s.t.Errorf("agent %d is bridged %s before the last call is over", t.agent, before.Sub(t.from))
			for _, a := range s.finished {
				if (a.Agent == t.agent || a.SecondAgent == t.agent) && !a.EndedAt.Before(before) && !a.BridgedAt.After(t.from) || a.BridgedAt.Equal(t.from) {
					s.t.Errorf("  %s: agents %d, %d; answered %s, bridged %s, second %s, over %s: %s %q", a.ID, a.Agent, a.SecondAgent, a.AnsweredAt, a.BridgedAt, a.SecondAt, a.EndedAt, a.Outcome, a.Error)
				}
			}
		}
		ended[t.agent] = later(ended[t.agent], t.over)
	}
}

// checkRow holds one row against what its outcome promises.
func checkRow(t testing.TB, a campaigns.Attempt) {
	t.Helper()
	connected := a.Outcome == campaigns.Connected || a.Outcome == campaigns.LateConnected
	switch {
	case a.EndedAt.IsZero() || a.EndedBy == "":
		t.Errorf("%s: no end: %+v", a.Outcome, a)
	case connected && (a.BridgedAt.IsZero() || a.Agent == 0 || a.AnsweredAt.IsZero()):
		t.Errorf("%s without an agent: %+v", a.Outcome, a)
	case a.Outcome == campaigns.Connected && a.ConnectDelay > 2*time.Second:
		t.Errorf("connected after %s", a.ConnectDelay)
	case a.Outcome == campaigns.AbandonedMsg && a.MessageAt.Sub(a.AnsweredAt) > 2*time.Second:
		t.Errorf("the message began %s after the answer", a.MessageAt.Sub(a.AnsweredAt))
	case a.Outcome == campaigns.NoAnswer && a.EndedAt.Sub(a.RingingAt) < 15*time.Second:
		t.Errorf("given up after %s of ringing", a.EndedAt.Sub(a.RingingAt))
	}
}

// done counts contacts that are finished.
func (s *memStore) done() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.contacts {
		if c.State == campaigns.ContactDone {
			n++
		}
	}
	return n
}

// count is how many attempts are finished.
func (s *memStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.finished)
}

// cancelled counts contacts whose last attempt was withdrawn.
func (s *memStore) cancelled() int { return s.outcomes()[campaigns.Cancelled] }

func (s *memStore) delay() {
	s.mu.Lock()
	d := s.latency
	s.mu.Unlock()
	time.Sleep(d)
}

func (s *memStore) failed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failures
}
