package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// login is somebody at the API without a phone.
func (o *office) login(t testing.TB, who string) *client.Client {
	t.Helper()
	c := client.New(o.node.URL())
	if _, err := c.Login(within(t), who, o.secret); err != nil {
		t.Fatal(err)
	}
	return c
}

// plan plans a break through the API and returns it.
func plan(t testing.TB, c *client.Client, path string, b api.BreakPlan) (planned api.Break) {
	t.Helper()
	if err := c.Post(within(t), path, b, &planned); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return planned
}

// where is an agent as the engine has them.
func (o *office) where(t testing.TB, login string) dialer.AgentState {
	t.Helper()
	for _, a := range o.node.Snapshot().Agents {
		if a.Login == login {
			return a
		}
	}
	t.Fatalf("the engine does not know %s", login)
	return dialer.AgentState{}
}

func TestABreakIsPlannedBeforeTheShiftOrInItAndTheEngineKeepsIt(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOffice(t, v.addr(), "ana")
	o.plug(t, "ana", newWatcher())
	home := time.Now().Add(3 * time.Hour).Truncate(time.Second)
	plan(t, o.login(t, "ana"), "/v1/agent/breaks", api.BreakPlan{From: home}) // at home still
	ana := o.seat(t, "ana")
	if a := o.where(t, "ana"); !a.LeavesAt.Equal(home) || a.State != dialer.StateReady {
		t.Errorf("signed in with the end of the shift planned for %s: %+v", home, a)
	}
	coffee := home.Add(-2 * time.Hour)
	b := plan(t, ana.Client, "/v1/agent/breaks", api.BreakPlan{From: coffee, To: coffee.Add(15 * time.Minute)})
	if a := o.where(t, "ana"); !a.LeavesAt.Equal(coffee) {
		t.Errorf("the engine does not know of the break at %s: %+v", coffee, a)
	}
	if err := ana.Delete(within(t), fmt.Sprintf("/v1/agent/breaks/%d", b.ID), nil); err != nil {
		t.Fatal(err)
	}
	if a := o.where(t, "ana"); !a.LeavesAt.Equal(home) {
		t.Errorf("the break that was taken back is kept by the engine: %+v", a)
	}
	theirs := fmt.Sprintf("/v1/agents/%d/breaks", o.where(t, "ana").ID)
	plan(t, o.manager, theirs, api.BreakPlan{From: time.Now(), To: time.Now().Add(time.Hour), Reason: "team meeting"})
	eventually(t, "the break begins", func() bool { return o.where(t, "ana").State == dialer.StatePaused })
	if a := o.where(t, "ana"); a.Reason != "team meeting" || !a.LeavesAt.Equal(home) {
		t.Errorf("in the break: %+v", a)
	}
}

func TestTheFinishingKeyAndTheStepOfTheScriptReachTheEngineAndItsTape(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOffice(t, v.addr(), "ana")
	o.plug(t, "ana", newWatcher())
	ana := o.seat(t, "ana")
	number := fictional(1)
	o.dial(t, number)
	plan(t, ana.Client, "/v1/agent/breaks", api.BreakPlan{From: time.Now().Add(time.Hour)})
	card := ana.connected(t)
	for path, body := range map[string]any{
		"/v1/agent/call/step": map[string]string{"step": "closing"}, "/v1/agent/call/finishing": nil,
	} {
		if err := ana.Post(within(t), path, body, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	if c, ok := o.node.lead.Load().engine.Current(o.where(t, "ana").ID); !ok || !c.Finishing || c.Step != "closing" {
		t.Errorf("the engine's call: %+v", c)
	}
	close(v.line(number).enough)
	ana.until(t, "call_ended")
	ana.dispose(t, card.Attempt, api.Disposition{Code: "not_interested"})
	o.close(t)
	told := o.kept(t)
	for _, kind := range []pacing.Kind{pacing.AgentLeavesAt, pacing.AgentStep, pacing.AgentFinishing} {
		if told[kind] != 1 {
			t.Errorf("pacing was told %v %d times", kind, told[kind])
		}
	}
}

// kept reads what a node that has ended kept of its campaign beside the ledger:
// the tapes, whose events it counts by kind, and the odds.
func (o *office) kept(t testing.TB) map[pacing.Kind]int {
	t.Helper()
	db := o.store(t)
	defer db.Close()
	if _, err := db.Odds(within(t), o.campaign); err != nil {
		t.Errorf("nothing was learned of who answers: %v", err)
	}
	told := map[pacing.Kind]int{}
	count := func(l tape.Line) error {
		if l.Event != nil {
			told[l.Event.Kind]++
		}
		return nil
	}
	err := db.Tapes(within(t), o.campaign, time.Time{}, time.Now(), func(_ time.Time, minute []byte) error { return tape.Read(minute, count) })
	if err != nil {
		t.Errorf("the tapes: %v", err)
	}
	return told
}
