package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
)

func at50ms(string) time.Duration { return 50 * time.Millisecond }

func TestAPreviewedPersonIsCalledWhenTheAgentSaysSoAndNotBefore(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) { c.Campaigns[0].Mode = string(campaigns.Preview) }, "ana")
	o.plug(t, "ana", newWatcher())
	agent := o.seat(t, "ana")
	o.dial(t, fictional(1), fictional(2))
	first := agent.previewed(t)
	agent.insist(t, "/v1/agent/skip", map[string]string{"reason": "not now"})
	card := agent.previewed(t)
	if card.Number == first.Number || card.Attempt != "" {
		t.Errorf("after a skip the card shows the same person, or a call: %q", card.Attempt)
	}
	if n := v.calls(); n != 0 {
		t.Fatalf("%d people were called before the agent said so", n)
	}
	agent.insist(t, "/v1/agent/dial", nil)
	talking := agent.connected(t)
	if talking.Number != card.Number || talking.Attempt == "" {
		t.Errorf("the card showed another person than the one who was called")
	}
	close(v.line(card.Number).enough)
	agent.until(t, "call_ended")
	agent.dispose(t, talking.Attempt, api.Disposition{Code: "not_interested"})
	o.close(t)
	calls := o.ledger(t)
	if len(calls) != 1 || calls[0].Mode != campaigns.Preview || calls[0].Outcome != campaigns.Connected || calls[0].AgentLogin != "ana" || calls[0].Disposition == nil {
		t.Errorf("ledger: %+v", calls)
	}
}

// previewed waits for the next card that has no call yet.
func (d *desk) previewed(t testing.TB) (card api.Card) {
	t.Helper()
	if err := json.Unmarshal(d.until(t, "card").Data, &card); err != nil {
		t.Fatal(err)
	}
	if card.State != campaigns.AgentPreview {
		t.Fatalf("the card is %s", card.State)
	}
	return card
}

// insist asks until it is not too soon after the card came for a click to be
// meant for it.
func (d *desk) insist(t testing.TB, path string, body any) {
	t.Helper()
	eventually(t, path, func() bool {
		err := d.Post(within(t), path, body, nil)
		if no, ok := errors.AsType[*client.Refusal](err); err != nil && (!ok || no.Code != "too_soon") {
			t.Fatalf("%s: %v", path, err)
		}
		return err == nil
	})
}

func TestACallbackIsDialedAtItsTimeToTheAgentWhoAgreedIt(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOffice(t, v.addr(), "ana", "ben")
	number := fictional(1)
	o.plug(t, "ana", newWatcher())
	ana := o.seat(t, "ana")
	o.dial(t, number)
	card := ana.connected(t)
	o.plug(t, "ben", newWatcher())
	o.seat(t, "ben") // idle before ana is: would get every other call
	close(v.line(number).enough)
	ana.until(t, "call_ended")
	due := time.Now().Add(700 * time.Millisecond)
	ana.dispose(t, card.Attempt, api.Disposition{Code: "callback", Callback: &api.Callback{At: due, Mine: true, Note: "after lunch"}})
	again := ana.connected(t)
	if again.Number != number || again.Attempt == card.Attempt || len(again.History) != 1 {
		t.Errorf("the callback came as attempt %q, after %q, with %d calls of history", again.Attempt, card.Attempt, len(again.History))
	}
	close(v.line(number).enough)
	ana.until(t, "call_ended")
	ana.dispose(t, again.Attempt, api.Disposition{Code: "not_interested"})
	var book struct{ Callbacks []api.AgreedCallback }
	if err := o.manager.Read(within(t), fmt.Sprintf("/v1/callbacks?campaign=%d&open=false", o.campaign), &book); err != nil {
		t.Fatal(err)
	}
	if len(book.Callbacks) != 1 || !book.Callbacks[0].Done {
		t.Errorf("the book of callbacks: %+v", book.Callbacks)
	}
	o.close(t)
	calls := o.ledger(t)
	if len(calls) != 2 || calls[1].AgentLogin != "ana" || calls[1].Outcome != campaigns.Connected {
		t.Fatalf("ledger: %+v", calls)
	}
	if early := due.Sub(calls[1].IntentAt); early > time.Millisecond {
		t.Errorf("the callback was dialed %s before its time", early)
	}
}
