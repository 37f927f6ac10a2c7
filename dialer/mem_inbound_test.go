package dialer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Recognise is the ledger's: who called the number last, else who has it.
func (s *memStore) Recognise(_ context.Context, number string, among []int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	best, last := int64(0), time.Time{}
	for _, a := range s.begun {
		if a.Number == number && slices.Contains(among, a.Campaign) && a.IntentAt.After(last) {
			best, last = a.Campaign, a.IntentAt
		}
	}
	for _, id := range among {
		if c := s.withNumber(id, number); best == 0 && c != nil {
			best = id
		}
	}
	return best, nil
}

func (s *memStore) withNumber(campaign int64, number string) *campaigns.Contact {
	for _, id := range s.order {
		if c := s.contacts[id]; c.Campaign == campaign && slices.ContainsFunc(c.Phones, func(p campaigns.Phone) bool { return p.Number == number }) {
			return c
		}
	}
	return nil
}

// Receive is the ledger's, with its laws.
func (s *memStore) Receive(_ context.Context, a *campaigns.Attempt, phone campaigns.Phone) (r campaigns.Received, err error) {
	s.delay()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failBegin != nil {
		return r, s.failBegin
	}
	a.IntentAt = time.Now()
	if a.Number != "" {
		c := s.withNumber(a.Campaign, a.Number)
		if c == nil {
			id := int64(len(s.order) + 900_000)
			s.put(campaigns.Contact{ID: id, Campaign: a.Campaign, Phones: []campaigns.Phone{phone}, State: campaigns.ContactDone})
			c = s.contacts[id]
		}
		a.Contact, a.List = c.ID, c.List
		a.Zones = c.Phones[0].Zones
		r.Contact = *c
		_, r.DoNotCall = s.dnc[a.Number]
		for _, f := range s.finished {
			if f.Contact == c.ID && f.Agent != 0 {
				r.LastAgent = f.Agent
			}
		}
		if c.State != campaigns.ContactLive {
			s.was[a.ID] = c.State
			s.taken[c.ID] = s.taken[c.ID] || c.State == campaigns.ContactLeased
			c.State = campaigns.ContactLive
		}
		s.calling[a.Number]++
	}
	row := *a
	s.begun[a.ID] = &row
	return r, nil
}

// letGo is the end of a call that somebody made to us.
func (s *memStore) letGo(a campaigns.Attempt) {
	if a.OptOut {
		s.dnc[a.Number] = campaigns.DoNotCall{Number: a.Number, At: a.EndedAt, Channel: campaigns.ChannelKey, Attempt: a.ID}
	}
	if a.Number == "" {
		return
	}
	s.calling[a.Number]--
	c, was := s.contacts[a.Contact], s.was[a.ID]
	switch {
	case was == "" || c.State != campaigns.ContactLive:
	case a.Outcome == campaigns.InboundConnected:
		c.State = campaigns.ContactDone
	case a.Outcome == campaigns.InboundCallback:
		c.State, c.NextAt, c.Callback = campaigns.ContactWaiting, a.Next.At, c.ID
	case was == campaigns.ContactLeased:
		c.State = campaigns.ContactReady
	default:
		c.State = was
	}
}

// memCaller is somebody who calls us, in memory.
type memCaller struct {
	in   Inbound
	leg  *memLeg
	gone chan struct{} // hung up before the answer

	mu      sync.Mutex
	refused int
}

// ring makes somebody call the house; they talk for so long once an agent is
// there, and have that much patience before.
func (h *house) ring(number string, talk, patience time.Duration) *memCaller {
	c := &memCaller{in: Inbound{Number: number, Called: houseNumber, Trunk: "mem", CallID: "call-of-" + number, At: time.Now()}, gone: make(chan struct{})}
	c.leg = &memLeg{trunk: h.trunk, number: "in" + number + fmt.Sprint(time.Now().UnixNano()), callee: callee{talk: talk, patience: patience}, done: make(chan struct{})}
	c.leg.port = &memPort{t: h.t, name: number, onConnect: c.leg.agentHeard}
	h.engine.Receive(context.Background(), c)
	return c
}

// houseNumber is what the trunk in memory shows when a campaign names nothing.
const houseNumber = "+15550009999"

func (c *memCaller) Call() Inbound { return c.in }

func (c *memCaller) Answer(context.Context) (Leg, error) {
	select {
	case <-c.gone:
		return nil, ErrCallerGone
	default:
	}
	l := c.leg
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = Answer{Trunk: "mem", RingingAt: c.in.At, AnsweredAt: time.Now()}
	l.trunk.mu.Lock()
	l.trunk.live[l.number] = true
	l.trunk.inCall++
	l.trunk.mu.Unlock()
	l.timer = time.AfterFunc(l.callee.patience, l.hangUpByCallee)
	return l, nil
}

func (c *memCaller) Refuse(code int, _ string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = code
}

func (c *memCaller) code() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// press presses a key.
func (c *memCaller) press(key byte) {
	c.leg.mu.Lock()
	tell := c.leg.digit
	c.leg.mu.Unlock()
	if tell != nil { // it was answered
		tell(key)
	}
}

// inbound are the rows of calls to us, in order.
func (s *memStore) inbound() []campaigns.Attempt {
	return slices.DeleteFunc(s.rows(), func(a campaigns.Attempt) bool { return a.Mode != campaigns.Inbound })
}

// reception is a house with a campaign that has nobody to dial, and agents who
// are ready.
func reception(t *testing.T, agents int, change func(*campaigns.Campaign)) *house {
	h := newHouse(t, mixed(1, 0.3, time.Minute))
	h.engine.settings.Voices = func(campaigns.Campaign) (map[string]QueueVoice, error) {
		return map[string]QueueVoice{"": testVoice()}, nil
	}
	h.run()
	h.apply(h.campaign(1, change))
	for id := range int64(agents) {
		h.agent(id+1, true, 1)
	}
	return h
}
