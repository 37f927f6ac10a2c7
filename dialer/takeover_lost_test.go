package dialer

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// A brain that dies has kept what pacing learned once a minute; the next begins with that.
func TestTheNextBrainKnowsWhatTheLostOneHadLearnedWhenItKeptItLast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 10*time.Second), 400, func(c *campaigns.Campaign) { c.WrapUp = time.Second })
		kept := func() (e pacing.Estimates, text []byte) {
			text, err := o.store.Estimates(t.Context(), 1)
			o.must(err)
			if text != nil {
				o.must(json.Unmarshal(text, &e))
			}
			return e, text
		}
		for i, n := range o.nodes {
			o.agent(n, int64(i+1), 1)
		}
		o.until(time.Hour, "it has learned of more calls than the next makes in a minute", func() bool { e, _ := kept(); return e.Attempts >= 60 })
		before, text := kept()
		o.kill()
		o.must(o.store.SaveEstimates(t.Context(), 1, text)) // who dies keeps nothing at its end
		time.Sleep(5 * time.Second)
		o.takeFloor()
		var after pacing.Estimates
		o.until(2*time.Minute, "the next keeps its own", func() bool { after, _ = kept(); return !after.SavedAt.Equal(before.SavedAt) })
		if after.Attempts < 0.99*before.Attempts {
			t.Errorf("it knows of %.1f calls, and %.1f had been kept", after.Attempts, before.Attempts)
		}
		o.close()
	})
}

func TestHandsThatAreLostTakeTheirCallsAndAgentsWithThemAndNobodyElses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 8, nil).talking()
		o.agent(o.nodes[1], 2, 1)
		o.until(time.Minute, "both talk", func() bool { return o.state(2) == StateTalking && o.state(1) == StateTalking })
		notices := o.brain.Subscribe(t.Context())
		o.nodes[1].sever(true)
		o.nodes[1].hard() // the node is dead
		at := time.Now()
		o.until(10*time.Second, "signed out", o.is(2, StateOffline))
		if d := time.Since(at); d < lostAfter-time.Second || d > lostAfter+2*time.Second {
			t.Errorf("noticed after %s", d)
		}
		o.until(time.Second, "its calls are over", func() bool { return o.view(1).Talking == 1 && o.view(1).Totals.Outcomes[campaigns.Lost] == 1 })
		said := ""
		for len(notices) > 0 {
			if n := <-notices; n.Kind == NoticeAgent && n.Agent.ID == 2 && n.Agent.State == StateOffline {
				said = n.Agent.Reason
			}
		}
		if said != "node n2, where the phone was, is lost" {
			t.Errorf("the reason: %q", said)
		}
		time.Sleep(time.Second)
		o.must(o.brain.HangUp(t.Context(), 1))
		o.until(time.Second, "notes", o.is(1, StateWrapUp))
		o.must(o.brain.WrapUpDone(t.Context(), 1))
		o.until(time.Minute, "the next call of the other node", o.is(1, StateTalking))
		o.close()
	})
}

// TestARowThatLostHandsShouldHaveWrittenStopsNobodyElse: they had been given a call
// and said no more.
func TestARowThatLostHandsShouldHaveWrittenStopsNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 8, nil).talking()
		o.agent(o.nodes[1], 2, 1)
		o.until(time.Minute, "both talk", func() bool { return o.state(2) == StateTalking && o.state(1) == StateTalking })
		time.Sleep(time.Second) // a hang-up at once is taken for a slip
		o.must(o.brain.HangUp(t.Context(), 2))
		o.until(time.Minute, "notes", o.is(2, StateWrapUp))
		time.Sleep(time.Second)
		o.nodes[1].sever(true)
		o.nodes[1].hard() // the node is dead
		o.must(o.brain.WrapUpDone(t.Context(), 2))
		o.until(10*time.Second, "a call is given to it", o.is(2, StateReserved))
		o.until(10*time.Second, "signed out", o.is(2, StateOffline))
		time.Sleep(time.Second)
		o.must(o.brain.HangUp(t.Context(), 1))
		o.until(time.Minute, "notes of the other", o.is(1, StateWrapUp))
		time.Sleep(time.Second)
		o.must(o.brain.WrapUpDone(t.Context(), 1))
		o.until(time.Minute, "the next call of the other node", o.is(1, StateTalking))
		o.close()
	})
}

