package node

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
)

// at is a manager who is logged in at a node.
func (o *town) at(t *testing.T, r *resident) *client.Client {
	t.Helper()
	m := client.New(r.node.URL())
	if _, err := m.Login(within(t), managerLogin, o.secret); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestATestCallIsWithdrawnByWhatIsDoneAtAnyNode, by pages or by the store alone, without
// Redis: the carrier says when it was cancelled.
func TestATestCallIsWithdrawnByWhatIsDoneAtAnyNode(t *testing.T) {
	t.Parallel()
	r := &ringers{log: filepath.Join(t.TempDir(), "carrier.log")}
	far := folk(t, r.log, 24000, 25999, sim.Callees{Person: 1, Ring: sim.Dist{Mean: time.Minute}, Talk: sim.Dist{Mean: time.Second}})
	r.town = openTown(t, far.Addr("udp"), 3)
	var others []*resident
	for _, n := range r.nodes {
		if n != r.leader() {
			others = append(others, n)
		}
	}
	eventually(t, "the node that leads has its share of the lines", func() bool {
		l := r.leader()
		if l == nil {
			return false
		}
		lines, _ := l.node.trunks.Room([]string{"carrier"})
		return lines > 0
	})
	tries, elsewhere, third := r.at(t, others[0]), r.at(t, others[1]), others[1].node.db
	stop := campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "US", Reason: "a complaint", By: "test"}
	lift := func(id int64) {
		if err := third.LiftStop(within(t), id, "test", "over"); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct {
		what     string
		withdraw func(number string) (undo func(), err error)
	}{
		{"a stop", func(string) (func(), error) {
			var thrown api.Stop
			err := elsewhere.Post(within(t), "/v1/stops", map[string]string{"scope": string(stop.Scope), "value": stop.Value, "reason": stop.Reason}, &thrown)
			return func() { lift(thrown.ID) }, err
		}},
		{"a stop in the store", func(string) (func(), error) {
			thrown, err := third.ThrowStop(within(t), stop)
			return func() { lift(thrown.ID) }, err
		}},
		{"an entry", func(number string) (func(), error) {
			return func() {}, elsewhere.Post(within(t), "/v1/do-not-call", map[string]any{"number": number, "reason": "asked"}, nil)
		}},
		{"an entry in the store", func(number string) (func(), error) {
			return func() {}, third.AddDoNotCall(within(t), campaigns.DoNotCall{Number: number, At: time.Now(), Reason: "asked", By: "test"})
		}},
	} {
		number := fictional(i)
		if err := third.PutTestNumber(within(t), campaigns.TestNumber{Number: number, Label: "ours", By: "test", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		var call api.TestCall
		go func() {
			for {
				err := tries.Post(t.Context(), "/v1/trunks/carrier/test-call", map[string]string{"number": number}, &call)
				if no, ok := err.(*client.Refusal); !ok || no.Code != "stopped" { // the lift before is heard within a second
					ended <- err
					return
				}
			}
		}()
		eventually(t, "the test call rings", func() bool {
			select {
			case err := <-ended:
				t.Fatalf("the test call before %s: %v, %+v", c.what, err, call)
			default:
			}
			ringing, _ := r.calls(t)
			return ringing[number]
		})
		from := time.Now()
		undo, err := c.withdraw(number)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is cancelled", func() bool { _, cancelled := r.calls(t); return !cancelled[number].IsZero() })
		_, cancelled := r.calls(t)
		took := cancelled[number].Sub(from)
		t.Logf("%s: cancelled after %s", c.what, took.Round(time.Millisecond))
		if err := <-ended; err != nil || call.OK || call.Outcome == "" {
			t.Errorf("%s: the test call ended with %v, %+v", c.what, err, call)
		}
		if took > 5*time.Second {
			t.Errorf("%s: the phone rang on for %s", c.what, took)
		}
		undo()
	}
	for _, rec := range r.events(t) {
		if rec.Event == carrier.Answered {
			t.Errorf("%s was answered", rec.Number)
		}
	}
}
