package dialer

import (
	"context"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// parked holds back a call between its row and its INVITE, as a trunk does
// while there is no room in its calls a second.
type parked struct {
	Trunk
	asked chan context.Context
	open  chan struct{}
}

func (p *parked) Dial(ctx context.Context, r Request) (Leg, error) {
	p.asked <- ctx
	<-p.open
	if ctx.Err() != nil {
		return nil, &CallError{Outcome: campaigns.Cancelled, Err: context.Cause(ctx)}
	}
	return p.Trunk.Dial(ctx, r)
}

func TestAWithdrawalReturnsWhenEveryCallThatWaitsForTheTrunkIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(10*time.Second, time.Minute) })
		gate := &parked{Trunk: h.trunk, asked: make(chan context.Context, 1), open: make(chan struct{})}
		h.engine.trunk = gate
		h.store.load(1, 1)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		dial := <-gate.asked
		h.must(h.store.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+15550000001"}))
		h.engine.tell(func() { time.Sleep(time.Second) }) // the engine has other things to do
		h.engine.Withdraw("+15550000001")
		if dial.Err() == nil {
			t.Error("withdrawn, and the call may still be sent")
		}
		close(gate.open)
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Cancelled || !a.SentAt.IsZero() || h.trunk.count() != 0 {
			t.Errorf("%d INVITEs, row: %+v", h.trunk.count(), a)
		}
	})
}

func TestAWithdrawalReachesACallWhoseRowIsBeingWritten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(10*time.Second, time.Minute) })
		begun, held := make(chan struct{}), make(chan struct{})
		h.store.begins = func() { close(begun); <-held }
		h.store.load(1, 1)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		<-begun
		h.must(h.store.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+15550000001"}))
		h.engine.tell(func() { time.Sleep(time.Second) })
		h.engine.Withdraw("+15550000001")
		close(held)
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Cancelled || a.Error != errWithdrawnDNC.Error() || h.trunk.count() != 0 {
			t.Errorf("%d INVITEs, row: %+v", h.trunk.count(), a)
		}
	})
}

func TestAWithdrawalDoesNotWaitForAnEngineThatHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		h.stop()
		began := time.Now()
		h.engine.Withdraw("+15550000001")
		if d := time.Since(began); d != 0 {
			t.Errorf("it took %s", d)
		}
	})
}

func TestANumberPutOnTheDoNotCallListIsWithdrawnWithinAHundredMilliseconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(10*time.Second, time.Minute))
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.must(h.store.AddDoNotCall(context.Background(), campaigns.DoNotCall{Number: "+15550000001"}))
		h.engine.Withdraw("+15550000001")
		h.until(100*time.Millisecond, "withdrawn", func() bool { return len(h.store.rows()) == 1 })
		h.until(time.Second, "agent free again", func() bool { return h.state(1) == StateReady })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Cancelled || a.EndedBy != "us" || a.Error != errWithdrawnDNC.Error() {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAConversationGoesOnWhenItsNumberIsWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 20*time.Second))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.engine.Withdraw("+15550000001")
		time.Sleep(10 * time.Second)
		if h.state(1) != StateTalking {
			t.Error("the conversation was cut")
		}
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
	})
}

func TestAnEntryOfASellerWithdrawsTheCallsOfItsCampaignsOnly(t *testing.T) {
	for name, c := range map[string]struct {
		entry, of string
		gone      bool
	}{
		"the house": {"", "Acme", true}, "the seller, spelled otherwise": {" acme", "Acme", true}, "another seller": {"Other", "Acme", false},
		"a former name": {"Acme before", "Acme", true}, "a campaign that names nobody": {"Other", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, func(string) callee { return answers(10*time.Second, 5*time.Second) })
				h.store.load(1, 1)
				h.run()
				h.agent(1, true, 1)
				h.apply(h.campaign(1, func(to *campaigns.Campaign) {
					to.Mode, to.Retry, to.Seller, to.SellersBefore = campaigns.Progressive, nil, c.of, []string{"Acme before"}
				}))
				h.until(20*time.Second, "ringing", h.callState(CallRinging))
				h.must(h.engine.WithdrawAll([]campaigns.DoNotCall{
					{Number: "+15550000009", Seller: "Acme"}, {Number: "+15550000001", Seller: "Else"}, {Number: "+15550000001", Seller: c.entry},
				}))
				if c.gone {
					h.until(100*time.Millisecond, "withdrawn", func() bool { return len(h.store.rows()) == 1 })
				} else {
					h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
					h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
					h.must(h.engine.WrapUpDone(t.Context(), 1))
				}
				h.stop()
				if a := h.only(); (a.Outcome == campaigns.Cancelled) != c.gone {
					t.Errorf("row: %+v", a)
				}
			})
		})
	}
}
