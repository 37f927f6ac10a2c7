package dialer

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// A loop that the machine holds up hears that a person answered and that the hold
// is over in one breath. The agent was kept for the call, or free: the person is
// connected, late, and the agent is not lost to a reservation that nobody ends.
func TestALoopThatIsLateGivesThePersonTheAgentWhoIsThere(t *testing.T) {
	for _, mode := range []campaigns.Mode{campaigns.Progressive, campaigns.Predictive} {
		bubble(t, func(t *testing.T) {
			h := newHouse(t, func(string) callee { return answers(4*time.Second, 20*time.Second) })
			h.store.load(1, 1)
			h.run()
			h.agent(1, true, 1)
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = mode, nil }))
			h.until(time.Minute, "ringing", h.callState(CallRinging))
			time.Sleep(3 * time.Second)
			running := make(chan *Loop, 1)
			h.engine.tell(func() { running <- h.engine.running[1].loop })
			(<-running).tell(func() { time.Sleep(5 * time.Second) }) // over the answer and the hold
			h.until(10*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
			h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
			h.must(h.engine.WrapUpDone(t.Context(), 1))
			h.until(time.Second, "ready", func() bool { return h.state(1) == StateReady })
			h.stop()
			if a := h.only(); a.Outcome != campaigns.LateConnected || a.Agent != 1 || a.ConnectDelay < campaigns.MaxHold {
				t.Errorf("%s: row %+v", mode, a)
			}
		})
	}
}
