package dialer

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// barredStore is a store that does not answer one node.
type barredStore struct {
	*memStore
	away *atomic.Bool
}

func (s barredStore) Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	if !s.away.Load() {
		return s.memStore.Begin(ctx, c, a)
	}
	rest(ctx, 5*time.Second) // as a spool's patience with a server that is not reached
	return context.DeadlineExceeded
}

func TestANodeThatTheStoreDoesNotAnswerStopsItsOwnCallsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOffice(t, 2, func(string) callee { return answers(3*time.Second, 10*time.Second) })
		var away atomic.Bool
		o.nodes[1].hands.store = barredStore{o.store, &away}
		o.store.load(1, 400)
		o.takeFloor()
		o.apply(officeCampaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry, c.WrapUp = campaigns.Progressive, nil, time.Second }))
		for i, n := range o.nodes {
			o.agent(n, int64(i+1), 1)
		}
		o.wrapUps(o.brain, time.Second)
		o.until(time.Minute, "both nodes call", func() bool { return o.nodes[0].trunk.count() > 1 && o.nodes[1].trunk.count() > 1 })
		away.Store(true)
		time.Sleep(10 * time.Second)
		here, there := o.nodes[0].trunk.count(), o.nodes[1].trunk.count()
		time.Sleep(time.Minute)
		if n := o.nodes[0].trunk.count() - here; n < 6 {
			t.Errorf("the node that has the store placed %d calls in a minute; its brain says %q", n, o.view(1).Why.Text)
		}
		if n := o.nodes[1].trunk.count() - there; n != 0 {
			t.Errorf("the other placed %d calls", n)
		}
		there = o.nodes[1].trunk.count()
		away.Store(false)
		o.until(10*time.Second, "it calls again", func() bool { return o.nodes[1].trunk.count() > there })
		o.close()
	})
}

func TestWhatLivedWithAnEndedNodeIsLetGoAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 8, nil).talking()
		o.agent(o.nodes[1], 2, 1)
		o.until(time.Minute, "both talk", func() bool { return o.state(2) == StateTalking && o.state(1) == StateTalking })
		o.brain.Living([]string{"n1"}, nil) // who asked was told of an end before n2 came again
		time.Sleep(time.Second)
		if o.state(2) != StateTalking {
			t.Errorf("a node that is heard was let go: %s", o.state(2))
		}
		o.nodes[1].sever(true)
		o.nodes[1].hard() // the node is dead
		time.Sleep(time.Second)
		o.brain.Living([]string{"n1", "n2"}, nil)
		time.Sleep(100 * time.Millisecond)
		if o.state(2) != StateTalking {
			t.Errorf("nobody ended it: %s", o.state(2))
		}
		o.brain.Living([]string{"n1"}, nil)
		o.until(500*time.Millisecond, "signed out, its call over", func() bool {
			return o.state(2) == StateOffline && o.view(1).Talking == 1 && o.view(1).Totals.Outcomes[campaigns.Lost] == 1
		})
		o.close()
	})
}

// TestAStopThatOnlyTheStoreKnowsKeepsNoContactsWaiting: each of them would wait for
// minutes that was tried in vain.
func TestAStopThatOnlyTheStoreKnowsKeepsNoContactsWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 60, mixed(2, 0.5, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(time.Minute, "some dialed", func() bool { return h.trunk.count() > 5 })
		var refused atomic.Int64
		h.store.set(func() {
			h.store.refuse = func(campaigns.Attempt) *rules.Refusal {
				refused.Add(1)
				return &rules.Refusal{Primary: rules.Verdict{Rule: rules.Stopped, Detail: "every call"}}
			}
		})
		h.until(time.Minute, "one is refused", func() bool { return refused.Load() > 0 })
		time.Sleep(10 * time.Millisecond) // those that were on their way are refused with it
		first := refused.Load()
		time.Sleep(time.Second)
		if n := refused.Load() - first; n != 0 {
			t.Errorf("%d more contacts were tried within a second", n)
		}
		if why := h.view(1).Why; why.Cause != CauseKillSwitch {
			t.Errorf("why: %+v", why)
		}
		time.Sleep(10 * time.Second)
		if n := refused.Load() - first; n < 2 || n > 20 {
			t.Errorf("%d were tried in ten seconds", n)
		}
		h.store.set(func() { h.store.refuse = nil })
		before := h.trunk.count()
		h.until(10*time.Second, "people are called", func() bool { return h.trunk.count() > before })
		h.stop()
	})
}

// TestWhoWasReservedForACallThatIsOverIsFreeWhenAllNodesAreHeard: while there was no brain
// their calls have ended, and nobody could say so.
func TestWhoWasReservedForACallThatIsOverIsFreeWhenAllNodesAreHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(2*time.Minute, 30*time.Second), 3, func(c *campaigns.Campaign) { c.RingTime = 15 * time.Second })
		o.agent(o.nodes[0], 1, 1)
		o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
		time.Sleep(13 * time.Second)
		o.kill()
		time.Sleep(4 * time.Second) // nobody answered meanwhile
		o.takeFloor().Living([]string{"n1", "n2"}, []string{"n1", "n2"})
		o.until(time.Second, "heard", func() bool { return o.brain.Heard("n1") && o.brain.Heard("n2") })
		o.until(time.Second, "the next call, which rings", func() bool {
			v := o.view(1)
			return len(v.Calls) == 1 && v.Calls[0].State == CallRinging && v.Calls[0].Agent == 1
		})
		o.close()
	})
}