func TestHandsThatWereAwayAreTakenAsTheyAreWhetherOrNotTheyWereLost(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 3 * time.Second, 4500 * time.Millisecond, 9 * time.Second} {
		t.Run(away.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := pair(t, answers(3*time.Second, 5*time.Minute), 2, nil).talking()
				o.agent(o.nodes[1], 2, 1)
				o.until(time.Minute, "both talk", func() bool { return o.state(2) == StateTalking && o.state(1) == StateTalking })
				o.nodes[1].sever(true)
				time.Sleep(away)
				o.nodes[1].sever(false)
				o.until(10*time.Second, "taken back", func() bool { return o.state(2) == StateTalking && o.view(1).Talking == 2 })
				time.Sleep(time.Second)
				o.must(o.brain.HangUp(t.Context(), 2))
				o.until(time.Second, "notes", o.is(2, StateWrapUp))
				o.must(o.brain.HangUp(t.Context(), 1))
				o.until(time.Second, "over", func() bool { return o.store.count() == 2 })
				o.close()
			})
		})
	}
}

// TestBrainsAndNodesMayBeLostAtAnyTime loses brains and ways at random, and looks
// whether a law breaks: a number called twice, two outcomes or none, an agent with
// two calls, somebody left in silence, a goroutine.
func TestBrainsAndNodesMayBeLostAtAnyTime(t *testing.T) {
	for seed := range uint64(8) {
		bubble(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 21))
			o := newOffice(t, 3, mixed(seed, 0.5, 12*time.Second))
			o.store.load(1, 150)
			o.wrapUps(o.takeFloor(), 2*time.Second)
			o.apply(officeCampaign(1, func(c *campaigns.Campaign) { c.Retry, c.WrapUp = nil, 20*time.Second }))
			for id := range int64(9) {
				o.agent(o.nodes[id%3], id+1, 1)
			}
			lost := 0
			for end := time.Now().Add(3 * time.Hour); o.store.done()+o.store.cancelled() < 140 && time.Now().Before(end); lost++ {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(15*time.Second)))
				if rng.IntN(2) == 0 {
					o.kill()
					time.Sleep(time.Duration(rng.Int64N(int64(6 * time.Second))))
					o.store.set(func() {
						for _, c := range o.store.contacts { // leases of the dead are taken back
							if c.State == campaigns.ContactLeased {
								c.State = campaigns.ContactReady
							}
						}
					})
					o.wrapUps(o.takeFloor(), 2*time.Second)
					continue
				}
				n := o.nodes[rng.IntN(3)]
				n.sever(true)
				time.Sleep(time.Duration(rng.Int64N(int64(8 * time.Second))))
				n.sever(false)
			}
			t.Logf("seed %d: %d losses, %v", seed, lost, o.store.outcomes())
			defer func() {
				if !t.Failed() || o.brain == nil {
					return
				}
				for id := range int64(9) {
					a, _ := o.brain.Agent(id + 1)
					t.Logf("agent %d: %+v", id+1, a)
				}
				for _, c := range o.view(1).Calls {
					t.Logf("call: %+v", c)
				}
			}()
			o.until(3*time.Minute, "every agent is free again", func() bool {
				for id := range int64(9) {
					s := o.state(id + 1)
					if s == StatePaused { // whose phone was not reached is asked to say so
						_ = o.brain.Ready(t.Context(), id+1)
					}
					if s != StateReady && s != StateTalking && s != StateReserved && s != StateWrapUp {
						return false
					}
				}
				return true
			})
			o.close()
		})
	}
}
